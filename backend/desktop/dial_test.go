package desktop

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// certificate is one for cti.example, signed by itself, and the same as a PEM file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{"cti.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o600)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// listen is a server on a real socket that refuses ada's seat to whoever gets so far.
func listen(t *testing.T, conf *tls.Config) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	if conf != nil {
		ln = tls.NewListener(ln, conf)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				defer conn.Close()
				fmt.Fprint(conn, "100 WELCOME\n")
				for in := bufio.NewScanner(conn); in.Scan(); {
					answer := welcome(in.Text())
					if in.Text() == "MAC x" {
						answer = "101 KO unknown seat"
					}
					fmt.Fprint(conn, answer+"\n")
				}
			})
		}
	})
	t.Cleanup(func() { ln.Close(); served.Wait() })
	return at
}

// TestTLS: the certificate and the name in it are always checked, and a check that fails
// ends the tries.
func TestTLS(t *testing.T) {
	cert, ca := certificate(t)
	_, otherCA := certificate(t)
	secure, clear := listen(t, &tls.Config{Certificates: []tls.Certificate{cert}}), listen(t, nil)
	seat := func(err error) bool { r := new(Refused); return errors.As(err, &r) && r.Text == "unknown seat x" }
	unknown := func(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }
	for _, c := range []struct {
		name string
		conf Config
		want func(error) bool
	}{
		{"right", Config{Server: secure, TLSCA: ca, TLSName: "cti.example"}, seat},
		{"the name of another", Config{Server: secure, TLSCA: ca}, func(err error) bool { return errors.As(err, new(x509.HostnameError)) }},
		{"another authority", Config{Server: secure, TLSCA: otherCA, TLSName: "cti.example"}, unknown},
		{"the system's authorities", Config{Server: secure, TLS: true, TLSName: "cti.example"}, unknown},
		{"TLS to a server without", Config{Server: clear, TLSCA: ca}, func(err error) bool {
			return strings.HasPrefix(err.Error(), "the server does not speak TLS at this port")
		}},
		{"cleartext to this machine", Config{Server: clear}, seat},
	} {
		dial, err := c.conf.Dialer()
		if err != nil {
			t.Fatal(err)
		}
		client := New(Options{Connect: dial, User: "ada", MD5Hex: "x", Seat: "x", Opener: &Opener{}})
		if err := client.Run(t.Context(), func(News) {}); !c.want(err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, conf := range []Config{{Server: secure, TLSCA: "/none"}, {Server: secure, TLSCA: write(t, "x.pem", "x", 0o600)}, {}} {
		if _, err := conf.Dialer(); err == nil {
			t.Errorf("%+v passed", conf)
		}
	}
}

// TestCleartext: another machine takes permission, also when its name looks like ours.
func TestCleartext(t *testing.T) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		ln, err := net.Listen("tcp", net.JoinHostPort(ip.IP.String(), "0"))
		if err != nil {
			continue
		}
		defer ln.Close()
		for allowed, want := range map[bool]error{false: ErrCleartext, true: nil} {
			dial, err := Config{Server: ln.Addr().String(), Cleartext: allowed}.Dialer()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := dial(context.Background())
			if !errors.Is(err, want) || hopeless(err) != (want != nil) {
				t.Errorf("allowed %t: %v", allowed, err)
			}
			if conn != nil {
				conn.Close()
			}
		}
		return
	}
	t.Skip("this machine has no address but the loopback")
}
