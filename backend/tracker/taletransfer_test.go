package tracker

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// happens is something that becomes of a talk; false when nobody has the customer any more.
func (t *tale) happens() bool {
	what := []string{"hold", "blind", "refer", "refer", "feature", "semi", "park", "asks"}
	if t.service == "" {
		what = []string{"hold"}
	}
	switch rapid.SampledFrom(what).Draw(t.r, "happens") {
	case "hold":
		t.emit(about(pbx.Hold, t.holder))
		t.settles()
		if t.odds("back", 2) {
			t.emit(about(pbx.Unhold, t.holder))
		}
	case "blind":
		return t.blind()
	case "refer":
		t.refer(true)
	case "asks":
		t.refer(false)
	case "feature":
		t.feature()
	case "semi":
		return t.semi()
	case "park":
		return t.park()
	}
	return true
}

// goes is the holder leaving; the customer stays.
func (t *tale) goes(kind pbx.EventKind, to string) {
	told, parts := passed(kind, t.holder, t.near, to), together(leaves(t.holder, t.bridge), leaves(t.near, t.bridge))
	switch rapid.IntRange(0, 2).Draw(t.r, "told") {
	case 0:
		t.emit(told, parts)
	case 1:
		t.emit(parts, told)
	case 2: // by an AMI Redirect nothing is told
		t.emit(parts)
	}
	t.emit(dies(t.holder, 16))
	t.holder, t.bridge = "", ""
}

// blind hands the customer on to a phone, a queue or nowhere.
func (t *tale) blind() bool {
	t.goes(pbx.BlindTransfer, "202")
	to := []string{"phone", "phone", "nowhere", "queue"}
	if t.service == "campaign" {
		to = to[:3]
	}
	switch rapid.SampledFrom(to).Draw(t.r, "to") {
	case "phone":
		return t.dial(t.near, "Dial")
	case "queue":
		t.services = append(t.services, "support")
		return t.queue(t.near, "phones", t.customer.number)
	}
	t.emit(step(t.near, "phones", "999", "Playback"))
	return false
}

// refer is the holder asking a colleague, or a queue, on a second line, and handing the
// customer on then; or not.
func (t *tale) refer(hands bool) {
	t.emit(about(pbx.Hold, t.holder))
	near, holder, device, bridge, root := t.near, t.holder, t.device, t.bridge, t.root
	second := t.phone(device, "")
	t.root = second
	var answered bool
	if t.service != "campaign" && t.odds("a queue", 3) {
		t.emit(step(second, "support", "102", "Answer"), becomes(second, pbx.Up, "", ""))
		answered = t.queue(second, "support", device)
	} else if answered = t.dial(second, "Dial"); answered {
		t.emit(becomes(second, pbx.Up, "", ""))
	}
	t.root = root
	if answered {
		t.settles()
	}
	asked, askedAt, across := t.holder, t.device, t.bridge
	t.near, t.holder, t.device, t.bridge = near, holder, device, bridge
	switch {
	case !answered:
		t.emit(dies(second, 16), about(pbx.Unhold, holder))
	case !hands:
		t.emit(leaves(asked, across), leaves(second, across), dies(asked, 16), dies(second, 16), about(pbx.Unhold, holder))
	default:
		t.emit(about(pbx.Unhold, holder), about(pbx.Unhold, second), leaves(near, bridge), leaves(second, across), enters(near, across),
			passed(pbx.AttendedTransfer, holder, second, ""), leaves(holder, bridge), dies(holder, 16), dies(second, 16))
		t.holder, t.device, t.bridge = asked, askedAt, across
	}
}

// local is a Local channel to a number, its halves and its name.
func (t *tale) local(number string) (one, two, name string) {
	one, two = t.id(), t.id()
	name = fmt.Sprintf("Local/%s@internal-%s", number, one)
	t.emit(pipes(name[len("Local/"):], one, two, t.root), step(two, "internal", number, "Dial"))
	return one, two, name
}

// feature is the holder asking a colleague by a feature code, which has the colleague
// called through a Local channel.
func (t *tale) feature() {
	number, between, beyond := t.other(), t.newBridge(), t.newBridge()
	t.emit(leaves(t.holder, t.bridge))
	one, two, _ := t.local(number)
	t.emit(enters(t.holder, between))
	asked := t.ring(two, number, t.root, false)
	if t.odds("he does not answer", 4) {
		t.emit(dialed(two, asked, "NOANSWER"), dies(asked, 16), dies(two, 16), dies(one, 16), leaves(t.holder, between), enters(t.holder, t.bridge))
		return
	}
	t.emit(becomes(asked, pbx.Up, number, ""), dialed(two, asked, "ANSWER"), becomes(two, pbx.Up, "", ""), becomes(one, pbx.Up, "", ""),
		enters(asked, beyond), enters(two, beyond), enters(one, between))
	t.settles()
	if t.odds("it goes back", 3) {
		t.emit(leaves(asked, beyond), leaves(two, beyond), leaves(one, between), dies(asked, 16), dies(two, 16), dies(one, 16), leaves(t.holder, between), enters(t.holder, t.bridge))
		return
	}
	t.emit(leaves(t.near, t.bridge), leaves(t.holder, between), enters(t.near, between), passed(pbx.AttendedTransfer, t.holder, t.holder, ""), dies(t.holder, 16))
	t.behind(one, two, asked, number, between, beyond)
}

// behind has a phone be the holder behind a pipe, which may be taken out.
func (t *tale) behind(one, two, phone, number, between, beyond string) {
	t.holder, t.device = phone, number
	if t.odds("the pipe goes", 2) {
		t.emit(passed(pbx.OptimizeBegin, one, two, ""), leaves(phone, beyond), leaves(one, between), enters(phone, between), passed(pbx.OptimizeEnd, one, two, ""),
			leaves(two, beyond), dies(one, 16), dies(two, 16))
		t.bridge = between
		return
	}
	t.tail = append(t.tail, t.near, one)
	t.near, t.bridge = two, beyond
}

// semi is the holder handing the customer on while the colleague still rings.
func (t *tale) semi() bool {
	t.emit(about(pbx.Hold, t.holder))
	second, number := t.phone(t.device, ""), t.other()
	t.emit(step(second, "phones", number, "Dial"))
	asked := t.ring(second, number, second, false)
	t.settles()
	t.emit(about(pbx.Unhold, t.holder), leaves(t.near, t.bridge), passed(pbx.AttendedTransfer, t.holder, second, ""), leaves(t.holder, t.bridge), dies(t.holder, 16), dies(second, 16))
	t.holder, t.bridge = "", ""
	if t.odds("no answer", 4) {
		t.emit(dialed(t.near, asked, "NOANSWER"), dies(asked, 16))
		return false
	}
	t.emit(becomes(asked, pbx.Up, number, ""), dialed(t.near, asked, "ANSWER"))
	t.holder, t.device = asked, number
	t.meet(asked, t.near)
	return true
}

// park is the customer being parked, and taken by somebody, called back to who parked
// him, or gone.
func (t *tale) park() bool {
	if t.odds("by a transfer", 2) {
		t.emit(passed(pbx.BlindTransfer, t.holder, t.near, "700"))
	}
	t.emit(leaves(t.near, t.bridge), pbx.Event{Kind: pbx.Park, Channel: leg("", t.near), Interface: "PJSIP/" + t.device, Number: 701}, leaves(t.holder, t.bridge), dies(t.holder, 16))
	t.holder, t.bridge = "", ""
	t.settles()
	switch rapid.SampledFrom([]string{"taken", "taken", "back", "gone"}).Draw(t.r, "parked") {
	case "taken":
		t.device = t.other()
		t.holder = t.phone(t.device, "")
		t.emit(step(t.holder, "phones", "701", "ParkedCall"), becomes(t.holder, pbx.Up, "", ""), leaves(t.near, lot), two(pbx.Unpark, t.near, t.holder, ""))
		t.meet(t.near, t.holder)
		return true
	case "back":
		number := t.device
		t.emit(leaves(t.near, lot), about(pbx.Unpark, t.near), step(t.near, "park-dial", number, "Dial"))
		asked := t.ring(t.near, number, t.root, false)
		t.emit(becomes(asked, pbx.Up, number, ""), dialed(t.near, asked, "ANSWER"))
		t.holder = asked
		t.meet(asked, t.near)
		return true
	}
	t.emit(leaves(t.near, lot), about(pbx.Unpark, t.near))
	return false
}

// queueOfLocals is a queue whose members are Local channels. Two of them may be answered
// at once: the queue takes one.
func (t *tale) queueOfLocals() bool {
	by := t.near
	t.emit(step(by, "support", "102", "Queue"), queues(by, "help", t.customer.number))
	type member struct{ one, two, phone, number string }
	var members []member
	var numbers []string
	for range rapid.IntRange(1, 2).Draw(t.r, "members") {
		m := member{number: t.other(numbers...)}
		numbers = append(numbers, m.number)
		var name string
		m.one, m.two, name = t.local(m.number)
		called := two(pbx.AgentCalled, by, m.one, "")
		called.Queue, called.Interface, called.Dest.Name = "help", "Local/"+m.number+"@internal/n", name+";1"
		t.emit(called)
		if t.odds("the dialplan behind the pipe is faster", 3) {
			m.phone = t.ring(m.two, m.number, t.root, false)
			t.emit(dials(by, m.one))
		} else {
			t.emit(dials(by, m.one))
			m.phone = t.ring(m.two, m.number, t.root, false)
		}
		t.emit(becomes(m.one, pbx.Ringing, "", ""))
		members = append(members, m)
	}
	ends := func(m member, status string, cause int) {
		t.emit(dialed(by, m.one, status), dies(m.one, cause), dialed(m.two, m.phone, status), dies(m.two, cause), dies(m.phone, cause))
	}
	if t.odds("nobody", 5) {
		for _, m := range members {
			ends(m, "NOANSWER", 16)
		}
		t.emit(about(pbx.QueueAbandon, by), about(pbx.QueueLeave, by))
		return false
	}
	w := members[0]
	beyond := t.newBridge()
	t.emit(becomes(w.phone, pbx.Up, w.number, ""), dialed(w.two, w.phone, "ANSWER"), becomes(w.two, pbx.Up, "", ""), enters(w.phone, beyond), becomes(w.one, pbx.Up, "", ""))
	for _, m := range members[1:] {
		if !t.odds("at once", 2) {
			t.emit(dialed(by, w.one, "ANSWER"))
			ends(m, "CANCEL", 26)
			continue
		}
		late := t.newBridge()
		t.emit(becomes(m.phone, pbx.Up, m.number, ""), dialed(m.two, m.phone, "ANSWER"), becomes(m.two, pbx.Up, "", ""), enters(m.phone, late), becomes(m.one, pbx.Up, "", ""),
			enters(m.two, late), dialed(by, w.one, "ANSWER"), dialed(by, m.one, "CANCEL"), dies(m.one, 26), leaves(m.two, late), dies(m.two, 26), leaves(m.phone, late), dies(m.phone, 16))
	}
	if len(members) == 1 {
		t.emit(dialed(by, w.one, "ANSWER"))
	}
	t.emit(about(pbx.QueueLeave, by), t.connects(by, w.one), enters(w.two, beyond))
	between := t.newBridge()
	t.emit(enters(w.one, between), enters(by, between))
	t.behind(w.one, w.two, w.phone, w.number, between, beyond)
	return true
}
