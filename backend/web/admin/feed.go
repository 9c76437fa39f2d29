package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

const (
	feedEvery  = 500 * time.Millisecond // a page hears of changes so often at most
	feedAnyway = 5 * time.Second        // and is told so often if nothing has changed: its timers go by it
)

// Floor is what goes on in Asterisk; *tracker.Tracker has it.
type Floor struct {
	Now     func(context.Context) (*pbx.Floor, error)
	Changes func() uint64 // counts up with every change of what Now returns
}

// feed is the floor, shared by every page that shows it: however many look, the picture is
// asked no oftener.
type feed struct {
	floor Floor

	mu    sync.Mutex
	last  *pbx.Floor
	at    time.Time
	parts map[string][]byte // frames made of last, by language and page
}

// now returns the floor, not older than feedEvery, or than feedAnyway when nothing has
// changed since.
func (f *feed) now(ctx context.Context) (*pbx.Floor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	age := time.Since(f.at)
	if f.last != nil && (age < feedEvery || age < feedAnyway && f.floor.Changes() == f.last.Changes) {
		return f.last, nil
	}
	last, err := f.floor.Now(ctx)
	if err != nil {
		return nil, err
	}
	f.last, f.at, f.parts = last, time.Now(), map[string][]byte{}
	return last, nil
}

// frame is made once for all who read the same page in the same language.
func (f *feed) frame(of *pbx.Floor, key string, make func() ([]byte, error)) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.last == of && f.parts[key] != nil {
		return f.parts[key], nil
	}
	b, err := make()
	if err == nil && f.last == of {
		f.parts[key] = b
	}
	return b, err
}

// envelope is one message to a page, in htmx's form: the part to put in a place. State is
// the same for scripts.
type envelope struct {
	Target  string `json:"target"`
	Swap    string `json:"swap"`
	Content string `json:"content"`
	State   *State `json:"state,omitempty"`
}

// Onlooker is a page that is open, for the door of WebSockets.
type Onlooker struct {
	a     *Admin
	lang  locale.Language
	token string
	live  bool   // the page of everything, not only the top bar
	find  string // what its agents and calls are searched for

	sent    *pbx.Floor
	waiting int // changes to apply, as last sent; -1: not yet
	next    [][]byte
	ended   chan struct{}
	checked time.Time
}

// Watch says whose page asks for the feed; the error, for whoever is not signed in, is the
// door's to answer with 401.
func (a *Admin) Watch(r *http.Request) (*Onlooker, error) {
	who, err := a.identify(r)
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, errors.New("not signed in")
	}
	q := r.URL.Query()
	return &Onlooker{
		a: a, lang: a.Language(r), token: who.token, live: q.Get("page") == "live", find: q.Get("q"),
		waiting: -1, ended: make(chan struct{}), checked: time.Now(),
	}, nil
}

// Who is the sign-in.
func (w *Onlooker) Who() string { return w.token }

// Done is closed when the sign-in has ended.
func (w *Onlooker) Done() <-chan struct{} { return w.ended }

// Next waits for something new and returns it as a frame.
func (w *Onlooker) Next(ctx context.Context) ([]byte, error) {
	for len(w.next) == 0 {
		if err := w.gather(ctx); err != nil {
			return nil, err
		}
		if len(w.next) > 0 {
			break
		}
		wait := time.NewTimer(feedEvery)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, ctx.Err()
		}
	}
	frame := w.next[0]
	w.next = w.next[1:]
	return frame, nil
}

// gather makes the frames of a floor that was not sent yet.
func (w *Onlooker) gather(ctx context.Context) error {
	if time.Since(w.checked) > feedAnyway {
		_, err := w.a.store.LoadManagerSession(ctx, w.token)
		if errors.Is(err, store.ErrNoSession) {
			close(w.ended)
			return io.EOF
		}
		if err != nil { // who cannot be looked up is not signed out
			return err
		}
		w.checked = time.Now()
	}
	if err := w.gatherWaiting(ctx); err != nil {
		return err
	}
	floor, err := w.a.feed.now(ctx)
	if err != nil || floor == w.sent {
		return err
	}
	w.sent = floor
	state := w.a.opts.State()
	top, err := w.a.feed.frame(floor, string(w.lang), func() ([]byte, error) {
		return w.part("status", "base", "#status", w.a.status(w.lang), &state)
	})
	if err != nil {
		return err
	}
	w.next = append(w.next, top)
	if !w.live {
		return nil
	}
	board, err := w.a.feed.frame(floor, string(w.lang)+" "+w.find, func() ([]byte, error) {
		return w.part("board", "live", "#board", newBoard(w.lang, floor, w.find), nil)
	})
	if err != nil {
		return err
	}
	w.next = append(w.next, board)
	return nil
}

// gatherWaiting makes a frame of the number of changes to apply when it is another one: a
// colleague's are seen on every page at once.
func (w *Onlooker) gatherWaiting(ctx context.Context) error {
	n, err := w.a.pending(ctx)
	if err != nil || n == w.waiting {
		return err
	}
	frame, err := w.part("pending", "base", "#pending", n, nil)
	if err == nil {
		w.waiting, w.next = n, append(w.next, frame)
	}
	return err
}

func (w *Onlooker) part(name, file, target string, data any, state *State) ([]byte, error) {
	var b strings.Builder
	if err := execute(&b, w.lang, file, name, data); err != nil {
		return nil, err
	}
	return json.Marshal(envelope{Target: target, Swap: "outerMorph", Content: b.String(), State: state})
}
