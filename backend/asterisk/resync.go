package asterisk

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// resync takes the picture of an Asterisk after a login (row A7): CoreStatus to see whether
// it was restarted, BridgeList for the bridges in which nobody talks, Status for all
// channels, with the wanted variables, QueueStatus for members and the callers that wait;
// in 1.4 Getvar for the variables. One action at a time is under way; live events go on
// meanwhile. Asterisk sends no event between those of one answer, and an event that it
// sends after them happened after them or is told there already; so the order of arrival is
// the order of truth. One exception: a channel whose Hangup came while the snapshot was
// being asked for is not named any more.
type resync struct {
	s        *ami.Session
	id       string // ActionID of the action under way; "" when there is none
	todo     []step
	now      step
	v14      bool
	before   string   // when the Asterisk of the last link was started; "" for none
	started  string   // when this one was
	begun    bool     // SyncBegin was told
	listing  bool     // the events that answer the action under way have begun
	doubtful bool     // a part of them was refused
	suspect  *found   // of the Status that was refused last
	escaped  bool     // names are, in Status
	wanted   []string // names, nil when all are wanted
	gone     map[pbx.ChannelID]bool
	ids      map[string]pbx.ChannelID // by channel name; until 11
	found    []found                  // the channels of the Status under way
	holding  map[pbx.BridgeID]bool    // parking lots and the like
	progress *time.Timer
	wait     time.Duration
}

// step is one action of a resync.
type step struct {
	action  ami.Action
	channel pbx.ChannelID // Getvar
	name    string        // Getvar: of the variable
	kind    stepKind
	asked   []string // Status: variables
}

type stepKind uint8

const (
	askVariable stepKind = iota
	askStart
	askBridges
	askChannels
	askQueues
	askSweep   // Status, of the slow check
	askMembers // QueueStatus, of the slow check
)

func (k stepKind) sweeps() bool { return k >= askSweep }

// found is a channel of a Status, with its variables.
type found struct {
	event pbx.Event
	peer  string // name of whom it talks with, in 1.4
	vars  []pbx.Event

	ids, bridges int // in a Status that was refused: how many it names
}

const (
	maxGetvars  = 5000    // of one resync of 1.4; more would take longer than the calls do
	maxChannels = 100_000 // of one resync; no Asterisk has as many
)

var errTooMany = errors.New("the answer to Status has no end")

// begin asks for the snapshot. The session ends when for as long as wait no answer
// to it comes.
func (r *resync) begin(s *ami.Session, version, before string, w *Wanted, wait time.Duration) error {
	*r = resync{
		s: s, v14: version == "1.0", escaped: major(version) >= 3, before: before, gone: map[pbx.ChannelID]bool{}, ids: map[string]pbx.ChannelID{},
		holding: map[pbx.BridgeID]bool{}, wait: wait,
	}
	if w.Variables != nil {
		r.wanted = []string{}
		for name := range w.Variables {
			r.wanted = append(r.wanted, name)
		}
	}
	if !r.v14 {
		r.todo = append(r.todo, step{action: ami.CoreStatus(), kind: askStart})
	}
	if major(version) >= 2 {
		r.todo = append(r.todo, step{action: ami.BridgeList(), kind: askBridges})
	}
	r.todo = append(r.todo, r.statuses()...)
	r.todo = append(r.todo, step{action: ami.QueueStatus(""), kind: askQueues})
	r.progress = time.AfterFunc(wait, func() { _ = s.End(errors.New("no answer to what calls there are")) })
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
	names := r.wanted
	if r.escaped {
		names = append([]string{madeFor}, names...)
	}
	if r.v14 || len(names) == 0 {
		return []step{{action: ami.GetStatus(), kind: askChannels}}
	}
	var steps []step
	for from := 0; from < len(names); {
		to, size := from, 0
		for ; to < len(names) && (to == from || size+len(names[to]) < line); to++ {
			size += len(names[to]) + 1
		}
		steps = append(steps, step{action: ami.GetStatus(names[from:to]...), kind: askChannels, asked: names[from:to]})
		from = to
	}
	return steps
}

// madeFor is the variable in which both halves of a Local channel have the name of the
// channel for which Asterisk's attended transfer has made them (main/bridge_basic.c). It is asked
// for first: what stands before the values of callers is Asterisk's own.
const madeFor = "TRANSFERERNAME"

// next sends the next action, or ends the resync.
func (r *resync) next() error {
	r.id = ""
	if len(r.todo) == 0 {
		r.stop()
		r.gone, r.ids, r.holding, r.wanted = nil, nil, nil, nil
		return nil
	}
	r.now, r.todo = r.todo[0], r.todo[1:]
	r.listing, r.doubtful = false, false
	r.progress.Reset(r.wait)
	var err error
	r.id, err = r.s.Send(r.now.action)
	return err
}

// answers says whether m may belong to the answer to the action under way: an item that
// ends with its ActionID, or anything at all between those of a newer list.
func (r *resync) answers(m *ami.Message) bool {
	switch string(m.Event()) {
	case "Status", "QueueParams", "QueueMember", "QueueEntry":
		return true
	case "":
		return r.now.kind == askVariable && m.Has(ami.Variable)
	}
	return r.listing && r.now.kind == askBridges
}

// refused notes what was not believed: more says that it is the rest of a message that was
// cut, last that it is the end of it.
func (r *resync) refused(m *ami.Message, more, last bool, dst *[]pbx.Event) error {
	r.doubtful = true
	switch {
	case r.now.kind == askVariable && more && last:
		return r.end(dst) // without a value
	case r.now.kind == askChannels:
		if !more {
			r.suspect = nil
			if bytes.Equal(m.Event(), status) && r.lives(m) {
				r.suspect = &r.found[len(r.found)-1]
			}
		}
		r.doubt(m)
	}
	return nil
}

// doubt looks whether what was believed of a refused Status can have stood in somebody's
// name: then there is another one of it. Since 13.5 only a bridge can, for names before the
// Uniqueid are escaped.
func (r *resync) doubt(m *ami.Message) {
	f := r.suspect
	if f == nil {
		return
	}
	b := append([]byte("\n"), bytes.ToLower(m.Bytes())...)
	count := func(name string) int { return bytes.Count(b, []byte("\n"+name+":")) }
	f.bridges += count("bridgeid") + count("bridgeduniqueid") + count("link")
	if f.ids += count("uniqueid"); f.ids > 1 && !r.escaped {
		f.event.Channel.ID = ""
	}
	if f.bridges > 1 {
		f.event.Bridge, f.peer = "", ""
	}
}

// live takes note of what happens during the resync.
func (r *resync) live(m *ami.Message, events []pbx.Event) {
	if r.holding != nil && string(m.Event()) == "BridgeEnter" && holds(m) { // made after they were listed
		r.holding[pbx.BridgeID(m.String(ami.BridgeUniqueid))] = true
	}
	for i := range events {
		if e := &events[i]; e.Kind == pbx.Hangup && r.gone != nil { // nil in a sweep
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
		return true, r.answered(m, dst)
	case r.now.kind == askSweep && bytes.Equal(event, status):
		*dst = append(*dst, pbx.Event{Kind: pbx.SweepChannel, Channel: pbx.Leg{ID: id(m, ami.Uniqueid), Name: m.String(ami.Channel)}})
	case bytes.Equal(event, status):
		if r.channel(m); len(r.ids) > maxChannels {
			return true, r.s.End(errTooMany)
		}
	case string(event) == "BridgeListItem":
		if holds(m) {
			r.holding[pbx.BridgeID(m.String(ami.BridgeUniqueid))] = true
		}
	case string(event) == "QueueMember":
		var e *pbx.Event
		*dst, e = grow(*dst, pbx.QueueMember)
		member(m, e)
	case string(event) == "QueueEntry":
		if r.now.kind == askQueues { // no caller joins by being listed again
			r.entry(m, dst)
		}
	case bytes.HasSuffix(event, []byte("Complete")):
		return true, r.end(dst)
	}
	return true, nil
}

// answered is the response to the action under way; the answers to some are events that
// follow it.
func (r *resync) answered(m *ami.Message, dst *[]pbx.Event) error {
	switch r.now.kind {
	case askStart:
		r.started = strings.TrimSpace(m.String(ami.CoreStartupDate) + " " + m.String(ami.CoreStartupTime))
	case askQueues, askMembers:
		*dst = append(*dst, pbx.Event{Kind: pbx.QueueMembersBegin})
	case askSweep:
		*dst = append(*dst, pbx.Event{Kind: pbx.SweepBegin})
	case askVariable:
		if value := m.String(ami.Value); value != "" && !r.gone[r.now.channel] {
			*dst = append(*dst, pbx.Event{Kind: pbx.VarSet, Channel: pbx.Leg{ID: r.now.channel}, Variable: r.now.name, Value: value})
		}
	}
	if r.now.kind != askStart && r.now.kind != askVariable {
		r.listing = true
		return nil
	}
	return r.end(dst)
}

// start tells that a picture follows, once it is known whether it is of the same Asterisk.
func (r *resync) start(dst *[]pbx.Event) {
	e := pbx.Event{Kind: pbx.SyncBegin}
	if r.before != "" && r.started != "" && r.before != r.started {
		e.Number = 1
	}
	r.begun = true
	*dst = append(*dst, e)
}

// denied says whether m refuses the action under way. Who is refused a Status lacks the
// right (write = call). QueueStatus needs none, in any version: where it is refused,
// app_queue is not loaded.
func (r *resync) denied(m *ami.Message) bool {
	return m.Event() == nil && string(m.Response()) == "Error" && string(m.Get(ami.ActionID)) == r.id
}

// end is the end of one action.
func (r *resync) end(dst *[]pbx.Event) error {
	switch {
	case r.now.kind == askChannels:
		r.channels(dst)
	case r.now.kind == askQueues, r.now.kind == askMembers && !r.doubtful:
		if !r.listing { // app_queue is not loaded: nobody is in a queue
			*dst = append(*dst, pbx.Event{Kind: pbx.QueueMembersBegin})
		}
		*dst = append(*dst, pbx.Event{Kind: pbx.QueueMembersEnd})
	case r.now.kind == askSweep && r.listing && !r.doubtful:
		*dst = append(*dst, pbx.Event{Kind: pbx.SweepEnd})
	}
	if err := r.next(); err != nil {
		return err
	}
	if !r.begun && r.now.kind >= askBridges {
		r.start(dst)
	}
	if !r.running() && !r.now.kind.sweeps() {
		*dst = append(*dst, pbx.Event{Kind: pbx.SyncEnd})
	}
	return nil
}

// channels tells of the channels of a Status, which come in no order, in that of their
// birth: callers before those who are called for them.
func (r *resync) channels(dst *[]pbx.Event) {
	slices.SortStableFunc(r.found, func(a, b found) int { return byBirth(string(a.event.Channel.ID), string(b.event.Channel.ID)) })
	for _, f := range r.found {
		e := f.event
		if e.Channel.ID == "" || r.gone[e.Channel.ID] {
			continue
		}
		if peer := r.ids[f.peer]; f.peer != "" && peer != "" {
			e.Bridge = bridgeOf(e.Channel.ID, peer)
		}
		if r.holding[e.Bridge] {
			e.Bridge = ""
		}
		*dst = append(*dst, e)
		*dst = append(*dst, f.vars...)
	}
	r.found, r.suspect = nil, nil
}

// byBirth orders Uniqueids: "systemname-1795435433.12" has the second of its birth and a
// number that is counted. What is none of that comes last.
func byBirth(a, b string) int {
	as, an := birth(a)
	bs, bn := birth(b)
	return cmp.Or(cmp.Compare(as, bs), cmp.Compare(an, bn))
}

func birth(id string) (second, count uint64) {
	id = id[strings.LastIndexByte(id, '-')+1:]
	whole, part, _ := strings.Cut(id, ".")
	second, err := strconv.ParseUint(whole, 10, 64)
	if err != nil {
		return math.MaxUint64, 0
	}
	count, _ = strconv.ParseUint(part, 10, 64) // 0 for what is no number
	return second, count
}

// channel is one channel of a Status, with its variables.
func (r *resync) channel(m *ami.Message) {
	if r.lives(m) {
		f := &r.found[len(r.found)-1]
		f.vars = r.variables(m, f.event.Channel.ID)
		if name, value, _ := strings.Cut(m.String(ami.Variable), "="); name == madeFor && len(r.now.asked) > 0 && r.now.asked[0] == madeFor {
			f.event.Dest.Name = valued(value)
		}
	}
}

// lives is one channel of a Status, of which what stands before the variables is
// Asterisk's own in any case. It says whether the channel lives still.
func (r *resync) lives(m *ami.Message) bool {
	e := pbx.Event{Kind: pbx.SyncChannel, Seconds: number(m.Get(ami.Seconds))}
	leg(m, &plain, &e.Channel)
	if e.Channel.ID == "" || r.gone[e.Channel.ID] {
		return false
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
	f := found{event: e}
	switch {
	case m.Has(ami.BridgeID): // from 12 on
		f.event.Bridge = pbx.BridgeID(m.String(ami.BridgeID))
	case m.Has(ami.BridgedUniqueid): // 1.6 to 11
		if peer := id(m, ami.BridgedUniqueid); peer != "" {
			f.event.Bridge = bridgeOf(e.Channel.ID, peer)
		}
	case m.Has(ami.Link): // 1.4
		f.peer = m.String(ami.Link)
	}
	r.found = append(r.found, f)
	return true
}

// variables are those of a Status. Their values are raw, so when there are not
// exactly those that were asked for, in order, some value has a line break in it and
// none is believed.
func (r *resync) variables(m *ami.Message, id pbx.ChannelID) (vars []pbx.Event) {
	n := 0
	for i := range m.Len() {
		if m.KeyAt(i) != ami.Variable {
			continue
		}
		name, value, ok := strings.Cut(m.StringAt(i), "=")
		if !ok || n >= len(r.now.asked) || name != r.now.asked[n] {
			return nil
		}
		n++
		if valued(value) != "" && (name != madeFor || n > 1) {
			vars = append(vars, pbx.Event{Kind: pbx.VarSet, Channel: pbx.Leg{ID: id}, Variable: name, Value: value})
		}
	}
	return vars
}

// valued is a value; "" for the way in which Asterisk says that there is none.
func valued(value string) string {
	if value == "(null)" {
		return ""
	}
	return value
}

// entry is a caller that waits in a queue, and since when. 1.4 names the channel only.
func (r *resync) entry(m *ami.Message, dst *[]pbx.Event) {
	e := pbx.Event{Kind: pbx.QueueJoin, Queue: m.String(ami.Queue), Number: number(m.Get(ami.Position)), Seconds: number(m.Get(ami.Wait))}
	leg(m, &plain, &e.Channel)
	if e.Channel.ID == "" {
		e.Channel.ID = r.ids[e.Channel.Name]
	}
	if e.Channel.ID != "" && !r.gone[e.Channel.ID] {
		*dst = append(*dst, e)
	}
}
