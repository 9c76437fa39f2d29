package session

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Exactly one reply to each command (F2).
func TestCommands(t *testing.T) {
	long := strings.Repeat("i", 65)
	for _, c := range []struct {
		enc       Encoding
		say, told string
	}{
		{JSON, `{"id":"7","command":"ping"}`, `{"type":"reply","id":"7","ok":true,"now":1790000000000}`},
		{JSON, `{"command":"ping","id":"a<b","more":[1,{}]}`, `{"type":"reply","id":"a\u003cb","ok":true,"now":1790000000000}`},
		{JSON, `{"id":"8","command":"fly"}`, `{"type":"reply","id":"8","ok":false,"code":"unknown-command","error":"there is no command \"fly\""}`},
		{JSON, `{"id":"8"}`, `{"type":"reply","id":"8","ok":false,"code":"malformed","error":"the command's name is missing"}`},
		{JSON, `{"command":"ping"}`, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"a command needs an id of 1 to 64 bytes"}`},
		{JSON, `{"id":"` + long + `","command":"ping"}`, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"a command needs an id of 1 to 64 bytes"}`},
		{JSON, `{"id":7,"command":"ping"}`, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"this is not a command: `},
		{JSON, `[]`, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"this is not a command: `},
		{JSON, `{`, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"this is not a command: unexpected end of JSON input"}`},
		{JSON, ``, `{"type":"reply","id":"","ok":false,"code":"malformed","error":"this is not a command: unexpected end of JSON input"}`},
		{XML, `<command id="7" name="ping"/>`, `<reply id="7" ok="true" now="1790000000000"></reply>`},
		{XML, `<command id="7" name="f&lt;y"></command>`, `<reply id="7" ok="false" code="unknown-command">there is no command &#34;f&lt;y&#34;</reply>`},
		{XML, `<ping/>`, `<reply id="" ok="false" code="malformed">this is not a command: `},
		{XML, `{"id":"7","command":"ping"}`, `<reply id="" ok="false" code="malformed">this is not a command: EOF</reply>`},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, Options{Clock: func() time.Time { return at }})
			page := r.page(r.signIn("ada", mac1), c.enc)
			synctest.Wait()
			page.said()
			page.in <- c.say
			synctest.Wait()
			said := page.said()
			if len(said) != 1 || !strings.HasPrefix(said[0], c.told) {
				t.Errorf("%s\n got %q\nwant %s", c.say, said, c.told)
			}
		})
	}
}

func TestSignOutCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in := r.signIn("ada", mac1)
		page, other := r.page(in, JSON), r.page(in, JSON)
		synctest.Wait()
		page.said()
		other.said()
		page.in <- `{"id":"8","command":"sign-out"}`
		synctest.Wait()
		bye := `{"type":"bye","code":"signed-out","reason":"signed out"}`
		wantSaid(t, page.said(), `{"type":"reply","id":"8","ok":true}`, bye)
		wantSaid(t, other.said(), bye)
		if got := reasonOfEnd(in); got != CodeSignedOut {
			t.Error(got)
		}
	})
}

func TestFaultyMessagesInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		page := r.page(r.signIn("ada", mac1), JSON)
		for range 3 {
			for range 9 {
				page.in <- "{"
			}
			page.in <- `{"id":"7","command":"ping"}`
		}
		synctest.Wait()
		if n := len(page.said()); n != 1+30 || page.isOver() {
			t.Fatalf("%d frames, over %t", n, page.isOver())
		}
		for range 10 {
			page.in <- `{"id":"7","command":"fly"}`
		}
		synctest.Wait()
		said := page.said()
		if len(said) != 11 || said[10] != `{"type":"bye","code":"protocol","reason":"10 faulty messages in a row"}` || page.code != 1008 {
			t.Errorf("told %q, closed with %d", said, page.code)
		}
	})
}

// The first frame is the snapshot, the next has the next number.
func TestSnapshotThenEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Version: "1.2.3", Demo: true})
		page := r.page(r.signIn("ada", "pjsip/201"), JSON)
		synctest.Wait()
		r.picture.tell("PJSIP/201", &pbx.Notice{ID: pbx.NoticeAgentState, Agent: pbx.AgentRinging, Since: at})
		synctest.Wait()
		wantSaid(t, page.said(),
			`{"type":"snapshot","seq":0,"now":0,"version":"1.2.3","demo":true,"notes":false,"agent":{"operator":"ada","fullName":"Ada Lovelace","state":"available","since":0,"seat":{"mac":"00:11:22:33:44:01","extension":"PJSIP/201","description":"Desk 1"}},"queues":[{"queue":"astcti-queue","service":"Support","member":false,"paused":false,"penalty":0,"waiting":0,"error":""}],"pauseReasons":["Break","Lunch","Meeting"],"services":[{"name":"Out","direction":"outbound","context":"out","queue":"","trigger":"browser","target":"window","afterCall":0,"openAt":"answer","variables":[],"dispositions":[]},{"name":"Support","direction":"inbound","context":"astcti-service","queue":"astcti-queue","trigger":"browser","target":"window","afterCall":0,"openAt":"answer","variables":[{"name":"calldata","label":""}],"dispositions":[]}],"control":{"attended":true,"hold":false,"answer":true},"link":{"state":"ready","reason":"","since":0},"calls":[]}`,
			`{"type":"agent","agent":{"state":"ringing","since":1790000000000},"seq":1}`)
	})
}

// Who does not read is told so and cut; the other page of the same agent goes on.
func TestSlowPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in := r.signIn("ada", mac1)
		slow, fine := r.page(in, JSON), r.page(in, JSON)
		synctest.Wait()
		slow.said()
		fine.said()
		slow.mu.Lock()
		slow.slow = true
		slow.mu.Unlock()
		for range 3 {
			r.picture.tell("PJSIP/201", answered())
		}
		synctest.Wait()
		wantSaid(t, slow.said(), `{"type":"bye","code":"slow","reason":"too slow: events were not read in time"}`)
		var ended *Ended
		if slow.code != 4008 || !errors.As(slow.err, &ended) || ended.Reason.Code != CodeSlow {
			t.Errorf("closed with %d: %v", slow.code, slow.err)
		}
		if n := len(fine.said()); n != 3 || fine.isOver() {
			t.Errorf("the other page: %d events, over %t", n, fine.isOver())
		}
		if s := r.Stats(); s.Slow != 1 || s.SignedIn != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestSilentPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{PageGrace: time.Hour})
		page := r.page(r.signIn("ada", mac1), JSON)
		began := time.Now()
		<-page.served
		if took := time.Since(began); took != 90*time.Second || page.code != 4009 {
			t.Errorf("closed after %s with %d", took, page.code)
		}
	})
}

// Every command of every door has a row in the table of rights, and what has none
// is denied.
func TestAuthority(t *testing.T) {
	for name, c := range lineCommands {
		if authority[c.act] == nobody {
			t.Errorf("line protocol: %s (%s) has no row", name, c.act)
		}
	}
	for name, c := range commands {
		if authority[c.act] == nobody {
			t.Errorf("WebSocket: %s (%s) has no row", name, c.act)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		in := r.signIn("ada", mac1)
		for _, who := range []*SignedIn{nil, in} {
			if err := authorise("take over the world", who); !errors.Is(err, errDenied) {
				t.Errorf("an act without a row: %v", err)
			}
		}
		for a, n := range authority {
			if err := authorise(a, nil); (err == nil) != (n == anyone) {
				t.Errorf("%s by nobody: %v", a, err)
			}
			if err := authorise(a, in); err != nil {
				t.Errorf("%s by an agent: %v", a, err)
			}
		}
		in.End(ReasonReplaced)
		for a, n := range authority {
			if err := authorise(a, in); (err == nil) != (n == anyone) {
				t.Errorf("%s by a former agent: %v", a, err)
			}
		}
	})
}

// FuzzCommand: whatever a page sends has exactly one reply, which is one whole frame.
func FuzzCommand(f *testing.F) {
	for _, s := range append([]string{
		`{"id":"7","command":"ping"}`, `{"id":"8","command":"sign-out"}`, `[[[[`, `{"id":{}}`, `<command id="7" name="ping"/>`, `<a><b/></a>`, `<!DOCTYPE a [<!ENTITY b "c">]><command id="&b;" name="x"/>`,
	}, hostile...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, enc := range []Encoding{JSON, XML} {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				page := r.page(r.signIn("ada", mac1), enc)
				synctest.Wait()
				page.said()
				page.in <- text
				synctest.Wait()
				said := page.said()
				if page.isOver() && len(said) == 2 && strings.Contains(said[1], CodeSignedOut) {
					said = said[:1]
				}
				if len(said) != 1 || strings.ContainsAny(said[0], "\r\n") {
					t.Fatalf("%q: %q", text, said)
				}
				var reply struct {
					XMLName xml.Name `json:"-"`
					Type    string   `xml:"-"`
				}
				if enc == JSON {
					if err := json.Unmarshal([]byte(said[0]), &reply); err != nil || reply.Type != "reply" {
						t.Fatalf("%q: %q, %v", text, said[0], err)
					}
				} else if err := xml.Unmarshal([]byte(said[0]), &reply); err != nil || reply.XMLName.Local != "reply" {
					t.Fatalf("%q: %q, %v", text, said[0], err)
				}
			})
		}
	})
}
