package settings

import (
	"fmt"
	"net"
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
	pair := func(where, cert, key string, needed bool) {
		if (cert == "") != (key == "") || (needed && cert == "") {
			bad(where+".tls_cert", "tls_cert and tls_key belong together: give both")
			return
		}
		for name, path := range map[string]string{"tls_cert": cert, "tls_key": key} {
			if path != "" {
				if _, err := os.Stat(path); err != nil {
					bad(where+"."+name, "%v", err)
				}
			}
		}
	}
	pair("http", s.HTTP.TLSCert, s.HTTP.TLSKey, false)
	pair("tcp", s.TCP.TLSCert, s.TCP.TLSKey, s.TCP.TLSListen != "")
	if s.TCP.Idle < 5*time.Second || s.TCP.Idle > 24*time.Hour {
		bad("tcp.idle", "%v is not between 5s and 24h", s.TCP.Idle)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s.Log.Level) {
		bad("log.level", "%q is not debug, info, warn or error", s.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, s.Log.Format) {
		bad("log.format", "%q is not text or json", s.Log.Format)
	}
	return faults
}

func (a *AMI) check(bad func(key, format string, args ...any)) {
	if a.Address == "" {
		bad("ami.address", "must not be empty: host:port of Asterisk's manager interface")
	} else if _, _, err := net.SplitHostPort(a.Address); err != nil {
		if full := net.JoinHostPort(strings.Trim(a.Address, "[]"), "5038"); strings.Contains(err.Error(), "missing port") {
			a.Address = full
		} else {
			bad("ami.address", "%q is not host:port", a.Address)
		}
	}
	text := func(key, value string) {
		if value == "" {
			bad(key, "must not be empty: write what manager.conf of Asterisk says")
		}
		for _, r := range value {
			if r < 0x20 || r == 0x7f {
				bad(key, "must not hold control characters or line breaks")
				return
			}
		}
	}
	text("ami.username", a.Username)
	text("ami.secret", string(a.Secret))
	if a.Auth != "md5" && a.Auth != "secret" {
		bad("ami.auth", "%q is not md5 or secret", a.Auth)
	}
	if a.CAFile != "" {
		if !a.TLS {
			bad("ami.ca_file", "has no effect without ami.tls: true")
		}
		if _, err := os.Stat(a.CAFile); err != nil {
			bad("ami.ca_file", "%v", err)
		}
	}
	if a.Retries < -1 {
		bad("ami.retries", "%d is not -1 (for ever), 0 or more", a.Retries)
	}
	if a.RetryPause < 5*time.Second || a.RetryPause > time.Hour {
		bad("ami.retry_pause", "%v is not between 5s and 1h", a.RetryPause)
	}
	if a.Ping < time.Second || a.Ping > 20*time.Second {
		bad("ami.ping", "%v is not between 1s and 20s", a.Ping)
	}
}
