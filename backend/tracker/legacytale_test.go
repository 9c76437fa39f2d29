package tracker

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// legacy is a call as Asterisk 1.8 tells it: without Linkedids, with Links, and with a
// queue that does not dial. Whoever is moved is masqueraded.
func legacy(r *rapid.T, n int) *tale {
	t := &tale{r: r, n: n, service: "sales"}
	queued := rapid.Bool().Draw(r, "queued")
	if queued {
		t.service = "support"
	}
	id := t.id()
	t.near, t.services = id, []string{t.service}
	t.customer = party{"SIP/trunk-" + id, rapid.SampledFrom([]string{"300", "301", ""}).Draw(r, "number"), fmt.Sprintf("d%d", n)}
	t.emit(born(t.customer.name, id, "", pbx.Down, t.customer.number), becomes(id, pbx.Ring, t.customer.number, ""), step(id, t.service, "101", "Answer"),
		becomes(id, pbx.Up, t.customer.number, ""), set(id, "calldata", t.customer.data))
	if queued {
		t.emit(queues(id, "help", t.customer.number))
	}
	talks := t.legacyDial(queued)
	for range rapid.IntRange(0, 3).Draw(r, "happenings") {
		if talks {
			t.settles()
			talks = t.legacyHappens()
		}
	}
	if t.bridge != "" {
		t.emit(leaves(t.near, t.bridge), leaves(t.holder, t.bridge))
	}
	for _, id := range rapid.Permutation(append([]string{t.near, t.holder}, t.tail...)).Draw(r, "hang-ups") {
		if id != "" {
			t.emit(dies(id, 16))
		}
	}
	t.settles()
	return t
}

func (t *tale) legacyPhone(number string, state pbx.ChannelState) string {
	id := t.id()
	t.emit(born("SIP/"+number+"-"+id, id, "", pbx.Down, number))
	if state != pbx.Down {
		t.emit(becomes(id, state, number, ""))
	}
	return id
}

// legacyDial rings phones for the customer, one of which may answer.
func (t *tale) legacyDial(queued bool) bool {
	var phones, numbers []string
	for range rapid.IntRange(1, 2).Draw(t.r, "phones") {
		number := t.other(numbers...)
		id := t.legacyPhone(number, pbx.Down)
		phones, numbers = append(phones, id), append(numbers, number)
		if !queued {
			t.emit(dials(t.near, id))
		}
	}
	for i, id := range phones {
		t.emit(becomes(id, pbx.Ringing, numbers[i], t.customer.number))
	}
	winner := rapid.IntRange(-1, len(phones)-1).Draw(t.r, "winner")
	if winner >= 0 {
		t.emit(becomes(phones[winner], pbx.Up, numbers[winner], t.customer.number))
	}
	for i, id := range phones {
		if i != winner {
			t.emit(dies(id, 16))
		}
	}
	if queued {
		t.emit(about(pbx.QueueLeave, t.near))
	}
	if winner < 0 {
		return false
	}
	t.holder, t.device = phones[winner], numbers[winner]
	t.linkUp(t.near, t.holder)
	t.settles()
	return true
}

// linkUp is a Link of two channels.
func (t *tale) linkUp(a, b string) {
	t.bridge = a + "+" + b
	t.emit(enters(a, t.bridge), enters(b, t.bridge))
}

func (t *tale) legacyHappens() bool {
	number := t.other()
	switch rapid.SampledFrom([]string{"hold", "blind", "attended", "asks", "again"}).Draw(t.r, "happens") {
	case "hold":
		t.emit(about(pbx.Hold, t.holder), about(pbx.Unhold, t.holder))
	case "again": // a re-bridge
		t.emit(leaves(t.near, t.bridge), leaves(t.holder, t.bridge), enters(t.near, t.bridge), enters(t.holder, t.bridge))
	case "blind":
		goesOn := t.id()
		t.emit(born("AsyncGoto/"+t.customer.name, goesOn, "", pbx.Up, t.customer.number), masquerades(t.near, goesOn, t.customer.name, "AsyncGoto/"+t.customer.name),
			leaves(t.near, t.bridge), leaves(t.holder, t.bridge), dies(t.near, 16), dies(t.holder, 16), step(goesOn, "phones", number, "Dial"))
		t.near, t.holder, t.bridge = goesOn, "", ""
		return t.legacyDial(false)
	case "attended", "asks":
		second := t.legacyPhone(t.device, pbx.Ring)
		t.emit(step(second, "phones", number, "Dial"))
		asked := t.legacyPhone(number, pbx.Down)
		across := second + "+" + asked
		t.emit(dials(second, asked), becomes(asked, pbx.Ringing, "", ""), becomes(asked, pbx.Up, "", ""), becomes(second, pbx.Up, "", ""), enters(second, across), enters(asked, across))
		if t.odds("it goes back", 3) {
			t.emit(leaves(second, across), leaves(asked, across), dies(asked, 16), dies(second, 16))
			return true
		}
		t.emit(masquerades(t.near, second, t.customer.name, "SIP/"+t.device+"-"+second), leaves(t.near, t.bridge), leaves(t.holder, t.bridge), dies(t.near, 16), dies(t.holder, 16))
		t.near, t.holder, t.device, t.bridge = second, asked, number, across
	}
	return true
}
