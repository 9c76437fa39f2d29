package asterisk_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// BenchmarkResync is the time from the link's being back to a whole picture, with 300 calls
// in 50 queues: half of them talk, half wait. It must be under 2 s (row A7).
func BenchmarkResync(b *testing.B) {
	const queues, waiting = 50, 3 // and as many who talk, in each
	user := amitest.DefaultUser
	user.Name, user.Secret = "cti", secret
	s, err := amitest.Listen(amitest.Options{Users: []amitest.User{user}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for q := range queues {
		name := fmt.Sprint("queue", q)
		var members []amitest.Member
		for m := range waiting {
			phone := fmt.Sprint(1000 + q*waiting + m)
			s.AddPhone(amitest.Phone{Extension: phone, Does: amitest.Answer})
			members = append(members, amitest.Member{Interface: "PJSIP/" + phone})
		}
		s.AddQueue(amitest.Queue{Name: name, Members: members})
		s.AddService(amitest.Service{Number: fmt.Sprint(5000 + q), Context: fmt.Sprint("service", q), Queue: name, Set: []amitest.Variable{{Name: "calldata", Value: "12345"}}})
	}
	out := make(chan *pbx.Batch, 1000)
	ctx, cancel := context.WithCancel(b.Context())
	l := asterisk.NewLink(asterisk.Options{
		Dial: s.Dial, Username: "cti", Secret: secret, Retries: -1, RetryPause: time.Millisecond, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}, out)
	l.SetWanted(calldata)
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	defer func() { cancel(); <-done }()
	var up, whole time.Time
	channels, events := 0, 0
	until := func(enough func(e *pbx.Event) bool) {
		for batch := range out {
			for i := range batch.Events {
				e := &batch.Events[i]
				events++
				switch e.Kind {
				case pbx.LinkUp:
					up, channels, events = time.Now(), 0, 0
				case pbx.SyncChannel:
					channels++
				case pbx.SyncEnd:
					whole = time.Now()
				}
				if enough(e) {
					return
				}
			}
			batch.Release()
		}
	}
	until(func(e *pbx.Event) bool { return e.Kind == pbx.SyncEnd })
	for n := range 2 * queues * waiting {
		s.Call(amitest.Call{From: fmt.Sprint(9000 + n), To: fmt.Sprint(5000 + n%queues), Talk: time.Hour})
	}
	joined, talking := 0, 0
	until(func(e *pbx.Event) bool {
		switch e.Kind {
		case pbx.QueueJoin:
			joined++
		case pbx.BridgeEnter:
			talking++
		}
		return joined == 2*queues*waiting && talking == 2*queues*waiting
	})
	var took time.Duration
	rounds := 0
	for b.Loop() {
		if err := s.Cut(b.Context()); err != nil {
			b.Fatal(err)
		}
		until(func(e *pbx.Event) bool { return e.Kind == pbx.SyncEnd })
		if took += whole.Sub(up); channels < 3*queues*waiting {
			b.Fatalf("%d channels, want %d", channels, 3*queues*waiting)
		}
		rounds++
	}
	b.ReportMetric(float64(took.Microseconds())/1000/float64(rounds), "ms/resync")
	b.ReportMetric(float64(channels), "channels")
	b.ReportMetric(float64(events), "events")
}
