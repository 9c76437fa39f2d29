package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// notebook is a Notes: "over" is ada's call that is over, of Support.
type notebook struct {
	mu   sync.Mutex
	list []pbx.Note
	err  error
	hold chan struct{} // reading and writing waits for it; nil: not
	busy int
}

func (b *notebook) Note(ctx context.Context, a tracker.Agent, n pbx.Note, may func(service, disposition string) bool) (pbx.Note, error) {
	if err := b.turn(ctx); err != nil {
		return n, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	if n.Call == "" {
		if n.Uniqueid != "over" || a.UID != "~ada" {
			return n, ErrUnknownCall
		}
		n.Call, n.Service = "k-over", "Support"
	}
	if n.Disposition != "" && !may(n.Service, n.Disposition) {
		return n, ErrDisposition
	}
	n.At = at
	b.list = append(b.list, n)
	return n, nil
}

func (b *notebook) Notes(ctx context.Context, a tracker.Agent, calls []pbx.Call) (list []pbx.Note, err error) {
	if err := b.turn(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.busy--
	if a.UID != "~ada" {
		return nil, nil
	}
	for _, c := range calls {
		for i := len(b.list) - 1; i >= 0; i-- {
			if b.list[i].Uniqueid == c.Uniqueid && b.list[i].Service == c.Service {
				list = append(list, b.list[i])
				break
			}
		}
	}
	return list, nil
}

// turn waits as the test wants it, and finds two at a time.
func (b *notebook) turn(ctx context.Context) error {
	b.mu.Lock()
	err, hold := b.err, b.hold
	if b.busy++; b.busy > 1 {
		err = errors.New("two of an agent at once")
	}
	b.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		b.mu.Lock()
		b.busy--
		b.mu.Unlock()
	}
	return err
}

// newNotedRoom has ada in a call of Support, which has dispositions.
func newNotedRoom(t *testing.T) (*room, *notebook) {
	t.Helper()
	book := new(notebook)
	r := newRoom(t, Options{Notes: book})
	cfg := twoDesks()
	for i := range cfg.Services {
		if cfg.Services[i].Name == "Support" {
			cfg.Services[i].Dispositions = []string{"Sold", "Call back"}
		}
	}
	r.live.Set(cfg)
	now, inside := *answered().Call, *answered().Call
	now.ID, now.Uniqueid = "k-1", "now"
	inside.ID, inside.Uniqueid, inside.Service, inside.Direction = "k-2", "inside", "", pbx.Internal
	r.picture.calls = []pbx.Call{now, inside}
	return r, book
}

const notedFrame = `{"type":"note","note":{"uniqueid":%q,"call":%q,"service":%q,"disposition":%q,"text":%q,"at":1790000000000},"seq":0}`

func TestNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, book := newNotedRoom(t)
		ada, bob := r.signIn("ada", mac1), r.signIn("bob", mac2)
		page, other, bobs := r.page(ada, JSON), r.page(ada, XML), r.page(bob, JSON)
		synctest.Wait()
		for _, c := range []*wireless{page, other, bobs} {
			c.said()
		}
		for i, c := range []struct{ command, code, frame string }{
			{`"uniqueid":"now","disposition":"Sold","text":"two\nlines\tand more"`, "", fmt.Sprintf(notedFrame, "now", "k-1", "Support", "Sold", "two\nlines\tand more")},
			{`"uniqueid":"now"`, "", fmt.Sprintf(notedFrame, "now", "k-1", "Support", "", "")},
			{`"uniqueid":"over","disposition":"Call back"`, "", fmt.Sprintf(notedFrame, "over", "k-over", "Support", "Call back", "")},
			{`"uniqueid":"inside","text":"x"`, "", fmt.Sprintf(notedFrame, "inside", "k-2", "", "", "x")},
			{`"uniqueid":"inside","disposition":"Sold"`, "disposition", ""},
			{`"uniqueid":"now","disposition":"sold"`, "disposition", ""},
			{`"uniqueid":"bobs","text":"x"`, "unknown-call", ""},
			{`"text":"x"`, "unknown-call", ""},
			{`"uniqueid":"now","text":"a\u0000b"`, "malformed", ""},
			{`"uniqueid":"now","text":"a\rb"`, "malformed", ""},
			{`"uniqueid":"now","text":"a\u0085b"`, "malformed", ""},
			{`"uniqueid":"now","text":"` + strings.Repeat("ü", 2000) + `x"`, "malformed", ""},
			{`"uniqueid":"now","text":7`, "malformed", ""},
		} {
			page.in <- `{"id":"1","command":"note",` + c.command + `}`
			<-time.After(time.Second) // nobody writes faster
			said := page.said()
			want := `{"type":"reply","id":"1","ok":true}`
			if c.code != "" {
				want = `"code":"` + c.code + `"`
			}
			if got := said[len(said)-1]; !strings.Contains(got, want) {
				t.Errorf("%d: %s", i, got)
			}
			if got := strings.Join(said[:len(said)-1], "|"); got != c.frame {
				t.Errorf("%d: told\n%s\nwant\n%s", i, got, c.frame)
			}
			if others := other.said(); len(others) != len(said)-1 {
				t.Errorf("%d: the other screen is told %q", i, others)
			}
		}
		if said := bobs.said(); len(said) > 0 {
			t.Errorf("bob is told %q", said)
		}
		bobs.in <- `{"id":"1","command":"note","uniqueid":"now","text":"mine"}`
		synctest.Wait()
		if said := bobs.said(); len(said) != 1 || !strings.Contains(said[0], `"unknown-call"`) {
			t.Errorf("bob notes on ada's call: %q", said)
		}
		book.err = errors.New("disk full at /secret")
		page.in <- `{"id":"1","command":"note","uniqueid":"now","text":"x"}`
		synctest.Wait()
		if said := page.said(); len(said) != 1 || !strings.Contains(said[0], `"refused"`) || strings.Contains(said[0], "secret") {
			t.Errorf("%q", said)
		}
	})
}

// TestNoteXML is a note in XML, and as the line protocol tells it: on one line.
func TestNoteXML(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _ := newNotedRoom(t)
		page := r.page(r.signIn("ada", mac1), XML)
		synctest.Wait()
		if said := page.said(); !strings.Contains(said[0], ` notes="true"`) {
			t.Error(said)
		}
		page.in <- `<command id="1" name="note" uniqueid="now" disposition="Sold" text="1 &lt; 2&#xA;so"/>`
		synctest.Wait()
		wantSaid(t, page.said(), `<event id="Note"><note uniqueid="now" call="k-1" service="Support" disposition="Sold" at="1790000000000">1 &lt; 2&#xA;so</note><seq>0</seq></event>`,
			`<reply id="1" ok="true"></reply>`)
	})
}

// TestNoNotes: where none are kept, an agent knows it before.
func TestNoNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		page := r.page(r.signIn("ada", mac1), JSON)
		synctest.Wait()
		if said := page.said(); !strings.Contains(said[0], `"notes":false`) {
			t.Error(said)
		}
		page.in <- `{"id":"1","command":"note","uniqueid":"now","text":"x"}`
		synctest.Wait()
		wantSaid(t, page.said(), `{"type":"reply","id":"1","ok":false,"code":"no-notes","error":"nothing is noted here"}`)
	})
}

// TestRecall: after a snapshot the notes of calls in progress are told, and never one that is
// older than what was told before.
func TestRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, book := newNotedRoom(t)
		book.list = []pbx.Note{{Call: "k-1", Uniqueid: "now", Service: "Support", Text: "old", At: at}, {Call: "k-0", Uniqueid: "now", Text: "of a colleague's question", At: at}}
		ada := r.signIn("ada", mac1)
		book.hold = make(chan struct{})
		first := r.page(ada, JSON)
		synctest.Wait()
		if said := first.said(); len(said) != 1 || !strings.Contains(said[0], `"notes":true`) {
			t.Fatalf("%q", said)
		}
		first.in <- `{"id":"1","command":"note","uniqueid":"now","text":"new"}` // the disk is still reading
		first.in <- `{"id":"2","command":"ping"}`
		synctest.Wait()
		if said := first.said(); len(said) != 1 || !strings.Contains(said[0], `"id":"2"`) {
			t.Fatalf("who waits for the disk holds the others up: %q", said)
		}
		close(book.hold)
		synctest.Wait()
		wantSaid(t, first.said(), fmt.Sprintf(notedFrame, "now", "k-1", "Support", "", "old"), fmt.Sprintf(notedFrame, "now", "k-1", "Support", "", "new"), `{"type":"reply","id":"1","ok":true}`)
		second := r.page(ada, JSON)
		synctest.Wait()
		if said := second.said(); len(said) != 2 || said[1] != fmt.Sprintf(notedFrame, "now", "k-1", "Support", "", "new") {
			t.Errorf("%q", said)
		}
	})
}

// TestNotePace: who writes as a machine does is slowed down, and the disk that hangs is waited
// for no longer than patience lasts.
func TestNotePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, book := newNotedRoom(t)
		page := r.page(r.signIn("ada", mac1), JSON)
		began := time.Now()
		for kept := 0; kept < 60; {
			page.in <- fmt.Sprintf(`{"id":"1","command":"note","uniqueid":"now","text":"%d"}`, kept)
			synctest.Wait()
			for !slices.Contains(page.said(), `{"type":"reply","id":"1","ok":true}`) {
				<-time.After(7 * time.Millisecond) // never at the moment of the other
				synctest.Wait()
			}
			kept++
		}
		if took := time.Since(began); took < 9*time.Second || took > 12*time.Second {
			t.Errorf("60 notes in %v", took)
		}
		for range maxWaiting + 3 {
			page.in <- `{"id":"1","command":"note","uniqueid":"now","text":"x"}`
		}
		synctest.Wait()
		if said := page.said(); strings.Count(strings.Join(said, ""), `"code":"busy"`) != 3 {
			t.Errorf("%q", said)
		}
		<-time.After(time.Minute)
		page.said()
		book.mu.Lock()
		book.hold = make(chan struct{}) // never
		book.mu.Unlock()
		page.in <- `{"id":"1","command":"note","uniqueid":"now","text":"x"}`
		<-time.After(notePatience + time.Second)
		if said := page.said(); len(said) != 1 || !strings.Contains(said[0], `"refused"`) {
			t.Errorf("%q", said)
		}
	})
}

// FuzzNote: of any message, no text comes to the disk that is not as the documents say.
func FuzzNote(f *testing.F) {
	f.Add(`{"id":"1","command":"note","uniqueid":"now","text":"a\u0000b"}`, false)
	f.Add(`{"id":"1","command":"note","uniqueid":"now","disposition":"Sold","text":"a\r\nb\ud800"}`, false)
	f.Add(`<command id="1" name="note" uniqueid="over" text="&#xD;&#x85;&#xA;"/>`, true)
	for _, s := range hostile {
		f.Add(`{"id":"1","command":"note","uniqueid":"now","text":`+string(appendJSON(nil, s))+`}`, false)
		f.Add(`<command id="1" name="note" uniqueid="now" text="`+string(appendXML(nil, s))+`"/>`, true)
	}
	f.Fuzz(func(t *testing.T, message string, asXML bool) {
		enc := JSON
		if asXML {
			enc = XML
		}
		m, r := parse([]byte(message), enc)
		if r.code != "" || m.Name != "note" || noteFault(m.Text) != "" {
			return
		}
		if len(m.Text) > maxNote || !utf8.ValidString(m.Text) {
			t.Errorf("%q is taken", m.Text)
		}
		for _, c := range []byte(m.Text) {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				t.Errorf("%q is taken", m.Text)
			}
		}
		n := &pbx.Notice{ID: pbx.NoticeNote, Note: &pbx.Note{Uniqueid: pbx.ChannelID(m.Uniqueid), Disposition: m.Disposition, Text: m.Text}}
		if frame := appendXMLEvent(nil, n); strings.ContainsAny(string(frame), "\r\n") {
			t.Errorf("%q is no line", frame)
		}
	})
}
