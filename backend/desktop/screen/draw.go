package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/asteriskcti/asteriskcti/backend/desktop"
)

// Colours of the terminal's own sixteen, so that the agent's theme rules. Nothing is
// said by colour alone.
const (
	bold  = "\x1b[1m"
	faint = "\x1b[2m"
	alarm = "\x1b[1;31m"
	plain = "\x1b[0m"
)

// draw is the screen as text: exactly height lines, none wider than width.
func (m *model) draw() string {
	top := []string{bold + "AsteriskCTI" + plain + "  " + m.User + "  " + m.Seat + "  " + m.Server, ""}
	top = append(top, m.rows(5, m.badge(), m.queues())...)
	if m.state.PBX != "" && m.state.Link == desktop.In {
		top = append(top, m.rows(3, alarm+"! "+m.state.PBX+plain)...)
	}
	if m.state.Phone != "" {
		top = append(top, m.rows(3, alarm+"! Asterisk does not know your telephone "+m.state.Phone+plain)...)
	}
	if refused := m.refused(); refused != "" {
		top = append(top, m.rows(3, alarm+"! Asterisk refuses you in "+refused+plain)...)
	}
	top = append(top, "")
	bottom := append(m.rows(2, m.messageLine()), strings.Split(m.keyLine(), "\n")...)
	room := max(0, m.height-len(bottom))
	switch m.mode {
	case helping:
		top = append(top, m.rows(2, help...)...)
	case pausing, pausingAfter, choosing:
		top = append(top, m.choices(room-len(top))...)
	case typing:
		top = append(top, bold+"Number to call"+plain, "", "  "+m.number+"_", "", faint+"from the service of "+m.context+plain)
	default:
		top = append(top, m.rows(3, m.calls()...)...)
		top = append(top, "")
		top = append(top, m.rows(3, m.recent()...)...)
	}
	for len(top) < room {
		top = append(top, "")
	}
	if room > 0 && len(top) > room {
		top[room-1] = plain + "…"
	}
	lines := append(top[:room:room], bottom...)
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, "…")
		if lines[i] != l {
			lines[i] += plain
		}
	}
	return strings.Join(lines[max(0, len(lines)-m.height):], "\n")
}

// rows breaks lines that are wider than the screen. None takes more rows than most: nothing
// that a caller chooses pushes the rest away.
func (m *model) rows(most int, lines ...string) []string {
	var out []string
	for _, l := range lines {
		text := ansi.Strip(l)
		indent := strings.Repeat(" ", len(text)-len(strings.TrimLeft(text, " "))+2)
		if width := m.width - len(indent); ansi.StringWidth(l) > m.width && width > len(indent) {
			rows := strings.Split(ansi.Wrap(l, width, ""), "\n")
			if len(rows) > most {
				rows = rows[:most]
				rows[most-1] += " …" + plain
			}
			l = strings.Join(rows, "\n"+indent)
		}
		out = append(out, strings.Split(l, "\n")...)
	}
	return out
}

// headline is the state in a word, for the title of the window.
func (m *model) headline() string {
	switch m.state.Link {
	case desktop.In:
		return m.state.DutyWords()
	case desktop.Ended:
		return "stopped"
	case desktop.Away:
		return "not connected"
	}
	return "connecting"
}

func (m *model) badge() string {
	now := m.clock()
	switch m.state.Link {
	case desktop.Ended:
		return paint("97;41", " STOPPED ") + " " + m.state.Why
	case desktop.Away:
		return paint("97;41", " NOT CONNECTED ") + " " + span(now.Sub(m.state.Gone)) + "  next try in " + span(m.state.Next.Sub(now)+time.Second-1) + ": " + m.state.Why
	case desktop.Reaching:
		return paint("30;47", " CONNECTING ")
	}
	colour := map[string]string{"available": "30;42", "ringing": "30;43", "oncall": "30;46", "held": "30;46", "lost": "97;41"}[m.state.Duty]
	if colour == "" {
		colour = "30;47"
	}
	if m.state.Duty == "" {
		return paint(colour, " SIGNED IN ")
	}
	b := paint(colour, " "+strings.ToUpper(m.state.DutyWords())+" ") + " " + span(now.Sub(m.state.Since))
	if !m.state.Until.IsZero() {
		b += "  " + span(m.state.Until.Sub(now)) + " left"
	}
	if m.state.After != nil {
		b += "  then a pause"
		if *m.state.After != "" {
			b += ": " + *m.state.After
		}
	}
	return b
}

func paint(colour, text string) string { return "\x1b[1;" + colour + "m" + text + plain }

func (m *model) queues() string {
	if len(m.state.Queues) == 0 {
		return "Queues  " + faint + "none" + plain
	}
	words := make([]string, 0, len(m.state.Queues))
	for _, q := range m.state.Queues {
		if m.state.Link != desktop.In { // who knows
			words = append(words, faint+q.Name+plain)
		} else if q.Member {
			words = append(words, q.Name+" (member)")
		} else {
			words = append(words, faint+q.Name+" (not a member)"+plain)
		}
	}
	return "Queues  " + strings.Join(words, "  ")
}

// refused is what Asterisk says against the agent in his queues, on one line: there may be
// many, and calls matter more.
func (m *model) refused() string {
	var words []string
	for _, q := range m.state.Queues {
		if q.Refused != "" && m.state.Link == desktop.In {
			words = append(words, q.Name+": "+q.Refused)
		}
	}
	return strings.Join(words, "; ")
}

func (m *model) calls() []string {
	lines := []string{bold + "Calls" + plain}
	if len(m.state.Calls) == 0 {
		return append(lines, faint+"  none"+plain)
	}
	for _, c := range slices.Backward(m.state.Calls) { // the newest must be seen
		phase := string(c.Phase)
		if c.Doubtful {
			phase += "?"
		}
		line := fmt.Sprintf("  %s%-10s%s %8s  %s", bold, phase, plain, span(m.clock().Sub(c.Since)), c.Who())
		if c.Queue != "" {
			line += faint + "  queue " + c.Queue + plain
		}
		lines = append(lines, line)
		if t := c.Transfer; t != nil && t.By+t.Name+t.Phone != "" {
			lines = append(lines, "      from   "+colleague(t))
		}
		wide := 0
		for _, v := range c.Variables {
			wide = max(wide, min(20, ansi.StringWidth(v.Name)))
		}
		for _, v := range c.Variables {
			pad := strings.Repeat(" ", max(0, wide-ansi.StringWidth(v.Name)))
			lines = append(lines, "      "+v.Name+pad+"  "+v.Value)
		}
		if c.Opened != "" {
			lines = append(lines, faint+"      "+c.Opened+plain)
		}
	}
	return lines
}

func colleague(t *desktop.Transfer) string {
	for _, name := range []string{t.Name, t.By, t.Phone} {
		if name != "" {
			return name + " (" + t.Kind + ")"
		}
	}
	return t.Kind
}

func (m *model) recent() []string {
	if len(m.state.Recent) == 0 {
		return nil
	}
	lines := []string{bold + "Recent" + plain}
	for _, p := range m.state.Recent {
		how := "missed"
		switch {
		case p.Ended.IsZero():
			how = "unknown"
		case !p.Answered.IsZero():
			how = span(p.Ended.Sub(p.Answered))
		case p.Direction == "outbound":
			how = "no answer"
		}
		line := fmt.Sprintf("  %s  %-9s  %s", p.Began.Format("15:04"), how, p.Who())
		if p.Gone != "" {
			line += "  to " + p.Gone
		}
		lines = append(lines, line)
	}
	return lines
}

// choices are the items to choose from, in as many rows as there are.
func (m *model) choices(rows int) []string {
	title := map[mode]string{pausing: "Pause: for what?", pausingAfter: "Pause after this call: for what?", choosing: "Call out from which service?"}[m.mode]
	lines := []string{bold + title + plain, ""}
	for i, item := range m.list.items {
		mark, number := "  ", "  "
		if i < 9 {
			number = fmt.Sprintf("%d ", i+1)
		}
		if i == m.list.at {
			mark = "> "
			item = bold + item + plain
		}
		lines = append(lines, mark+number+item)
	}
	head := min(len(lines)-len(m.list.items), max(0, rows-3)) // the items matter more than the title
	if over := len(m.list.items) - (rows - head); over > 0 {  // a long list goes by its mark
		lines = append(lines[:head:head], lines[2+min(over, m.list.at):]...)
	}
	return lines
}

func (m *model) messageLine() string {
	if m.message == "" {
		return ""
	}
	return faint + m.told.Format("15:04:05") + plain + "  " + m.message
}

func (m *model) keyLine() string {
	switch {
	case m.leaving:
		return faint + "signing out …" + plain
	case m.mode == helping:
		return m.keys("any key", "back")
	case m.mode == typing:
		return m.keys("Enter", "call", "Esc", "back")
	case m.mode != watching:
		return m.keys("1-9 or Enter", "choose", "Up/Down", "move", "Esc", "back")
	case m.state.Link == desktop.Ended:
		return m.keys("c", "connect again", "q", "quit")
	case m.state.Link != desktop.In:
		return m.keys("?", "help", "q", "quit")
	case m.state.Duty == "aftercall":
		return m.keys("r", "ready", "m", "more time", "p", "pause", "d", "dial", "?", "help", "q", "quit")
	case m.state.Duty == "paused":
		return m.keys("r", "resume", "p", "other pause", "d", "dial", "?", "help", "q", "quit")
	case len(m.state.Calls) > 0:
		return m.keys("P", "pause after this call", "p", "pause", "o", "open again", "d", "dial", "?", "help", "q", "quit")
	}
	return m.keys("p", "pause", "d", "dial", "?", "help", "q", "quit")
}

// keys are pairs of a key and what it does, in rows as wide as the screen.
func (m *model) keys(pairs ...string) string {
	var b strings.Builder
	used := 0
	for pair := range slices.Chunk(pairs, 2) {
		wide := len(pair[0]) + 1 + len(pair[1])
		switch {
		case used == 0:
		case used+3+wide > m.width:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteString("   ")
			used += 3
		}
		b.WriteString(bold + pair[0] + plain + " " + pair[1])
		used += wide
	}
	return b.String()
}

var help = []string{
	bold + "Keys" + plain, "",
	"  p   pause: choose the reason",
	"  P   pause after the call in progress",
	"  r   ready again: ends a pause, or the work after a call",
	"  m   more time for the work after a call",
	"  d   dial: choose the service, type the number",
	"  o   open the page or program of the call again",
	"  c   connect again, after the client has stopped",
	"  q   sign out and quit (Ctrl-C too)",
}

// span is a time as a clock shows it, 0:00 or 1:00:00.
func span(d time.Duration) string {
	s := max(0, int(d.Seconds()))
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
