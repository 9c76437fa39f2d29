// Package replay plays a recording of the manager interface to a picture, as if it
// happened now, and says what each agent would have been told; and it writes such a
// recording, without what it must not hold. No sockets, no files.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// Clock is the name of the event with which a recording tells the time of what follows:
// ours, not Asterisk's, so it has no Privilege and means nothing to anybody else.
const (
	Clock     = "RecordedAt"
	clockTime = "RecordedAt: "
)

// Told is one thing that an agent would have been told.
type Told struct {
	At     time.Time // zero in a recording that does not tell times
	Agent  tracker.Agent
	Notice *pbx.Notice
}

// Summary is what a recording held.
type Summary struct {
	Messages, Events        int // messages of Asterisk, and those of them that mean something
	Pops                    int
	ServiceCalls            int64
	LeftCalls, LeftChannels int  // still there at the end
	Forged                  int  // messages that were not believed, as the server would not
	Cut                     bool // the last message is not whole
	Greeting                string
	Began, Ended            time.Time // by its own clock; zero without
}

// Broken is a recording that ends before its end. What came before was played.
type Broken struct {
	Message int   // number of Asterisk's message that could not be read, from 1
	Offset  int64 // bytes that could be read, unpacked
	Err     error
}

func (e *Broken) Error() string {
	return fmt.Sprintf("message %d cannot be read, %d bytes from the beginning: %v", e.Message, e.Offset, e.Err)
}
func (e *Broken) Unwrap() error { return e.Err }

// Play plays what r holds to agents under a plan, and calls tell for each thing told, in
// order. The error is *Broken, or ctx's.
func Play(ctx context.Context, r io.Reader, plan *tracker.Plan, wanted *asterisk.Wanted, agents []tracker.Agent, tell func(Told)) (sum Summary, err error) {
	now := time.Unix(1, 0) // any, until the recording tells; the zero time is none
	tr := tracker.New(tracker.Options{Run: "r", Clock: func() time.Time { return now }})
	ctx, stop := context.WithCancel(ctx)
	var work sync.WaitGroup
	work.Go(func() { _ = tr.Run(ctx) }) // nil: ctx ends it
	defer work.Wait()
	defer stop()
	if err := tr.SetPlan(ctx, plan); err != nil {
		return sum, err
	}
	for i, a := range agents {
		a.Generation = uint64(i) + 1
		w := &ear{agent: a, tell: func(t Told) {
			if !sum.Began.IsZero() {
				t.At = now
			}
			if t.Notice.Action != nil {
				sum.Pops++
			}
			tell(t)
		}}
		if _, err := tr.Watch(ctx, a, w); err != nil {
			return sum, err
		}
	}
	src := &source{r: r}
	buffered := text(src)
	reader := ami.NewReader(buffered)
	if head, _ := buffered.Peek(len(greeting)); string(head) == greeting { // some logs begin later
		if sum.Greeting, err = reader.ReadGreeting(); err != nil {
			return sum, &Broken{1, src.n, err}
		}
	}
	recorded := asterisk.NewRecorded(sum.Greeting)
	var broken error
	for {
		m, err := reader.Next()
		if src.err == nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && sum.Messages > 0) {
			sum.Cut = !errors.Is(err, io.EOF)
			break // the link, or the recording, was cut
		}
		if err != nil {
			broken = &Broken{sum.Messages + 1, src.n, err}
			break
		}
		if string(m.Event()) == Clock {
			if at, ok := clock(m.Bytes()); ok {
				recorded.OfLink()
				if err := tr.Settle(ctx); err != nil {
					return sum, err
				}
				if now = at; sum.Began.IsZero() {
					sum.Began = at
				}
				sum.Ended = at
			}
			continue
		}
		sum.Messages++
		if !recorded.Believes(m) {
			sum.Forged++
			continue
		}
		b := pbx.NewBatch()
		b.Events = recorded.Translate(m, wanted, b.Events)
		if len(b.Events) == 0 {
			b.Release()
			continue
		}
		sum.Events++
		select {
		case tr.In() <- b:
		case <-ctx.Done():
			return sum, ctx.Err()
		}
	}
	if err := tr.Settle(ctx); err != nil {
		return sum, errors.Join(broken, err)
	}
	st := tr.Stats()
	sum.ServiceCalls, sum.LeftCalls, sum.LeftChannels = st.ServiceCalls, st.Calls, st.Channels
	return sum, broken
}

// clock reads the time of a clock's message.
func clock(m []byte) (time.Time, bool) {
	for line := range strings.Lines(string(m)) {
		if text, ok := strings.CutPrefix(line, clockTime); ok {
			at, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(text))
			return at, err == nil
		}
	}
	return time.Time{}, false
}

// ear is an agent's client.
type ear struct {
	agent tracker.Agent
	tell  func(Told)
}

func (e *ear) Snapshot(*tracker.Snapshot) {}
func (e *ear) Flush()                     {}
func (e *ear) Notify(n *pbx.Notice, _ uint64) {
	if n.Link == "" { // every recording begins with a link
		e.tell(Told{Agent: e.agent, Notice: n})
	}
}
