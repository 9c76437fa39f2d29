package transport

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard knows which names and pages are ours.
type guard struct{ hosts, origins []string }

// foreign says why a request is not from a page that may connect, "" if it is (T20).
// A browser sends cookies along whatever page opens the WebSocket; the page's Origin
// and the Host it was reached by are what tells.
func (g guard) foreign(r *http.Request) string {
	if !g.ourName(r.Host) {
		return "this server does not go by that name"
	}
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return "one Origin header is needed"
	}
	if g.elsewhere(origins[0]) {
		return ""
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "the Origin is none" // "null" too
	}
	// Behind a proxy that ends TLS, the page's scheme is https and ours is not.
	secure := u.Scheme == "https" || u.Scheme == "http" && r.TLS == nil
	if !secure || !strings.EqualFold(withPort(u.Host, u.Scheme), withPort(r.Host, u.Scheme)) {
		return "pages of that Origin may not connect"
	}
	return ""
}

// elsewhere says whether an origin is one of the others that may connect.
func (g guard) elsewhere(origin string) bool {
	return slices.ContainsFunc(g.origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

func (g guard) ourName(host string) bool {
	if slices.ContainsFunc(g.hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true // never looked up outside (RFC 6761, 6.3)
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// withPort writes the port that scheme implies.
func withPort(host, scheme string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := "80"
	if scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}
