package web

import (
	"net/http"
	"time"
)

// tokenLength is that of 32 bytes in base64 without padding.
const tokenLength = 43

// cookieName has the prefix by which browsers take the cookie only over https,
// from this host and for all of it, where there is https.
func (s *Server) cookieName() string {
	if s.overTLS() {
		return "__Host-cti"
	}
	return "cti"
}

// overTLS tells whether browsers reach us over https, here or at a proxy before us.
func (s *Server) overTLS() bool {
	return s.opts.TLS || (s.hosts.public != nil && s.hosts.public.Scheme == "https")
}

func (s *Server) cookie(value string, age time.Duration) string {
	c := http.Cookie{ //nolint:gosec // Secure wherever browsers come over https; without it there none would sign in
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: s.overTLS(), SameSite: http.SameSiteLaxMode,
	}
	if s.overTLS() && len(s.opts.FrameAncestors) > 0 {
		// In a frame of another site the browser sends no other cookie. What Lax kept away,
		// the check of every POST's and WebSocket's origin keeps away too; and each site in
		// whose frame the panel is has its own.
		c.SameSite, c.Partitioned = http.SameSiteNoneMode, true
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// token is what the browser's cookie holds, "" when it holds nothing of ours.
func (s *Server) token(r *http.Request) string {
	for _, c := range r.CookiesNamed(s.cookieName()) {
		if len(c.Value) == tokenLength {
			return c.Value
		}
	}
	return ""
}
