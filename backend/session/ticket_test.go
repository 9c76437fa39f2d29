package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

const crm = "https://crm.example"

// TestTickets: each opens the WebSocket of one agent, for pages of one origin, once, and
// for 30 seconds (F1).
func TestTickets(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(r *room, in *SignedIn, code string) (string, string) // what is shown, by whom
		ok   bool
	}{
		{"in time", func(_ *room, _ *SignedIn, code string) (string, string) {
			<-time.After(TicketLife - time.Second)
			return code, crm
		}, true},
		{"too late", func(_ *room, _ *SignedIn, code string) (string, string) {
			<-time.After(TicketLife)
			return code, crm
		}, false},
		{"by another site", func(_ *room, _ *SignedIn, code string) (string, string) { return code, "https://evil.example" }, false},
		{"another", func(_ *room, _ *SignedIn, code string) (string, string) { return code + "A", crm }, false},
		{"none", func(*room, *SignedIn, string) (string, string) { return "", crm }, false},
		{"twice", func(r *room, _ *SignedIn, code string) (string, string) {
			if _, err := r.Redeem(code, crm); err != nil {
				r.t.Error(err)
			}
			return code, crm
		}, false},
		{"tried by another site before", func(r *room, _ *SignedIn, code string) (string, string) {
			_, _ = r.Redeem(code, "https://evil.example")
			return code, crm
		}, false},
		{"after the sign-out", func(_ *room, in *SignedIn, code string) (string, string) {
			in.End(ReasonSignedOut)
			return code, crm
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				in := r.signIn("ada", mac1)
				code, err := r.Ticket(in, crm)
				if err != nil {
					t.Fatal(err)
				}
				who, err := r.Redeem(c.do(r, in, code))
				if c.ok && (err != nil || who != in) || !c.ok && !errors.Is(err, ErrTicket) {
					t.Errorf("%v, %v", who, err)
				}
			})
		})
	}
}

// TestManyTickets: an agent has a few at a time; those that are too old make room.
func TestManyTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in := r.signIn("ada", mac1)
		for range maxTickets {
			if _, err := r.Ticket(in, crm); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.Ticket(in, crm); !errors.Is(err, ErrTooManyTickets) {
			t.Error(err)
		}
		<-time.After(TicketLife)
		if _, err := r.Ticket(in, crm); err != nil {
			t.Error(err)
		}
		if n := len(r.tickets.open); n != 1 {
			t.Errorf("%d are kept", n)
		}
		in.End(ReasonSignedOut)
		if _, err := r.Ticket(in, crm); !errors.Is(err, errNotSignedIn) {
			t.Error(err)
		}
	})
}
