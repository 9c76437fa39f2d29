package asterisk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Why a link is down. The error of Run, Status.Err and Do's wrap one of them and
// what caused it (row A2).
var (
	ErrUnreachable  = errors.New("asterisk cannot be reached")
	ErrTLS          = errors.New("the TLS of Asterisk is not trusted, or there is none")
	ErrNotAMI       = errors.New("the peer is not an Asterisk manager")
	ErrLoginRefused = errors.New("asterisk refuses the manager's login")
	ErrLost         = errors.New("the link to Asterisk was lost")
	ErrOverrun      = errors.New("events came faster than they were used")
	ErrDown         = errors.New("there is no link to Asterisk")
	ErrUnset        = errors.New("the connection to Asterisk is not configured yet")
	ErrChanged      = errors.New("the connection to Asterisk is being changed")
)

// Connection is how one Asterisk is reached, and as whom.
type Connection struct {
	// Dial connects, by TCP or TLS. It must return when ctx ends. What it says of TLS
	// wraps ErrTLS. nil: nobody has said yet which Asterisk; nothing is dialled.
	Dial             func(ctx context.Context) (net.Conn, error)
	Username, Secret string
	// Auth is "md5" (the secret is not told) or "secret". "": md5.
	Auth string
	// Retries is how often to try again after a link was lost or could not be had,
	// since the last one that stood. Negative: for ever. 0: never.
	Retries int
}

// Options say how a Link is made. Dial, Username, Secret, Auth and Retries are those of
// the Connection it begins with.
type Options struct {
	Dial             func(ctx context.Context) (net.Conn, error)
	Username, Secret string
	Auth             string
	Retries          int
	// Ping is how often a sign of life is asked for; a link on which nothing came for
	// three times as long, or for 18 s, is dead (row A8: within 20 s). 0: 5 s; more than
	// 10 s counts as 10 s, so that an answer has some seconds to come.
	Ping time.Duration
	// RetryPause is the time between tries; up to a fifth more is added by chance, so
	// that many servers do not come back at once. 0: 5 s.
	RetryPause time.Duration
	// QueueWait is how long the link waits for its batches to be taken before it is
	// dropped and the picture taken anew. Asterisk itself drops a client that does
	// not read for writetimeout (5 s is recommended). 0: 3 s.
	QueueWait time.Duration
	// LoginWait is how long greeting and login may take, and a resync without any
	// progress. 0: 10 s. (Asterisk waits 1 s before it refuses.)
	LoginWait time.Duration
	// Sweep is how often the channels, and the members of queues, are compared with those
	// that Asterisk lists; up to a tenth more is added by chance. 0: 3 minutes.
	Sweep time.Duration
	Log   *slog.Logger // nil: slog.Default
}

// Link is the one connection to one Asterisk, however often it has to be made.
type Link struct {
	opt     Options
	out     chan<- *pbx.Batch
	wanted  atomic.Pointer[Wanted]
	session atomic.Pointer[ami.Session]
	state   atomic.Pointer[linkState]
	n       counters
	started string // when the Asterisk of the last link was; Run's only

	mu   sync.Mutex
	next *Connection // to be used from now on; nil when the Options have it
	drop func()      // ends what is made of the Connection of before; nil until Run
}

// NewLink is a Link that hands its events to out. Until SetWanted it translates
// everything.
func NewLink(o Options, out chan<- *pbx.Batch) *Link {
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&o.Ping, 5 * time.Second}, {&o.RetryPause, 5 * time.Second}, {&o.QueueWait, 3 * time.Second}, {&o.LoginWait, 10 * time.Second}, {&o.Sweep, 3 * time.Minute}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	o.Ping = min(o.Ping, maxPing)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := &Link{opt: o, out: out}
	l.wanted.Store(&Wanted{})
	l.become(pbx.LinkStateDown, "", nil)
	if o.Dial == nil {
		l.become(pbx.LinkStateDown, "", ErrUnset)
	}
	return l
}

// SetWanted changes what is translated, from the next message on. Any goroutine may
// call it.
func (l *Link) SetWanted(w Wanted) { l.wanted.Store(&w) }

// Reconfigure uses another Connection from now on: the link that stands is dropped, and
// the other one tried at once, with all its tries. What goes on in the Asterisk that is
// found there stays in the picture, if it is the same. Any goroutine may call it; it does
// not wait.
func (l *Link) Reconfigure(c Connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = &c
	if l.drop != nil {
		l.drop()
	}
}

// Run keeps the link until ctx ends (nil) or the tries are used up (an error that
// wraps the reason of the last one). While no Connection is given it waits for one.
// It runs once.
func (l *Link) Run(ctx context.Context) error {
	for {
		one, end := context.WithCancel(ctx)
		l.use(end)
		err := l.keep(one)
		changed := one.Err() != nil && ctx.Err() == nil
		end()
		if !changed {
			return err
		}
		l.become(pbx.LinkStateDown, "", ErrChanged)
		l.deliver(ctx, pbx.Event{Kind: pbx.LinkDown, Text: ErrChanged.Error()})
		l.opt.Log.Info("asterisk link down", "error", ErrChanged)
	}
}

// use takes the newest Connection; drop ends it when a newer one comes.
func (l *Link) use(drop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.next; c != nil {
		l.opt.Dial, l.opt.Username, l.opt.Secret, l.opt.Auth, l.opt.Retries = c.Dial, c.Username, c.Secret, c.Auth, c.Retries
	}
	l.next, l.drop = nil, drop
}

// keep keeps the link of one Connection, until ctx ends (nil) or the tries are used up.
func (l *Link) keep(ctx context.Context) error {
	if l.opt.Dial == nil {
		l.become(pbx.LinkStateDown, "", ErrUnset)
		l.deliver(ctx, pbx.Event{Kind: pbx.LinkDown, Text: ErrUnset.Error()})
		l.opt.Log.Warn("asterisk link down", "error", ErrUnset)
		<-ctx.Done()
		return nil
	}
	told := ""
	var complaint complaint
	for again := 0; ; again++ {
		stood, err := l.connect(ctx)
		if ctx.Err() != nil {
			break
		}
		l.become(pbx.LinkStateDown, "", err)
		if stood {
			again, told = 0, ""
			complaint.why = ""
		}
		if why := outline(err); why != told {
			told = why
			l.deliver(ctx, pbx.Event{Kind: pbx.LinkDown, Text: why})
		}
		if l.opt.Retries >= 0 && again >= l.opt.Retries {
			return fmt.Errorf("given up after %d tries: %w", again+1, err)
		}
		pause := l.opt.RetryPause + rand.N(l.opt.RetryPause/5+1) //nolint:gosec // spreads load, hides nothing
		level := slog.LevelDebug
		if complaint.due(outline(err), time.Now()) {
			level = slog.LevelWarn
		}
		l.opt.Log.Log(ctx, level, "asterisk link down", "error", err, "retries", again, "pause", pause.Round(time.Millisecond))
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if ctx.Err() != nil {
			break
		}
	}
	l.become(pbx.LinkStateDown, "", nil)
	return nil //nolint:nilerr // the end of ctx is none
}

// complaint says when to warn of a link that stays down: at once, when the reason is
// another one, and then more and more seldom.
type complaint struct {
	why   string
	next  time.Time
	pause time.Duration
}

func (c *complaint) due(why string, now time.Time) bool {
	const first, last = time.Minute, 15 * time.Minute
	switch {
	case why != c.why:
		c.why, c.pause = why, first
	case now.Before(c.next):
		return false
	default:
		c.pause = min(5*c.pause, last)
	}
	c.next = now.Add(c.pause)
	return true
}

// outline is what of a reason concerns those who only use the exchange: not its
// address, nor what it said.
func outline(err error) string {
	for _, kind := range []error{ErrTLS, ErrUnreachable, ErrNotAMI, ErrLoginRefused, ErrOverrun, ErrLost} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return ErrLost.Error()
}

// deliver hands over one event of the link's own, however long that takes.
func (l *Link) deliver(ctx context.Context, e pbx.Event) {
	b := pbx.NewBatch()
	b.Events = append(b.Events, e)
	select {
	case l.out <- b:
	case <-ctx.Done():
		b.Release()
	}
}

// Do sends an action and waits for its answer. While there is no link it is refused
// with ErrDown at once; nothing is kept for later (row A8). Any goroutine may call it.
func (l *Link) Do(ctx context.Context, a ami.Action) (ami.Answer, error) {
	s := l.session.Load()
	if s == nil {
		return ami.Answer{}, ErrDown
	}
	return s.Do(ctx, a)
}
