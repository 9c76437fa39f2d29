package settings

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fault is one thing wrong with one key.
type fault struct{ key, text string }

// check gives every fault at once (row A3), and completes what may be left short.
func (s *Settings) check() (faults []fault) {
	bad := func(key, format string, args ...any) {
		faults = append(faults, fault{key, fmt.Sprintf(format, args...)})
	}

	if s.DataDir == "" {
		bad("data_dir", "must not be empty")
	}
	s.AMI.check(bad)
	listen := func(key, addr string) {
		if addr == "" {
			return
		}
		if host, port, err := net.SplitHostPort(addr); err != nil {
			bad(key, "%q is not host:port (for every address write \":8080\")", addr)
		} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			bad(key, "port %q of %q is not a number from 0 to 65535", port, host)
		}
	}
	if s.HTTP.Listen == "" {
		bad("http.listen", "must not be empty: agents and administrators come in there")
	}
	listen("http.listen", s.HTTP.Listen)
	listen("tcp.listen", s.TCP.Listen)
	listen("tcp.tls_listen", s.TCP.TLSListen)
	listen("metrics.listen", s.Metrics.Listen)
	if s.HTTP.PublicURL != "" {
		if u, err := url.Parse(s.HTTP.PublicURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			bad("http.public_url", "%q is not an address like https://cti.example.com", s.HTTP.PublicURL)
		}
	}
	for _, origin := range s.HTTP.FrameAncestors {
		if strings.HasPrefix(origin, "https:") && s.HTTP.TLSCert == "" && !strings.HasPrefix(s.HTTP.PublicURL, "https:") {
			bad("http.frame_ancestors", "%s is https, the panel is not: browsers keep nobody signed in in such a frame; give tls_cert and tls_key, or a public_url with https", origin)
			break
		}
	}
	pair := func(where, cert, key string, needed bool) {
		if (cert == "") != (key == "") || (needed && cert == "") {
			bad(where+".tls_cert", "tls_cert and tls_key belong together: give both")
			return
		}
		if cert == "" {
			return
		}
		if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
			bad(where+".tls_cert", "cannot be used with tls_key: %v", err)
		}
	}
	pair("http", s.HTTP.TLSCert, s.HTTP.TLSKey, false)
	pair("tcp", s.TCP.TLSCert, s.TCP.TLSKey, s.TCP.TLSListen != "")
	if s.TCP.Idle < 5*time.Second || s.TCP.Idle > 24*time.Hour {
		bad("tcp.idle", "%v is not between 5s and 24h", s.TCP.Idle)
	}
	s.checkAgents(bad)
	if keep := s.History.Keep; keep != 0 && (keep < time.Hour || keep > 10*365*24*time.Hour) {
		bad("history.keep", "%v is not between 1h and 87600h (ten years), or 0s to keep nothing", keep)
	}
	s.Webhook.check(bad)
	s.checkSMTP(bad)
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.Log.Level) {
		bad("log.level", "%q is not debug, info, warn or error", s.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, s.Log.Format) {
		bad("log.format", "%q is not text or json", s.Log.Format)
	}
	return faults
}

func (s *Settings) checkAgents(bad func(key, format string, args ...any)) {
	if s.Agents.Grace < 0 || s.Agents.Grace > 10*time.Minute {
		bad("agents.grace", "%v is not between 0s (a lost agent leaves the queues at once) and 10m", s.Agents.Grace)
	}
	if w := s.Agents.SecondSignIn; w != Replace && w != Refuse {
		bad("agents.second_sign_in", "%q is not %s or %s", w, Replace, Refuse)
	}
	for _, limit := range []struct {
		key     string
		n, most int
	}{{"originate.per_minute", s.Originate.PerMinute, 600}, {"originate.per_hour", s.Originate.PerHour, 36000}} {
		if limit.n < 1 || limit.n > limit.most {
			bad(limit.key, "%d is not between 1 and %d (who may not place calls at all is not among the operators of an outbound service)", limit.n, limit.most)
		}
	}
	if s.Originate.Timeout < 5*time.Second || s.Originate.Timeout > 2*time.Minute {
		bad("originate.timeout", "%v is not between 5s and 2m", s.Originate.Timeout)
	}
	if line := s.Originate.OutsideLine; len(line) > 8 || strings.Trim(line, "0123456789") != "" {
		bad("originate.outside_line", "%.60q is not up to 8 digits, or empty for none", line)
	}
	if c := s.Control.Context; c != "" && !isContext(c) {
		bad("control.context", "%.60q is not a context of the dialplan: up to 79 letters, digits and . _ -, or empty for none", c)
	}
	if info, err := os.Stat(s.Audit.File); err == nil && info.IsDir() {
		bad("audit.file", "%s is a folder: name a file in it", s.Audit.File)
	}
}

// isContext says whether a name can be that of a context.
func isContext(s string) bool {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("._-", r)
	}
	return len(s) <= 79 && s[0] != '-' && s[0] != '.' && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0
}

func (a *AMI) check(bad func(key, format string, args ...any)) {
	if a.Address == "" {
		bad("ami.address", "must not be empty: host:port of Asterisk's manager interface")
	} else {
		host, port, err := net.SplitHostPort(a.Address)
		if err != nil && strings.Contains(err.Error(), "missing port") {
			host, port, err = strings.Trim(a.Address, "[]"), "5038", nil
			a.Address = net.JoinHostPort(host, port)
		}
		if n, notNumber := strconv.Atoi(port); err != nil || host == "" || notNumber != nil || n < 1 || n > 65535 {
			bad("ami.address", "%q is not host:port", a.Address)
		}
	}
	text := func(key, value, other string) {
		if value == "" && other != "" {
			bad(key, "must not be empty: write what manager.conf of Asterisk says, or leave out both username and secret and give them in the configurator")
		}
		for _, r := range value {
			if r < 0x20 || r == 0x7f {
				bad(key, "must not hold control characters or line breaks")
				return
			}
		}
	}
	text("ami.username", a.Username, string(a.Secret))
	text("ami.secret", string(a.Secret), a.Username)
	if a.Secret == masked {
		bad("ami.secret", "is the mask of --print-config, not a secret: write what manager.conf of Asterisk says")
	}
	if a.Auth != "md5" && a.Auth != "secret" {
		bad("ami.auth", "%q is not md5 or secret", a.Auth)
	}
	if a.CAFile != "" {
		if !a.TLS {
			bad("ami.ca_file", "has no effect without ami.tls: true")
		}
		if text, err := os.ReadFile(a.CAFile); err != nil {
			bad("ami.ca_file", "%v", err)
		} else if !x509.NewCertPool().AppendCertsFromPEM(text) {
			bad("ami.ca_file", "%s holds no certificate in PEM form", a.CAFile)
		}
	}
	if a.Retries < -1 {
		bad("ami.retries", "%d is not -1 (for ever), 0 or more", a.Retries)
	}
	if a.RetryPause < 5*time.Second || a.RetryPause > time.Hour {
		bad("ami.retry_pause", "%v is not between 5s and 1h", a.RetryPause)
	}
	if a.Ping < time.Second || a.Ping > 10*time.Second {
		bad("ami.ping", "%v is not between 1s and 10s", a.Ping)
	}
}

// doubts is what works, and yet is likely a mistake.
func (s *Settings) doubts() (doubts []fault) {
	host, _, err := net.SplitHostPort(s.HTTP.Listen)
	if err == nil && s.HTTP.TLSCert == "" && !here(host) && !strings.HasPrefix(s.HTTP.PublicURL, "https:") {
		doubts = append(doubts, fault{"http.listen", "other machines can reach it and it is cleartext, so passwords and calls can be read on the way: " +
			"give http.tls_cert and http.tls_key, or the https address of the proxy before it as http.public_url"})
	}
	if len(s.Originate.Abroad) == 0 {
		doubts = append(doubts, fault{"originate.abroad", "nothing counts as abroad, so every outbound service may call there unless it denies it"})
	}
	if s.SMTP.Host != "" && s.HTTP.PublicURL == "" {
		doubts = append(doubts, fault{"smtp.host", "the links in its mails lead to http.listen: give the address that browsers type as http.public_url"})
	}
	return doubts
}

// here tells whether only this machine reaches a listen address.
func here(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
