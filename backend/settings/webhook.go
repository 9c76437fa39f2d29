package settings

import (
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"os"
	"strings"
	"time"
)

func (w *Webhook) check(bad func(key, format string, args ...any)) {
	if w.URL == "" {
		for _, set := range []struct{ key, value string }{{"webhook.secret", string(w.Secret)}, {"webhook.ca_file", w.CAFile}} {
			if set.value != "" {
				bad(set.key, "has no effect without webhook.url: write there who is to be told")
			}
		}
		return
	}
	switch u, err := url.Parse(w.URL); { // what is wrong with it is not repeated: there may be a password in it
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		bad("webhook.url", "is not an address like https://crm.example/hook")
	case u.User != nil || strings.Contains(w.URL, "#"):
		bad("webhook.url", "must hold neither a name and password nor a #: that it is us is told by the signature")
	case u.Scheme == "http" && !here(u.Hostname()):
		bad("webhook.url", "it begins with http, and callers' data would go through the network in clear: write https (http is for this machine only)")
	}
	switch _, ok := w.Secret.Key(); {
	case w.Secret == masked:
		bad("webhook.secret", "is the mask of --print-config, not a secret: write what the other system was given")
	case !ok:
		bad("webhook.secret", `must be whsec_ and 24 to 64 random bytes in base64, as in "whsec_$(openssl rand -base64 32)"`)
	}
	if w.Timeout < time.Second || w.Timeout > time.Minute {
		bad("webhook.timeout", "%v is not between 1s and 1m", w.Timeout)
	}
	if w.CAFile != "" {
		if text, err := os.ReadFile(w.CAFile); err != nil {
			bad("webhook.ca_file", "%v", err)
		} else if !x509.NewCertPool().AppendCertsFromPEM(text) {
			bad("webhook.ca_file", "%s holds no certificate in PEM form", w.CAFile)
		}
	}
}

// Key is the key in a secret of the form "whsec_…", as the Standard Webhooks have it: 24 to 64
// bytes. False for any other.
func (s Secret) Key() (key []byte, ok bool) {
	text, ok := strings.CutPrefix(string(s), "whsec_")
	if !ok {
		return nil, false
	}
	key, err := base64.StdEncoding.DecodeString(text)
	return key, err == nil && len(key) >= 24 && len(key) <= 64
}
