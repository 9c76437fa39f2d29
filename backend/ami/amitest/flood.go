package amitest

import (
	"context"
	"io"
	"net"
	"strconv"
	"time"
)

// Flood is how a Corpus is poured over a client. The zero value sends it once, as
// fast as it is read.
type Flood struct {
	Rate     int           // events per second; 0: as fast as the client reads
	Chunk    int           // bytes per write without Rate; 256 KiB when zero
	PerEvent bool          // one write per event, as Asterisk does it
	Loops    int           // how often; 1 when zero
	For      time.Duration // or how long, however often that is; real time
	Stamp    bool          // each event gets a last header SentAt: Unix nanoseconds
	// Sent, if not nil, is told each event just before it is written: its place in
	// Corpus.Ends, and the loop it belongs to.
	Sent func(event, loop int, at time.Time)
}

// Flooded is what a flood was.
type Flooded struct {
	Events, Bytes int
	Took          time.Duration
}

// floodTick is the step of a flood with a rate.
const floodTick = time.Millisecond

// Flood pours c over the one client that has signed in, when all it was told before
// is written. The server's events wait meanwhile.
func (s *Server) Flood(ctx context.Context, c *Corpus, f Flood) (Flooded, error) {
	clients := s.loggedIn()
	if len(clients) == 0 {
		return Flooded{}, ErrNoClient
	}
	n := clients[0]
	if err := n.drain(ctx); err != nil {
		return Flooded{}, err
	}
	n.wire.Lock()
	defer n.wire.Unlock()
	return f.Run(ctx, n.conn, c)
}

// Run pours c over conn, which somebody reads on the other side.
func (f Flood) Run(ctx context.Context, conn net.Conn, c *Corpus) (Flooded, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	p := &pour{Flood: f, w: conn, c: c, begin: time.Now(), chunk: f.Chunk}
	if p.chunk <= 0 {
		p.chunk = 256 << 10
	}
	if p.Loops <= 0 {
		p.Loops = 1
	}
	err := p.run(ctx)
	p.done.Took = time.Since(p.begin)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return p.done, err
}

type pour struct {
	Flood
	w          io.Writer
	c          *Corpus
	begin      time.Time
	chunk      int
	next, loop int
	buf        []byte
	done       Flooded
}

func (p *pour) over() bool {
	if p.For > 0 {
		return time.Since(p.begin) >= p.For
	}
	return p.loop >= p.Loops
}

func (p *pour) run(ctx context.Context) error {
	if p.Rate <= 0 {
		for !p.over() {
			if err := p.write(func() bool { return len(p.buf) < p.chunk && !p.over() }); err != nil {
				return err
			}
		}
		return nil
	}
	tick := time.NewTicker(floodTick)
	defer tick.Stop()
	for !p.over() {
		due := int(float64(p.Rate) * time.Since(p.begin).Seconds())
		if err := p.write(func() bool { return p.done.Events < due && !p.over() }); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// write writes events while more says so.
func (p *pour) write(more func() bool) error {
	p.buf = p.buf[:0]
	for more() {
		p.add()
		if p.PerEvent {
			if err := p.flush(); err != nil {
				return err
			}
		}
	}
	return p.flush()
}

func (p *pour) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	n, err := p.w.Write(p.buf)
	p.done.Bytes += n
	p.buf = p.buf[:0]
	return err
}

// add puts the next event into the buffer.
func (p *pour) add() {
	start := 0
	if p.next > 0 {
		start = p.c.Ends[p.next-1]
	}
	event := p.c.Text[start:p.c.Ends[p.next]]
	var now time.Time
	if p.Stamp || p.Sent != nil {
		now = time.Now()
	}
	if p.Sent != nil {
		p.Sent(p.next, p.loop, now)
	}
	if p.Stamp {
		p.buf = append(p.buf, event[:len(event)-2]...)
		p.buf = append(p.buf, "SentAt: "...)
		p.buf = strconv.AppendInt(p.buf, now.UnixNano(), 10)
		p.buf = append(p.buf, "\r\n\r\n"...)
	} else {
		p.buf = append(p.buf, event...)
	}
	p.done.Events++
	p.next++
	if p.next == len(p.c.Ends) {
		p.next = 0
		p.loop++
	}
}
