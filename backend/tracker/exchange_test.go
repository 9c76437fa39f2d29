package tracker

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// exchange is what an Asterisk would answer to Status, made of the events it has sent,
// and of those it would not have sent to a manager. It knows who hears whom, too, so
// that it can judge what agents were told.
type exchange struct {
	lines   map[pbx.ChannelID]*wire
	bridges map[pbx.BridgeID][]*wire
	parties map[string]party   // customers, by the name of their channel
	heard   map[[2]string]bool // phone and customer's data: they have talked
	busy    map[string]bool    // calls in the middle of something
}

// wire is a channel as Status tells it.
type wire struct {
	leg    pbx.Leg
	bridge pbx.BridgeID
	queue  string // its application is Queue, with this one
	waits  bool
	vars   map[string]string
	called bool // it has no dialplan of its own
}

// lot is the holding bridge in which the parked wait. Nobody hears anybody there, and
// nobody is told that somebody enters; but Status names it.
const lot = "lot"

func newExchange() *exchange {
	return &exchange{lines: map[pbx.ChannelID]*wire{}, bridges: map[pbx.BridgeID][]*wire{}, parties: map[string]party{}, heard: map[[2]string]bool{}, busy: map[string]bool{}}
}

// takes is what an event has made of the exchange.
func (x *exchange) takes(e *pbx.Event) {
	number, _, _ := strings.Cut(string(cmp.Or(e.Channel.ID, e.Dest.ID)), ".")
	if x.busy[number] = true; e.Kind == 0 {
		delete(x.busy, e.Text)
		delete(x.busy, number)
		return
	}
	l := x.lines[e.Channel.ID]
	if e.Kind == pbx.NewChannel {
		l = &wire{leg: e.Channel, vars: map[string]string{}}
		if e.Channel.State == pbx.Down && e.Channel.Linkedid != "" { // until 11 it has none
			l.leg.Context, l.leg.Exten = "phones", "s"
		}
		x.lines[e.Channel.ID] = l
	}
	dest := x.lines[e.Dest.ID]
	if l == nil && dest == nil {
		return
	}
	switch e.Kind {
	case pbx.NewState:
		l.leg.State = e.Channel.State
	case pbx.NewExten:
		l.leg.Context, l.leg.Exten, l.queue = e.Channel.Context, e.Channel.Exten, ""
		l.called = false
	case pbx.VarSet:
		l.vars[strings.TrimLeft(e.Variable, "_")] = e.Value
	case pbx.QueueJoin:
		l.queue, l.waits = e.Queue, true
	case pbx.QueueLeave:
		l.waits = false
	case pbx.DialBegin:
		dest.called = true
		if l != nil && dest.leg.Linkedid != "" {
			dest.leg.Exten = l.leg.Exten
		}
	case pbx.BridgeEnter:
		x.leave(l)
		l.bridge = e.Bridge
		x.bridges[e.Bridge] = append(x.bridges[e.Bridge], l)
		x.relink(x.bridges[e.Bridge])
		if l.called {
			l.leg.Exten = ""
		}
	case pbx.BridgeLeave:
		if l.bridge == e.Bridge {
			x.leave(l)
		}
	case pbx.Park:
		x.leave(l)
		l.bridge = lot
		x.bridges[lot] = append(x.bridges[lot], l)
	case pbx.Rename:
		l.leg.Name = e.Channel.Name
	case pbx.Hangup:
		x.leave(l)
		delete(x.lines, e.Channel.ID)
	}
	x.listen()
}

func (x *exchange) leave(l *wire) {
	if l.bridge == "" {
		return
	}
	x.bridges[l.bridge] = slices.DeleteFunc(x.bridges[l.bridge], func(o *wire) bool { return o == l })
	l.bridge = ""
}

// relink gives all in a bridge the oldest of their Linkedids, as Asterisk does (from 12 on).
func (x *exchange) relink(members []*wire) {
	for _, l := range members {
		for _, o := range members {
			if l.leg.Linkedid != "" && o.leg.Linkedid < l.leg.Linkedid {
				l.leg.Linkedid = o.leg.Linkedid
			}
		}
	}
}

// listen notes which phones hear which customers, through bridges and pipes.
func (x *exchange) listen() {
	for _, c := range x.lines {
		who, is := x.parties[c.leg.Name]
		if !is || c.bridge == "" {
			continue
		}
		met := map[*wire]bool{c: true}
		for todo := []*wire{c}; len(todo) > 0; {
			l := todo[0]
			todo = todo[1:]
			var next []*wire
			if l.bridge != "" && l.bridge != lot {
				next = append(next, x.bridges[l.bridge]...)
			}
			if half := pipe(l.leg.Name); half != "" {
				for _, o := range x.lines {
					if pipe(o.leg.Name) == half {
						next = append(next, o)
					}
				}
			}
			for _, o := range next {
				if !met[o] {
					met[o] = true
					todo = append(todo, o)
					x.heard[[2]string{pbx.Device(o.leg.Name), who.data}] = true
				}
			}
		}
	}
}

// settled says whether no call is in the middle of something that Asterisk tells in more
// than one event.
func (x *exchange) settled() bool { return len(x.busy) == 0 }

// told13 says whether a manager is told of e: of the dialplan in the contexts of services
// only (from 13 on).
func told13(e *pbx.Event) bool {
	return e.Kind != pbx.NewExten || e.Channel.Context == "sales" || e.Channel.Context == "support" || e.Channel.Context == "campaign"
}

// status is what a resync makes of the answer to Status, in the order in which channels
// were born; where r is given, in any.
func (x *exchange) status(r *rapid.T) []pbx.Event {
	events, ids := []pbx.Event{}, slices.Sorted(maps.Keys(x.lines))
	if r != nil && len(ids) > 1 {
		ids = rapid.Permutation(ids).Draw(r, "status")
	}
	for _, id := range ids {
		l := x.lines[id]
		e := pbx.Event{Kind: pbx.SyncChannel, Channel: l.leg, Bridge: l.bridge, Queue: l.queue}
		e.Channel.StateKnown = true
		if l.leg.Linkedid == "" {
			e.Queue = "" // until 11
			if len(x.bridges[l.bridge]) < 2 {
				e.Bridge = ""
			}
		}
		events = append(events, e)
		for _, name := range slices.Sorted(maps.Keys(l.vars)) {
			events = append(events, set(string(id), name, l.vars[name]))
		}
	}
	for _, id := range ids {
		if l := x.lines[id]; l.leg.Linkedid == "" && l.waits {
			events = append(events, queues(string(id), l.queue, l.leg.CallerID.Number))
		}
	}
	return events
}

// resync is a login after the link was down.
func (x *exchange) resync(r *rapid.T) []pbx.Event {
	return together(linkDown, linkUp, syncBegin, x.status(r), syncEnd)
}
