package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
)

// TestConsult has agents ask a colleague first, hold and answer at a click, at real telephones;
// with those that take orders, and with those that do not.
func TestConsult(t *testing.T) {
	for _, version := range []int{22, 16} {
		t.Run(fmt.Sprint("asterisk ", version), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, version, lab.PJSIP)
			for name, play := range map[string]func(*house){
				"completed": completes, "completed while it rings": completesEarly, "cancelled": cancels,
				"cancelled while it rings": cancelsEarly, "busy": askedIsBusy, "puts down": askedPutsDown,
				"a number": asksNumber, "his own call": asksOfOwnCall, "not allowed": mayNotAsk, "what is not there": asksNobody, "from a queue": asksFromQueue,
				"hangs up meanwhile": hangsUpMeanwhile, "cancels meanwhile": cancelsMeanwhile,
				"the server restarts, he cancels":                  func(h *house) { restarts(h, false, cancelsFound, nil) },
				"the server restarts, he completes":                func(h *house) { restarts(h, false, completesFound, map[string]string{"202": handedPop}) },
				"the server restarts while it rings, he cancels":   func(h *house) { restarts(h, true, cancelsFound, nil) },
				"the server restarts while it rings, he completes": func(h *house) { restarts(h, true, completesFound, map[string]string{"202": handedPop}) },
				"hold and resume":                                  holdsAtClick, "answers": answersAtClick, "a deaf telephone": deaf,
			} {
				t.Run(name, func(t *testing.T) {
					h.begin(t)
					play(h)
				})
			}
		})
	}
}

// consults has 201 ask 202, and returns when that is told.
func (h *house) consults(id string, to ...string) {
	h.t.Helper()
	h.Phone("202")
	h.closed("202") // he is asked once more: his telephone is ahead of what the server knows of it
	h.asks("201", "", "transfer", append([]string{"call", id, "kind", "attended"}, to...)...)
	h.told("201", inConsult("dialing", "ringing", "talking"))
}

// inConsult is an event that tells of one in one of the phases.
func inConsult(phases ...string) func(client.Event) bool {
	return func(e client.Event) bool {
		for _, p := range phases {
			if e.ID == "Consult" && strings.Contains(e.Raw, `"phase":"`+p+`"}`) {
				return true
			}
		}
		return false
	}
}

// isBack waits until 201 is told that his caller is there again, and talks with him.
func (h *house) isBack() {
	h.t.Helper()
	h.told("201", func(e client.Event) bool {
		return e.ID == "Link" && e.URL == "" && !strings.Contains(e.Raw, `"consult"`)
	})
	h.Talk("300", "201")
}

const (
	salesPop  = "Sales n=300&d=12345"
	handedPop = "Sales n=300&d=12345 attended from Agent 201"
)

func completes(h *house) {
	hangUp, ended, id := h.served()
	h.asks("201", "no-consult", "complete", "call", id)
	h.consults(id, "to.agent", "op202")
	h.asks("201", "busy", "transfer", "call", id, "kind", "blind", "to.agent", "op203")
	b := h.Answer("202")
	h.TalkThrough("201", "202")
	h.told("201", func(e client.Event) bool {
		return inConsult("talking")(e) && strings.Contains(e.Raw, `"consult":{"to":"202","operator":"op202","name":"Agent 202"`) && strings.Contains(e.Raw, `"phase":"held"`)
	})
	h.asks("203", "unknown-call", "complete", "call", id)
	h.asks("201", "", "complete", "call", id)
	ended()
	h.told("201", client.Is("Transfer"))
	h.Talk("300", "202")
	hangUp()
	h.Ended(b)
	if got := strings.Join(h.noted(id), "; "); got != "transfer allowed; complete allowed" {
		h.t.Errorf("the audit has %q", got)
	}
	h.popped(map[string]string{"201": salesPop, "202": handedPop})
}

func completesEarly(h *house) {
	hangUp, ended, id := h.served()
	h.consults(id, "to.agent", "op202")
	b := h.Rings("202")
	h.told("201", inConsult("ringing"))
	h.Moment()
	h.asks("201", "", "complete", "call", id)
	ended()
	h.Moment()
	h.Must(b.Answer(h.Soon()))
	h.Talk("300", "202")
	hangUp()
	h.Ended(b)
	h.popped(map[string]string{"201": salesPop, "202": handedPop})
}

func cancels(h *house) {
	hangUp, ended, id := h.served()
	h.consults(id, "to.agent", "op202")
	b := h.Answer("202")
	h.TalkThrough("201", "202")
	h.asks("201", "", "cancel", "call", id)
	h.isBack()
	h.Ended(b)
	h.asks("201", "no-consult", "cancel", "call", id)
	h.Moment()                          // keys that come with the cancelling are lost
	h.consults(id, "to.agent", "op202") // he may ask again
	b = h.Answer("202")
	h.TalkThrough("201", "202")
	h.asks("201", "", "complete", "call", id)
	ended()
	h.Talk("300", "202")
	hangUp()
	h.Ended(b)
	h.popped(map[string]string{"201": salesPop, "202": handedPop})
}

func cancelsEarly(h *house) {
	hangUp, ended, id := h.served()
	h.consults(id, "to.agent", "op202")
	b := h.Rings("202")
	h.told("201", inConsult("ringing"))
	h.asks("201", "", "cancel", "call", id)
	h.isBack()
	h.Ended(b)
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

func askedIsBusy(h *house) {
	hangUp, ended, id := h.served()
	h.Phone("202").SetPolicy(phone.Busy())
	defer h.Phone("202").Forget()
	defer h.Phone("202").SetPolicy(phone.Ring())
	// He may refuse before 201 is there to ask him: then nothing is told of it.
	h.asks("201", "", "transfer", "call", id, "kind", "attended", "to.agent", "op202")
	h.isBack()
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

func askedPutsDown(h *house) {
	hangUp, ended, id := h.served()
	h.consults(id, "to.agent", "op202")
	b := h.Answer("202")
	h.TalkThrough("201", "202")
	h.HangUp(b)
	h.isBack()
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

func asksNumber(h *house) {
	hangUp, ended, id := h.served()
	h.Phone("301")
	h.asks("201", "policy", "transfer", "call", id, "kind", "attended", "to.number", "0044301")
	h.consults(id, "to.number", "301")
	x := h.Answer("301")
	h.TalkThrough("201", "301")
	h.told("201", inConsult("talking"))
	h.keepsContext("PJSIP/201-")
	h.asks("201", "", "complete", "call", id)
	ended()
	h.Talk("300", "301")
	hangUp()
	h.Ended(x)
	h.popped(map[string]string{"201": salesPop})
}

// keepsContext holds that the telephone's own transfers do not go where it has asked: Asterisk
// lists a channel's variables.
func (h *house) keepsContext(phone string) {
	h.t.Helper()
	list, err := h.Ast.Console(h.Soon(), "core show channels concise")
	h.Must(err)
	seen := false
	for line := range strings.Lines(list) {
		name, _, _ := strings.Cut(line, "!")
		if !strings.HasPrefix(name, phone) {
			continue
		}
		about, err := h.Ast.Console(h.Soon(), "core show channel "+name)
		h.Must(err)
		seen = true
		for v := range strings.Lines(about) {
			if context, is := strings.CutPrefix(strings.TrimSpace(v), "TRANSFER_CONTEXT="); is && context != "" {
				h.t.Errorf("%s transfers in %s", name, context)
			}
		}
	}
	if !seen {
		h.t.Errorf("%s is not in %s", phone, list)
	}
}

// asksOfOwnCall: 201 has called the customer himself.
func asksOfOwnCall(h *house) {
	h.Phone("201")
	h.Phone("300")
	a := h.Call("201", "9300")
	c := h.Answer("300")
	h.Talk("201", "300")
	id := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" }).Uniqueid
	h.consults(id, "to.agent", "op202")
	b := h.Answer("202")
	h.TalkThrough("201", "202")
	h.asks("201", "", "cancel", "call", id)
	h.isBack()
	h.Ended(b)
	h.consults(id, "to.agent", "op202")
	b = h.Answer("202")
	h.TalkThrough("201", "202")
	h.asks("201", "", "complete", "call", id)
	h.Ended(a)
	h.Talk("300", "202")
	h.HangUp(c)
	h.Ended(b)
	h.popped(map[string]string{"201": "Campaign n=201&d=ref300", "202": "Campaign n=201&d=ref300 attended from Agent 201"})
}

// asksFromQueue: the queue has the agents behind Local channels, as FreePBX does.
func asksFromQueue(h *house) {
	h.Phone("201")
	h.Phone("202")
	c := h.Call("300", "142")
	other := h.Rings("202")
	a := h.Answer("201")
	h.Ended(other)
	h.TalkThrough("300", "201")
	id := h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" }).Uniqueid
	h.consults(id, "to.agent", "op202")
	b := h.Answer("202")
	h.TalkThrough("201", "202")
	h.told("201", inConsult("talking"))
	h.asks("201", "", "cancel", "call", id)
	h.told("201", func(e client.Event) bool { return e.ID == "Link" && e.URL == "" })
	h.Ended(b)
	h.consults(id, "to.agent", "op202")
	b = h.Answer("202")
	h.TalkThrough("201", "202")
	h.asks("201", "", "complete", "call", id)
	h.Ended(a)
	h.TalkThrough("300", "202")
	h.HangUp(c)
	h.Ended(b)
	h.popped(map[string]string{"201": "Members n=300&d=12345", "202": "Members n=300&d=12345 attended from Agent 201"})
}

// hangsUpMeanwhile: what he asked for does not begin, which is waited for; he does not wait.
func hangsUpMeanwhile(h *house) {
	h.Phone("202")
	_, ended, id := h.servedAt("134")
	asked := h.orders("201", "transfer", "call", id, "kind", "attended", "to.agent", "op202")
	h.Event("Event", "VarSet", "Channel", h.Dev("201"), "Variable", "TRANSFER_CONTEXT", "Value", "hand-on")
	h.asks("201", "", "hangup", "call", id)
	h.replies("201", asked, "unknown-call")
	ended()
	h.popped(map[string]string{"201": salesPop})
}

// cancelsMeanwhile: he does not wait either until the colleague is called.
func cancelsMeanwhile(h *house) {
	hangUp, ended, id := h.served()
	h.Phone("202")
	asked := h.orders("201", "transfer", "call", id, "kind", "attended", "to.agent", "op202")
	h.Event("Event", "VarSet", "Channel", h.Dev("201"), "Variable", "TRANSFER_CONTEXT", "Value", "hand-on")
	h.asks("201", "", "cancel", "call", id)
	h.replies("201", asked, "")
	h.isBack()
	h.Phone("202").Forget()
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

// restarts has the server crash and come back while 201 asks 202, who is rung or has answered; pops
// are what follows.
func restarts(h *house, rings bool, then func(h *house, id string, b *phone.Call), pops map[string]string) {
	hangUp, ended, id := h.served()
	h.consults(id, "to.agent", "op202")
	b, phase := h.Rings("202"), "ringing"
	if !rings {
		phase = "talking"
		h.Must(b.Answer(h.Soon()))
		h.TalkThrough("201", "202")
	}
	h.server.Kill()
	h.Must(h.server.Restart())
	h.Must(h.server.Ready(h.Soon()))
	h.signIn()
	if got, want := h.agents["201"].Snapshot, `"consult":{"to":"202","operator":"op202","name":"Agent 202","phase":"`+phase+`"}`; !strings.Contains(got, want) {
		h.t.Errorf("%s is not in %s", want, got)
	}
	h.asks("201", "busy", "transfer", "call", id, "kind", "blind", "to.agent", "op203")
	h.asks("201", "busy", "hangup", "call", id)
	then(h, id, b)
	hangUp()
	ended()
	h.Ended(b)
	h.popped(pops)
}

func cancelsFound(h *house, id string, b *phone.Call) {
	h.asks("201", "", "cancel", "call", id)
	h.isBack()
	h.Ended(b)
}

func completesFound(h *house, id string, b *phone.Call) {
	h.asks("201", "", "complete", "call", id)
	h.told("201", client.Is("Transfer"))
	if state, _ := b.State(); state == phone.Ringing {
		h.Moment()
		h.Must(b.Answer(h.Soon()))
	}
	h.Talk("300", "202")
	h.told("202", func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
}

// mayNotAsk: the Dial of the call has no option t.
func mayNotAsk(h *house) {
	h.Phone("202")
	hangUp, ended, id := h.servedAt("134")
	h.asks("201", "not-begun", "transfer", "call", id, "kind", "attended", "to.agent", "op202")
	h.Talk("300", "201")
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

// asksNobody: whom the dialplan has not is not called, and no caller is sent there.
func asksNobody(h *house) {
	hangUp, ended, id := h.served()
	for _, kind := range []string{"attended", "blind"} {
		h.asks("201", "no-extension", "transfer", "call", id, "kind", kind, "to.number", "4711")
	}
	h.asks("201", "no-target", "transfer", "call", id, "kind", "attended", "to.queue", lab.SecondQueue)
	h.Talk("300", "201")
	hangUp()
	ended()
	h.popped(map[string]string{"201": salesPop})
}

// obeys has a telephone take orders for a story.
func (h *house) obeys(user string) {
	h.Phone(user).SetObeys(true)
	h.t.Cleanup(func() { h.Phone(user).SetObeys(false) })
}

func holdsAtClick(h *house) {
	h.obeys("201")
	hangUp, ended, id := h.served()
	for range 2 {
		h.asks("201", "", "hold", "call", id)
		h.told("201", client.Is("Hold"))
		h.asks("201", "no-talk", "transfer", "call", id, "kind", "attended", "to.agent", "op202")
		h.asks("201", "", "resume", "call", id)
		h.told("201", client.Is("Unhold"))
	}
	hangUp()
	ended()
	if got := strings.Join(h.noted(id), "; "); got != "hold allowed; resume allowed; hold allowed; resume allowed" {
		h.t.Errorf("the audit has %q", got)
	}
	h.popped(map[string]string{"201": salesPop})
}

func answersAtClick(h *house) {
	h.obeys("201")
	c := h.Call("300", "131")
	a := h.Rings("201")
	id := h.told("201", func(e client.Event) bool { return e.State == "Ringing" }).Uniqueid
	h.asks("201", "no-talk", "hold", "call", id)
	h.asks("203", "unknown-call", "answer", "call", id)
	h.asks("201", "", "answer", "call", id)
	h.Talk("300", "201")
	h.HangUp(c)
	h.Ended(a)
	h.popped(map[string]string{"201": salesPop})
}

// deaf: the telephone says that it has heard, and does nothing.
func deaf(h *house) {
	h.Phone("201")
	c := h.Call("300", "131")
	a := h.Rings("201")
	id := h.told("201", func(e client.Event) bool { return e.State == "Ringing" }).Uniqueid
	h.asks("201", "no-reaction", "answer", "call", id)
	h.Must(a.Answer(h.Soon()))
	h.Talk("300", "201")
	h.told("201", func(e client.Event) bool { return e.ID == "Link" })
	h.asks("201", "no-reaction", "hold", "call", id)
	h.HangUp(c)
	h.Ended(a)
	h.popped(map[string]string{"201": salesPop})
}
