package app

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/asteriskcti/asteriskcti/backend/mail"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

// mailer makes the sender of letters to managers; nil when no mail server is given.
func (s *server) mailer() (*mail.Sender, error) {
	m := s.opts.Settings.SMTP
	o := mail.Options{
		Host: m.Host, Port: m.Port, Username: m.Username, Password: m.Password.Reveal(), From: m.From,
		Implicit: m.TLS == settings.ImplicitTLS, Log: s.log,
	}
	if m.CAFile != "" {
		pem, err := os.ReadFile(m.CAFile)
		if err != nil {
			return nil, fmt.Errorf("smtp.ca_file: %w", err)
		}
		o.Roots = x509.NewCertPool()
		if !o.Roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("smtp.ca_file: %s holds no certificate in PEM form", m.CAFile)
		}
	}
	return mail.New(o), nil
}

// post gives a letter to the sender.
func (s *server) post(to, subject, text string) error {
	return s.mail.Send(mail.Letter{To: to, Subject: subject, Text: text})
}

// address is where browsers reach the pages, as far as the settings tell.
func (s *server) address() string {
	h := s.opts.Settings.HTTP
	if h.PublicURL != "" {
		return strings.TrimRight(h.PublicURL, "/")
	}
	listen := h.Listen
	if s.doors != nil {
		listen = s.doors.addresses().HTTP // with the port that it got
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if h.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// tellSetup tells who starts the server by which link the first manager is made, while
// there is none.
func (s *server) tellSetup(ctx context.Context) {
	link, err := s.admin.SetupLink(ctx)
	if err != nil && ctx.Err() == nil { // a server that ends at once needs none
		s.log.Error("no set-up link could be made: make the first manager with \"astcti manager create\"", "err", err)
	}
	if link == "" {
		return
	}
	s.log.Warn("there is no manager yet: whoever opens the set-up link makes the first one", "setup", link)
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintf(os.Stderr, "\n  Set up AsteriskCTI in the browser:\n\n    %s\n\n  The link works once, for the first account.\n\n", link)
	}
}
