package asterisk

import (
	"bytes"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// dial is Dial of 1.4, which only begins, and of 1.6 to 11, which says. The end
// names the caller only.
func dial(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	from, name := ami.Uniqueid, ami.Channel
	if m.Has(ami.SrcUniqueid) { // 1.4
		from, name = ami.SrcUniqueid, ami.Source
	}
	caller := pbx.Leg{ID: id(m, from), Name: m.String(name)}
	if string(m.Get(ami.SubEvent)) == "End" {
		if caller.ID == "" {
			return dst
		}
		dst, e := grow(dst, pbx.DialEnd)
		e.Channel, e.Text = caller, m.String(ami.DialStatus)
		return dst
	}
	callee := pbx.Leg{ID: id(m, ami.DestUniqueid), Name: m.String(ami.Destination)}
	if callee.ID == "" {
		return dst
	}
	caller.CallerID.Number = known(m, ami.CallerIDNum)
	if !m.Has(ami.CallerIDNum) {
		caller.CallerID.Number = known(m, ami.CallerID)
	}
	caller.CallerID.Name = known(m, ami.CallerIDName)
	dst, e := grow(dst, pbx.DialBegin)
	e.Channel, e.Dest = caller, callee
	return dst
}

// link is "these two channels talk": both enter a bridge that is named after them,
// so that leaving it again takes no memory.
func link(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return linked(pbx.BridgeEnter, m, dst)
}

func unlink(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	return linked(pbx.BridgeLeave, m, dst)
}

func bridge(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if string(m.Get(ami.Bridgestate)) == "Unlink" {
		return linked(pbx.BridgeLeave, m, dst)
	}
	return linked(pbx.BridgeEnter, m, dst)
}

func linked(k pbx.EventKind, m *ami.Message, dst []pbx.Event) []pbx.Event {
	a, b := id(m, ami.Uniqueid1), id(m, ami.Uniqueid2)
	if a == "" || b == "" {
		return dst
	}
	bridge := bridgeOf(a, b)
	dst, e := grow(dst, k)
	e.Bridge = bridge
	e.Channel = pbx.Leg{ID: a, Name: m.String(ami.Channel1), CallerID: pbx.CallerID{Number: known(m, ami.CallerID1)}}
	dst, e = grow(dst, k)
	e.Bridge = bridge
	e.Channel = pbx.Leg{ID: b, Name: m.String(ami.Channel2), CallerID: pbx.CallerID{Number: known(m, ami.CallerID2)}}
	return dst
}

// bridgeOf is the name we give to the talk of two channels.
func bridgeOf(a, b pbx.ChannelID) pbx.BridgeID {
	return pbx.BridgeID(string(min(a, b)) + "+" + string(max(a, b)))
}

// assignments are the variables that a Set of 1.4 sets, which may be several: "a=1|b=2".
// Functions on the left ("CALLERID(name)") are no variables, and a last word without
// "=" holds options, of which "g" makes all of them global: none of the call's
// (pbx_builtin_setvar of 1.4's main/pbx.c). at is the place of the Uniqueid.
func assignments(m *ami.Message, w *Wanted, at int, dst []pbx.Event) []pbx.Event {
	switch string(m.Get(ami.Application)) {
	case "Set", "MSet":
	default:
		return dst
	}
	text := m.Get(ami.AppData)
	before := len(dst)
	for from := 0; from < len(text); {
		to := argument(text, from)
		if from > 0 && to == len(text) && bytes.IndexByte(text[from:], '=') < 0 && bytes.IndexByte(text[from:], 'g') >= 0 {
			return dst[:before]
		}
		start := from
		for start < to && (text[start] == '_' || text[start] == ' ') {
			start++
		}
		name, _, ok := bytes.Cut(text[start:to], []byte("="))
		if ok && len(name) > 0 && name[len(name)-1] != ')' && w.variable(name) {
			s := m.String(ami.AppData)
			var e *pbx.Event
			dst, e = grow(dst, pbx.VarSet)
			leg(m, &plain, &e.Channel)
			e.Channel.ID = pbx.ChannelID(m.StringAt(at))
			e.Variable = s[start : start+len(name)]
			e.Value = unquoted(s[start+len(name)+1 : to])
		}
		from = to + 1
	}
	return dst
}

// argument is where the argument of text that begins at from ends: at a bar outside
// parentheses and quotes, as ast_app_separate_args of 1.4's main/app.c has it.
func argument(text []byte, from int) int {
	depth, quoted := 0, false
	for i := from; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case '|':
			if depth == 0 && !quoted {
				return i
			}
		}
	}
	return len(text)
}

// unquoted is an argument without its quotes and backslashes, which the same function
// takes away.
func unquoted(s string) string {
	if !strings.ContainsAny(s, `"\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			continue
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
