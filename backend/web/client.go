package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// client is the address that a sign-in is counted against. Behind a proxy that is
// listed as trusted it is the last address in X-Forwarded-For that is not such a
// proxy; everybody else's X-Forwarded-For is a claim and is not read, or a guesser
// would choose a new address for every guess. The zero Addr when there is none.
func (s *Server) client(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	from := at.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(from); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = hop.Unmap().WithZone("")
	}
	return from
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.opts.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
