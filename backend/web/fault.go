package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// A fault is an answer that is not a success: JSON below /api/, a small page
// elsewhere. Its text is the locale's "api."+text, and never the cause, which is
// only logged.
type fault struct {
	status     int
	code       string   // for programs: "wrong-credentials"
	text       string   // locale key without "api."; the code when empty
	pairs      []string // placeholders of the text
	words      string   // instead of the text, where who answers has better ones
	field      string   // of the request, when one is to blame
	retryAfter time.Duration
	seats      []seatChoice
	demo       *demoCard
	cause      error
}

func (f *fault) Error() string {
	if f.cause != nil {
		return f.code + ": " + f.cause.Error()
	}
	return f.code
}

func (f *fault) Unwrap() error { return f.cause }

func (f *fault) message(l locale.Language) string {
	if f.words != "" {
		return f.words
	}
	key := f.text
	if key == "" {
		key = f.code
	}
	return l.Text("api."+key, f.pairs...)
}

type faultJSON struct {
	Code       string       `json:"code"`
	Message    string       `json:"message"`
	Field      string       `json:"field,omitempty"`
	RetryAfter int64        `json:"retryAfter,omitempty"`
	Seats      []seatChoice `json:"seats,omitempty"`
	Demo       *demoCard    `json:"demo,omitempty"`
}

// asFault reads any error as a fault. What we do not know is a bug or a broken
// disk: the log gets the reason and the reader does not.
func asFault(err error) *fault {
	var f *fault
	var fe *fiber.Error
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &fe) && fe.Code == http.StatusMethodNotAllowed:
		return &fault{status: fe.Code, code: "method-not-allowed"}
	case errors.As(err, &fe) && fe.Code == http.StatusNotFound:
		return &fault{status: fe.Code, code: "not-found"}
	default:
		return &fault{status: http.StatusInternalServerError, code: "internal", cause: err}
	}
}

// An answer is a whole response, before it is known who writes it.
type answer struct {
	status  int
	headers [][2]string
	body    []byte
}

func (a *answer) set(name, value string) { a.headers = append(a.headers, [2]string{name, value}) }

func (s *Server) explain(r *http.Request, err error) *answer {
	f := asFault(err)
	if f.cause != nil {
		level := slog.LevelError
		if f.status < 500 || f.status == http.StatusServiceUnavailable {
			level = slog.LevelDebug // the request's own fault, a browser that has gone, or nobody is let in yet
		}
		s.log.Log(r.Context(), level, "request failed", "path", r.URL.Path, "code", f.code, "error", f.cause)
	}
	a := &answer{status: f.status}
	lang := s.languageOf(r)
	if f.retryAfter > 0 {
		a.set("Retry-After", strconv.FormatInt(seconds(f.retryAfter), 10))
	}
	a.set("Cache-Control", "no-store")
	a.set("Vary", "Accept-Language, Cookie")
	if strings.HasPrefix(r.URL.Path, "/api/") {
		a.set("Content-Type", "application/json; charset=utf-8")
		a.body, _ = json.Marshal(faultJSON{ // plain strings and numbers: cannot fail
			Code: f.code, Message: f.message(lang), Field: f.field, Seats: f.seats, Demo: f.demo, RetryAfter: seconds(f.retryAfter),
		})
		return a
	}
	if r.Header.Get("HX-Request") != "" { // a part of a page asks: nothing is to be swapped for the fault
		a.set("HX-Reswap", "none")
		a.set("HX-Trigger", Trigger(map[string]any{"cti:toast": map[string]any{"message": f.message(lang), "bad": true}}))
		return a
	}
	a.set("Content-Type", "text/html; charset=utf-8")
	a.set("Content-Security-Policy", cspPlain)
	a.body = s.faultPage(r, f, lang)
	return a
}

// seconds rounds up, so that who waits as told does not come too early.
func seconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}

// refuse answers with a fault, outside fiber.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a := s.explain(r, err)
	for _, h := range a.headers {
		w.Header().Set(h[0], h[1])
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) //nolint:gosec // made by html/template or encoding/json; the browser may be gone
}

// failed is fiber's error handler.
func (s *Server) failed(c *fiber.Ctx, err error) error {
	a := s.explain(origin(c), err)
	for _, h := range a.headers {
		c.Set(h[0], h[1])
	}
	return c.Status(a.status).Send(a.body)
}

// Trigger writes events for the HX-Trigger header, by which htmx tells the page of them:
// JSON in ASCII, as headers are.
func Trigger(events map[string]any) string {
	raw, _ := json.Marshal(events) // texts and switches: cannot fail
	var b strings.Builder
	for _, r := range string(raw) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// languageOf is language, or the one that was chosen in the room which r asks.
func (s *Server) languageOf(r *http.Request) locale.Language {
	if s.opts.Admin != nil && strings.HasPrefix(r.URL.Path, "/admin/") {
		return s.opts.Admin.Language(r)
	}
	return language(r)
}

func language(r *http.Request) locale.Language {
	return locale.Match(r.Header.Get("Accept-Language"))
}
