package web

import (
	"bytes"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// Room is a part of the site with pages of its own, behind the same door;
// *admin.Admin is one.
type Room interface {
	// Mount adds the room's routes.
	Mount(r fiber.Router, k Kit)
	// BodyLimit is how large the body of a POST may be, in bytes; 0: as everywhere. It
	// is asked before the body is read, so a large one is for who is signed in. Of one that
	// is larger the room's handler gets nothing, and Kit.Form says so.
	BodyLimit(r *http.Request) int64
	// Home is where / and /agent lead while nothing is set up; "" when it is.
	Home(r *http.Request) string
	// Language is the language of a request's reader, who may have chosen one there.
	Language(r *http.Request) locale.Language
}

// Kit is what the site lends to its rooms. Any goroutine may use it.
type Kit struct{ s *Server }

// Request is a request as net/http read it: context, cookies, headers, TLS.
func (Kit) Request(c *fiber.Ctx) *http.Request { return origin(c) }

// Client is the address a request comes from, zero when there is none.
func (k Kit) Client(r *http.Request) netip.Addr { return k.s.client(r) }

// Style lists the style sheets of a source of the bundler.
func (k Kit) Style(source string) []string { return k.s.assets.style(source) }

// Script is the address of a source's module, "" when the pages are not built.
func (k Kit) Script(source string) string { return k.s.assets.script(source) }

// File is the address of a file of frontend/public.
func (k Kit) File(name string) string { return k.s.assets.fixed(name) }

// Cookie is a Set-Cookie header for a cookie of this site that scripts do not see and
// other sites do not send; age 0 takes it away. Its name gets the prefix __Host- where
// browsers come over https.
func (k Kit) Cookie(name, value string, age time.Duration) string {
	c := http.Cookie{ //nolint:gosec // Secure wherever browsers come over https; without it there none would sign in
		Name: k.cookieName(name), Value: value, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: k.s.overTLS(), SameSite: http.SameSiteStrictMode,
	}
	if age == 0 {
		c.MaxAge = -1
	}
	return c.String()
}

// CookieOf is the value of a cookie that [Kit.Cookie] has set, "" when there is none.
func (k Kit) CookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(k.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (k Kit) cookieName(name string) string {
	if k.s.overTLS() {
		return "__Host-" + name
	}
	return name
}

// Form reads a POST's form, urlencoded or multipart; the files of a multipart form are
// in memory. The error is a [Refusal].
func (k Kit) Form(c *fiber.Ctx) (url.Values, *multipart.Form, error) {
	if err, unread := c.Context().UserValue(unreadKey{}).(error); unread {
		return nil, nil, err
	}
	r := origin(c)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return nil, nil, Refuse(http.StatusUnsupportedMediaType, "form-type")
	}
	body := &http.Request{Method: http.MethodPost, Header: r.Header, URL: &url.URL{}, Body: readCloser{bytes.NewReader(c.Body())}}
	if kind == "multipart/form-data" {
		if err := body.ParseMultipartForm(int64(len(c.Body())) + 1); err != nil {
			return nil, nil, Refuse(http.StatusBadRequest, "form-malformed")
		}
		return body.PostForm, body.MultipartForm, nil
	}
	if err := body.ParseForm(); err != nil {
		return nil, nil, Refuse(http.StatusBadRequest, "form-malformed")
	}
	return body.PostForm, nil, nil
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// Refuse makes an error that is answered with a status and the locale's text
// "api."+code; pairs are its placeholders.
func Refuse(status int, code string, pairs ...string) error {
	return &fault{status: status, code: code, pairs: pairs}
}

// Language is the language of a request's reader.
func Language(r *http.Request) locale.Language { return language(r) }
