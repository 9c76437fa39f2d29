package web

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// maxBody bounds a request's body, in bytes, where the room behind has no other limit.
// The largest body read there is a sign-in.
const maxBody = 16 << 10

// door lets requests of net/http into fiber, and its answers out. It stands in for
// fiber's own adaptor, which answers 500 to a body over the limit, keeps nothing of
// the request's context (a browser that has gone would still be hashed for), and
// adds a header where ours must replace one.
//
// The original request is what handlers look at (see [origin]); fiber gets method,
// target and body, which is all that its routing needs.
func (s *Server) door(app *fiber.App) http.Handler {
	serve := app.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ctx fasthttp.RequestCtx
		ctx.Init(&fasthttp.Request{}, remote(r), nil)
		ctx.Request.Header.SetMethod(r.Method)
		ctx.Request.SetRequestURI(r.URL.RequestURI())
		ctx.Request.Header.SetHost(r.Host)
		if r.Method == http.MethodPost {
			err := s.read(w, r, &ctx.Request)
			var f *fault
			switch {
			case err == nil:
			case errors.As(err, &f) && f.status == http.StatusRequestEntityTooLarge && strings.HasPrefix(r.URL.Path, "/admin/"):
				// The room first says who must sign in: it is to them that forms are too large.
				ctx.SetUserValue(unreadKey{}, err)
			default:
				s.refuse(w, r, err)
				return
			}
		}
		ctx.SetUserValue(originKey{}, r)
		ctx.Response.Header.SetNoDefaultContentType(true)
		serve(&ctx)

		transfer(w.Header(), &ctx.Response.Header)
		w.WriteHeader(ctx.Response.StatusCode())
		_, _ = w.Write(ctx.Response.Body()) // the browser may be gone; nobody is left to tell
	})
}

// transfer lets fiber's headers replace those that were set before it. An empty one
// takes a header away.
func transfer(to http.Header, from *fasthttp.ResponseHeader) {
	replaced := map[string]bool{}
	for k, v := range from.All() {
		name := string(k)
		if !replaced[name] {
			to.Del(name)
			replaced[name] = true
		}
		if len(v) > 0 {
			to.Add(name, string(v))
		}
	}
}

func (s *Server) read(w http.ResponseWriter, r *http.Request, into *fasthttp.Request) error {
	most := int64(maxBody)
	if s.opts.Admin != nil {
		most = max(most, s.opts.Admin.BodyLimit(r))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return &fault{status: http.StatusRequestEntityTooLarge, code: "too-large"}
	case err != nil:
		return &fault{status: http.StatusBadRequest, code: "malformed", cause: fmt.Errorf("read body: %w", err)}
	}
	into.SetBodyRaw(body)
	return nil
}

// remote is the peer's address in the form fasthttp asks for. It only serves
// fiber's own use; see [Server.client] for the address that counts.
func remote(r *http.Request) net.Addr {
	a, err := net.ResolveTCPAddr("tcp", r.RemoteAddr)
	if err != nil {
		return nil
	}
	return a
}

type originKey struct{}

// unreadKey is that of why the body was not read.
type unreadKey struct{}

// origin is the request as net/http read it: context, cookies, headers, TLS.
func origin(c *fiber.Ctx) *http.Request {
	return c.Context().UserValue(originKey{}).(*http.Request)
}
