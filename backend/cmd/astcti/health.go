package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/settings"
)

type healthCmd struct {
	bootFile
	Ready bool   `help:"Ask whether agents are let in and the link to Asterisk stands, not only whether the process works."`
	URL   string `help:"Ask this address, not the one of the settings." env:"ASTCTI_HEALTH_URL" name:"url" placeholder:"http://HOST:PORT/healthz"`
}

// Help tells why readiness is not the default.
func (h *healthCmd) Help() string {
	return "Exit status 0: it is well. 1: it is not, and why. The server on this machine is asked at http.listen of the settings.\n\n" +
		"A supervisor that restarts what is not healthy should ask without --ready: a restart does not bring Asterisk back."
}

// Run exits with 0 when the server answers 200, else with its reason.
func (h *healthCmd) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	url, client := h.URL, http.DefaultClient
	if url == "" {
		s, _, err := settings.Load(h.Config, os.Environ())
		if err != nil {
			return err
		}
		url, client = local(s.HTTP)
		url += map[bool]string{false: "/healthz", true: "/readyz"}[h.Ready]
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096)) // what there is of it
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, strings.TrimSpace(string(text)))
	}
	fmt.Println(strings.TrimSpace(string(text)))
	return nil
}

// local is how this machine reaches its own http.listen.
func local(h settings.HTTP) (url string, client *http.Client) {
	host, port, _ := net.SplitHostPort(h.Listen) // checked by settings.Load
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip == netip.IPv4Unspecified() {
		host = "127.0.0.1"
	} else if err == nil && ip.IsUnspecified() {
		host = "::1"
	}
	url = "http://" + net.JoinHostPort(host, port)
	if h.TLSCert == "" {
		return url, http.DefaultClient
	}
	// The certificate is for the name that browsers use; what answers here is us.
	return "https" + strings.TrimPrefix(url, "http"), &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}, //nolint:gosec // see above: nothing secret is sent
	}}
}
