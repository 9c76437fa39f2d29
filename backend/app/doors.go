package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/transport"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// farewell is how long clients may take to go when the server ends.
const farewell = 5 * time.Second

// doors are the open listeners; a nil one is not wanted.
type doors struct {
	http, tcp, tcpTLS, metrics net.Listener
	httpConf, tcpConf          *tls.Config
}

// openDoors opens every listener, or none: what cannot be opened is named.
func openDoors(ctx context.Context, s settings.Settings) (_ *doors, err error) {
	d := &doors{}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if d.httpConf, err = certificate("http", s.HTTP.TLSCert, s.HTTP.TLSKey); err != nil {
		return nil, err
	}
	if d.tcpConf, err = certificate("tcp", s.TCP.TLSCert, s.TCP.TLSKey); err != nil {
		return nil, err
	}
	for _, one := range []struct {
		key, addr string
		to        *net.Listener
	}{
		{"http.listen", s.HTTP.Listen, &d.http},
		{"tcp.listen", s.TCP.Listen, &d.tcp},
		{"tcp.tls_listen", s.TCP.TLSListen, &d.tcpTLS},
		{"metrics.listen", s.Metrics.Listen, &d.metrics},
	} {
		if one.addr == "" {
			continue
		}
		if *one.to, err = new(net.ListenConfig).Listen(ctx, "tcp", one.addr); err != nil {
			return nil, fmt.Errorf("%s: %w", one.key, err)
		}
	}
	return d, nil
}

func certificate(where, cert, key string) (*tls.Config, error) {
	if cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s.tls_cert, %s.tls_key: %w", where, where, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

func (d *doors) close() {
	for _, ln := range []net.Listener{d.http, d.tcp, d.tcpTLS, d.metrics} {
		if ln != nil {
			ln.Close()
		}
	}
}

func (d *doors) addresses() Addresses {
	at := func(ln net.Listener) string {
		if ln == nil {
			return ""
		}
		return ln.Addr().String()
	}
	return Addresses{HTTP: at(d.http), TCP: at(d.tcp), TCPTLS: at(d.tcpTLS), Metrics: at(d.metrics)}
}

// serve lets clients in until ctx ends. net/http owns the port of browsers, for a
// WebSocket needs a connection that can be taken over; fiber is a room behind it.
func (d *doors) serve(ctx context.Context, g *errgroup.Group, s *server) {
	sockets := transport.NewWebSocket(transport.WebSocketOptions{
		Sessions: s.clients, Identify: s.pages.Identify, Hosts: publicHosts(s.opts.Settings.HTTP),
		Origins: s.opts.Settings.HTTP.AllowedOrigins, Log: s.log,
	})
	feeds := transport.NewPages(transport.PagesOptions{
		Open:  func(r *http.Request) (transport.Viewer, error) { return s.admin.Watch(r) },
		Hosts: publicHosts(s.opts.Settings.HTTP), Log: s.log,
	})
	mux := http.NewServeMux()
	mux.Handle("GET /ws", sockets)
	mux.Handle("GET /admin/ws", feeds)
	mux.Handle("/", s.pages)
	browsers := &http.Server{Handler: mux, TLSConfig: d.httpConf, ErrorLog: errorLog(s.log)} //nolint:gosec // the next line sets the time limits
	web.Limit(browsers)
	serveHTTP(ctx, g, browsers, d.http, func(end context.Context) error {
		return errors.Join(feeds.Shutdown(end), sockets.Shutdown(end))
	})

	lines := transport.NewTCP(transport.TCPOptions{Sessions: s.clients, Log: s.log})
	if d.tcp != nil {
		g.Go(func() error { return lines.Serve(ctx, d.tcp, nil) })
	}
	if d.tcpTLS != nil {
		g.Go(func() error { return lines.Serve(ctx, d.tcpTLS, d.tcpConf) })
	}
	if d.metrics != nil {
		figures := &http.Server{Handler: s.metrics(lines), ErrorLog: errorLog(s.log)} //nolint:gosec // the next line sets the time limits
		web.Limit(figures)
		serveHTTP(ctx, g, figures, d.metrics, nil)
	}
}

// errorLog takes what net/http has to say into our log: it would write lines of its
// own between ours. A failed handshake is the other side's affair, and anybody can
// make many.
func errorLog(l *slog.Logger) *log.Logger { return log.New(httpErrors{l}, "", 0) }

type httpErrors struct{ log *slog.Logger }

func (e httpErrors) Write(line []byte) (int, error) {
	level := slog.LevelError
	if bytes.HasPrefix(line, []byte("http: TLS handshake error")) {
		level = slog.LevelDebug
	}
	e.log.Log(context.Background(), level, "web server", "err", strings.TrimSpace(string(line)))
	return len(line), nil
}

// serveHTTP serves ln until ctx ends; then it stops accepting, ends what was taken
// over, and waits for requests in flight, for farewell at most.
func serveHTTP(ctx context.Context, g *errgroup.Group, srv *http.Server, ln net.Listener, sockets func(context.Context) error) {
	g.Go(func() error {
		var err error
		if srv.TLSConfig != nil {
			err = srv.ServeTLS(ln, "", "")
		} else {
			err = srv.Serve(ln)
		}
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	})
	g.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		var err error
		if sockets != nil {
			err = sockets(end)
		}
		if err = errors.Join(err, srv.Shutdown(end)); err != nil {
			_ = srv.Close() // what is still there had its time
		}
		return nil
	})
}

// publicHosts is the name that browsers use for us, as a Host header has it.
func publicHosts(h settings.HTTP) []string {
	u, err := url.Parse(h.PublicURL)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Host}
}
