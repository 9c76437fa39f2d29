package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// hosts is the list of names this server answers to. Without it a page of an
// attacker whose name is made to resolve to us (DNS rebinding) would share our
// origin, and no check of Origin against Host could tell (T22).
type hosts struct {
	names  map[string]bool // lower case, no port; an IPv6 address without brackets
	any    bool            // listening on every address: the one a connection came to counts too
	public *url.URL        // nil when there is none
}

// newHosts takes http.listen and http.public_url, the latter "" for none.
func newHosts(listen, public string) (*hosts, error) {
	h := &hosts{names: map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}}
	if listen != "" {
		name, _, err := net.SplitHostPort(listen)
		if err != nil {
			return nil, fmt.Errorf("listen address %q: %w", listen, err)
		}
		if ip, err := netip.ParseAddr(name); name == "" || (err == nil && ip.IsUnspecified()) {
			h.any = true
		} else {
			h.names[canonical(name)] = true
		}
	}
	if public != "" {
		u, err := url.Parse(public)
		if err != nil {
			return nil, fmt.Errorf("public address: %w", err)
		}
		if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
			return nil, fmt.Errorf("public address %q: want http:// or https:// and a host", public)
		}
		h.public = u
		h.names[canonical(u.Hostname())] = true
	}
	return h, nil
}

// canonical is a host name without case, brackets or the root's dot.
func canonical(name string) string {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().String()
	}
	return name
}

// hostname is the name in a Host header, which may or may not have a port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return canonical(name)
	}
	return canonical(host)
}

// loopback tells whether a canonical name is this machine's own. Browsers never
// ask a name server for names below localhost (RFC 6761 § 6.3).
func loopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.IsLoopback()
}

// allows tells whether a request's Host header is one of ours. The port is not
// compared: containers and proxies map it, and rebinding is about names.
func (h *hosts) allows(r *http.Request) bool {
	name := hostname(r.Host)
	if h.names[name] || loopback(name) {
		return true
	}
	if !h.any {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err == nil && at.Addr().Unmap().WithZone("").String() == name
}

// publicOrigin is the origin of http.public_url, "" for none.
func (h *hosts) publicOrigin() string {
	if h.public == nil {
		return ""
	}
	return originOf(h.public)
}

// originOf writes an address's origin as browsers do: lower case, no default port.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if p := u.Port(); (u.Scheme == "https" && p == "443") || (u.Scheme == "http" && p == "80") {
		host = strings.TrimSuffix(host, ":"+p)
	}
	return u.Scheme + "://" + host
}
