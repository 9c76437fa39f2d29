package asterisk

import (
	"bytes"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// legKeys are the headers that tell of one channel of an event.
type legKeys struct {
	id, name, linkedid, state, stateWord ami.Key
	number, cidName, conNumber, conName  ami.Key
	context, exten                       ami.Key
	oldNumber, oldState                  ami.Key
}

var plain = legKeys{
	id: ami.Uniqueid, name: ami.Channel, linkedid: ami.Linkedid,
	state: ami.ChannelState, stateWord: ami.ChannelStateDesc,
	number: ami.CallerIDNum, cidName: ami.CallerIDName,
	conNumber: ami.ConnectedLineNum, conName: ami.ConnectedLineName,
	context: ami.Context, exten: ami.Exten,
	oldNumber: ami.CallerID, oldState: ami.State,
}

var dest = legKeys{
	id: ami.DestUniqueid, name: ami.DestChannel, linkedid: ami.DestLinkedid,
	state: ami.DestChannelState, stateWord: ami.DestChannelStateDesc,
	number: ami.DestCallerIDNum, cidName: ami.DestCallerIDName,
	conNumber: ami.DestConnectedLineNum, conName: ami.DestConnectedLineName,
	context: ami.DestContext, exten: ami.DestExten,
}

// leg fills l with what m tells of one channel.
func leg(m *ami.Message, k *legKeys, l *pbx.Leg) {
	l.ID = id(m, k.id)
	l.Name = m.String(k.name)
	l.Linkedid = pbx.ChannelID(m.String(k.linkedid))
	l.Context = m.String(k.context)
	l.Exten = m.String(k.exten)
	l.State, l.StateKnown = state(m, k)
	esc := escaped(m)
	l.CallerID.Number = known(m, k.number)
	if k.oldNumber != ami.Unknown && !m.Has(k.number) {
		l.CallerID.Number = known(m, k.oldNumber)
	}
	l.CallerID.Name = person(m, k.cidName, esc)
	l.Connected.Number = known(m, k.conNumber)
	l.Connected.Name = person(m, k.conName, esc)
}

// id is a Uniqueid; "" when Asterisk has none to tell.
func id(m *ami.Message, k ami.Key) pbx.ChannelID { return pbx.ChannelID(known(m, k)) }

// known is a value; "" for the ways in which versions say that there is none.
func known(m *ami.Message, k ami.Key) string {
	switch v := m.Get(k); string(v) {
	case "", "<unknown>", "<Unknown>", "unknown", "<null>", "(null)":
		return ""
	}
	return m.String(k)
}

// person is the name of a caller or of the other side.
func person(m *ami.Message, k ami.Key, esc bool) string {
	if v := known(m, k); esc {
		return unescape(v)
	} else {
		return v
	}
}

// state is a channel's state: a number from 1.6 on, a word in 1.4.
func state(m *ami.Message, k *legKeys) (pbx.ChannelState, bool) {
	if v := m.Get(k.state); len(v) == 1 && v[0] >= '0' && v[0] <= '9' {
		return pbx.ChannelState(v[0] - '0'), true
	}
	if v := m.Get(k.stateWord); v != nil {
		return pbx.ParseState(string(v))
	}
	if k.oldState != ami.Unknown {
		if v := m.Get(k.oldState); v != nil {
			return pbx.ParseState(string(v))
		}
	}
	return pbx.Down, false
}

// number is a small decimal number; 0 for anything else.
func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<24 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// escaped says whether the names of people and the values of variables in m are
// escaped as in C. Asterisk does so in the same events, and since the same version
// (13.5), that carry a Linkedid; see main/manager_channels.c.
func escaped(m *ami.Message) bool { return m.Has(ami.Linkedid) || m.Has(ami.DestLinkedid) }

// old says whether a Newexten that ends with its Uniqueid, as until 11, is of 1.4,
// which has no VarSet: there it is of class call, from 1.6 on of class dialplan.
func old(m *ami.Message) bool { return bytes.HasPrefix(m.Class(), []byte("call,")) }
