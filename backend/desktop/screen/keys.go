package screen

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/asteriskcti/asteriskcti/backend/desktop"
)

// maxNumber is the longest number that can be typed, in characters.
const maxNumber = 40

// key does what a key stands for at the moment.
func (m *model) key(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return m.quit()
	}
	switch m.mode {
	case helping:
		m.mode = watching
	case pausing, pausingAfter, choosing:
		m.choose(k)
	case typing:
		m.edit(k)
	default:
		return m.command(k.String())
	}
	return nil
}

// command is a key of the main screen.
func (m *model) command(key string) tea.Cmd {
	switch key {
	case "?", "h", "f1":
		m.mode = helping
		return nil
	case "q":
		return m.quit()
	case "c", "enter":
		if m.state.Link == desktop.Ended && !m.running && !m.leaving {
			m.start()
		}
		return nil
	case "o":
		return m.openAgain()
	}
	ask := map[string]func(){
		"p": func() { m.pause(pausing) },
		"P": func() { m.pause(pausingAfter) },
		"r": func() { m.do(m.state.Back()) },
		"m": func() { m.do(desktop.More) },
		"d": m.dial,
	}[key]
	switch {
	case ask == nil:
	case m.state.Link != desktop.In:
		m.say(desktop.NotConnected)
	default:
		ask()
	}
	return nil
}

func (m *model) do(c desktop.Command) {
	if m.state.Link != desktop.In { // it broke while he chose or typed
		m.say(desktop.NotConnected)
	} else if err := m.Client.Do(c); err != nil {
		m.say(err.Error())
	}
}

func (m *model) pause(how mode) {
	if len(m.state.Reasons) == 0 {
		m.do(desktop.Pause("", how == pausingAfter))
		return
	}
	m.mode, m.list = how, list{items: m.state.Reasons}
}

func (m *model) dial() {
	switch contexts := m.state.Contexts; len(contexts) {
	case 0:
		m.say(desktop.NoService)
	case 1:
		m.mode, m.context = typing, contexts[0]
	default:
		m.mode, m.list = choosing, list{items: contexts}
	}
}

func (m *model) choose(k tea.KeyPressMsg) {
	chosen, done := m.list.key(k.String())
	if !done {
		return
	}
	how := m.mode
	m.mode = watching
	switch {
	case chosen == "":
	case how == choosing:
		m.mode, m.context = typing, chosen
	default:
		m.do(desktop.Pause(chosen, how == pausingAfter))
	}
}

// edit types a number.
func (m *model) edit(k tea.KeyPressMsg) {
	switch k.String() {
	case "esc":
		m.mode, m.number = watching, ""
	case "backspace":
		m.number = m.number[:max(0, len(m.number)-1)] // of ASCII
	case "ctrl+u":
		m.number = ""
	case "enter":
		if strings.ContainsAny(m.number, "0123456789*#") {
			m.do(desktop.Dial(m.number, m.context))
			m.mode, m.number = watching, ""
		}
	default:
		m.typed(k.Text)
	}
}

// typed adds what belongs to a number.
func (m *model) typed(text string) {
	if m.mode != typing {
		return
	}
	for _, r := range text {
		if strings.ContainsRune("0123456789*#+-/(). ", r) && len(m.number) < maxNumber {
			m.number += string(r)
		}
	}
}

// openAgain opens what the latest call asked to open, once more.
func (m *model) openAgain() tea.Cmd {
	c := m.state.Latest()
	if c == nil {
		m.say(desktop.NothingToOpen)
		return nil
	}
	opener, action, id := m.Opener, c.Action, c.Uniqueid
	return func() tea.Msg { return newsMsg{opener.Opened(id, action)} }
}

// list is a choice of one.
type list struct {
	items []string
	at    int
}

// key moves in the list. done: it is over, with nothing chosen for "".
func (l *list) key(key string) (chosen string, done bool) {
	switch key {
	case "esc", "q":
		return "", true
	case "enter":
		return l.items[l.at], true
	case "up", "k":
		l.at = (l.at + len(l.items) - 1) % len(l.items)
	case "down", "j", "tab":
		l.at = (l.at + 1) % len(l.items)
	default:
		if len(key) == 1 && key[0] >= '1' && key[0] <= '9' && int(key[0]-'1') < len(l.items) {
			return l.items[key[0]-'1'], true
		}
	}
	return "", false
}
