package screen

import (
	"context"
	"errors"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/desktop"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var began = time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)

// stage is a screen without a terminal and without a server.
type stage struct {
	*model
	t         *testing.T
	now       time.Time
	connected int
	left      int
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, now: began}
	refuse := func(context.Context) (net.Conn, error) { return nil, errors.New("not in this test") }
	s.model = newModel(Options{
		Client: desktop.New(desktop.Options{Connect: refuse}), Opener: &desktop.Opener{},
		User: "ada", Seat: "00:11:22:33:44:55", Server: "cti.example.com:5091",
	}, func() time.Time { return s.now })
	s.connect, s.leave = func() { s.connected++ }, func() { s.left++ }
	s.Init()
	return s
}

// lines are what the server says.
func (s *stage) lines(lines ...string) {
	s.t.Helper()
	for _, l := range lines {
		n, err := desktop.ParseLine(l)
		if err != nil {
			s.t.Fatal(err)
		}
		s.Update(newsMsg{n})
	}
}

func (s *stage) press(keys ...string) (last tea.Cmd) {
	for _, k := range keys {
		msg := tea.KeyPressMsg{Code: rune(k[0]), Text: k}
		switch k {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "down":
			msg = tea.KeyPressMsg{Code: tea.KeyDown}
		case "backspace":
			msg = tea.KeyPressMsg{Code: tea.KeyBackspace}
		case "ctrl+c":
			msg = tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
		}
		_, last = s.Update(msg)
	}
	return last
}

// look holds the screen, without its colours, against a golden file. It never has more
// lines than the terminal, nor wider ones.
func (s *stage) look(name string) {
	s.t.Helper()
	drawn := s.draw()
	lines := strings.Split(drawn, "\n")
	if len(lines) != s.height {
		s.t.Errorf("%s: %d lines on a screen of %d", name, len(lines), s.height)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w > s.width {
			s.t.Errorf("%s: line %d is %d wide on a screen of %d", name, i+1, w, s.width)
		}
		lines[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		s.t.Errorf("%s: %v; it is now\n%s", path, err, got)
	}
}

func call(id, uniqueid, name, tail string) string {
	return `<event id="` + id + `"><call><uniqueid>` + uniqueid + `</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>` + name +
		`</calleridname><context>in</context><appdata><data key="calldata">12345</data><data key="lang">北京</data></appdata><state>Up</state></call>` + tail +
		`<service name="Support" queue="support" direction="inbound"></service><seq>1</seq></event>`
}

const page = `<action type="browser"><url>https://crm.example/customer?id=12345</url></action>`

// TestDay goes through what an agent sees, one screen for each thing.
func TestDay(t *testing.T) {
	s := newStage(t)
	s.Update(newsMsg{desktop.Connecting{}})
	s.look("1-connecting")
	s.Update(newsMsg{desktop.SignedIn{}})
	s.lines("510 STATE available", "200 support", "201 sales", "202 sales No such queue", "500 LINK DOWN connection refused", "511 PHONE UNKNOWN PJSIP/201")
	s.now = began.Add(3723 * time.Second)
	s.look("2-troubles")
	s.Update(newsMsg{desktop.SignedIn{}})
	s.lines("200 support", "510 STATE oncall", call("Newchannel", "u0", "Verdi", ""), call("Hangup", "u0", "Verdi", ""), call("Link", "u1", "Rossi &amp; Figli", page))
	s.Update(newsMsg{desktop.Opened{Call: "u1", What: "page https://crm.example/customer?id=12345"}})
	s.now = s.now.Add(65 * time.Second)
	s.look("3-call")
	s.Update(newsMsg{desktop.Answered{Command: "REASONS", OK: true, Text: "Break|Lunch|Meeting"}})
	s.press("P", "down")
	s.look("4-reasons")
	s.press("esc")
	s.Update(newsMsg{desktop.Answered{Command: desktop.Pause("Lunch", true), OK: true}})
	s.Update(newsMsg{desktop.Lost{Why: "the connection broke", Retry: 3 * time.Second}})
	s.now = s.now.Add(time.Second)
	s.look("5-lost")
	s.Update(newsMsg{desktop.SignedIn{}})
	s.lines("510 STATE aftercall 30", call("Hangup", "u1", "Rossi &amp; Figli", ""))
	s.now = s.now.Add(10 * time.Second)
	s.look("6-after-call")
	s.Update(newsMsg{desktop.Answered{Command: "CONTEXTS", OK: true, Text: "out|other"}})
	s.press("d", "2", "0", "5", "x", "5", "9", "backspace")
	s.Update(tea.PasteMsg{Content: "1\x1b[2J-34\n"})
	s.look("7-dial")
	s.press("esc", "?")
	s.look("8-help")
	s.press("x")
	s.Update(newsMsg{desktop.Stopped{Why: desktop.ErrReplaced.Error()}})
	s.look("9-stopped")
}

// TestNarrow: on a small screen lines are broken, the newest call is seen, a long value
// takes three rows and no more, and what is left out is marked.
func TestNarrow(t *testing.T) {
	s := newStage(t)
	s.Update(tea.WindowSizeMsg{Width: 40, Height: 22})
	s.Update(newsMsg{desktop.SignedIn{}})
	s.lines("200 support", "201 sales", "202 sales No such queue", "510 STATE oncall", call("Link", "u1", "Rossi", page), call("Newchannel", "u2", strings.Repeat("Verdi ", 50), ""))
	s.Update(newsMsg{desktop.Opened{Call: "u1", What: "page https://crm.example/customer?id=12345"}})
	s.look("10-narrow")
	s.Update(newsMsg{desktop.Stopped{Why: desktop.ErrCleartext.Error()}})
	s.look("11-narrow-stopped")
}

// TestLongList: the item to choose is seen, however little room there is.
func TestLongList(t *testing.T) {
	s := newStage(t)
	s.Update(tea.WindowSizeMsg{Width: 80, Height: 12})
	s.Update(newsMsg{desktop.SignedIn{}})
	s.lines("500 LINK DOWN x", "511 PHONE UNKNOWN PJSIP/201", "510 STATE available")
	s.Update(newsMsg{desktop.Answered{Command: "REASONS", OK: true, Text: "a|b|c|d|e|f|g|h|i|j"}})
	s.press("p")
	for range 10 {
		if mark := "> "; !strings.Contains(s.draw(), mark) {
			t.Errorf("item %d is not seen:\n%s", s.list.at+1, ansi.Strip(s.draw()))
		}
		s.press("down")
	}
}

// TestHostile: no text of the server moves the cursor, whatever its size, and none is
// wider than the screen.
func TestHostile(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {20, 8}, {1, 1}, {200, 60}, {0, 0}} {
		s := newStage(t)
		s.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
		s.Update(newsMsg{desktop.SignedIn{}})
		long := strings.Repeat("北é\u0301\x1b[2J\u202e", 60)
		s.lines("510 STATE paused "+long, "200 "+long, "202 "+long+" "+long, "500 LINK DOWN "+long, "511 PHONE UNKNOWN "+long, call("Link", "u1", "&#x202e;&#xD;"+strings.Repeat("x", 500), page))
		for _, mode := range []mode{watching, helping, pausing, typing} {
			s.mode, s.list = mode, list{items: []string{desktop.Show(long)}}
			drawn := s.draw()
			if lines := strings.Split(drawn, "\n"); size[1] > 0 && len(lines) != size[1] {
				t.Errorf("%v: %d lines", size, len(lines))
			}
			for _, l := range strings.Split(drawn, "\n") {
				if w := ansi.StringWidth(l); w > size[0] {
					t.Errorf("%v: %d wide: %q", size, w, l)
				}
				for _, r := range ansi.Strip(l) {
					if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e {
						t.Errorf("%v: %U in %q", size, r, l)
					}
				}
			}
			if !utf8.ValidString(drawn) {
				t.Errorf("%v: not UTF-8", size)
			}
		}
	}
}

// TestStops: replaced, the client stays out until a key is pressed; with a password that
// was never right it ends.
func TestStops(t *testing.T) {
	s := newStage(t)
	s.Update(newsMsg{desktop.SignedIn{}})
	s.Update(newsMsg{desktop.Stopped{Why: "signed in elsewhere"}})
	if _, cmd := s.Update(overMsg{desktop.ErrReplaced}); cmd != nil || s.connected != 1 {
		t.Errorf("connected %d times", s.connected)
	}
	s.press("c")
	if s.connected != 2 {
		t.Errorf("connected %d times after the key", s.connected)
	}
	s.press("c")
	if s.connected != 2 {
		t.Error("connected twice at once")
	}
	s = newStage(t)
	s.Update(newsMsg{desktop.Stopped{Why: "wrong name or password"}})
	if _, cmd := s.Update(overMsg{desktop.ErrPassword}); cmd == nil || !errors.Is(s.failed, desktop.ErrPassword) {
		t.Error("does not end")
	}
}

// TestQuit signs out first; a second time, or with nobody to tell, it ends at once.
func TestQuit(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		s := newStage(t)
		if cmd := s.press(key); cmd != nil || s.left != 1 {
			t.Errorf("%s: it did not sign out first", key)
		}
		if _, cmd := s.Update(overMsg{nil}); cmd == nil || s.failed != nil {
			t.Errorf("%s: it does not end", key)
		}
		if s.press("q") == nil {
			t.Errorf("%s: a second time does nothing", key)
		}
	}
	s := newStage(t)
	s.Update(overMsg{desktop.ErrReplaced})
	if s.press("q") == nil {
		t.Error("stopped, it cannot be left")
	}
}

// TestKeysAsk: each key sends its command, and none without a connection.
func TestKeysAsk(t *testing.T) {
	for _, c := range []struct {
		keys  []string
		state string
		want  desktop.Command // "" for none
	}{
		{[]string{"p", "2"}, "available", "PAUSE IN Lunch"},
		{[]string{"p", "down", "enter"}, "available", "PAUSE IN Lunch"},
		{[]string{"P", "1"}, "oncall", "PAUSE AFTER Break"},
		{[]string{"p", "esc"}, "available", ""},
		{[]string{"p", "9"}, "available", ""},
		{[]string{"r"}, "paused", "PAUSE OUT"},
		{[]string{"r"}, "aftercall", "READY"},
		{[]string{"m"}, "aftercall", "MORE"},
		{[]string{"d", "2", "0", "5", "enter"}, "available", "ORIG 05 other 1"},
		{[]string{"d", "1", "enter"}, "available", ""},
	} {
		s := newStage(t)
		s.Update(newsMsg{desktop.SignedIn{}})
		s.lines("510 STATE " + c.state)
		s.Update(newsMsg{desktop.Answered{Command: "REASONS", OK: true, Text: "Break|Lunch"}})
		s.Update(newsMsg{desktop.Answered{Command: "CONTEXTS", OK: true, Text: "out|other"}})
		s.press(c.keys...)
		if got := sent(t, s.Client); got != c.want {
			t.Errorf("%v: %q, want %q", c.keys, got, c.want)
		}
	}
	s := newStage(t)
	s.Update(newsMsg{desktop.SignedIn{}})
	s.Update(newsMsg{desktop.Answered{Command: "REASONS", OK: true, Text: "Break"}})
	s.press("p")
	s.Update(newsMsg{desktop.Lost{Why: "the connection broke"}})
	s.press("enter")
	if got := sent(t, s.Client); got != "" || s.message != desktop.NotConnected {
		t.Errorf("chosen while the connection broke: %q, %q", got, s.message)
	}
	s = newStage(t)
	s.press("p", "P", "r", "m", "d")
	if got := sent(t, s.Client); got != "" || !strings.Contains(s.message, "not connected") {
		t.Errorf("%q, %q", got, s.message)
	}
}

// sent is what waits to be sent: a client that is not connected refuses it, and says so.
func sent(t *testing.T, c *desktop.Client) (command desktop.Command) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := c.Do("NOOP"); err != nil {
		t.Fatal(err)
	}
	err := c.Run(ctx, func(n desktop.News) {
		if a, ok := n.(desktop.Answered); ok {
			if a.Command == "NOOP" {
				cancel()
			} else {
				command = a.Command
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
	return command
}
