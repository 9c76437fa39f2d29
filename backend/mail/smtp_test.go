package mail

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"
)

// server is a little mail server of one conversation at a time.
type server struct {
	listener net.Listener
	conf     *tls.Config
	implicit bool
	plain    bool   // offers no STARTTLS
	refuse   string // "VERB code text": how that verb is answered

	mu      sync.Mutex
	clear   []string // verbs that came before encryption
	auth    string
	to      []string
	letters []string
}

// serve starts a server and returns the Options to send by it.
func serve(t *testing.T, s *server) Options {
	t.Helper()
	cert, roots := certificate(t)
	s.conf = &tls.Config{Certificates: []tls.Certificate{cert}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				s.talk(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return Options{
		Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Roots: roots, Implicit: s.implicit,
		Username: "cti", Password: "mail secret", From: "Callcentre Süd <cti@example.com>",
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (s *server) talk(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	encrypted := s.implicit
	if encrypted {
		conn = tls.Server(conn, s.conf)
	}
	lines, say := textproto.NewReader(bufio.NewReader(conn)), func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mail.example ESMTP")
	for {
		line, err := lines.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		if verb = strings.ToUpper(verb); !encrypted {
			s.mu.Lock()
			s.clear = append(s.clear, verb)
			s.mu.Unlock()
		}
		if answer, ok := strings.CutPrefix(s.refuse, verb+" "); ok {
			say(answer)
			continue
		}
		switch verb {
		case "EHLO":
			say("250-mail.example")
			if !encrypted && !s.plain {
				say("250-STARTTLS")
			}
			say("250 AUTH PLAIN LOGIN")
		case "STARTTLS":
			say("220 go ahead")
			conn, encrypted = tls.Server(conn, s.conf), true
			lines = textproto.NewReader(bufio.NewReader(conn))
		case "DATA":
			say("354 go ahead")
			text, err := lines.ReadDotBytes()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.letters = append(s.letters, string(text))
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default: // AUTH, MAIL, RCPT, NOOP, RSET
			s.mu.Lock()
			if mechanism, text, _ := strings.Cut(rest, " "); verb == "AUTH" {
				plain, _ := base64.StdEncoding.DecodeString(text)
				s.auth = mechanism + " " + strings.ReplaceAll(string(plain), "\x00", "|")
			} else if verb == "RCPT" {
				s.to = append(s.to, rest)
			}
			s.mu.Unlock()
			if verb == "AUTH" {
				say("235 ok")
			} else {
				say("250 ok")
			}
		}
	}
}

// TestDeliver: signed in, sent once to one person, whole; nothing but the greeting in clear.
func TestDeliver(t *testing.T) {
	text := "Grüße,\n.\n" + strings.Repeat("https://cti.example/x", 60) + "\n.QUIT\n"
	for _, implicit := range []bool{false, true} {
		s := &server{implicit: implicit}
		o := serve(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		err := o.deliver(ctx, Letter{To: "ada@example.com", Subject: "Neues Paßwort", Text: text})
		cancel()
		if err != nil {
			t.Fatalf("implicit %v: %v", implicit, err)
		}
		s.mu.Lock()
		if clear := strings.Join(s.clear, " "); clear != map[bool]string{false: "EHLO STARTTLS", true: ""}[implicit] {
			t.Errorf("in clear: %s", clear)
		}
		if s.auth != "PLAIN |cti|mail secret" || len(s.letters) != 1 || len(s.to) != 1 || !strings.Contains(s.to[0], "<ada@example.com>") {
			t.Errorf("auth %q, to %q, %d letters", s.auth, s.to, len(s.letters))
		}
		got, err := mail.ReadMessage(strings.NewReader(s.letters[0]))
		s.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || subject != "Neues Paßwort" || got.Header.Get("Auto-Submitted") != "auto-generated" || got.Header.Get("To") != "<ada@example.com>" || got.Header.Get("Date") == "" {
			t.Errorf("%q, %v: %v", subject, err, got.Header)
		}
		if from, err := got.Header.AddressList("From"); err != nil || from[0].Name != "Callcentre Süd" || from[0].Address != "cti@example.com" {
			t.Errorf("%v, %v", from, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
		if err != nil || strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")) != strings.TrimSpace(text) {
			t.Errorf("%q, %v", body, err)
		}
	}
}

// TestDeliverRefuses: what is in the way, whether it may pass, and that nothing of a
// letter or a password went out before.
func TestDeliverRefuses(t *testing.T) {
	for _, c := range []struct {
		name      string
		server    *server
		spoil     func(*Options)
		want      string
		permanent bool
	}{
		{"no TLS", &server{plain: true}, nil, "STARTTLS", false},
		{"not vouched for", &server{}, func(o *Options) { o.Roots = x509.NewCertPool() }, "certificate", false},
		{"not vouched for, implicit", &server{implicit: true}, func(o *Options) { o.Roots = x509.NewCertPool() }, "certificate", false},
		{"another name", &server{}, func(o *Options) { o.Host = "localhost" }, "certificate", false},
		{"no STARTTLS now", &server{refuse: "STARTTLS 454 not now"}, nil, "454", false},
		{"wrong password", &server{refuse: "AUTH 535 wrong"}, nil, "535", true},
		{"unknown", &server{refuse: "RCPT 550 no such user"}, nil, "550", true},
		{"busy", &server{refuse: "RCPT 451 later"}, nil, "451", false},
		{"too large", &server{refuse: "DATA 552 too large"}, nil, "552", true},
		{"nobody there", &server{}, func(o *Options) { o.Port = 1 }, "refused", false},
		{"no sender", &server{}, func(o *Options) { o.From = "" }, "mail", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.server
			o := serve(t, s)
			if c.spoil != nil {
				c.spoil(&o)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := o.deliver(ctx, letter)
			if err == nil || !strings.Contains(err.Error(), c.want) || permanent(err) != c.permanent {
				t.Errorf("%v, permanent %v", err, permanent(err))
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.letters) > 0 {
				t.Errorf("sent: %q", s.letters)
			}
			for _, verb := range s.clear {
				if verb != "EHLO" && verb != "STARTTLS" && verb != "QUIT" {
					t.Errorf("%s in clear", verb)
				}
			}
		})
	}
}

// TestDeliverFarewell: what the server has taken is not sent again.
func TestDeliverFarewell(t *testing.T) {
	s := &server{refuse: "QUIT 421 no time"}
	o := serve(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := o.deliver(ctx, letter); err != nil {
		t.Error(err)
	}
}

// TestDeliverStops: the end of ctx ends a conversation that hangs.
func TestDeliverStops(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		cancel()                         // it has connected, and is never greeted
		_, _ = io.Copy(io.Discard, conn) // until it has gone
	}()
	o := Options{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "cti@example.com"}
	if err := o.deliver(ctx, letter); err == nil {
		t.Error("sent")
	}
}
