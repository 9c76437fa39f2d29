package ami_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// frame finds the end of the message at the head of b: line by line, which is the
// least a reader of lines can do. The marks are multiples of it.
func frame(b []byte) int {
	for i := 0; ; {
		e := bytes.IndexByte(b[i:], '\n')
		if e < 0 {
			return 0
		}
		i += e + 1
		if i+1 < len(b) && b[i] == '\r' && b[i+1] == '\n' {
			return i + 2
		}
	}
}

func frameAll(b []byte) (n int) {
	for len(b) > 0 {
		e := frame(b)
		if e == 0 {
			return n
		}
		b = b[e:]
		n++
	}
	return n
}

// loop is b without end.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	if l.at += n; l.at == len(l.b) {
		l.at = 0
	}
	return n, nil
}

// corpus is flood without its greeting.
func corpus(tb testing.TB) []byte {
	b := flood(tb)
	return b[bytes.IndexByte(b, '\n')+1:]
}

// BenchmarkMemory is mark P2: what it takes to read messages in memory, as a multiple
// of framing the same bytes in the same run. "next" reads the first header of each;
// "all" every header of each, which nobody does.
func BenchmarkMemory(b *testing.B) {
	data := corpus(b)
	messages := frameAll(data)
	for _, bench := range []struct {
		name string
		all  bool
	}{{"next", false}, {"all", true}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			r := ami.NewReader(&loop{b: data})
			framing, reading := time.Hour, time.Hour // the best round of each
			for range b.N {
				t0 := cpu(b)
				if frameAll(data) != messages {
					b.Fatal("framing")
				}
				t1 := cpu(b)
				for range messages {
					m, err := r.Next()
					if err != nil {
						b.Fatal(err)
					}
					if bench.all && m.Len() == 0 {
						b.Fatal("empty")
					}
				}
				framing, reading = min(framing, t1-t0), min(reading, cpu(b)-t1)
			}
			b.ReportMetric(float64(framing.Nanoseconds())/float64(messages), "framing-ns/event")
			b.ReportMetric(float64(reading.Nanoseconds())/float64(messages), "ns/event")
			b.ReportMetric(float64(reading)/float64(framing), "x-framing")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkTCP is mark P6: the same over a socket, as a multiple of reading the bytes
// and doing nothing with them.
func BenchmarkTCP(b *testing.B) {
	data := corpus(b)
	messages := frameAll(data)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	write := func(rounds int) net.Conn {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			for range rounds {
				if _, err := c.Write(data); err != nil {
					return
				}
			}
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close(); <-done })
		return c
	}
	const rounds = 20
	per := float64(rounds * messages)
	buf := make([]byte, 64<<10)
	bare := func() time.Duration {
		c := write(rounds)
		t0 := cpu(b)
		for {
			if _, err := c.Read(buf); err != nil {
				return cpu(b) - t0
			}
		}
	}
	read := func(all bool) time.Duration {
		c := write(rounds)
		t0 := cpu(b)
		r := ami.NewReader(c)
		for range rounds * messages {
			m, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			if all && m.Len() == 0 {
				b.Fatal("empty")
			}
		}
		took := cpu(b) - t0
		if _, err := r.Next(); !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
		return took
	}
	for _, bench := range []struct {
		name string
		all  bool
	}{{"next", false}, {"all", true}} {
		b.Run(bench.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			nothing, reading := time.Hour, time.Hour // the best round of each
			for range b.N {
				nothing, reading = min(nothing, bare()), min(reading, read(bench.all))
			}
			b.ReportMetric(float64(nothing.Nanoseconds())/per, "bare-ns/event")
			b.ReportMetric(float64(reading.Nanoseconds())/per, "ns/event")
			b.ReportMetric(float64(reading)/float64(nothing), "x-bare")
			b.ReportMetric(0, "ns/op")
		})
	}
}
