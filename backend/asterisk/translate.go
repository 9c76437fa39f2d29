// Package asterisk knows Asterisk's own words, of every version from 1.4 to 22, and
// turns them into those of pbx. It also keeps the one link to an Asterisk alive.
package asterisk

import (
	"bytes"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Wanted is what somebody acts on. Of a busy Asterisk's events more than half are
// variables and dialplan steps nobody asked for; they cost no more than their framing.
// It is not changed once it is in use.
type Wanted struct {
	// Variables are the names of dialplan variables, without "_" and "__". Nil: all.
	Variables map[string]bool
	// Contexts are those whose dialplan steps (Newexten) count. Nil: all.
	Contexts map[string]bool
}

func (w *Wanted) variable(name []byte) bool {
	return w == nil || w.Variables == nil || w.Variables[string(name)]
}

func (w *Wanted) context(name []byte) bool {
	return w == nil || w.Contexts == nil || w.Contexts[string(name)]
}

// translators turn each event, of whatever version, into ours (rows A4, A5). Where
// one name meant two things over the years, the event's own headers tell which, so
// nobody configures a dialect. "BridgeEnter" and the like are of 12 and later, which
// 13 to 22 send alike; those in legacy.go are of 1.4 to 11.
var translators = map[string]func(*ami.Message, *Wanted, []pbx.Event) []pbx.Event{
	"Newchannel":  newChannel,
	"Newstate":    newState,
	"Newexten":    newExten,
	"VarSet":      varSet,
	"NewCallerid": newCallerID,
	"Newcallerid": newCallerID, // 1.4
	"Rename":      rename,      // until 11
	"Hangup":      hangup,

	"DialBegin":   dialBegin,
	"DialEnd":     dialEnd,
	"Dial":        dial, // until 11
	"BridgeEnter": bridgeEnter,
	"BridgeLeave": bridgeLeave,
	"Link":        link,   // 1.4
	"Unlink":      unlink, // until 1.8
	"Bridge":      bridge, // 1.6 to 11
	"Hold":        hold,
	"Unhold":      unhold,

	"QueueCallerJoin":    queueJoin,
	"QueueCallerLeave":   queueLeave,
	"QueueCallerAbandon": queueAbandon,
	"Join":               queueJoin,  // until 11
	"Leave":              queueLeave, // until 11
	"AgentCalled":        agentCalled,
	"AgentConnect":       agentConnect,

	"BlindTransfer":          blindTransfer,
	"AttendedTransfer":       attendedTransfer,
	"Transfer":               transfer, // chan_sip of 1.6 to 11
	"Pickup":                 pickup,
	"ParkedCall":             parkedCall,
	"UnParkedCall":           unParkedCall,
	"LocalOptimizationBegin": optimizeBegin,
	"LocalOptimizationEnd":   optimizeEnd,
	"OriginateResponse":      originateResponse,

	"QueueMemberAdded":   queueMember,
	"QueueMemberPenalty": queueMember,
	"QueueMemberRemoved": queueMemberRemoved,
	"QueueMemberPause":   queueMemberPaused,
	"QueueMemberPaused":  queueMemberPaused, // until 11
}

// Translate appends what m means to dst: nothing, one event, or two (a Link is both
// channels entering a bridge). It has no memory, so that any order will do. A live
// event always has Privilege as its second header; one that has not was written by
// somebody else (see Guard) and means nothing.
func Translate(m *ami.Message, w *Wanted, dst []pbx.Event) []pbx.Event {
	t := translators[string(m.Event())]
	if t == nil || m.Class() == nil {
		return dst
	}
	return t(m, w, dst)
}

// grow appends an empty event of kind k and returns it.
func grow(dst []pbx.Event, k pbx.EventKind) ([]pbx.Event, *pbx.Event) {
	dst = append(dst, pbx.Event{Kind: k})
	return dst, &dst[len(dst)-1]
}

func newChannel(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return about(pbx.NewChannel, m, dst)
}

func newState(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return about(pbx.NewState, m, dst)
}

func newCallerID(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return about(pbx.NewCallerID, m, dst)
}

// about is an event that is all told by its channel.
func about(k pbx.EventKind, m *ami.Message, dst []pbx.Event) []pbx.Event {
	if id(m, ami.Uniqueid) == "" {
		return dst
	}
	dst, e := grow(dst, k)
	leg(m, &plain, &e.Channel)
	return dst
}

func hangup(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	n := len(dst)
	dst = about(pbx.Hangup, m, dst)
	if len(dst) > n {
		dst[n].Number = number(m.Get(ami.Cause))
		dst[n].Text = m.String(ami.CauseTxt)
	}
	return dst
}

func rename(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if id(m, ami.Uniqueid) == "" {
		return dst
	}
	dst, e := grow(dst, pbx.Rename)
	e.Channel.ID = id(m, ami.Uniqueid)
	e.Channel.Name = m.String(ami.Newname)
	return dst
}

// newExten is a step of the dialplan, told before it is executed. Its AppData is raw
// text of callers: whatever follows it is not believed, except the Uniqueid with
// which versions until 11 end the event.
func newExten(m *ami.Message, w *Wanted, dst []pbx.Event) []pbx.Event {
	// In 13 and later the Context is the eighth line from the end.
	if late := m.Late(ami.Context, 8); late != nil && !w.context(late) && !old(m) {
		return dst
	}
	at := tail(m, ami.AppData)
	if at < 0 {
		return dst
	}
	if at > m.Place(ami.AppData) && old(m) {
		dst = assignments(m, w, at, dst)
	}
	if !w.context(m.Get(ami.Context)) && !old(m) { // 1.4 tells only here what number was dialled
		return dst
	}
	dst, e := grow(dst, pbx.NewExten)
	leg(m, &plain, &e.Channel)
	e.Channel.ID = pbx.ChannelID(m.StringAt(at))
	if m.Has(ami.Extension) {
		e.Channel.Exten = m.String(ami.Extension)
	}
	e.App = m.String(ami.Application)
	e.AppData = m.String(ami.AppData)
	return dst
}

// varSet is a variable that was set, from 1.6 on. The prefixes of inheritance are
// not part of the name: the dialplan reads "__x" as "x" too.
func varSet(m *ami.Message, w *Wanted, dst []pbx.Event) []pbx.Event {
	if late := bare(m.Late(ami.Variable, 3)); len(late) > 0 && !w.variable(late) {
		return dst
	}
	name := bare(m.Get(ami.Variable))
	if len(name) == 0 || !w.variable(name) {
		return dst
	}
	at := tail(m, ami.Value)
	if at < 0 || string(m.At(at)) == "none" { // a global variable
		return dst
	}
	dst, e := grow(dst, pbx.VarSet)
	leg(m, &plain, &e.Channel)
	e.Channel.ID = pbx.ChannelID(m.StringAt(at))
	e.Variable = m.String(ami.Variable)
	e.Variable = e.Variable[len(e.Variable)-len(name):]
	e.Value = m.String(ami.Value)
	if escaped(m) {
		e.Value = unescape(e.Value)
	}
	return dst
}

// bare is a variable's name without its prefix.
func bare(name []byte) []byte { return bytes.TrimLeft(name, "_") }

// tail is the place of the Uniqueid that Asterisk itself wrote into an event whose
// header free is free text, not escaped in some versions; -1 when there is none, that
// is, when the text cut the event short. From 12 on Uniqueid stands before the text;
// until 11 it ends the event, but for the variables of channelvars in manager.conf.
func tail(m *ami.Message, free ami.Key) int {
	text, at := m.Place(free), m.Place(ami.Uniqueid)
	if text < 0 || at < 0 {
		return -1
	}
	if at > text {
		at = m.Len() - 1
		for m.KeyAt(at) == ami.ChanVariable {
			at--
		}
		if m.Tainted() || m.KeyAt(at) != ami.Uniqueid {
			return -1
		}
	}
	if len(m.At(at)) == 0 {
		return -1
	}
	return at
}

func dialBegin(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if id(m, ami.DestUniqueid) == "" {
		return dst
	}
	dst, e := grow(dst, pbx.DialBegin)
	leg(m, &plain, &e.Channel)
	leg(m, &dest, &e.Dest)
	return dst
}

func dialEnd(m *ami.Message, w *Wanted, dst []pbx.Event) []pbx.Event {
	n := len(dst)
	dst = dialBegin(m, w, dst)
	if len(dst) > n {
		dst[n].Kind = pbx.DialEnd
		dst[n].Text = m.String(ami.DialStatus)
	}
	return dst
}

// bridgeEnter is nothing where nobody talks: channels in a holding bridge (parked, the
// waiting agents of app_agent_pool, BridgeWait) hear music, not each other; see
// bridges/bridge_holding.c. Leaving it then means nothing either.
func bridgeEnter(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if holds(m) {
		return dst
	}
	return bridged(pbx.BridgeEnter, m, dst)
}

func holds(m *ami.Message) bool { return string(m.Get(ami.BridgeTechnology)) == "holding_bridge" }

func bridgeLeave(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return bridged(pbx.BridgeLeave, m, dst)
}

func bridged(k pbx.EventKind, m *ami.Message, dst []pbx.Event) []pbx.Event {
	n := len(dst)
	dst = about(k, m, dst)
	if len(dst) > n {
		dst[n].Bridge = pbx.BridgeID(m.String(ami.BridgeUniqueid))
	}
	return dst
}

// hold is also unhold in 1.6 to 11, which say so in Status.
func hold(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	k := pbx.Hold
	if string(m.Get(ami.Status)) == "Off" {
		k = pbx.Unhold
	}
	return about(k, m, dst)
}

func unhold(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return about(pbx.Unhold, m, dst)
}

func queueJoin(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	n := len(dst)
	dst = queued(pbx.QueueJoin, m, dst)
	if len(dst) > n {
		dst[n].Number = number(m.Get(ami.Position))
	}
	return dst
}

func queueLeave(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return queued(pbx.QueueLeave, m, dst)
}

func queueAbandon(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return queued(pbx.QueueAbandon, m, dst)
}

func queued(k pbx.EventKind, m *ami.Message, dst []pbx.Event) []pbx.Event {
	n := len(dst)
	dst = about(k, m, dst)
	if len(dst) > n {
		dst[n].Queue = m.String(ami.Queue)
	}
	return dst
}

// agentCalled is a member of a queue being rung. From 12 on it is told like a dial;
// before, the phone has a name only, in 1.4 the caller too.
func agentCalled(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.AgentCalled)
	leg(m, &plain, &e.Channel)
	e.Queue = m.String(ami.Queue)
	if m.Has(ami.DestUniqueid) {
		leg(m, &dest, &e.Dest)
		e.Interface = m.String(ami.Interface)
		return dst
	}
	e.Channel.Name = m.String(ami.ChannelCalling)
	e.Channel.Exten = m.String(ami.Extension)
	e.Dest.Name = m.String(ami.DestinationChannel)
	e.Interface = m.String(ami.AgentCalled)
	return dst
}

// agentConnect is a member of a queue having answered. Until 11 Uniqueid is the
// caller's and Channel the phone's, and BridgedChannel is the phone's Uniqueid.
func agentConnect(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if id(m, ami.Uniqueid) == "" {
		return dst
	}
	dst, e := grow(dst, pbx.AgentConnect)
	e.Queue = m.String(ami.Queue)
	if m.Has(ami.DestUniqueid) {
		leg(m, &plain, &e.Channel)
		leg(m, &dest, &e.Dest)
		e.Interface = m.String(ami.Interface)
		return dst
	}
	e.Channel.ID = id(m, ami.Uniqueid)
	e.Dest.ID = id(m, ami.BridgedChannel)
	e.Dest.Name = m.String(ami.Channel)
	e.Interface = m.String(ami.Member)
	return dst
}
