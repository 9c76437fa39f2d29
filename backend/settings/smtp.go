package settings

import (
	"crypto/x509"
	"net"
	"net/mail"
	"os"
	"strings"
)

func (s *Settings) checkSMTP(bad func(key, format string, args ...any)) {
	m := &s.SMTP
	if m.TLS == ImplicitTLS && !s.Given("smtp.port") {
		m.Port = 465
	}
	if m.TLS != StartTLS && m.TLS != ImplicitTLS {
		bad("smtp.tls", "%q is not %s or %s: there is no sending in clear", m.TLS, StartTLS, ImplicitTLS)
	}
	if m.Port < 1 || m.Port > 65535 {
		bad("smtp.port", "%d is not between 1 and 65535", m.Port)
	}
	if m.Host == "" {
		for _, set := range []struct{ key, value string }{{"smtp.username", m.Username}, {"smtp.password", string(m.Password)}, {"smtp.from", m.From}, {"smtp.ca_file", m.CAFile}} {
			if set.value != "" {
				bad(set.key, "has no effect without smtp.host: write the name of the mail server there")
			}
		}
		return
	}
	if strings.Trim(strings.ToLower(m.Host), "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" && net.ParseIP(m.Host) == nil {
		bad("smtp.host", "%.60q is not a name like mail.example.com or an address; the port is smtp.port", m.Host)
	}
	if (m.Username == "") != (m.Password == "") {
		bad("smtp.username", "smtp.username and smtp.password belong together: give both, or neither for a server that asks for none")
	}
	for _, r := range m.Username + string(m.Password) {
		if r < 0x20 || r == 0x7f {
			bad("smtp.username", "it and smtp.password must not hold control characters or line breaks")
			break
		}
	}
	if m.Password == masked {
		bad("smtp.password", "is the mask of --print-config, not a password: write that of the mail server")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		bad("smtp.from", "%.60q is not an address like cti@example.com or Call Centre <cti@example.com>", m.From)
	}
	if m.CAFile != "" {
		if text, err := os.ReadFile(m.CAFile); err != nil {
			bad("smtp.ca_file", "%v", err)
		} else if !x509.NewCertPool().AppendCertsFromPEM(text) {
			bad("smtp.ca_file", "%s holds no certificate in PEM form", m.CAFile)
		}
	}
}
