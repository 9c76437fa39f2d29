package amitest_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// TestTrafficTellsItsTruth counts the events of a corpus anew.
func TestTrafficTellsItsTruth(t *testing.T) {
	c := amitest.Traffic{Seed: 7, Calls: 30, Agents: 60, Queues: 3, Bytes: 600 << 10}.Generate()
	again := amitest.Traffic{Seed: 7, Calls: 30, Agents: 60, Queues: 3, Bytes: 600 << 10}.Generate()
	if !bytes.Equal(c.Text, again.Text) {
		t.Fatal("the same seed gave another text")
	}
	if c.Ends[len(c.Ends)-1] != len(c.Text) || len(c.Text) < 600<<10 {
		t.Fatalf("%d bytes, the last event ends at %d", len(c.Text), c.Ends[len(c.Ends)-1])
	}
	events := parse(string(c.Text))
	if len(events) != len(c.Ends) {
		t.Fatalf("%d events, %d ends", len(events), len(c.Ends))
	}
	got := map[string]amitest.Truth{}
	alive := map[string]bool{}
	calldata := map[string]string{}
	device := func(m message, name string) string { return m.get(name)[:strings.LastIndexByte(m.get(name), '-')] }
	add := func(d string, f func(*amitest.Truth)) {
		v := got[d]
		f(&v)
		got[d] = v
	}
	answers, bridged := 0, map[string]bool{}
	for i, m := range events {
		switch m.get("Event") {
		case "Newchannel":
			alive[m.get("Uniqueid")] = true
		case "Hangup":
			if bridged[m.get("Uniqueid")] && strings.HasPrefix(m.get("Channel"), "PJSIP/2") {
				add(device(m, "Channel"), func(v *amitest.Truth) { v.Ended++ })
			}
			delete(alive, m.get("Uniqueid"))
		case "VarSet":
			if m.get("Variable") == "calldata" {
				calldata[m.get("Uniqueid")] = m.get("Value")
			}
		case "Newstate":
			if m.get("ChannelState") == "5" {
				add(device(m, "Channel"), func(v *amitest.Truth) { v.Rang++ })
			}
		case "BridgeEnter":
			bridged[m.get("Uniqueid")] = true
		case "Hold":
			add(device(m, "Channel"), func(v *amitest.Truth) { v.Held++ })
		case "Unhold":
			add(device(m, "Channel"), func(v *amitest.Truth) { v.Unheld++ })
		case "DialEnd":
			if m.get("DialStatus") != "ANSWER" {
				continue
			}
			add(device(m, "DestChannel"), func(v *amitest.Truth) { v.Answered++ })
			want := amitest.Answered{
				Device: device(m, "DestChannel"), Caller: m.get("Uniqueid"), Channel: m.get("DestUniqueid"), Queue: c.Answers[answers].Queue,
				Calldata: calldata[m.get("Uniqueid")], Event: i,
			}
			if c.Answers[answers] != want {
				t.Fatalf("answer %d: %+v, the events say %+v", answers, c.Answers[answers], want)
			}
			answers++
		}
	}
	if answers != len(c.Answers) || answers < c.Calls/2 {
		t.Errorf("%d answers of %d calls, %d in the truth", answers, c.Calls, len(c.Answers))
	}
	if len(alive) > 0 {
		t.Errorf("%d channels are alive at the end", len(alive))
	}
	for d, v := range c.Phones {
		if got[d] != v {
			t.Errorf("%s: %+v, the events say %+v", d, v, got[d])
		}
	}
	if len(got) != len(c.Phones) {
		t.Errorf("%d phones took part, the truth has %d", len(got), len(c.Phones))
	}
}

// TestTrafficWithReports: the class reporting comes only when asked for.
func TestTrafficWithReports(t *testing.T) {
	for _, rtcp := range []bool{false, true} {
		c := amitest.Traffic{Calls: 5, Agents: 10, Queues: 1, Bytes: 200 << 10, RTCP: rtcp}.Generate()
		if got := bytes.Contains(c.Text, []byte("Event: RTCPSent")); got != rtcp {
			t.Errorf("RTCP %v, asked for %v", got, rtcp)
		}
	}
}

// small is a corpus of a few calls.
var small = amitest.Traffic{Calls: 3, Agents: 6, Queues: 1, Bytes: 50 << 10}

func TestFlood(t *testing.T) {
	corpus := small.Generate()
	for name, f := range map[string]amitest.Flood{
		"once": {}, "three times": {Loops: 3, Chunk: 1000}, "event by event": {PerEvent: true}, "stamped": {Stamp: true, Rate: 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			near, far := net.Pipe()
			read := make(chan []byte, 1)
			go func() {
				b, _ := io.ReadAll(far)
				read <- b
			}()
			var told int
			f.Sent = func(event, _ int, _ time.Time) {
				if event != told%len(corpus.Ends) {
					t.Errorf("event %d, want %d", event, told)
				}
				told++
			}
			begin := time.Now().UnixNano()
			done, err := f.Run(context.Background(), near, corpus)
			if err != nil {
				t.Fatal(err)
			}
			_ = near.Close()
			b := <-read
			loops := max(f.Loops, 1)
			if done.Events != loops*len(corpus.Ends) || done.Bytes != len(b) || told != done.Events {
				t.Errorf("%+v, %d bytes read, %d events told", done, len(b), told)
			}
			if f.Stamp {
				events := parse(string(b))
				for _, m := range events {
					last := m[len(m)-1]
					if at, err := strconv.ParseInt(last.value, 10, 64); err != nil || last.name != "SentAt" || at < begin {
						t.Fatalf("no stamp: %v", m)
					}
				}
				if len(events) != len(corpus.Ends) {
					t.Errorf("%d events read", len(events))
				}
				return
			}
			if !bytes.Equal(b, bytes.Repeat(corpus.Text, loops)) {
				t.Error("other bytes came")
			}
		})
	}
}

func TestFloodKeepsItsRate(t *testing.T) {
	s := listen(t, amitest.Options{})
	if _, err := s.Flood(context.Background(), small.Generate(), amitest.Flood{}); err == nil {
		t.Error("no client, no error")
	}
	c := dial(t, s)
	c.login(everything)
	c.events()
	go func() { _, _ = io.Copy(io.Discard, c.r) }()
	done, err := s.Flood(context.Background(), small.Generate(), amitest.Flood{Rate: 2000, For: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if rate := float64(done.Events) / done.Took.Seconds(); rate > 2100 {
		t.Errorf("%.0f events a second, asked for 2000", rate)
	}
}

// BenchmarkTraffic is how fast a corpus is made.
func BenchmarkTraffic(b *testing.B) {
	for b.Loop() {
		c := amitest.Traffic{Bytes: 8 << 20}.Generate()
		b.SetBytes(int64(len(c.Text)))
		b.ReportMetric(float64(len(c.Ends)), "events/op")
	}
}
