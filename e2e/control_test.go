package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

// TestControl has agents hang up and hand on at a click, at real telephones, which know nothing
// of it.
func TestControl(t *testing.T) {
	for _, version := range []int{22, 16} {
		t.Run(fmt.Sprint("asterisk ", version), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, version, lab.PJSIP)
			for name, play := range map[string]func(*house){
				"hang up": hangsUp, "to an agent": handsToAgent, "to a queue": handsToQueue, "to a number": handsToNumber,
				"on hold": handsHeld, "his own call": handsOwnCall, "what is refused": handsNothing,
			} {
				t.Run(name, func(t *testing.T) {
					h.begin(t)
					play(h)
				})
			}
		})
	}
}

// served is a customer's call that 201 has answered and been told of; its id is the last value.
func (h *house) served() (hangUp func(), ended func(), id string) {
	h.t.Helper()
	return h.servedAt("131")
}

// servedAt is the same for another number.
func (h *house) servedAt(number string) (hangUp func(), ended func(), id string) {
	h.t.Helper()
	c, a := h.Served("300", number)
	e := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	return func() { h.HangUp(c) }, func() { h.Ended(a) }, e.Uniqueid
}

// asks asks for a phone's agent, and checks the reply: "" for ok.
func (h *house) asks(phone, want, command string, params ...string) {
	h.t.Helper()
	h.replies(phone, h.orders(phone, command, params...), want)
}

// orders asks, and returns the id of what is to be replied to.
func (h *house) orders(phone, command string, params ...string) string {
	h.t.Helper()
	id, err := h.agents[phone].Order(h.Soon(), command, params...)
	h.Must(err)
	return id
}

// replies waits for the reply, and checks it.
func (h *house) replies(phone, id, want string) {
	h.t.Helper()
	e, err := h.agents[phone].Reply(h.Soon(), id)
	h.Must(err)
	if e.OK != (want == "") || e.Reason != want {
		h.Fatal(fmt.Sprintf("want %q: %s", want, e.Raw))
	}
}

// noted are the audit's lines of a call: event and decision.
func (h *house) noted(id string) (list []string) {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.server.Data(), "audit.jsonl"))
	h.Must(err)
	for line := range strings.Lines(string(text)) {
		var r struct{ Event, Call, Decision string }
		h.Must(json.Unmarshal([]byte(line), &r))
		if r.Call == id {
			list = append(list, r.Event+" "+r.Decision)
		}
	}
	return list
}

func hangsUp(h *house) {
	h.Phone("201")
	c, a := h.Served("300", "131")
	e := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	h.asks("203", "unknown-call", "hangup", "call", e.Uniqueid)
	h.asks("201", "", "hangup", "call", e.Uniqueid)
	h.Ended(a, c)
	h.told("201", client.Is("Hangup"))
	if got := strings.Join(h.noted(e.Uniqueid), "; "); got != "hangup allowed" {
		h.t.Errorf("the audit has %q", got)
	}
	h.asks("201", "unknown-call", "hangup", "call", e.Uniqueid)
	h.popped(map[string]string{"201": "Sales n=300&d=12345"})
}

func handsToAgent(h *house) {
	h.Phone("202")
	hangUp, ended, id := h.served()
	h.asks("201", "", "transfer", "call", id, "kind", "blind", "to.agent", "op202")
	b := h.Answer("202")
	ended()
	h.told("201", client.Is("Transfer"))
	h.Talk("300", "202")
	hangUp()
	h.Ended(b)
	if got := strings.Join(h.noted(id), "; "); got != "transfer allowed" {
		h.t.Errorf("the audit has %q", got)
	}
	h.popped(map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"})
}

func handsToQueue(h *house) {
	h.Phone("202")
	hangUp, ended, id := h.served()
	h.asks("201", "", "transfer", "call", id, "kind", "blind", "to.queue", lab.SecondQueue)
	b := h.Answer("202")
	ended()
	h.Talk("300", "202")
	hangUp()
	h.Ended(b)
	h.popped(map[string]string{"201": "Sales n=300&d=12345", "202": "Support n=300&d=12345 blind from Agent 201"})
}

func handsToNumber(h *house) {
	h.Phone("301")
	hangUp, ended, id := h.served()
	h.asks("201", "policy", "transfer", "call", id, "kind", "blind", "to.number", "0044301")
	h.asks("201", "", "transfer", "call", id, "kind", "blind", "to.number", "301")
	x := h.Answer("301")
	ended()
	h.told("201", client.Is("Transfer"))
	h.Talk("300", "301")
	hangUp()
	h.Ended(x)
	h.popped(map[string]string{"201": "Sales n=300&d=12345"})
}

// handsHeld: the customer is on hold when he is handed on.
func handsHeld(h *house) {
	h.Phone("202")
	c, a := h.Served("300", "131")
	e := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	h.Must(a.Hold(h.Soon()))
	h.told("201", client.Is("Hold"))
	h.asks("201", "", "transfer", "call", e.Uniqueid, "kind", "blind", "to.agent", "op202")
	b := h.Answer("202")
	h.Ended(a)
	h.Talk("300", "202")
	h.HangUp(c)
	h.Ended(b)
	h.popped(map[string]string{"201": "Sales n=300&d=12345", "202": "Sales n=300&d=12345 blind from Agent 201"})
}

// handsOwnCall: 201 has called the customer himself.
func handsOwnCall(h *house) {
	h.Phone("201")
	h.Phone("202")
	h.Phone("300")
	a := h.Call("201", "9300")
	c := h.Answer("300")
	h.Talk("201", "300")
	e := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	h.asks("201", "", "transfer", "call", e.Uniqueid, "kind", "blind", "to.agent", "op202")
	b := h.Answer("202")
	h.Ended(a)
	h.Talk("300", "202")
	h.asks("202", "", "hangup", "call", h.told("202", client.Is("Link")).Uniqueid)
	h.Ended(b, c)
	h.popped(map[string]string{"201": "Campaign n=201&d=ref300", "202": "Campaign n=201&d=ref300 blind from Agent 201"})
}

// handsNothing: what is refused leaves the call as it is.
func handsNothing(h *house) {
	h.Phone("202")
	h.Phone("203")
	hangUp, ended, id := h.served()
	other := h.Call("203", "202")
	b := h.Answer("202")
	h.Talk("203", "202")
	h.told("202", func(e client.Event) bool { return e.ID == "agent" && e.State == "oncall" })
	for to, code := range map[[2]string]string{
		{"to.agent", "op202"}: "target-busy", {"to.agent", "op201"}: "no-target", {"to.agent", "nobody"}: "no-target",
		{"to.queue", "no-queue"}: "no-target", {"to.number", "301&PJSIP/302"}: "number",
	} {
		h.asks("201", code, "transfer", "call", id, "kind", "blind", to[0], to[1])
	}
	h.asks("201", "malformed", "transfer", "call", id, "kind", "park", "to.agent", "op203")
	h.Talk("300", "201")
	h.HangUp(other, b)
	hangUp()
	ended()
	h.popped(map[string]string{"201": "Sales n=300&d=12345"})
}
