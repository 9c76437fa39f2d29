package transport

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
)

// pair is the two ends of a real connection.
func pair(t testing.TB) (ours, theirs net.Conn) {
	t.Helper()
	ln := loopbackListener(t)
	defer ln.Close()
	accepted := make(chan net.Conn)
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- nc
	}()
	theirs = dialTo(t, ln.Addr().String())
	ours = <-accepted
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	return ours, theirs
}

// selfSigned is a server's side of TLS.
func selfSigned(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

var trusting = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // the test's own certificate

func securePair(t testing.TB) (ours, theirs net.Conn) {
	t.Helper()
	a, b := pair(t)
	server, client := tls.Server(a, selfSigned(t)), tls.Client(b, trusting)
	shaken := make(chan error)
	go func() { shaken <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-shaken; err != nil {
		t.Fatal(err)
	}
	return server, client
}

// frame reads one frame of a server.
func frame(r *bufio.Reader) (op byte, payload []byte, err error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1])
	switch n {
	case 126:
		var b [2]byte
		_, err = io.ReadFull(r, b[:])
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		var b [8]byte
		_, err = io.ReadFull(r, b[:])
		n = binary.BigEndian.Uint64(b[:])
	}
	if err != nil || n > 1<<20 {
		return 0, nil, fmt.Errorf("length %d: %w", n, err)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head[0], payload, err
}

// message is frame number n, of a size that varies.
func message(n int) []byte {
	return fmt.Appendf(nil, "%d:%s", n, strings.Repeat("x", n*7919%1500))
}

// Whatever the library writes beside, and however the socket cuts it up, frames stay
// whole and in order.
func TestFramesAreNeverSplit(t *testing.T) {
	for name, makePair := range map[string]func(testing.TB) (net.Conn, net.Conn){"TCP": pair, "TLS": securePair} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := makePair(t)
			c := newWSConn(ours, nil)
			c.limit = 1 << 30
			const messages, pongs = 8000, 2000
			var writers sync.WaitGroup
			writers.Go(func() { // the picture
				for i := range messages {
					if err := c.Stage(message(i)); err != nil {
						t.Error(err)
						return
					}
					if i%3 == 0 {
						_ = c.Flush()
					}
				}
				_ = c.Flush()
			})
			writers.Go(func() { // the library
				for i := range pongs {
					if _, err := (*bareConn)(c).Write(append([]byte{0x8A, 4}, fmt.Sprintf("%04d", i)...)); err != nil {
						t.Error(err)
						return
					}
				}
			})
			r := bufio.NewReaderSize(theirs, 16)
			var texts, controls int
			for texts < messages || controls < pongs {
				op, payload, err := frame(r)
				if err != nil {
					t.Fatal(err)
				}
				switch {
				case op == opText && string(payload) == string(message(texts)):
					texts++
				case op == 0x8A && string(payload) == fmt.Sprintf("%04d", controls):
					controls++
				default:
					t.Fatalf("after %d messages and %d pongs: %x %q", texts, controls, op, payload)
				}
			}
			writers.Wait()
			c.mu.Lock()
			defer c.mu.Unlock()
			for c.flushing { // it ends as soon as it can look
				c.mu.Unlock()
				c.mu.Lock()
			}
			if c.pend != nil || c.out != nil {
				t.Error("an idle connection holds buffers")
			}
		})
	}
}

// A client that does not read is cut at the limit. What it is told until then is
// whole and without a gap, and then it is told why.
func TestSlowClientIsTold(t *testing.T) {
	for name, makePair := range map[string]func(testing.TB) (net.Conn, net.Conn){"TCP": pair, "TLS": securePair} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := makePair(t)
			c := newWSConn(ours, nil)
			var err error
			sent := 0
			for ; err == nil; sent++ {
				if err = c.Stage(message(sent)); err == nil {
					err = c.Flush()
				}
			}
			if !errors.Is(err, session.ErrSlow) {
				t.Fatal(err)
			}
			if err := c.Stage([]byte("more")); !errors.Is(err, session.ErrSlow) {
				t.Errorf("after that: %v", err)
			}
			c.Close([]byte("too slow"), 4008, "slow")
			c.Close([]byte("again"), 1000, "")
			if err := c.Stage([]byte("more")); !errors.Is(err, session.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
			finished := make(chan struct{})
			go func() {
				c.finish()
				close(finished)
			}()
			r := bufio.NewReader(theirs)
			for i := 0; ; i++ {
				op, payload, err := frame(r)
				if err != nil {
					t.Fatalf("after %d: %v", i, err)
				}
				if string(payload) == "too slow" {
					if i >= sent || i == 0 {
						t.Errorf("%d of %d were told", i, sent)
					}
					break
				}
				if op != opText || string(payload) != string(message(i)) {
					t.Fatalf("after %d: %x %.20q", i, op, payload)
				}
			}
			if op, payload, err := frame(r); op != opClose || binary.BigEndian.Uint16(payload) != 4008 || string(payload[2:]) != "slow" {
				t.Errorf("%x %q %v", op, payload, err)
			}
			if _, err := r.ReadByte(); err != io.EOF {
				t.Errorf("not closed: %v", err)
			}
			theirs.Close()
			<-finished
		})
	}
}

// Five seconds without progress cut a client; slow progress does not.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		c := newLineConn(ours, nil)
		began := time.Now()
		_ = c.Stage([]byte("told"))
		_ = c.Flush()
		if _, err := c.ReadFrame(512, time.Hour); !errors.Is(err, session.ErrSlow) {
			t.Errorf("the reader: %v", err)
		}
		if took := time.Since(began); took != stall {
			t.Errorf("cut after %s", took)
		}
		if err := c.Stage([]byte("more")); !errors.Is(err, session.ErrSlow) {
			t.Errorf("after that: %v", err)
		}
		c.Close([]byte("farewell"), 0, "")
		c.finish()
	})
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		c := newLineConn(ours, nil)
		text := strings.Repeat("x", 40<<10)
		_ = c.Stage([]byte(text))
		_ = c.Flush()
		c.Close([]byte("farewell"), 0, "")
		c.mu.Lock()
		c.until = c.until.Add(time.Hour)
		c.mu.Unlock()
		var got strings.Builder
		for b := make([]byte, 4000); ; {
			<-time.After(4 * time.Second)
			n, err := theirs.Read(b)
			got.Write(b[:n])
			if strings.HasSuffix(got.String(), "farewell\n") {
				break
			} else if err != nil {
				t.Fatalf("cut after %d bytes: %v", got.Len(), err)
			}
		}
		if got.String() != text+"\nfarewell\n" {
			t.Error("not what was sent")
		}
		c.finish()
	})
}

// drain reads all that comes, without allocating.
func drain(nc net.Conn) {
	for b := make([]byte, 64<<10); ; {
		if _, err := nc.Read(b); err != nil {
			return
		}
	}
}

// One batch larger than the limit is no reason to cut a client that reads.
func TestLargeBatch(t *testing.T) {
	t.Run("one frame", func(t *testing.T) {
		ours, theirs := pair(t)
		c := newLineConn(ours, nil)
		go drain(theirs)
		if err := c.Stage(make([]byte, 3*pendingTCP)); err != nil {
			t.Error(err)
		}
		if err := c.Flush(); err != nil {
			t.Error(err)
		}
		c.Close(nil, 0, "")
		c.finish()
	})
	t.Run("many frames", func(t *testing.T) {
		ours, theirs := pair(t)
		c := newLineConn(ours, nil)
		go drain(theirs)
		for i := range pendingTCP * 5 / 4 / 1000 {
			if err := c.Stage(make([]byte, 999)); err != nil {
				t.Fatalf("line %d: %v", i, err)
			}
		}
	})
}

func TestWritingAllocatesNothing(t *testing.T) {
	ours, theirs := pair(t)
	c := newWSConn(ours, nil)
	go drain(theirs)
	text := message(400)
	if n := testing.AllocsPerRun(1000, func() {
		_ = c.Stage(text)
		_ = c.Stage(text)
		_ = c.Flush()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Close wakes the reader, wherever it is.
func TestCloseWakesTheReader(t *testing.T) {
	for range 200 {
		ours, theirs := pair(t)
		c := newLineConn(ours, nil)
		read := make(chan error)
		go func() {
			_, err := c.ReadFrame(512, time.Hour)
			read <- err
		}()
		c.Close([]byte("farewell"), 0, "")
		if err := <-read; !errors.Is(err, session.ErrClosed) {
			t.Fatal(err)
		}
		go c.finish()
		got, err := io.ReadAll(theirs)
		if string(got) != "farewell\n" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
		theirs.Close()
	}
}

func TestCloseFrame(t *testing.T) {
	long := strings.Repeat("é", 100)
	b := appendClose(nil, 4001, long)
	if b[1] != 124 || len(b) != 126 || !strings.HasPrefix(long, string(b[4:])) {
		t.Errorf("%d bytes, length %d", len(b), b[1])
	}
}
