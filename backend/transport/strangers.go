package transport

import (
	"net"
	"net/netip"
	"sync"
)

// strangers counts the connections that have not proven who they are, so that
// they cannot take the place of those that can (T32).
type strangers struct {
	total, perNet int // the most there may be

	mu   sync.Mutex
	all  int
	nets map[netip.Prefix]int
}

func newStrangers(total, perNet int) *strangers {
	return &strangers{total: total, perNet: perNet, nets: make(map[netip.Prefix]int)}
}

// enter takes a place, which leave gives back; false when there is none.
func (s *strangers) enter(from netip.Addr) (leave func(), ok bool) {
	network := networkOf(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= s.total || s.nets[network] >= s.perNet {
		return nil, false
	}
	s.all++
	s.nets[network]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all--
		if s.nets[network]--; s.nets[network] == 0 {
			delete(s.nets, network)
		}
	}, true
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
