package asterisk

import (
	"bytes"
	"slices"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Recorded believes and translates what a Link would have, from a recording of one. One
// goroutine only.
type Recorded struct {
	guard   guard
	idle    resync // asks nothing
	version string
	sync    *resync // nil before the picture of the beginning, and behind it
	listed  bool    // channels were
	links   bool    // the recording is of a Link, so that a picture is to come or has come
}

// NewRecorded is for a recording of this version of the manager interface, as greeted. With
// "", for a recording that does not tell, less is refused: what until 11 follows an event
// that was cut.
func NewRecorded(version string) *Recorded {
	return &Recorded{version: version, guard: guard{legacy: version != "" && major(version) < 2}}
}

// OfLink says that the recording is of all that came on a Link, from its sign-in on. The
// first answers in it are then the picture that the Link began with: Translate tells it.
// Lists that somebody else asked for, maybe of one channel, mean nothing.
func (r *Recorded) OfLink() {
	if !r.links {
		r.links = true
		r.sync = &resync{v14: r.version == "1.0", escaped: major(r.version) >= 3, gone: map[pbx.ChannelID]bool{}, ids: map[string]pbx.ChannelID{}, holding: map[pbx.BridgeID]bool{}}
	}
}

// Believes says whether the next message is one that Asterisk wrote, as far as can be told.
// Each message of the recording is asked about once, in order.
func (r *Recorded) Believes(m *ami.Message) bool { return r.guard.admit(m, &r.idle) }

// Translate appends what a message that is believed means to dst. Variables of 1.4 are not
// in the picture of the beginning: its answers to Getvar do not say of which channel.
func (r *Recorded) Translate(m *ami.Message, w *Wanted, dst []pbx.Event) []pbx.Event {
	if r.sync != nil && m.Has(ami.ActionID) && r.listItem(m, w, &dst) {
		return dst
	}
	was := len(dst)
	if dst = Translate(m, w, dst); r.sync != nil && r.sync.begun {
		r.sync.live(m, dst[was:])
	}
	return dst
}

// listItem takes m if it is of the answers to what a Link asks at its beginning.
func (r *Recorded) listItem(m *ami.Message, w *Wanted, dst *[]pbx.Event) (mine bool) {
	s := r.sync
	event := string(m.Event())
	switch event {
	case "BridgeListItem", "BridgeListComplete", "Status", "StatusComplete", "QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete":
	case "":
		if r.listed && string(m.Response()) == "Error" { // queues may not be listed
			r.end(dst)
		}
		return true
	default:
		return false
	}
	if !s.begun {
		*dst = append(*dst, pbx.Event{Kind: pbx.LinkUp, Text: r.version})
		s.start(dst)
	}
	switch event {
	case "BridgeListItem":
		if holds(m) {
			s.holding[pbx.BridgeID(m.String(ami.BridgeUniqueid))] = true
		}
	case "Status":
		if n := len(s.found); !doubled(m) && len(s.ids) < maxChannels {
			s.now.asked = variablesOf(m)
			if s.channel(m); len(s.found) > n {
				vars := &s.found[n].vars
				*vars = slices.DeleteFunc(*vars, func(e pbx.Event) bool { return !w.variable([]byte(e.Variable)) })
			}
		}
	case "StatusComplete":
		r.listed = true
		s.channels(dst)
	case "QueueEntry":
		s.entry(m, dst)
	case "QueueStatusComplete":
		r.end(dst)
	}
	return true
}

func (r *Recorded) end(dst *[]pbx.Event) {
	*dst = append(*dst, pbx.Event{Kind: pbx.SyncEnd})
	r.sync = nil
}

// variablesOf are the names of the variables of a Status, which are those that were asked
// for; none when one comes twice, which is somebody's doing.
func variablesOf(m *ami.Message) (names []string) {
	for i := range m.Len() {
		if m.KeyAt(i) != ami.Variable {
			continue
		}
		name, _, _ := bytes.Cut(m.At(i), []byte("="))
		if slices.Contains(names, string(name)) {
			return nil
		}
		names = append(names, string(name))
	}
	return names
}
