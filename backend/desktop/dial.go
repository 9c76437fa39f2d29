package desktop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// connectTimeout is for the connection and its handshake.
const connectTimeout = 10 * time.Second

// ErrCleartext is returned for a server on another machine without TLS.
var ErrCleartext = errors.New("the server is on another machine, and without TLS the password could be read on the way: use --tls, or --cleartext if the network is trusted")

// Address is the server's, with the usual port if none is named: 5090, with TLS 5091.
func (c Config) Address() (string, error) {
	if c.Server == "" {
		return "", errors.New("which server? Use --server HOST:PORT, or server in client.yaml")
	}
	if _, port, err := net.SplitHostPort(c.Server); err == nil {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", fmt.Errorf("%q: a port is a number from 1 to 65535", Show(c.Server))
		}
		return c.Server, nil
	}
	host := c.Server
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	port := "5090"
	if c.withTLS() {
		port = "5091"
	}
	at := net.JoinHostPort(host, port)
	if h, _, err := net.SplitHostPort(at); err != nil || h == "" {
		return "", fmt.Errorf("%q is not a server's address like cti.example.com:5091", Show(c.Server))
	}
	return at, nil
}

func (c Config) withTLS() bool { return c.TLS || c.TLSCA != "" || c.TLSName != "" }

// Dialer makes the connections to the server. With TLS it always checks the certificate
// and the name in it. Without, another machine takes permission, whatever its name is.
// Errors: about the address or the file of authorities.
func (c Config) Dialer() (func(context.Context) (net.Conn, error), error) {
	addr, err := c.Address()
	if err != nil {
		return nil, err
	}
	if !c.withTLS() {
		return func(ctx context.Context) (net.Conn, error) { return dialClear(ctx, addr, c.Cleartext) }, nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.TLSName}
	if conf.ServerName == "" {
		conf.ServerName, _, _ = net.SplitHostPort(addr) // Address has split it
	}
	if c.TLSCA != "" {
		text, err := os.ReadFile(c.TLSCA)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s: no certificate in PEM form is in it", c.TLSCA)
		}
	}
	d := &tls.Dialer{Config: conf}
	return func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		conn, err := d.DialContext(ctx, "tcp", addr)
		if errors.As(err, new(tls.RecordHeaderError)) {
			err = fmt.Errorf("the server does not speak TLS at this port: %w", err)
		}
		return conn, err
	}, nil
}

func dialClear(ctx context.Context, addr string, anywhere bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if at, ok := conn.RemoteAddr().(*net.TCPAddr); !anywhere && (!ok || !at.IP.IsLoopback()) {
		conn.Close()
		return nil, ErrCleartext
	}
	return conn, nil
}

// hopeless are errors of connecting that no later try will mend.
func hopeless(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.Is(err, ErrCleartext) || errors.As(err, &cert) || errors.As(err, &record)
}
