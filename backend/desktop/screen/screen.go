package screen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/asteriskcti/asteriskcti/backend/desktop"
)

// Options of Run.
type Options struct {
	Client   *desktop.Client
	Opener   *desktop.Opener
	User     string
	Seat     string // its MAC
	Server   string // as it is shown
	SignedIn func() // called once, when the first sign-in has succeeded; may be nil
}

// Run shows the client until the agent quits, ctx ends, or the password is refused
// before it has ever been right: then it returns desktop.ErrPassword, so that another
// can be asked for. Standard input and output must be terminals.
func Run(ctx context.Context, o Options) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(o, time.Now)
	p := tea.NewProgram(m, tea.WithoutSignalHandler())
	var runs sync.WaitGroup
	m.leave = cancel
	m.connect = func() {
		runs.Go(func() {
			err := o.Client.Run(inner, func(n desktop.News) { p.Send(newsMsg{n}) })
			p.Send(overMsg{err})
		})
	}
	defer context.AfterFunc(ctx, func() { p.Send(leaveMsg{}) })()
	_, err := p.Run()
	cancel()
	runs.Wait()
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return m.failed
}

type (
	newsMsg  struct{ desktop.News }
	overMsg  struct{ err error } // of Client.Run
	leaveMsg struct{}
	tickMsg  struct{}
)

// model is what is on the screen. Everything but the drawing of the clocks follows from
// the messages it was given.
type model struct {
	Options
	state   desktop.State
	clock   func() time.Time
	connect func() // begins to sign in
	leave   func() // signs out

	width, height int
	mode          mode
	list          list   // of the modes that choose
	context       string // of the number being typed
	number        string
	message       string // the latest
	told          time.Time
	wasIn         bool
	running       bool // Client.Run is at it
	leaving       bool
	failed        error
}

type mode int

const (
	watching mode = iota
	helping
	pausing
	pausingAfter
	choosing // the service to call from
	typing   // the number to call
)

func newModel(o Options, clock func() time.Time) *model {
	return &model{Options: o, clock: clock, width: 80, height: 24}
}

// Init begins to sign in.
func (m *model) Init() tea.Cmd {
	m.start()
	return tick()
}

func (m *model) start() {
	m.running = true
	m.connect()
}

func tick() tea.Cmd { return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} }) }

// Update takes in one message.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		return m, tick()
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case newsMsg:
		m.news(msg.News)
	case overMsg:
		m.running = false
		if m.leaving || errors.Is(msg.err, desktop.ErrPassword) && !m.wasIn {
			m.failed = msg.err
			return m, tea.Quit
		}
	case leaveMsg:
		return m, m.quit()
	case tea.PasteMsg:
		m.typed(msg.Content)
	case tea.KeyPressMsg:
		return m, m.key(msg)
	}
	return m, nil
}

func (m *model) news(n desktop.News) {
	if _, ok := n.(desktop.SignedIn); ok && !m.wasIn {
		m.wasIn = true
		if m.SignedIn != nil {
			m.SignedIn()
		}
	}
	if said := m.state.Apply(n, m.clock()); said != "" {
		m.say(said)
	}
}

func (m *model) say(text string) { m.message, m.told = text, m.clock() }

// quit signs out first. A second time does not wait for that.
func (m *model) quit() tea.Cmd {
	again := m.leaving
	m.leaving = true
	m.leave()
	if !m.running || again {
		return tea.Quit
	}
	return nil
}

// View draws the whole screen.
func (m *model) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.WindowTitle = "AsteriskCTI: " + m.headline()
	return v
}
