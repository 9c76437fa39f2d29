package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
)

// ports are the ports of one instance, all on 127.0.0.1.
type ports struct {
	AMI, AMITLS, SIP netip.AddrPort
	RTP              struct{ First, Last uint16 }
}

// Below the range from which systems take the ports of outgoing connections, so
// that nothing but another listener can be in the way.
const (
	lowest  = 12000
	highest = 32000
	// rtpPorts is enough for a hundred legs (RTP and RTCP): chan_sip keeps a call's for
	// half a minute after its end.
	rtpPorts = 200
)

// freePorts finds ports on which nothing listens. Somebody may still take one
// before Asterisk does: Start then tries again with others.
func freePorts(ctx context.Context) (ports, error) {
	var p ports
	for range 200 {
		base := lowest + rand.N(highest-lowest-rtpPorts-4)&^1
		if !free(ctx, base, rtpPorts+4) {
			continue
		}
		p.AMI = loopback(base)
		p.SIP = loopback(base + 1)
		p.AMITLS = loopback(base + 2)
		p.RTP.First = uint16(base + 4) // even, as RTP wants it
		p.RTP.Last = uint16(base + 3 + rtpPorts)
		return p, nil
	}
	return p, errors.New("no free ports on 127.0.0.1")
}

// FreePort is a port of 127.0.0.1 that nothing listens on, over TCP or UDP.
func FreePort(ctx context.Context) (netip.AddrPort, error) {
	for range 200 {
		if base := lowest + rand.N(highest-lowest); free(ctx, base, 1) {
			return loopback(base), nil
		}
	}
	return netip.AddrPort{}, errors.New("no free port on 127.0.0.1")
}

func loopback(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
}

func free(ctx context.Context, base, n int) bool {
	var lc net.ListenConfig
	for port := base; port < base+n; port++ {
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			return false
		}
		l.Close()
		u, err := lc.ListenPacket(ctx, "udp", addr)
		if err != nil {
			return false
		}
		_ = u.Close() // it was only asked for
	}
	return true
}
