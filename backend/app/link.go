package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/settings"
)

// Dialer connects to the manager interface that a boot file names, by TCP or TLS (row A1).
func Dialer(a settings.AMI) (func(context.Context) (net.Conn, error), error) {
	if a.Username == "" {
		return nil, errors.New("ami.username and ami.secret: must be given")
	}
	pem, err := authorities(a)
	if err != nil {
		return nil, err
	}
	return dialer(a.Address, a.TLS, pem)
}

// authorities is the text of ami.ca_file; none without it.
func authorities(a settings.AMI) (pem []byte, err error) {
	if a.CAFile == "" {
		return nil, nil
	}
	if pem, err = os.ReadFile(a.CAFile); err != nil {
		return nil, fmt.Errorf("ami.ca_file: %w", err)
	}
	return pem, nil
}

// dialer connects to address, by TLS if secure is set; then those vouch for Asterisk who
// are in pem, or the system's when it is empty.
func dialer(address string, secure bool, pem []byte) (func(context.Context) (net.Conn, error), error) {
	plain := &net.Dialer{Timeout: 10 * time.Second, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}}
	if !secure {
		return func(ctx context.Context) (net.Conn, error) { return plain.DialContext(ctx, "tcp", address) }, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of Asterisk: %w", err)
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host}
	if len(pem) > 0 {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("who vouches for Asterisk: there is no certificate in PEM form")
		}
	}
	return func(ctx context.Context) (net.Conn, error) {
		c, err := plain.DialContext(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		t := tls.Client(c, conf)
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return nil, fmt.Errorf("%w: %w", asterisk.ErrTLS, err)
		}
		return t, nil
	}, nil
}

// ready is why agents are not let in, nil when they are (rows A3, K4). Once they
// were, a link that is lost does not lock them out: they see it on their screens.
func (s *server) ready() error {
	if s.live.Now() == nil {
		return errors.New("no configuration is in use: " + noConfiguration(s.watcher.Status()))
	}
	if st := s.link.Status(); st.Logins == 0 {
		if why := st.Reason(); why != "" {
			return errors.New("no link to Asterisk yet: " + why)
		}
		return errors.New("no link to Asterisk yet")
	}
	return nil
}

// available is ready, and the link stands: what GET /readyz tells.
func (s *server) available() error {
	if err := s.ready(); err != nil {
		return err
	}
	if st := s.link.Status(); st.State != pbx.LinkStateReady {
		return errors.New(strings.TrimSuffix("the link to Asterisk is "+string(st.State)+": "+st.Reason(), ": "))
	}
	return nil
}

// linked is why Asterisk cannot be asked anything now, nil when it can (row A8).
func (s *server) linked() error {
	if st := s.link.Status(); st.State != pbx.LinkStateReady {
		return errors.New("the link to Asterisk is " + string(st.State) + ", try again when it is back")
	}
	return nil
}

func noConfiguration(st config.Status) string {
	for _, f := range st.Files {
		if f.State == config.Refused {
			return f.Name + " was refused: " + f.Reason
		}
	}
	return "nothing is published yet; see astcti config apply"
}
