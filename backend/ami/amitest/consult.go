package amitest

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// The pace of an attended transfer.
const (
	keysTime = 300 * time.Millisecond // until Asterisk has heard the keys that an action presses
	askLimit = 15 * time.Second       // atxfernoanswertimeout of features.conf, unless it says otherwise

	// askedTalks is how many times as long as others who is asked talks, lest the caller wait for ever.
	askedTalks = 4
)

// consult is an attended transfer that goes on: one of two who talk asks somebody else, whom a Local
// channel calls, and the other waits meanwhile.
type consult struct {
	m           *modern
	call        *call    // of the two who talked
	asker       *channel // nobody any more once he has handed on
	waits       *channel
	near        *channel // half ;1, which is bridged with the asker; nil until it calls
	far         *call    // half ;2, which calls who is asked
	bridge      *bridge  // of asker and near
	askerCalled bool     // whose dialplan goes on when he is done
	given       bool     // handed on while who is asked still rang: near is bridged with who waits
	again       *leg     // the asker's telephone, which rings once more because nobody took it
}

// atxfer is Action: Atxfer, which presses the keys of an attended transfer on a channel. What comes of
// them it does not tell.
func atxfer(n *session, q request) {
	x := n.server.x
	ch := x.channel(q.get("Channel"))
	switch {
	case q.get("Channel") == "":
		n.fail(q, "No channel specified")
	case q.get("Exten") == "":
		n.fail(q, "No extension specified")
	case ch == nil:
		n.fail(q, "Channel specified does not exist")
	default:
		if v := q.get("Context"); v != "" {
			x.voice.assign(ch, "TRANSFER_CONTEXT", v)
		}
		n.ok(q, "Atxfer successfully queued")
		x.ask(ch, q.get("Exten"))
	}
}

// cancelAtxfer is Action: CancelAtxfer, which presses the keys that end one.
func cancelAtxfer(n *session, q request) {
	ch := n.server.x.channel(q.get("Channel"))
	switch {
	case q.get("Channel") == "":
		n.fail(q, "No channel specified")
	case ch == nil:
		n.fail(q, "Channel specified does not exist")
	default:
		n.ok(q, "CancelAtxfer successfully queued")
		if k := ch.call.consult; k != nil && k.asker == ch && k.near != nil {
			ch.call.later(keysTime, func() {
				if ch.call.consult == k && !k.given {
					k.back(false)
				}
			})
		}
	}
}

// ask has ch ask exten. Keys come to nothing where nobody is there, or the Dial or Queue of the call
// lacks the option that lets ch use them.
func (x *exchange) ask(ch *channel, exten string) {
	c := ch.call
	m, modern := x.voice.(*modern)
	option := "t"
	if ch == c.caller {
		option = "T"
	}
	if !modern || c.asked != nil || c.other(ch) == nil || !strings.Contains(c.options, option) {
		return
	}
	k := &consult{m: m, call: c, asker: ch, waits: c.other(ch), askerCalled: ch == c.caller && !c.planless}
	c.consult = k
	c.still()
	c.later(inviteTime, func() {
		k.waits.held = true
		m.asks(k)
		x.deviceChanged(k.waits.phone)
	})
	c.later(keysTime, func() { k.dial(exten) })
}

// dial calls who is asked.
func (k *consult) dial(exten string) {
	x, linked := k.m.x, k.asker.linked
	context := cmp.Or(k.asker.get("TRANSFER_CONTEXT"), k.asker.context)
	line := &phone{Phone: Phone{Extension: exten, Context: context}, device: "Local/" + exten + "@" + context, told: deviceNotInUse}
	name := fmt.Sprintf("%s-%08x", line.device, x.locals)
	x.locals++
	k.near = x.addChannel(line, name+";1", linked)
	second := x.addChannel(line, name+";2", linked)
	k.far = &call{x: x, caller: second, asked: k, done: make(chan struct{})}
	k.far.plan.Talk, k.far.plan.HangupBy = askedTalks*x.talk, Callee
	x.calls[k.far] = struct{}{}
	k.near.call, second.call = k.far, k.far
	k.near.exten, second.exten, second.dialled, second.state = exten, exten, exten, stateRing
	k.bridge = x.newBridge()
	k.m.calls(k)
	k.far.later(askLimit, k.tooLate)
	k.far.dialNumber(exten)
}

func (k *consult) tooLate() {
	switch {
	case k.far.talk != nil:
	case k.given:
		k.far.asked = nil
		k.m.cutsNear(k)
		k.far.hangup(k.far.caller)
		k.callAgain()
	default:
		k.back(false)
	}
}

// back takes the asker back to who waits, because he wants it, or because who was asked is gone.
func (k *consult) back(gone bool) {
	c := k.call
	c.consult, k.far.asked, k.waits.held = nil, nil, false
	c.still()
	k.m.returns(k, gone)
	k.far.hangup(k.far.caller)
	k.m.x.deviceChanged(k.waits.phone)
	c.talkOn()
}

// lost is that who was asked is gone.
func (k *consult) lost() {
	if !k.given {
		k.back(true)
		return
	}
	k.m.nearEnds(k, k.call.bridge, true)
	k.callAgain()
}

// hangup is one of the two who talked hanging up. False when it is as if nobody were asked.
func (k *consult) hangup(by *channel) bool {
	switch {
	case k.near == nil: // the keys are not heard yet
		k.call.consult = nil
		return false
	case by == k.waits:
		k.leave()
	case k.again != nil && by == k.again.ch:
		k.notAgain(callDeclined)
	case by == k.asker && !k.given:
		k.complete()
	}
	return true
}

// complete is the asker hanging up: who waits has whom he asked, at once or when that one answers.
func (k *consult) complete() {
	c, x := k.call, k.m.x
	k.waits.held, k.given = false, true
	k.m.handsOn(k)
	if c.queue != nil {
		x.took(c)
	}
	c.tell(momentEnd, c.talk)
	k.pass(k.waits)
	if k.far.talk != nil {
		k.join(k.waits)
	}
	x.deviceChanged(k.asker.phone, k.waits.phone)
}

// pass makes what is left of the call one of ch, which may be one that was called.
func (k *consult) pass(ch *channel) {
	c := k.call
	c.still()
	if ch != c.caller {
		next := &call{x: c.x, caller: ch, planless: true, consult: k, bridge: c.bridge, dialled: c.dialled, answered: c.answered, result: c.result, done: c.done}
		next.plan.Talk, next.plan.HangupBy = c.plan.Talk, Caller
		c.ended = true
		delete(c.x.calls, c)
		c.x.calls[next] = struct{}{}
		ch.call, k.call, c = next, next, next
	}
	c.talk, c.queue = nil, nil
	c.plan.Holds, c.heldByUs, c.heldByIt = nil, false, false
}

// join puts ch, which is bridged with near, in the place of half ;2: the Local channel is not needed
// any more.
func (k *consult) join(ch *channel) {
	c, far := k.call, k.far
	k.m.optimises(k, ch)
	far.asked, far.ended = nil, true
	far.still()
	delete(c.x.calls, far)
	close(far.done)
	c.consult, c.talk, c.bridge, c.answeredBy = nil, far.talk, far.bridge, far.answeredBy
	c.talk.ch.call = c
	c.talkOn()
}

// leave is who waits hanging up. The asker and whom he asks go on if they talk; else it is over.
func (k *consult) leave() {
	c, far, x := k.call, k.far, k.m.x
	talks := !k.given && far.talk != nil
	k.waits.held = false
	k.m.leaves(k)
	if c.queue != nil {
		x.took(c)
	}
	if talks {
		k.pass(k.asker)
		k.join(k.asker)
		x.deviceChanged(k.waits.phone)
		return
	}
	c.consult, far.asked = nil, nil
	k.m.fails(k)
	far.hangup(far.caller)
	c.end(&leg{phone: k.asker.phone}, &leg{phone: k.waits.phone})
}
