package app

import (
	"crypto/x509"
	"fmt"
	"os"

	"github.com/asteriskcti/asteriskcti/backend/webhook"
)

// teller is who tells the other system of calls and notes; nil for nobody.
func (s *server) teller() (*webhook.Sender, error) {
	w := s.opts.Settings.Webhook
	key, _ := w.Secret.Key() // settings.Load has checked it
	o := webhook.Options{Outbox: s.history, URL: w.URL, Key: key, Timeout: w.Timeout, Version: s.opts.Version, Log: s.log}
	if w.CAFile != "" {
		text, err := os.ReadFile(w.CAFile)
		if err != nil {
			return nil, fmt.Errorf("webhook.ca_file: %w", err)
		}
		if o.Roots = x509.NewCertPool(); !o.Roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("webhook.ca_file: %s holds no certificate in PEM form", w.CAFile)
		}
	}
	return webhook.New(o), nil
}
