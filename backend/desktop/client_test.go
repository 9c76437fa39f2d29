package desktop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// stub is a server of a few words: it says what script says to each line, and whatever
// say is given besides.
type stub struct {
	t      *testing.T
	script func(line string) (answer string) // "" for silence, "close" to close
	down   bool                              // nobody is there

	mu    sync.Mutex
	out   chan<- string // to the newest client; "" closes
	heard []string
}

// welcome answers as a server does to ada's right password.
func welcome(line string) string {
	word, _, _ := strings.Cut(line, " ")
	switch word {
	case "USER", "MAC", "NOOP", "REASONS", "CONTEXTS":
		return "100 OK"
	case "PASS":
		return "102 OK"
	case "QUIT":
		return "900 OK"
	}
	return "101 KO unknown command"
}

func (s *stub) connect(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	out := make(chan string, 100) // a pipe has no room of its own, as a socket has
	s.out = out
	go s.listen(theirs, out)
	go func() {
		defer theirs.Close()
		for line := range out {
			if line == "" {
				return
			}
			if _, err := fmt.Fprint(theirs, line+"\n"); err != nil {
				return
			}
		}
	}()
	out <- "100 WELCOME\r"
	return ours, nil
}

func (s *stub) listen(conn net.Conn, out chan<- string) {
	for in := bufio.NewScanner(conn); in.Scan(); {
		s.set(func() {
			s.heard = append(s.heard, in.Text())
			switch answer := s.script(in.Text()); answer {
			case "":
			case "close":
				out <- ""
			default:
				out <- answer
			}
		})
	}
	out <- "" // the end of the writer, if there is one yet
}

// say sends lines on the newest connection; without any it closes it.
func (s *stub) say(lines ...string) {
	s.set(func() {
		for _, l := range lines {
			s.out <- l
		}
		if len(lines) == 0 {
			s.out <- ""
		}
	})
	synctest.Wait()
}

func (s *stub) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// desk runs a client against s inside a bubble.
type desk struct {
	*Client
	cancel context.CancelFunc
	done   chan struct{}
	err    error

	mu   sync.Mutex
	news []News
}

func sit(t *testing.T, s *stub, random func() float64) *desk {
	ctx, cancel := context.WithCancel(t.Context())
	d := &desk{cancel: cancel, done: make(chan struct{})}
	d.Client = New(Options{
		Connect: s.connect, User: "ada", MD5Hex: "95456e7506a8c9c04e3bdffd78da1cae", Seat: "00:11:22:33:44:55",
		Opener: &Opener{Start: func([]string) error { return nil }}, Random: random,
	})
	go func() {
		defer close(d.done)
		d.err = d.Run(ctx, func(n News) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.news = append(d.news, n)
		})
	}()
	synctest.Wait()
	return d
}

// told is the news so far, in short; it forgets them.
func (d *desk) told() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var words []string
	for _, n := range d.news {
		switch n := n.(type) {
		case Line:
			if n.Event != nil {
				words = append(words, n.Event.ID)
			} else {
				words = append(words, fmt.Sprint(n.Code))
			}
		case Answered:
			words = append(words, fmt.Sprintf("%s:%t:%s", n.Command, n.OK, n.Text))
		case Lost:
			words = append(words, "lost:"+n.Why)
		case Stopped:
			words = append(words, "stopped")
		case Opened:
			words = append(words, "opened "+n.What+n.Fault)
		default:
			words = append(words, strings.TrimPrefix(fmt.Sprintf("%T", n), "desktop."))
		}
	}
	d.news = nil
	return strings.Join(words, ", ")
}

func (d *desk) expect(t *testing.T, want string) {
	t.Helper()
	synctest.Wait()
	if got := d.told(); got != want {
		t.Errorf("told %s\nwant %s", got, want)
	}
}

func never() float64 { return 0 }

func TestWholeConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: func(line string) string {
			switch {
			case line == "REASONS":
				return "100 OK Break|Lunch"
			case strings.HasPrefix(line, "PAUSE IN"):
				return "301 PAUSE PENDING\n500 LINK UP\n300 OK"
			case line == "PAUSE OUT":
				return "302 KO no link to Asterisk"
			}
			return welcome(line)
		}}
		d := sit(t, s, never)
		d.expect(t, "Connecting, SignedIn, REASONS:true:Break|Lunch, CONTEXTS:true:")
		for _, c := range []Command{Pause("Lunch", false), Resume, Dial("055", "out")} {
			if err := d.Do(c); err != nil {
				t.Error(err)
			}
		}
		if err := d.Do("NOOP\nQUIT"); err == nil {
			t.Error("two commands passed as one")
		}
		d.expect(t, "301, 500, PAUSE IN Lunch:true:, PAUSE OUT:false:no link to Asterisk, ORIG 055 out 1:false:unknown command")
		s.say("<event", linkEvent, "510 STATE oncall")
		d.expect(t, "0, Link, opened program crmit is not among the programs of client.yaml, 510")
		d.cancel()
		<-d.done
		if d.err != nil {
			t.Error(d.err)
		}
		want := []string{"USER ada", "PASS 95456e7506a8c9c04e3bdffd78da1cae", "MAC 00:11:22:33:44:55", "REASONS", "CONTEXTS", "PAUSE IN Lunch", "PAUSE OUT", "ORIG 055 out 1", "QUIT"}
		if !slices.Equal(s.heard, want) {
			t.Errorf("heard %q", s.heard)
		}
	})
}

// TestStops: what no later try would mend ends them, with clear words. The rest does not.
func TestStops(t *testing.T) {
	ask := func(on, answer string) func(string) string {
		return func(line string) string {
			if strings.HasPrefix(line, on) {
				return answer
			}
			return welcome(line)
		}
	}
	for _, c := range []struct {
		name   string
		script func(string) string
		want   error // nil: it tries again
		text   string
	}{
		{"password", ask("PASS", "101 KO wrong name or password"), ErrPassword, "wrong name"},
		{"seat", ask("MAC", "101 KO unknown seat"), &Refused{}, "unknown seat 00:11:22:33:44:55"},
		{"name", ask("USER", "101 KO not a name: letters"), &Refused{}, "not a name"},
		{"replaced", ask("REASONS", "100 OK\n101 KO signed in elsewhere"), ErrReplaced, "elsewhere"},
		{"replaced while asked", ask("CONTEXTS", "101 KO signed in elsewhere"), ErrReplaced, "elsewhere"},
		{"removed", ask("CONTEXTS", "100 OK\n101 KO this operator was removed or disabled"), &Refused{}, "removed"},
		{"another telephone", ask("CONTEXTS", "100 OK\n101 KO this seat has another telephone now, sign in again"), nil, "another telephone"},
		{"restart", ask("CONTEXTS", "100 OK\n101 KO the server is restarting, connect again"), nil, "restarting"},
		{"throttled", ask("PASS", "101 KO too many wrong passwords, try again in 4s"), nil, "try again"},
		{"in use", ask("MAC", "101 KO this seat is in use"), nil, "in use"},
		{"no server of ours", ask("USER", "220 smtp.example"), nil, "no server of AsteriskCTI"},
		{"closed", ask("PASS", "close"), nil, "has closed"},
		{"nonsense", ask("PASS", "hello \x1b[2J"), nil, "does not begin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{t: t}
				over := false
				s.script = func(line string) string {
					if over { // as the server does after its last words
						return "close"
					}
					answer := c.script(line)
					over = strings.Contains(answer, "elsewhere") || strings.Contains(answer, "removed") || strings.Contains(answer, "restarting") || strings.Contains(answer, "another")
					return answer
				}
				d := sit(t, s, func() float64 { return 0.999 })
				if over {
					s.say()
				}
				synctest.Wait()
				told := d.told()
				select {
				case <-d.done:
					if c.want == nil || !strings.HasSuffix(told, "stopped") || !strings.Contains(d.err.Error(), c.text) {
						t.Fatalf("stopped with %v; %s", d.err, told)
					}
					if refused := new(Refused); !errors.Is(d.err, c.want) && !errors.As(d.err, &refused) {
						t.Errorf("%v, want %v", d.err, c.want)
					}
				default:
					if c.want != nil || !strings.Contains(told, "lost:") || !strings.Contains(told, c.text) {
						t.Errorf("goes on: %s", told)
					}
					d.cancel()
					<-d.done
				}
			})
		})
	}
}

// TestBreak: a break of up to ten seconds is over within the twenty for which the server
// keeps a place, whatever is drawn, and a thousand clients do not come as one.
func TestBreak(t *testing.T) {
	for _, draw := range []float64{0, 0.3, 0.7, 0.999999} {
		for _, broken := range []time.Duration{0, time.Second, 5 * time.Second, 10 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := &stub{t: t, script: welcome}
				draws := 0
				d := sit(t, s, func() float64 {
					if draws++; draw == 0 && draws > 1 {
						return 0.5 // nothing, for ever, would never let time pass
					}
					return draw
				})
				<-time.After(time.Minute)
				d.told()
				s.set(func() { s.down = broken > 0 })
				s.say()
				gone := time.Now()
				if broken > 0 {
					<-time.After(broken)
					s.set(func() { s.down = false })
				}
				synctest.Wait()
				for !strings.Contains(d.told(), "SignedIn") {
					<-time.After(100 * time.Millisecond)
				}
				if back := time.Since(gone); back > 2*broken+600*time.Millisecond {
					t.Errorf("drawing %v, a break of %v took %v", draw, broken, back)
				}
				d.cancel()
				<-d.done
			})
		}
	}
}

// TestWaits: however long it lasts, tries stay apart by half a minute at most, and a
// server that throws the client out again and again is not run against.
func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: welcome, down: true}
		d := sit(t, s, func() float64 { return 0.999999 })
		<-time.After(time.Hour)
		d.mu.Lock()
		var longest time.Duration
		for _, n := range d.news {
			if l, ok := n.(Lost); ok {
				longest = max(longest, l.Retry)
			}
		}
		tries := len(d.news) / 2
		d.news = nil
		d.mu.Unlock()
		if longest > longestCeiling || longest < longestCeiling-time.Second || tries < 120 || tries > 140 {
			t.Errorf("%d tries, the longest wait %v", tries, longest)
		}
		s.set(func() {
			s.down = false
			s.script = func(line string) string {
				if line == "REASONS" {
					return "close"
				}
				return welcome(line)
			}
			s.heard = nil
		})
		<-time.After(time.Hour)
		s.set(func() {
			n := 0
			for _, line := range s.heard {
				if line == "REASONS" {
					n++
				}
			}
			if n < 100 || n > 140 {
				t.Errorf("signed in %d times in an hour", n)
			}
		})
		d.cancel()
		<-d.done
	})
}

// TestSilence: signs of life are sent, and a server that gives none is left.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: welcome}
		d := sit(t, s, never)
		<-time.After(10 * time.Minute)
		d.expect(t, "Connecting, SignedIn, REASONS:true:, CONTEXTS:true:")
		s.set(func() {
			s.script = func(line string) string {
				if line == "NOOP" {
					return ""
				}
				return welcome(line)
			}
		})
		<-time.After(silence + time.Second)
		d.expect(t, "lost:the server does not answer, Connecting, SignedIn, REASONS:true:, CONTEXTS:true:")
		d.cancel()
		<-d.done
	})
}

// TestNoGreeting: a server that waits for the client to begin speaks another protocol.
func TestNoGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []string
		ctx, cancel := context.WithCancel(t.Context())
		c := New(Options{Connect: func(context.Context) (net.Conn, error) { ours, _ := net.Pipe(); return ours, nil }, Opener: &Opener{}})
		began := time.Now()
		err := c.Run(ctx, func(n News) {
			if l, ok := n.(Lost); ok {
				waits = append(waits, l.Why)
				cancel()
			}
		})
		if err != nil || len(waits) != 1 || !strings.Contains(waits[0], "its port for TLS") || time.Since(began) != patience {
			t.Errorf("%v, %q after %v", err, waits, time.Since(began))
		}
	})
}

// TestNotKept: what is asked while there is no connection is refused at once.
func TestNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: welcome, down: true}
		d := sit(t, s, func() float64 { return 0.9 })
		d.told()
		if err := d.Do(Ready); err != nil {
			t.Error(err)
		}
		d.expect(t, "READY:false:not connected")
		d.cancel()
		<-d.done
		for range cap(d.commands) {
			if err := d.Do(Ready); err != nil {
				t.Error(err)
			}
		}
		if d.Do(Ready) == nil {
			t.Error("nothing bounds what waits")
		}
	})
}

// TestQuitUnheard: signing out does not wait for a server that is gone.
func TestQuitUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: func(line string) string {
			if line == "QUIT" {
				return ""
			}
			return welcome(line)
		}}
		d := sit(t, s, never)
		before := time.Now()
		d.cancel()
		<-d.done
		if d.err != nil || time.Since(before) > farewell {
			t.Errorf("%v after %v", d.err, time.Since(before))
		}
	})
}

// TestPlainCannot: who has no service to call out from, or no connection, is told that.
func TestPlainCannot(t *testing.T) {
	if _, err := new(Plain).command("dial", "0551"); err == nil || err.Error() != NoService {
		t.Error(err)
	}
	var out strings.Builder
	p := &Plain{Client: New(Options{}), Out: &out}
	p.ask("pause", "")
	if !strings.HasSuffix(out.String(), NotConnected+"\n") || len(p.Client.commands) != 0 {
		t.Errorf("%q", out.String())
	}
}

// TestPlain is the client in lines.
func TestPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stub{t: t, script: func(line string) string {
			switch {
			case line == "CONTEXTS":
				return "100 OK out"
			case strings.HasPrefix(line, "PAUSE"):
				return "300 OK"
			case strings.HasPrefix(line, "ORIG"):
				return "101 KO this number may not be called"
			}
			return welcome(line)
		}}
		in, typing := net.Pipe()
		var out strings.Builder
		var signedIn int
		p := &Plain{Client: New(Options{Connect: s.connect, User: "ada", Opener: &Opener{}}), In: in, Out: &out, Clock: func() time.Time { return began }, SignedIn: func() { signedIn++ }}
		done := make(chan error)
		go func() { done <- p.Run(t.Context()) }()
		synctest.Wait()
		for _, line := range []string{"pause Lunch", "READY", "", "dial 0551", "fly", "after", "more", "dial", "quit"} {
			fmt.Fprintln(typing, line)
			synctest.Wait()
		}
		if err := <-done; err != nil || signedIn != 1 {
			t.Error(err, signedIn)
		}
		typing.Close()
		if want := []string{"PAUSE IN Lunch", "PAUSE OUT", "ORIG 0551 out 1", "PAUSE AFTER", "MORE", "QUIT"}; !slices.Equal(s.heard[5:], want) {
			t.Errorf("heard %q", s.heard[5:])
		}
		golden(t, "testdata/plain.txt", out.String())
	})
}
