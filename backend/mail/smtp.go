package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"

	gomail "github.com/wneessen/go-mail"
)

// deliver sends one letter over a connection of its own.
func (o Options) deliver(ctx context.Context, l Letter) error {
	msg, err := o.message(l)
	if err != nil {
		return err
	}
	conf := &tls.Config{ServerName: o.Host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}
	dial := (&net.Dialer{}).DialContext
	if o.Implicit {
		dial = (&tls.Dialer{Config: conf}).DialContext
	}
	opts := []gomail.Option{
		gomail.WithPort(o.Port), gomail.WithTLSConfig(conf), gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithTimeout(tryFor),
		gomail.WithDialContextFunc(func(dialing context.Context, network, addr string) (net.Conn, error) {
			conn, err := dial(dialing, network, addr)
			if err == nil {
				// The library leaves a connection open when the greeting, TLS or
				// signing in fails, and does not look at ctx later.
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		}),
	}
	if o.Implicit {
		opts = append(opts, gomail.WithSSL())
	}
	if o.Username != "" {
		opts = append(opts, gomail.WithUsername(o.Username), gomail.WithPassword(o.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(o.Host, opts...)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", o.Host, err)
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		return nil // whatever became of the farewell: it must not be sent again
	}
	if err != nil {
		return fmt.Errorf("mail server %s: %w", o.Host, err)
	}
	return nil
}

func (o Options) message(l Letter) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.From(o.From); err != nil {
		return nil, err
	}
	if err := msg.To(l.To); err != nil {
		return nil, err
	}
	msg.Subject(l.Subject)
	msg.SetDate()
	msg.SetMessageID()
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // no answer from a machine (RFC 3834)
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	return msg, nil
}

// permanent tells whether the server has said that another try is useless (5xx).
func permanent(err error) bool {
	if e, ok := errors.AsType[*gomail.SendError](err); ok {
		return e.ErrorCode() >= 500
	}
	e, ok := errors.AsType[*textproto.Error](err)
	return ok && e.Code >= 500
}
