package session

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

func reasonOfEnd(in *SignedIn) string {
	select {
	case <-in.Done():
		return in.Reason().Code
	default:
		return "no end"
	}
}

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		name       string
		who, where string // the second sign-in; the first is ada at mac1
		replaced   bool
	}{
		{"same operator, same seat", "ada", mac1, true},
		{"same operator, other seat", "ada", mac2, true},
		{"other operator, same seat", "bob", mac1, true},
		{"neither", "bob", mac2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				first := r.line()
				first.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
				second := r.line()
				second.talk(t, user(c.who), "MAC "+c.where, pass(c.who))
				synctest.Wait()
				if c.replaced {
					wantSaid(t, first.said(), "101 KO signed in elsewhere")
				}
				if first.isOver() != c.replaced || second.isOver() {
					t.Fatalf("over: first %t, second %t", first.isOver(), second.isOver())
				}
				// The first one's late end is no end of the second.
				close(first.in)
				synctest.Wait()
				if n, want := r.Stats().SignedIn, 1; c.replaced && n != want {
					t.Errorf("%d signed in", n)
				}
				wantSaid(t, second.talk(t, "NOOP"), "100 OK")
			})
		})
	}
}

// One sign-in can displace two.
// Who is replaced between signing in and watching is told that, whoever comes first
// to say so: who heard of a restart would come back and replace the other in turn.
func TestReplacedBeforeWatching(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in, err := r.SignIn(r.ctx, "ada", secret("ada"), mac1, here)
		if err != nil {
			t.Fatal(err)
		}
		conn := newWireless()
		c := &client{srv: r.Server, conn: conn, enc: line, who: in, cancel: func() {}}
		in.End(ReasonReplaced)
		_, err = c.watch(r.ctx)
		c.unwatched(err)
		wantSaid(t, conn.said(), "101 KO signed in elsewhere")
	})
}

func TestReplaceTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		ada, bob := r.signIn("ada", mac1), r.signIn("bob", mac2)
		page := r.page(bob, JSON)
		synctest.Wait()
		again := r.signIn("ada", mac2)
		if again.Generation <= bob.Generation {
			t.Errorf("generation %d after %d", again.Generation, bob.Generation)
		}
		for _, in := range []*SignedIn{ada, bob} {
			if got := reasonOfEnd(in); got != CodeReplaced {
				t.Errorf("%s: %s", in.Operator, got)
			}
		}
		synctest.Wait()
		said := page.said()
		if last := said[len(said)-1]; last != `{"type":"bye","code":"replaced","reason":"signed in elsewhere"}` || page.code != 4001 {
			t.Errorf("told %s, closed with %d", last, page.code)
		}
		if s := r.Stats(); s.SignedIn != 1 || s.Replaced != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRefuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Refuse: true})
		ada := r.signIn("ada", mac1)
		for _, c := range []struct {
			name, seat string
			want       error
		}{{"ada", mac1, ErrSeatTaken}, {"ada", mac2, ErrOperatorUsed}, {"bob", "201", ErrSeatTaken}, {"bob", mac2, nil}} {
			if _, err := r.SignIn(r.ctx, c.name, secret(c.name), c.seat, here); !errors.Is(err, c.want) {
				t.Errorf("%s at %s: %v, want %v", c.name, c.seat, err, c.want)
			}
		}
		line := r.line()
		wantSaid(t, line.talk(t, user("ada"), pass("ada"), "MAC "+mac1, "MAC "+mac2),
			"100 OK", "102 OK", "101 KO this seat is in use", "101 KO this seat is in use")
		// A refusal changes nothing: the seat was named first and stays, the password is to be sent again.
		other := r.line()
		wantSaid(t, other.talk(t, user("ada"), "MAC "+mac1, pass("ada")), "100 OK", "100 OK", "101 KO this seat is in use")
		if err := ada.SignOut(); err != nil {
			t.Fatal(err)
		}
		wantSaid(t, other.talk(t, pass("ada")), "102 OK")
	})
}

func TestSignInErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var why error
		r := newRoom(t, Options{Ready: func() error { return why }})
		for _, c := range []struct {
			name, secret, seat string
			want               error
		}{
			{"ada", secret("bob"), mac1, password.ErrWrong},
			{"ada", secret("bob"), "no such seat", password.ErrWrong}, // only who knows the password is told about seats
			{"eve", secret("eve"), mac1, password.ErrWrong},
			{"nobody", secret("nobody"), mac1, password.ErrWrong},
			{"ada", secret("ada"), "no such seat", ErrSeatUnknown},
			{"ada", secret("ada"), "", ErrSeatUnknown},
		} {
			if _, err := r.SignIn(r.ctx, c.name, c.secret, c.seat, here); !errors.Is(err, c.want) {
				t.Errorf("%s at %q: %v, want %v", c.name, c.seat, err, c.want)
			}
		}
		var notReady *NotReady
		why = errors.New("down")
		if _, err := r.SignIn(r.ctx, "ada", secret("ada"), mac1, here); !errors.As(err, &notReady) {
			t.Errorf("not ready: %v", err)
		}
		if _, err := r.Resume("~ada", mac1); !errors.As(err, &notReady) {
			t.Errorf("not ready: %v", err)
		}
		r.cancel()
		synctest.Wait()
		why = nil
		if _, err := r.SignIn(r.ctx, "ada", secret("ada"), mac1, here); !errors.As(err, &notReady) {
			t.Errorf("ending: %v", err)
		}
	})
}

// A new configuration without an operator, or a seat, or with another telephone at
// the seat ends the sign-in at once; anything else does not (J2).
func TestConfigurationChange(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(seats []config.Seat, operators []config.Operator)
		told   string
	}{
		{"nothing", func([]config.Seat, []config.Operator) {}, ""},
		{"description", func(s []config.Seat, o []config.Operator) { s[0].Description, o[0].FullName = "Moved", "Ada King" }, ""},
		{"name in other letters", func(_ []config.Seat, o []config.Operator) { o[0].Username = "ADA" }, ""},
		{"operator gone", func(_ []config.Seat, o []config.Operator) { o[0] = config.Operator{Username: "carl"} }, "101 KO this operator was removed or disabled"},
		{"operator renamed", func(_ []config.Seat, o []config.Operator) { o[0].Username = "ada2" }, "101 KO this operator has another user name now, sign in again"},
		{"another of the name", func(_ []config.Seat, o []config.Operator) { o[0].UID = "~another" }, "101 KO this operator was removed or disabled"},
		{"operator disabled", func(_ []config.Seat, o []config.Operator) { o[0].Enabled = false }, "101 KO this operator was removed or disabled"},
		{"seat gone", func(s []config.Seat, _ []config.Operator) { s[0].MAC = "00:11:22:33:44:09" }, "101 KO this seat was removed"},
		{"telephone", func(s []config.Seat, _ []config.Operator) { s[0].Extension = "SIP/201" }, "101 KO this seat has another telephone now, sign in again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				client := r.line()
				client.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
				now := twoDesks()
				c.change(now.Seats, now.Operators)
				began := time.Now()
				r.live.Set(config.New("next", now.Services, now.Seats, now.Operators))
				synctest.Wait()
				if told := strings.Join(client.said(), "\n"); told != c.told || client.isOver() != (c.told != "") {
					t.Errorf("told %q, over %t", told, client.isOver())
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{MaxPages: 2})
		in := r.signIn("ada", mac1)
		one, two := r.page(in, JSON), r.page(in, XML)
		synctest.Wait()
		three := r.page(in, JSON)
		synctest.Wait()
		if !three.isOver() || one.isOver() || two.isOver() {
			t.Fatal("the third page is one too many")
		}
		wantSaid(t, three.said(), `{"type":"bye","code":"busy","reason":"too many open pages"}`)
		if three.code != 1013 {
			t.Errorf("code %d", three.code)
		}
		r.picture.tell("PJSIP/201", answered())
		synctest.Wait()
		said := one.said()
		if len(said) != 2 || said[1] != encoded(t, JSON, answered(), 1) {
			t.Errorf("JSON page: %q", said)
		}
		if said = two.said(); len(said) != 2 || said[1] != encoded(t, XML, answered(), 1) {
			t.Errorf("XML page: %q", said)
		}
		if err := in.SignOut(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		wantSaid(t, one.said(), `{"type":"bye","code":"signed-out","reason":"signed out"}`)
		wantSaid(t, two.said(), `<bye code="signed-out">signed out</bye>`)
		if one.code != 4002 || !one.isOver() || one.err != nil {
			t.Errorf("code %d, over %t, %v", one.code, one.isOver(), one.err)
		}
		if err := in.SignOut(); err == nil {
			t.Error("signed out twice")
		}
		late := r.page(in, JSON)
		synctest.Wait()
		wantSaid(t, late.said(), `{"type":"bye","code":"signed-out","reason":"signed out"}`)
	})
}

// A browser's sign-in outlives its pages by the grace time.
func TestPageGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in := r.signIn("ada", mac1)
		<-time.After(59 * time.Second)
		page := r.page(in, JSON)
		for range 20 {
			<-time.After(time.Minute)
			page.in <- `{"id":"1","command":"ping"}`
		}
		close(page.in) // the page is reloaded
		<-time.After(59 * time.Second)
		page = r.page(in, JSON)
		synctest.Wait()
		close(page.in)
		<-time.After(59 * time.Second)
		if got := reasonOfEnd(in); got != "no end" {
			t.Fatalf("ended: %s", got)
		}
		<-time.After(2 * time.Second)
		if got := reasonOfEnd(in); got != CodeIdle {
			t.Errorf("no page for a minute: %s", got)
		}
		if n := r.Stats().SignedIn; n != 0 {
			t.Errorf("%d signed in: the seat is not free", n)
		}
		never := r.signIn("ada", mac1)
		<-time.After(61 * time.Second)
		if got := reasonOfEnd(never); got != CodeIdle {
			t.Errorf("never a page: %s", got)
		}
	})
}

func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in, err := r.Resume("~ada", mac1)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := r.Resume("~ada", mac1); err != nil || again != in {
			t.Errorf("resumed twice: %v, the same %t", err, again == in)
		}
		for _, c := range []struct {
			name, seat string
			want       error
		}{{"~ada", mac2, ErrOperatorUsed}, {"ada", mac2, ErrRemoved}, {"bob", mac1, ErrSeatTaken}, {"nobody", mac2, ErrRemoved}, {"eve", mac2, ErrRemoved}, {"bob", "x", ErrSeatUnknown}} {
			if _, err := r.Resume(c.name, c.seat); !errors.Is(err, c.want) {
				t.Errorf("%s at %s: %v, want %v", c.name, c.seat, err, c.want)
			}
		}
		// A desktop client has taken the seat: no page takes it back without a password.
		line := r.line()
		line.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		if _, err := r.Resume("~ada", mac1); !errors.Is(err, ErrSeatTaken) {
			t.Errorf("taken back: %v", err)
		}
		line.talk(t, "QUIT")
		synctest.Wait()
		if _, err := r.Resume("~ada", mac1); err != nil {
			t.Errorf("free again: %v", err)
		}
	})
}

// TestAnotherOfTheName: whoever is let in is the person whose password was right, although
// another has got the name meanwhile; and nobody joins the sign-in of a former one.
func TestAnotherOfTheName(t *testing.T) {
	next := twoDesks()
	next.Operators[0].UID = "~another"
	now := config.New("next", next.Services, next.Seats, next.Operators)
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		r.gate.wait = make(chan struct{})
		failed := make(chan error)
		go func() {
			_, err := r.SignIn(r.ctx, "ada", secret("ada"), mac1, here)
			failed <- err
		}()
		synctest.Wait()
		r.live.Set(now)
		close(r.gate.wait)
		if err := <-failed; !errors.Is(err, ErrRemoved) {
			t.Errorf("let in: %v", err)
		}
		if in := r.signIn("ada", mac1); in.UID != "~another" {
			t.Errorf("%s is signed in", in.UID)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		old := r.signIn("ada", mac1)
		r.live.Set(now)
		if in, err := r.Resume("~another", mac1); err == nil && in.UID != "~another" || err != nil && !errors.Is(err, ErrSeatTaken) {
			t.Errorf("%+v, %v", in, err)
		}
		synctest.Wait()
		if in, err := r.Resume("~another", mac1); err != nil || in.UID != "~another" || old.Reason().Code != CodeRemoved {
			t.Errorf("%+v, %v; the former ended with %+v", in, err, old.Reason())
		}
	})
}

// Sign-ins at once, of two operators at two seats, in every mixture: the picture
// never has two of one (the stage looks), and in the end one is left for each.
func TestReplaceRace(t *testing.T) {
	const rounds = 3000
	r := newRoom(t, Options{})
	names, seats := []string{"ada", "bob"}, []string{mac1, mac2}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range rounds / 4 {
				name, seat := names[rand.IntN(2)], seats[rand.IntN(2)]
				if rand.IntN(2) == 0 {
					in, err := r.SignIn(r.ctx, name, secret(name), seat, here)
					if err != nil {
						t.Errorf("browser: %v", err)
						return
					}
					page := r.page(in, JSON)
					page.next(t)
					if rand.IntN(4) == 0 {
						page.in <- `{"id":"1","command":"sign-out"}`
					} else {
						close(page.in)
					}
					<-page.served
					continue
				}
				c := r.line()
				for _, l := range []string{user(name), "MAC " + seat, pass(name), "NOOP"} {
					c.in <- l
				}
				if rand.IntN(2) == 0 {
					c.in <- "QUIT"
				}
				close(c.in)
				<-c.served
			}
		})
	}
	wg.Wait()
	r.mu.Lock()
	for _, in := range r.operators {
		if r.phones[phoneKey(in.Seat)] != in || in.ended() {
			t.Errorf("%s at %s: left behind", in.Operator, in.Seat.Extension)
		}
	}
	if len(r.operators) != len(r.phones) {
		t.Errorf("%d operators at %d telephones", len(r.operators), len(r.phones))
	}
	r.mu.Unlock()
}
