package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// permissions are the browser's powers that our pages renounce, and with them the
// screens embedded in the panel.
const permissions = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"

// permissionsAgent are those of the panel: browsers name a computer's loudspeakers only to a
// page that may use its microphone, so the choice of one asks for it. Frames in it may not.
var permissionsAgent = strings.Replace(permissions, "microphone=()", "microphone=(self)", 1)

// secure wraps the routes in what every request passes, outermost first:
//
//	log → recover → headers → Host → method → origin of a POST
//
// so that also a refusal is logged and carries the headers.
func (s *Server) secure(next http.Handler) http.Handler {
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead:
		case http.MethodPost:
			if err := s.crossOrigin.Check(r); err != nil {
				s.refuse(w, r, &fault{status: http.StatusForbidden, code: "cross-origin"})
				return
			}
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			s.refuse(w, r, &fault{status: http.StatusMethodNotAllowed, code: "method-not-allowed"})
			return
		}
		next.ServeHTTP(w, r)
	})
	return s.logged(s.recovered(headed(s.known(checked))))
}

// headed sets the headers of every answer. A page replaces the policy, which here
// allows nothing, with its own.
//
// Strict-Transport-Security is not among them: it would bind every other service
// on the same host name, a telephone system's own pages for one, to https.
func headed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", cspNothing)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		// Never same-origin: it cuts the panel from the window it opened for the
		// customer's screen, and the next call would not reach it.
		h.Set("Cross-Origin-Opener-Policy", "same-origin-allow-popups")
		next.ServeHTTP(w, r)
	})
}

// known refuses a Host that is not ours (RFC 9110 § 15.5.20).
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hosts.allows(r) {
			s.refuse(w, r, &fault{status: http.StatusMisdirectedRequest, code: "misdirected"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// recovered answers 500 to a panic, which is a bug of ours, and keeps serving.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
				panic(v) //nolint:forbidigo // it means: net/http is to cut the connection
			}
			s.log.Error("panic", "path", r.URL.Path, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			s.refuse(w, r, &fault{status: http.StatusInternalServerError, code: "internal"})
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes one line per request: never the query, which holds what callers
// typed, never a cookie or a body. What changes something and what fails is worth
// info; the rest is debug.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, r)
		level := slog.LevelDebug
		switch {
		case sw.status >= 500 && sw.status != http.StatusServiceUnavailable:
			level = slog.LevelError
		case r.Method != http.MethodGet && r.Method != http.MethodHead, sw.status == http.StatusMisdirectedRequest:
			level = slog.LevelInfo
		}
		s.log.Log(r.Context(), level, "request", "method", r.Method, "path", r.URL.Path, "status", sw.status,
			"bytes", sw.bytes, "took", time.Since(begun), "from", s.client(r))
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.bytes += n
	return n, err
}
