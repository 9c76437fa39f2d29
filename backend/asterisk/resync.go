package asterisk

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// resync takes the picture of an Asterisk after a login (row A7): Status for all
// channels, with the wanted variables; until 11 QueueStatus for the callers that
// wait; in 1.4 Getvar for the variables. One action at a time is under way; live
// events go on meanwhile. Asterisk sends no event between those of one answer, and
// an event that it sends after them happened after them or is told there already; so
// the order of arrival is the order of truth. One exception: a channel whose Hangup
// came while the snapshot was being asked for is not named any more.
type resync struct {
	s        *ami.Session
	id       string // ActionID of the action under way; "" when there is none
	todo     []step
	now      step
	v14      bool
	wanted   []string // names, nil when all are wanted
	gone     map[pbx.ChannelID]bool
	ids      map[string]pbx.ChannelID // by channel name; until 11
	held     []held                   // SyncChannels whose bridge is named by channel name
	waiting  []pbx.Event              // SyncChannels whose bridge may be a holding one
	talk     map[pbx.BridgeID]bool    // bridges that are none
	progress *time.Timer
	wait     time.Duration
}

// step is one action of a resync.
type step struct {
	action  ami.Action
	channel pbx.ChannelID // Getvar
	name    string        // Getvar: of the variable
	status  bool
	asked   []string // Status: variables
}

type held struct {
	event pbx.Event
	peer  string
}

// waits are the applications that put a channel into a holding bridge, where it talks
// with nobody (see bridgeEnter). A Status does not tell what bridge it is; it is another
// one if somebody is there who does not wait.
var waits = map[string]bool{"AgentLogin": true, "BridgeWait": true, "Park": true, "ParkAndAnnounce": true}

const (
	maxGetvars  = 5000    // of one resync of 1.4; more would take longer than the calls do
	maxChannels = 100_000 // of one resync; no Asterisk has as many
)

var errTooMany = errors.New("the answer to Status has no end")

// begin asks for the snapshot. The session ends when for as long as wait no answer
// to it comes.
func (r *resync) begin(s *ami.Session, version string, w *Wanted, wait time.Duration) error {
	*r = resync{s: s, v14: version == "1.0", gone: map[pbx.ChannelID]bool{}, ids: map[string]pbx.ChannelID{}, talk: map[pbx.BridgeID]bool{}, wait: wait}
	if w.Variables != nil {
		r.wanted = []string{}
		for name := range w.Variables {
			r.wanted = append(r.wanted, name)
		}
	}
	r.todo = append(r.todo, r.statuses()...)
	if major(version) < 2 {
		r.todo = append(r.todo, step{action: ami.QueueStatus("")})
	}
	r.progress = time.AfterFunc(wait, func() { _ = s.End(errors.New("no answer to Status")) })
	return r.next()
}

func (r *resync) stop() {
	if r.progress != nil {
		r.progress.Stop()
	}
}

func (r *resync) running() bool { return r.id != "" }

// statuses asks for the wanted variables in as many Status actions as their names
// need lines. 1.4 is asked otherwise, and "all variables" cannot be asked of any
// version before 16.
func (r *resync) statuses() []step {
	const line = 900 // bytes of names in one action; the line may have 1,022
	if r.v14 || len(r.wanted) == 0 {
		return []step{{action: ami.GetStatus(), status: true}}
	}
	var steps []step
	for from := 0; from < len(r.wanted); {
		to, size := from, 0
		for ; to < len(r.wanted) && (to == from || size+len(r.wanted[to]) < line); to++ {
			size += len(r.wanted[to]) + 1
		}
		steps = append(steps, step{action: ami.GetStatus(r.wanted[from:to]...), status: true, asked: r.wanted[from:to]})
		from = to
	}
	return steps
}

// next sends the next action, or ends the resync.
func (r *resync) next() error {
	r.id = ""
	if len(r.todo) == 0 {
		r.stop()
		r.gone, r.ids, r.talk, r.wanted = nil, nil, nil, nil
		return nil
	}
	r.now, r.todo = r.todo[0], r.todo[1:]
	r.progress.Reset(r.wait)
	var err error
	r.id, err = r.s.Send(r.now.action)
	return err
}

// live takes note of what happens during the resync.
func (r *resync) live(events []pbx.Event) {
	for i := range events {
		if e := &events[i]; e.Kind == pbx.Hangup {
			r.gone[pbx.ChannelID(strings.Clone(string(e.Channel.ID)))] = true
		}
	}
}

// take translates m if it belongs to the action under way.
func (r *resync) take(m *ami.Message, dst *[]pbx.Event) (mine bool, err error) {
	if string(m.Get(ami.ActionID)) != r.id {
		return false, nil
	}
	r.progress.Reset(r.wait)
	event := m.Event()
	switch {
	case event == nil && string(m.Response()) == "Error":
		// What cannot be asked (a user without the right, a channel that has gone) is
		// not told.
		return true, r.end(dst)
	case event == nil:
		if r.now.name == "" {
			return true, nil
		}
		if value := m.String(ami.Value); value != "" && !r.gone[r.now.channel] {
			*dst = append(*dst, pbx.Event{Kind: pbx.VarSet, Channel: pbx.Leg{ID: r.now.channel}, Variable: r.now.name, Value: value})
		}
		return true, r.end(dst)
	case bytes.Equal(event, status):
		if r.channel(m, dst); len(r.ids) > maxChannels {
			return true, r.s.End(errTooMany)
		}
	case string(event) == "QueueEntry":
		r.entry(m, dst)
	case bytes.HasSuffix(event, []byte("Complete")):
		return true, r.end(dst)
	}
	return true, nil
}

// denied says whether m refuses the Status under way: the manager's user lacks the
// right (write = call).
func (r *resync) denied(m *ami.Message) bool {
	return m.Event() == nil && string(m.Response()) == "Error" && r.now.status && string(m.Get(ami.ActionID)) == r.id
}

// end is the end of one action.
func (r *resync) end(dst *[]pbx.Event) error {
	for _, h := range r.held {
		if peer := r.ids[h.peer]; peer != "" {
			h.event.Bridge = bridgeOf(h.event.Channel.ID, peer)
		}
		*dst = append(*dst, h.event)
	}
	for _, e := range r.waiting {
		if r.talk[e.Bridge] && !r.gone[e.Channel.ID] {
			*dst = append(*dst, e)
		}
	}
	r.held, r.waiting = nil, nil
	if err := r.next(); err != nil {
		return err
	}
	if !r.running() {
		*dst = append(*dst, pbx.Event{Kind: pbx.SyncEnd})
	}
	return nil
}

// channel is one channel of a Status, with its variables.
func (r *resync) channel(m *ami.Message, dst *[]pbx.Event) {
	if id := r.lives(m, dst); id != "" {
		*dst = r.variables(m, id, *dst)
	}
}

// lives is one channel of a Status, of which what stands before the variables is
// Asterisk's own in any case. It returns the channel if it lives still.
func (r *resync) lives(m *ami.Message, dst *[]pbx.Event) pbx.ChannelID {
	e := pbx.Event{Kind: pbx.SyncChannel}
	leg(m, &plain, &e.Channel)
	if e.Channel.ID == "" || r.gone[e.Channel.ID] {
		return ""
	}
	if e.Channel.Exten == "" {
		e.Channel.Exten = m.String(ami.Extension) // until 11
	}
	r.ids[e.Channel.Name] = e.Channel.ID
	if r.v14 {
		for _, name := range r.wanted {
			if len(r.todo) < maxGetvars {
				r.todo = append(r.todo, step{action: ami.Getvar(e.Channel.Name, name), channel: e.Channel.ID, name: name})
			}
		}
	}
	if string(m.Get(ami.Application)) == "Queue" {
		e.Queue, _, _ = strings.Cut(m.String(ami.Data), ",")
	}
	switch {
	case m.Has(ami.BridgeID): // from 12 on
		e.Bridge = pbx.BridgeID(m.String(ami.BridgeID))
		if waits[string(m.Get(ami.Application))] {
			r.waiting = append(r.waiting, e)
			e.Bridge = ""
		} else if e.Bridge != "" {
			r.talk[e.Bridge] = true
		}
	case m.Has(ami.BridgedUniqueid): // 1.6 to 11
		if peer := id(m, ami.BridgedUniqueid); peer != "" {
			e.Bridge = bridgeOf(e.Channel.ID, peer)
		}
	case m.Has(ami.Link): // 1.4
		r.held = append(r.held, held{event: e, peer: m.String(ami.Link)})
		return ""
	}
	*dst = append(*dst, e)
	return e.Channel.ID
}

// variables are those of a Status. Their values are raw, so when there are not
// exactly those that were asked for, in order, some value has a line break in it and
// none is believed.
func (r *resync) variables(m *ami.Message, id pbx.ChannelID, dst []pbx.Event) []pbx.Event {
	from, n := len(dst), 0
	for i := range m.Len() {
		if m.KeyAt(i) != ami.Variable {
			continue
		}
		name, value, ok := strings.Cut(m.StringAt(i), "=")
		if !ok || n >= len(r.now.asked) || name != r.now.asked[n] {
			return dst[:from]
		}
		n++
		if value != "" && value != "(null)" { // the way in which Asterisk says that it is not set
			dst = append(dst, pbx.Event{Kind: pbx.VarSet, Channel: pbx.Leg{ID: id}, Variable: name, Value: value})
		}
	}
	return dst
}

// entry is a caller that waits in a queue; asked until 11 only, since later a Status
// tells the queue. 1.4 names the channel only.
func (r *resync) entry(m *ami.Message, dst *[]pbx.Event) {
	e := pbx.Event{Kind: pbx.QueueJoin, Queue: m.String(ami.Queue), Number: number(m.Get(ami.Position))}
	leg(m, &plain, &e.Channel)
	if e.Channel.ID == "" {
		e.Channel.ID = r.ids[e.Channel.Name]
	}
	if e.Channel.ID != "" && !r.gone[e.Channel.ID] {
		*dst = append(*dst, e)
	}
}
