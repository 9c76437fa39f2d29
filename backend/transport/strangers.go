package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// What a whole call centre that comes at once needs: 1,000 agents after a cut of the power.
const (
	maxWaiting = 2048            // connections that wait for a place
	placeWait  = 2 * time.Minute // the longest one waits
	maxPlaces  = 200
	maxPerNet  = 20
)

// strangers counts the connections that have not proven who they are, so that
// they cannot take the place of those that can (T32). Who finds all places taken waits, in
// order, and is told nothing meanwhile.
type strangers struct {
	places chan struct{}
	perNet int // the most there may be of one address, waiting or not

	mu   sync.Mutex
	all  int // waiting or not
	nets map[netip.Prefix]int
}

func newStrangers(total, perNet int) *strangers {
	return &strangers{places: make(chan struct{}, total), perNet: perNet, nets: make(map[netip.Prefix]int)}
}

// stranger is one of them, until leave.
type stranger struct {
	s       *strangers
	network netip.Prefix
	placed  bool
}

// enter lets one more in, to wait for a place; false when there is no room even for that.
func (s *strangers) enter(from netip.Addr) (*stranger, bool) {
	network := networkOf(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= cap(s.places)+maxWaiting || s.nets[network] >= s.perNet {
		return nil, false
	}
	s.all++
	s.nets[network]++
	return &stranger{s: s, network: network}, true
}

// wait returns true when there is a place.
func (g *stranger) wait(ctx context.Context) bool {
	select {
	case g.s.places <- struct{}{}:
		g.placed = true
		return true
	default:
	}
	late := time.NewTimer(placeWait)
	defer late.Stop()
	select {
	case g.s.places <- struct{}{}:
		g.placed = true
	case <-late.C:
	case <-ctx.Done():
	}
	return g.placed
}

// leave gives the place back. It is called once.
func (g *stranger) leave() {
	if g.placed {
		<-g.s.places
	}
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.s.all--
	if g.s.nets[g.network]--; g.s.nets[g.network] == 0 {
		delete(g.s.nets, g.network)
	}
}

// networkOf is the address itself, or its /64 for IPv6: a single host has all of it.
func networkOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits) // the zero Prefix for no address at all
	return p
}

// remoteAddr is the client's address, without port.
func remoteAddr(nc net.Conn) netip.Addr {
	if t, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
