package session

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/desk"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// What agents ask of the desk and of the dialer, through both doors (D5, E7, E9, F3).
func TestWork(t *testing.T) {
	for _, tt := range []struct {
		line, json, asked string
		err               error
		told, code        string
	}{
		{"PAUSE IN Lunch", `"pause","reason":"Lunch"`, `pause ada true "Lunch" "" false`, nil, "300 OK", ""},
		{"pause in  Long  lunch ", `"pause","reason":"Long lunch"`, `pause ada true "Long lunch" "" false`, desk.ErrUnknownReason, "302 KO not one of the reasons for a pause", "unknown-reason"},
		{"PAUSE AFTER", `"pause","afterCall":true`, `pause ada true "" "" true`, nil, "300 OK", ""},
		{"PAUSE OUT", `"unpause","reason":"Lunch","afterCall":true`, `pause ada false "" "" false`, &desk.Refused{Queue: "q", Text: "Interface\nnot found"}, "302 KO Asterisk refuses: queue q: Interface not found", "refused"},
		{"", `"pause","queue":"q"`, `pause ada true "" "q" false`, desk.ErrUnknownQueue, "", "unknown-queue"},
		{"READY", `"ready"`, "ready ada", desk.ErrNoWork, "101 KO there is no after-call work", "no-work"},
		{"MORE", `"more-time"`, "more time ada", nil, "100 OK", ""},
		{"ORIG 0551234 out 7", "", `originate ada "0551234" "out" ""`, nil, "100 OK", ""},
		{"", `"originate","number":"0551234","service":"Out","context":"evil","channel":"SIP/999"`, `originate ada "0551234" "" "Out"`, nil, "", ""},
		{"ORIG 00441 out 1", "", `originate ada "00441" "out" ""`, &dial.Denied{Code: dial.Policy, Text: "no calls abroad"}, "101 KO no calls abroad", ""},
		{"", `"originate","number":"00441"`, `originate ada "00441" "" ""`, &dial.Denied{Code: dial.Policy, Text: "no calls abroad"}, "", "policy"},
		{"", `"hangup","call":"k-1"`, `hangup ada "k-1"`, nil, "", ""},
		{"", `"hangup","call":"k-2"`, `hangup ada "k-2"`, &dial.Denied{Code: control.UnknownCall, Text: "no such call"}, "", "unknown-call"},
		{"", `"transfer","call":"k-1","kind":"blind","to":{"agent":"bob"}`, `transfer ada "k-1" "bob" "" "" ""`, nil, "", ""},
		{"", `"transfer","call":"k-1","kind":"blind","to":{"queue":"q"}`, `transfer ada "k-1" "" "q" "" ""`, &dial.Denied{Code: control.NoContext, Text: "x"}, "", "no-context"},
		{"", `"transfer","call":"k-1","kind":"blind","to":{"number":"300","service":"Out"}`, `transfer ada "k-1" "" "" "300" "Out"`, nil, "", ""},
		{"", `"transfer","call":"k-1","kind":"attended","to":{"agent":"bob"}`, `consult ada "k-1" "bob" "" "" ""`, &dial.Denied{Code: control.NotBegun, Text: "x"}, "", "not-begun"},
		{"", `"complete","call":"k-1"`, `complete ada "k-1"`, &dial.Denied{Code: control.NoConsult, Text: "x"}, "", "no-consult"},
		{"", `"cancel","call":"k-1"`, `cancel ada "k-1"`, nil, "", ""},
		{"", `"hold","call":"k-1"`, `hold ada "k-1"`, &dial.Denied{Code: control.NoReaction, Text: "x"}, "", "no-reaction"},
		{"", `"resume","call":"k-1"`, `resume ada "k-1"`, &dial.Denied{Code: control.NotAble, Text: "x"}, "", "not-able"},
		{"", `"answer","call":"k-1"`, `answer ada "k-1"`, nil, "", ""},
	} {
		if tt.line != "" {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				c := r.line()
				c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
				r.desk.want(t, "enter ada PJSIP/201 1")
				r.desk.answers(tt.err)
				c.in <- tt.line
				synctest.Wait()
				want := []string{tt.told}
				if tt.asked[:5] == "pause" {
					want = []string{"301 PAUSE PENDING", tt.told}
				}
				wantSaid(t, c.said(), want...)
				r.desk.want(t, tt.asked)
			})
		}
		if tt.json != "" {
			synctest.Test(t, func(t *testing.T) {
				r := newRoom(t, Options{})
				page := r.page(r.signIn("ada", mac1), JSON)
				synctest.Wait()
				page.said()
				r.desk.want(t, "enter ada PJSIP/201 1", "lost ada 1 5s", "enter ada PJSIP/201 1")
				r.desk.answers(tt.err)
				page.in <- `{"id":"7","command":` + tt.json + `}`
				synctest.Wait()
				want := `{"type":"reply","id":"7","ok":true}`
				switch {
				case tt.code != "":
					_, text := denied(tt.err)
					want = fmt.Sprintf(`{"type":"reply","id":"7","ok":false,"code":%q,"error":%s}`, tt.code, appendJSON(nil, text))
				case tt.asked[:9] == "originate":
					want = `{"type":"reply","id":"7","ok":true,"originate":"cti-1"}`
				}
				wantSaid(t, page.said(), want)
				r.desk.want(t, tt.asked)
			})
		}
	}
}

// A command that waits for Asterisk holds up no other, and there are not many of them.
func TestCommandsThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Clock: func() time.Time { return at }})
		page := r.page(r.signIn("ada", mac1), XML)
		synctest.Wait()
		page.said()
		r.desk.hold = make(chan struct{})
		for range maxWaiting {
			page.in <- `<command id="1" name="pause" aftercall="true"/>`
		}
		synctest.Wait()
		page.in <- `<command id="2" name="ready"/>`
		page.in <- `<command id="3" name="ping"/>`
		synctest.Wait()
		wantSaid(t, page.said(), `<reply id="2" ok="false" code="busy">too many commands at once, wait for their replies</reply>`, `<reply id="3" ok="true" now="1790000000000"></reply>`)
		close(r.desk.hold)
		synctest.Wait()
		if said := page.said(); len(said) != maxWaiting || said[0] != `<reply id="1" ok="true"></reply>` {
			t.Errorf("said %q", said)
		}
	})
}

// The desk knows who comes, who goes and who is lost (D3).
func TestPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{})
		c := r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1, "QUIT")
		synctest.Wait()
		r.desk.want(t, "enter ada PJSIP/201 1", "leave ada 1")

		c = r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		close(c.in)
		synctest.Wait()
		r.desk.want(t, "enter ada PJSIP/201 2", "lost ada 2 0s")

		c = r.line()
		c.talk(t, user("ada"), pass("ada"), "MAC "+mac1)
		r.signIn("bob", mac1)
		synctest.Wait()
		r.desk.want(t, "enter ada PJSIP/201 3", "enter bob PJSIP/201 4", "leave ada 3", "lost bob 4 5s")

		<-time.After(2 * time.Minute)
		r.desk.want(t, "lost bob 4 0s")
		r.signIn("bob", mac2)
		r.cancel()
		synctest.Wait()
		r.desk.want(t, "enter bob PJSIP/202 5", "lost bob 5 5s") // the desk takes leave of all by itself
	})
}

// The line protocol tells states and queues as they change (D2, D6, E8).
func TestLineStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t, Options{Clock: func() time.Time { return at }})
		c := r.line()
		c.states = true
		c.talk(t, user("ada"), pass("ada"))
		wantSaid(t, c.talk(t, "MAC "+mac1), "100 OK", "510 STATE available")
		tell := func(n *pbx.Notice, want ...string) {
			t.Helper()
			r.picture.tell("PJSIP/201", n)
			wantSaid(t, c.said(), want...)
		}
		state := func(s pbx.AgentState, d *pbx.Duty) *pbx.Notice {
			return &pbx.Notice{ID: pbx.NoticeAgentState, Agent: s, Duty: d}
		}
		queues := func(q ...pbx.QueueState) *pbx.Notice { return &pbx.Notice{ID: pbx.NoticeQueues, Queues: q} }
		tell(queues(pbx.QueueState{Queue: "a", Member: true}, pbx.QueueState{Queue: "b"}), "200 a")
		tell(queues(pbx.QueueState{Queue: "a", Member: true, Waiting: 3}, pbx.QueueState{Queue: "b", Member: true}), "200 b")
		tell(queues(pbx.QueueState{Queue: "b", Member: true}), "201 a")
		no := pbx.QueueState{Queue: "front desk", Error: "No such\nqueue"}
		b := pbx.QueueState{Queue: "b", Member: true}
		tell(queues(b, no), "201 front desk", "202 front desk No such queue") // the name first, it may hold blanks
		no.Waiting = 2
		tell(queues(b, no)) // told once
		no.Error = "Permission denied"
		tell(queues(b, no), "202 front desk Permission denied")
		b.Error = "Cannot be paused"
		tell(queues(b, no), "200 b", "202 b Cannot be paused")
		b.Member = false
		tell(queues(b, no), "201 b", "202 b Cannot be paused")
		b.Error, no.Error, no.Member = "", "", true
		tell(queues(b, no), "201 b", "200 front desk")
		tell(queues(b, no))
		no.Error = "Permission denied"
		tell(queues(b, no), "200 front desk", "202 front desk Permission denied")
		tell(queues(b), "201 front desk") // not one of his any more
		tell(state(pbx.AgentPaused, &pbx.Duty{Reason: "Long lunch"}), "510 STATE paused Long lunch")
		tell(state(pbx.AgentAvailable, &pbx.Duty{NoPhone: true}), "510 STATE available", "511 PHONE UNKNOWN PJSIP/201")
		tell(state(pbx.AgentOnCall, &pbx.Duty{NoPhone: true}), "510 STATE oncall")
		tell(state(pbx.AgentAfterCall, &pbx.Duty{Until: at.Add(29500 * time.Millisecond)}), "510 STATE aftercall 30")
		tell(state(pbx.AgentRinging, nil), "510 STATE ringing")
	})
}

// What is asked of a call in XML, where calls may go, and what is no transfer.
func TestCallControl(t *testing.T) {
	for _, tt := range []struct {
		enc              Encoding
		says, asked, won string
	}{
		{XML, `<command id="1" name="hangup" call="k-1"/>`, `hangup ada "k-1"`, `<reply id="1" ok="true"></reply>`},
		{XML, `<command id="1" name="transfer" call="k-1" kind="blind"><to number="300" service="Out"/></command>`, `transfer ada "k-1" "" "" "300" "Out"`, `<reply id="1" ok="true"></reply>`},
		{XML, `<command id="1" name="transfer" call="k-1"><to agent="bob"/></command>`, "", `<reply id="1" ok="false" code="malformed">the kind of a transfer is blind or attended</reply>`},
		{JSON, `{"id":"1","command":"transfer","call":"k-1","to":{"agent":"bob"},"kind":"park"}`, "", `{"type":"reply","id":"1","ok":false,"code":"malformed","error":"the kind of a transfer is blind or attended"}`},
		{JSON, `{"id":"1","command":"targets"}`, "targets of ada", `{"type":"reply","id":"1","ok":true,"targets":{"agents":[{"operator":"bob","fullName":"Bob","state":"paused"}],"queues":[{"queue":"q","service":"S","waiting":1,"available":2}],"numbers":true}}`},
		{XML, `<command id="1" name="targets"/>`, "targets of ada", `<reply id="1" ok="true"><targets numbers="true"><agent operator="bob" fullname="Bob" state="paused"></agent><queue name="q" service="S" waiting="1" available="2"></queue></targets></reply>`},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRoom(t, Options{})
			page := r.page(r.signIn("ada", mac1), tt.enc)
			synctest.Wait()
			page.said()
			r.desk.want(t, "enter ada PJSIP/201 1", "lost ada 1 5s", "enter ada PJSIP/201 1")
			page.in <- tt.says
			synctest.Wait()
			wantSaid(t, page.said(), tt.won)
			if tt.asked != "" {
				r.desk.want(t, tt.asked)
			} else {
				r.desk.want(t)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	if code, text := denied(errors.New("dial tcp 10.0.0.1: secret")); code != "refused" || text != "Asterisk was not reached" {
		t.Errorf("%s %q", code, text)
	}
}
