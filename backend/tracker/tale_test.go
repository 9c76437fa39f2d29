package tracker

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// tale is one call as Asterisk 16 and 22 tell it, from its first event to its last; what
// happens in it is drawn. The orders of events are those of recordings.
type tale struct {
	r      *rapid.T
	n      int // makes the names of its channels and bridges
	made   int // channels and bridges so far
	events []pbx.Event

	root     string   // Linkedid
	service  string   // "sales", "support" or "campaign": the context; "" for an internal call
	customer party    // of the service; empty for an internal call
	services []string // that agents may be shown for him

	near   string   // who is in one bridge with the holder: the customer, or half a pipe to him
	holder string   // the channel of the phone that has the customer
	device string   // of the holder
	bridge string   // of both
	tail   []string // what hangs up after them
}

// party is the customer of a call: the name of his channel, his number and what his
// service's first variable says of him.
type party struct{ name, number, data string }

func (t *tale) emit(parts ...any) { t.events = append(t.events, together(parts...)...) }

// settles says that nothing of the call is in the middle of happening now.
func (t *tale) settles() { t.emit(pbx.Event{Text: fmt.Sprint(t.n)}) }

func (t *tale) odds(what string, n int) bool { return rapid.IntRange(1, n).Draw(t.r, what) == 1 }

// id is a new Uniqueid; those of later channels are greater.
func (t *tale) id() string {
	t.made++
	return fmt.Sprintf("%d.%02d", t.n, t.made)
}

func (t *tale) newBridge() string {
	t.made++
	return fmt.Sprintf("b%d.%d", t.n, t.made)
}

// other is a phone that is not the holder's.
func (t *tale) other(but ...string) string {
	all := []string{"201", "202", "203", "204"}
	if t.service == "campaign" { // 204 is nobody's, so it would be another customer
		all = all[:3]
	}
	all = slices.DeleteFunc(all, func(n string) bool { return n == t.device || slices.Contains(but, n) })
	return rapid.SampledFrom(all).Draw(t.r, "phone")
}

// phone is the new channel of a phone, which begins a call itself where root is "".
func (t *tale) phone(number, root string) string {
	id := t.id()
	state := pbx.Down
	if root == "" {
		root, state = id, pbx.Ring
	}
	t.emit(born(fmt.Sprintf("PJSIP/%s-%s", number, id), id, root, state, number))
	return id
}

// modern is a call of a random kind.
func modern(r *rapid.T, n int) *tale {
	t := &tale{r: r, n: n}
	talks := false
	switch rapid.SampledFrom([]string{"dial", "dial", "queue", "queue", "local", "campaign", "originate", "callback", "internal"}).Draw(r, "kind") {
	case "dial":
		t.inbound("sales")
		talks = t.dial(t.near, "Dial")
	case "queue":
		t.inbound("support")
		talks = t.queue(t.near, "support", t.customer.number)
	case "local":
		t.inbound("support")
		talks = t.queueOfLocals()
	case "campaign":
		talks = t.outbound(false)
	case "originate":
		talks = t.outbound(true)
	case "callback":
		t.calledBack()
		talks = t.queue(t.near, "support", t.customer.number)
	case "internal":
		t.internal()
		talks = t.dial(t.near, "Dial")
	}
	for talks && !t.odds("it ends", 4) {
		t.settles()
		talks = t.happens()
	}
	t.end()
	t.settles()
	t.jostle()
	return t
}

// inbound is a customer who reaches a service.
func (t *tale) inbound(context string) {
	id := t.id()
	t.root, t.near, t.service, t.services = id, id, context, []string{context}
	t.customer = party{"PJSIP/trunk-" + id, rapid.SampledFrom([]string{"300", "301", ""}).Draw(t.r, "number"), fmt.Sprintf("d%d", t.n)}
	t.emit(born(t.customer.name, id, id, pbx.Ring, t.customer.number), step(id, context, "101", "Answer"), becomes(id, pbx.Up, t.customer.number, ""), set(id, "calldata", t.customer.data))
}

// calledBack is a customer whom Asterisk calls through a Local channel, and has reach a service.
func (t *tale) calledBack() {
	t.service, t.services = "support", []string{"support"}
	one, far := t.id(), t.id()
	t.root, t.near = one, one
	line, between := t.id(), t.newBridge()
	t.customer = party{"PJSIP/trunk-" + line, rapid.SampledFrom([]string{"300", "301", ""}).Draw(t.r, "number"), fmt.Sprintf("d%d", t.n)}
	t.tail = []string{far, line}
	t.emit(born("Local/300@customers-"+one+";1", one, one, pbx.Down, t.customer.number), born("Local/300@customers-"+one+";2", far, one, pbx.Ring, ""), dials("", one), step(far, "customers", "300", "Dial"),
		born(t.customer.name, line, one, pbx.Down, "300"), dials(far, line), becomes(line, pbx.Ringing, "", ""), becomes(line, pbx.Up, "", ""), dialed(far, line, "ANSWER"),
		becomes(far, pbx.Up, "", ""), enters(line, between), becomes(one, pbx.Up, "", ""), dialed("", one, "ANSWER"), enters(far, between),
		step(one, "support", "101", "Answer"), set(one, "calldata", t.customer.data))
}

// internal is a phone that calls a colleague. Nobody sits at 204, so that nothing is told
// of its own calls.
func (t *tale) internal() {
	t.device = t.other()
	t.near = t.phone(t.device, "")
	t.root = t.near
}

// outbound is an agent who calls a customer through a service, or has himself called first.
func (t *tale) outbound(originated bool) bool {
	t.service, t.services = "campaign", []string{"campaign"}
	t.device = t.other()
	if originated {
		t.holder = t.id()
		id := t.holder
		t.emit(born(fmt.Sprintf("PJSIP/%s-%s", t.device, id), id, id, pbx.Down, t.device), dials("", id), becomes(id, pbx.Ringing, "0611", ""))
		if t.odds("he does not answer", 5) {
			t.emit(dialed("", id, "NOANSWER"))
			return false
		}
		t.emit(becomes(id, pbx.Up, "0611", ""), dialed("", id, "ANSWER"))
	} else {
		t.holder = t.phone(t.device, "")
	}
	t.root = t.holder
	data := fmt.Sprintf("d%d", t.n)
	t.emit(step(t.holder, "campaign", "0611", "Set"), set(t.holder, "lead", data), step(t.holder, "campaign", "0611", "Dial"))
	t.near = t.id()
	t.customer = party{"PJSIP/trunk-" + t.near, "", data}
	t.emit(born(t.customer.name, t.near, t.root, pbx.Down, "trunk"), dials(t.holder, t.near), becomes(t.near, pbx.Ringing, "", ""))
	if t.odds("no answer", 5) {
		t.emit(dialed(t.holder, t.near, "NOANSWER"), dies(t.near, 19))
		t.near = ""
		return false
	}
	t.emit(becomes(t.near, pbx.Up, "", ""), dialed(t.holder, t.near, "ANSWER"))
	if !originated {
		t.emit(becomes(t.holder, pbx.Up, "", ""))
	}
	t.meet(t.near, t.holder)
	return true
}

// meet has two channels talk in a new bridge.
func (t *tale) meet(first, second string) {
	t.bridge = t.newBridge()
	t.emit(enters(first, t.bridge), enters(second, t.bridge))
}

// ring is a phone being dialled by a channel; root is their Linkedid.
func (t *tale) ring(by, number, root string, queued bool) string {
	id := t.phone(number, root)
	ringing := becomes(id, pbx.Ringing, number, t.customer.number)
	early := t.odds("it rings early", 3)
	if early {
		t.emit(ringing)
	}
	if queued {
		t.emit(pbx.Event{Kind: pbx.AgentCalled, Channel: leg("", by), Dest: leg(fmt.Sprintf("PJSIP/%s-%s", number, id), id), Queue: "help", Interface: "PJSIP/" + number})
	}
	t.emit(dials(by, id))
	if !early {
		t.emit(ringing)
	}
	return id
}

// dial rings one to three phones for a channel; false when none of them answers, or he
// has hung up before.
func (t *tale) dial(by, app string) bool {
	t.emit(step(by, t.where(), "101", app))
	phones, numbers := t.ringAll(by, false)
	switch rapid.SampledFrom([]string{"answer", "answer", "answer", "pickup", "busy", "nobody", "gone"}).Draw(t.r, "dialled") {
	case "answer":
		t.answer(by, phones, numbers, false)
		return true
	case "pickup":
		if len(phones) == 1 {
			t.pickup(by, phones[0], numbers[0])
			return true
		}
		t.answer(by, phones, numbers, false)
		return true
	case "busy":
		t.giveUp(by, phones, "BUSY", 17)
	case "nobody":
		t.giveUp(by, phones, "NOANSWER", 16)
	case "gone":
		t.giveUp(by, phones, "CANCEL", 0)
	}
	return false
}

func (t *tale) where() string {
	if t.service != "" && t.holder == "" && t.device == "" {
		return t.service
	}
	return "phones"
}

func (t *tale) ringAll(by string, queued bool) (phones, numbers []string) {
	for range rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t.r, "phones") {
		if len(numbers) == 3 || t.service == "campaign" && len(numbers) == 2 || t.device != "" && len(numbers) == 2 {
			break
		}
		number := t.other(numbers...)
		numbers = append(numbers, number)
		phones = append(phones, t.ring(by, number, t.root, queued))
	}
	t.settles()
	return phones, numbers
}

func (t *tale) giveUp(by string, phones []string, status string, cause int) {
	for _, id := range phones {
		t.emit(dialed(by, id, status), dies(id, cause))
	}
}

// answer has one of the phones that ring answer, and talk with whom it rings for.
func (t *tale) answer(by string, phones, numbers []string, queued bool) {
	i := rapid.IntRange(0, len(phones)-1).Draw(t.r, "winner")
	winner := phones[i]
	t.emit(becomes(winner, pbx.Up, numbers[i], ""), dialed(by, winner, "ANSWER"))
	for j, id := range phones {
		if j != i {
			t.emit(dialed(by, id, "CANCEL"), dies(id, 26))
		}
	}
	if queued {
		t.emit(about(pbx.QueueLeave, by), t.connects(by, winner))
	}
	t.holder, t.device = winner, numbers[i]
	t.meet(winner, by)
}

func (t *tale) connects(by, to string) pbx.Event {
	e := two(pbx.AgentConnect, by, to, "")
	e.Queue = "help"
	return e
}

// pickup is a phone that takes the call for which another one rings.
func (t *tale) pickup(by, rang, number string) {
	t.device = t.other(number)
	t.holder = t.phone(t.device, "")
	t.emit(step(t.holder, "phones", "*8", "Pickup"), becomes(t.holder, pbx.Up, "", ""), two(pbx.Pickup, t.holder, rang, ""), dies(rang, 16), dialed(by, t.holder, "ANSWER"))
	t.meet(t.holder, by)
}

// queue has a channel wait for an agent, in a context of the dialplan; false when he gives up.
func (t *tale) queue(by, context, number string) bool {
	t.emit(step(by, context, "102", "Queue"), queues(by, "help", number))
	t.settles()
	for range 2 {
		phones, numbers := t.ringAll(by, true)
		if !t.odds("another round", 4) {
			t.answer(by, phones, numbers, true)
			return true
		}
		t.giveUp(by, phones, "NOANSWER", 26)
	}
	t.emit(about(pbx.QueueAbandon, by), about(pbx.QueueLeave, by))
	return false
}

// end hangs up what there is, in an order that is drawn.
func (t *tale) end() {
	first, second := t.near, t.holder
	if t.odds("the agent hangs up", 2) {
		first, second = second, first
	}
	for _, id := range []string{first, second} {
		if id != "" && t.bridge != "" {
			t.emit(leaves(id, t.bridge))
		}
	}
	rest := slices.DeleteFunc(append([]string{first, second}, t.tail...), func(id string) bool { return id == "" })
	for _, id := range rapid.Permutation(rest).Draw(t.r, "hang-ups") {
		t.emit(dies(id, 16))
	}
}

// jostle lets neighbours change places that no thread of Asterisk puts in order: those of
// channels that are not the same, and of nothing that concerns more of them.
func (t *tale) jostle() {
	for range rapid.IntRange(0, 3).Draw(t.r, "changes") {
		i := rapid.IntRange(0, len(t.events)-2).Draw(t.r, "change")
		if a, b := &t.events[i], &t.events[i+1]; loose(a) && loose(b) && !touches(a, b) {
			*a, *b = *b, *a
		}
	}
}

// loose says whether e comes from the thread of its channel alone.
func loose(e *pbx.Event) bool {
	switch e.Kind {
	case pbx.NewState, pbx.DialBegin, pbx.DialEnd, pbx.BridgeEnter, pbx.Hangup, pbx.Hold, pbx.Unhold, pbx.AgentConnect, pbx.AgentCalled, pbx.QueueLeave:
		return true
	}
	return false
}

func touches(a, b *pbx.Event) bool {
	for _, x := range []pbx.ChannelID{a.Channel.ID, a.Dest.ID} {
		if x != "" && (x == b.Channel.ID || x == b.Dest.ID) {
			return true
		}
	}
	return a.Bridge != "" && a.Bridge == b.Bridge
}
