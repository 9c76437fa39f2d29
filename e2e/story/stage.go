// Package story plays calls that change hands, with telephones at a lab's Asterisk:
// the same ones for recordings of the manager interface and for tests.
package story

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
)

// T is what a story needs of a test. Fatal does not return.
type T interface {
	Helper()
	Fatal(...any)
	Cleanup(func())
}

// Stage is where a story is played: an Asterisk that is quiet. A step that fails ends
// the story by T.Fatal. Its methods belong to one goroutine.
type Stage struct {
	T
	Ast    *lab.Asterisk
	Watch  *lab.Watch
	Phones map[string]*phone.Phone // by account; Phone adds what is missing

	log  *slog.Logger
	life context.Context
	done context.CancelFunc // of the step before
	owns T                  // telephones live as long as it
	mark int                // the story's events are behind it
}

// patience is how long a step may take: the slowest waits ten seconds for a time of
// Asterisk's to pass.
const patience = 15 * time.Second

// New is a stage without telephones.
func New(ctx context.Context, t T, ast *lab.Asterisk, watch *lab.Watch, log *slog.Logger) *Stage {
	return &Stage{T: t, Ast: ast, Watch: watch, Phones: map[string]*phone.Phone{}, log: log, life: ctx, done: func() {}, owns: t}
}

// Begin says for whom the next steps are told; what was before is forgotten.
func (s *Stage) Begin(t T) {
	s.T = t
	s.mark = s.Watch.Mark()
}

// Soon is the context of one step, which ends after 15 seconds and with the next Soon.
func (s *Stage) Soon() (ctx context.Context) {
	s.done()
	ctx, s.done = context.WithTimeout(s.life, patience)
	return ctx
}

// Fatal ends the story, and says what Asterisk told last in it, what is there, and what the
// telephones have sent and got.
func (s *Stage) Fatal(args ...any) {
	s.Helper()
	s.T.Fatal(append(args, "\nlast events:\n"+s.Last(25)+s.scene())...)
}

// scene is what a failure leaves to be looked at.
func (s *Stage) scene() string {
	var b strings.Builder
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ask := func(command string) string {
		out, err := s.Ast.Console(ctx, command)
		fmt.Fprintln(&b, "\n# "+command+"\n"+out)
		if err != nil {
			fmt.Fprintln(&b, err)
		}
		return out
	}
	for line := range strings.Lines(ask("core show channels concise")) {
		if name, _, is := strings.Cut(line, "!"); is {
			ask("core show channel " + name)
		}
	}
	ask(strings.ToLower(s.Ast.Tech) + " show channels")
	ask("bridge show all")
	for _, user := range slices.Sorted(maps.Keys(s.Phones)) {
		fmt.Fprintln(&b, "\n# telephone "+user+"\n"+s.Phones[user].Trace())
	}
	return b.String()
}

// Last are the last n events of the story, a line each.
func (s *Stage) Last(n int) string {
	events := slices.DeleteFunc(s.Watch.Since(s.mark), func(e lab.Event) bool {
		return e["Event"] == "" || e["Event"] == "VarSet" || strings.HasPrefix(e["Event"], "RTCP")
	})
	var b strings.Builder
	for _, e := range events[max(0, len(events)-n):] {
		for _, name := range slices.Sorted(maps.Keys(e)) {
			if strings.HasPrefix(name, "Event") || strings.HasSuffix(name, "Channel") || slices.Contains(telling, name) {
				fmt.Fprintf(&b, " %s=%s", name, e[name])
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// telling are the headers that say, with the channels, what an event is about.
var telling = []string{"BridgeUniqueid", "Cause", "Cause-txt", "Context", "DialStatus", "Exten", "Interface", "Paused", "Penalty", "Queue", "Reason", "Response", "Result", "Uniqueid"}

// Play tells a story from the beginning to where every call is over.
func (s *Stage) Play(st Story) {
	s.Helper()
	s.Begin(s.T)
	for _, p := range s.Phones {
		p.SetPolicy(phone.Ring())
		p.Forget()
	}
	st.Play(s)
	s.over()
}

// over waits until the end of every channel and bridge of the story has been told. A
// parking lot's bridge stays.
func (s *Stage) over() {
	s.Helper()
	begin := map[string]string{"Newchannel": "Uniqueid", "BridgeCreate": "BridgeUniqueid"}
	end := map[string]string{"Hangup": "Uniqueid", "BridgeDestroy": "BridgeUniqueid"}
	left := map[string]bool{}
	soon := s.Soon()
	for mark := s.mark; ; {
		events := s.Watch.Since(mark)
		mark += len(events)
		for _, e := range events {
			if name, ok := begin[e["Event"]]; ok && e["BridgeType"] != "parking" {
				left[e[name]] = true
			}
			if name, ok := end[e["Event"]]; ok {
				delete(left, e[name])
			}
		}
		if len(left) == 0 {
			return
		}
		if _, _, err := s.Watch.Wait(soon, mark, func(lab.Event) bool { return true }); err != nil {
			s.Fatal("left over:", left, err)
		}
	}
}

// Clear ends every call, whoever's it is, and waits until Asterisk has none.
func (s *Stage) Clear() {
	s.Helper()
	s.Do("Command", "Command", "channel request hangup all")
	s.Must(s.Watch.Quiet(s.Soon()))
}

// Must ends the story when there is an error.
func (s *Stage) Must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// Phone is the telephone of an account.
func (s *Stage) Phone(user string) *phone.Phone {
	s.Helper()
	if s.Phones[user] == nil {
		s.Phones[user] = s.Register(user)
	}
	return s.Phones[user]
}

// Register is a telephone more.
func (s *Stage) Register(user string) *phone.Phone {
	s.Helper()
	p, err := phone.Register(s.Soon(), phone.Account{Server: s.Ast.SIP, User: user, Password: lab.PhonePassword(user)}, s.log)
	s.Must(err)
	s.owns.Cleanup(p.Close)
	return p
}

// Call calls a number.
func (s *Stage) Call(from, number string) *phone.Call {
	s.Helper()
	c, err := s.Phone(from).Dial(s.Soon(), number, "")
	s.Must(err)
	return c
}

// Rings is the next call of a telephone that nobody has asked for yet.
func (s *Stage) Rings(user string) *phone.Call {
	s.Helper()
	c, err := s.Phone(user).Next(s.Soon())
	s.Must(err)
	s.Must(c.Wait(s.Soon(), phone.Ringing))
	return c
}

// Answer answers the next call of a telephone.
func (s *Stage) Answer(user string) *phone.Call {
	s.Helper()
	c := s.Rings(user)
	s.Moment()
	s.Must(c.Answer(s.Soon()))
	return c
}

// Served is a customer's call to a service, answered by 201: first the customer's
// side, then the agent's.
func (s *Stage) Served(customer, number string) (caller, agent *phone.Call) {
	s.Helper()
	s.Phone("201") // before it is called
	c := s.Call(customer, number)
	a := s.Answer("201")
	s.Talk(customer, "201")
	return c, a
}

// Keys presses keys.
func (s *Stage) Keys(c *phone.Call, keys string) {
	s.Helper()
	s.Must(c.Digits(s.Soon(), keys))
}

// HangUp ends calls from the telephone's side.
func (s *Stage) HangUp(calls ...*phone.Call) {
	s.Helper()
	for _, c := range calls {
		_ = c.Hangup(s.Soon()) // Asterisk may be first
		s.Must(c.Wait(s.Soon(), phone.Ended))
	}
}

// Ended waits until Asterisk has ended calls.
func (s *Stage) Ended(calls ...*phone.Call) {
	s.Helper()
	for _, c := range calls {
		s.Must(c.Wait(s.Soon(), phone.Ended))
	}
}

// Do sends an order to the manager interface. Headers are name, value, …
func (s *Stage) Do(action string, headers ...string) {
	s.Helper()
	s.Must(s.Watch.Do(s.Soon(), action, headers...))
}

// Event waits for an event of this story with such headers, given as name, value, …;
// of a value the beginning is enough.
func (s *Stage) Event(headers ...string) lab.Event {
	s.Helper()
	e, _, err := s.Watch.Wait(s.Soon(), s.mark, func(e lab.Event) bool {
		for i := 0; i+1 < len(headers); i += 2 {
			if v, ok := e[headers[i]]; !ok || !strings.HasPrefix(v, headers[i+1]) {
				return false
			}
		}
		return true
	})
	if err != nil {
		s.Fatal("no event", headers, err)
	}
	return e
}

// Dev is a telephone's name in the dialplan.
func (s *Stage) Dev(user string) string { return s.Ast.Tech + "/" + user }

// Channel is the first channel of a telephone in this story.
func (s *Stage) Channel(user string) string {
	s.Helper()
	return s.Event("Event", "Newchannel", "Channel", s.Dev(user)+"-")["Channel"]
}

// moment is how long people think.
const moment = 300 * time.Millisecond

// Moment is the time that people take: no story depends on it, but a recording in
// which everything happens at once is none of people.
func (s *Stage) Moment() {
	s.Helper()
	t := time.NewTimer(moment)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.life.Done():
		s.Fatal(s.life.Err())
	}
}
