package desktop

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// began is when the stories of testdata begin.
var began = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// TestStories tells each story of testdata line by line, and holds what is said and what
// is kept at its end against the file beside it. In a story, "+5s" lets time pass, "!" is
// news that no line brings, and all else is a line of the server.
func TestStories(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.story")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, paths)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var s State
		var out bytes.Buffer
		now := began
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if pass, ok := strings.CutPrefix(line, "+"); ok {
				d, err := time.ParseDuration(pass)
				if err != nil {
					t.Fatal(err)
				}
				now = now.Add(d)
				continue
			}
			n, err := story(line)
			if err != nil {
				t.Fatalf("%s: %q: %v", path, line, err)
			}
			if said := s.Apply(n, now); said != "" {
				fmt.Fprintf(&out, "%s %s\n", now.Format("15:04:05"), said)
			}
		}
		describe(&out, &s)
		golden(t, strings.TrimSuffix(path, "story")+"golden", out.String())
	}
}

// story makes news of a line of a story.
func story(line string) (News, error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "!connecting":
		return Connecting{}, nil
	case "!in":
		return SignedIn{}, nil
	case "!lost":
		return Lost{rest, time.Second}, nil
	case "!stopped":
		return Stopped{rest}, nil
	case "!yes", "!no":
		command, text, _ := strings.Cut(rest, ": ")
		return Answered{Command(command), word == "!yes", text}, nil
	case "!opened":
		call, what, _ := strings.Cut(rest, " ")
		return Opened{Call: call, What: what}, nil
	}
	if strings.HasPrefix(word, "!") {
		return nil, errors.New("what is that?")
	}
	return ParseLine(line)
}

func describe(out *bytes.Buffer, s *State) {
	clock := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.Format("15:04:05")
	}
	fmt.Fprintf(out, "\nlink %d %q, duty %q since %s until %s, Asterisk %q, phone %q\n", s.Link, s.Why, s.DutyWords(), clock(s.Since), clock(s.Until), s.PBX, s.Phone)
	fmt.Fprintf(out, "queues %v, reasons %q, contexts %q\n", s.Queues, s.Reasons, s.Contexts)
	for _, c := range s.Calls {
		fmt.Fprintf(out, "call %s: %s since %s, began %s, answered %s, doubtful %t, %v, %q\n", c.Who(), c.Phase, clock(c.Since), clock(c.Began), clock(c.Answered), c.Doubtful, c.Variables, c.Opened)
	}
	for _, p := range s.Recent {
		fmt.Fprintf(out, "past %s: began %s, answered %s, ended %s, gone %q\n", p.Who(), clock(p.Began), clock(p.Answered), clock(p.Ended), p.Gone)
	}
}

// TestPauseDuringCall: a pause that is granted during a call, at once or for after it, is
// shown until it has come, or is taken back.
func TestPauseDuringCall(t *testing.T) {
	for _, c := range []struct {
		duty    string
		command Command
		want    bool
	}{
		{"oncall", Pause("Lunch", false), true},
		{"held", Pause("Lunch", true), true},
		{"available", Pause("Lunch", false), false},
		{"paused Lunch", Pause("Break", true), false},
		{"oncall", Resume, false},
	} {
		var s State
		s.Apply(Line{Code: 510, Text: "STATE " + c.duty}, began)
		said := s.Apply(Answered{Command: c.command, OK: true}, began)
		if shown := s.After != nil && *s.After == "Lunch"; shown != c.want || strings.Contains(said, "follows this call") != c.want {
			t.Errorf("%s, %s: %t, %q", c.duty, c.command, shown, said)
		}
		if s.Apply(Line{Code: 510, Text: "STATE paused Lunch"}, began); s.After != nil {
			t.Errorf("%s, %s: still to come", c.duty, c.command)
		}
	}
}

// TestRecentIsBounded: a client that runs for weeks keeps no more than it shows.
func TestRecentIsBounded(t *testing.T) {
	var s State
	for i := range 3 * maxRecent {
		n, err := ParseLine(fmt.Sprintf(`<event id="Hangup"><call><uniqueid>%d</uniqueid></call></event>`, i))
		if err != nil {
			t.Fatal(err)
		}
		s.Apply(n, began)
	}
	if len(s.Recent) != maxRecent || s.Recent[0].Uniqueid != fmt.Sprint(3*maxRecent-1) {
		t.Errorf("%d, the newest %s", len(s.Recent), s.Recent[0].Uniqueid)
	}
}
