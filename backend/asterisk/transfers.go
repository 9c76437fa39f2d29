package asterisk

import (
	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// The events of calls that change hands, of 12 and later, and what 1.4 to 11 had instead.
// They tell how a call moved; that it moved is told by its channels and bridges.

func pair(m *ami.Message, k pbx.EventKind, id1, name1, id2, name2 ami.Key, dst []pbx.Event) ([]pbx.Event, *pbx.Event) {
	dst, e := grow(dst, k)
	e.Channel.ID, e.Channel.Name = id(m, id1), m.String(name1)
	e.Dest.ID, e.Dest.Name = id(m, id2), m.String(name2)
	return dst, e
}

func blindTransfer(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := pair(m, pbx.BlindTransfer, ami.TransfererUniqueid, ami.TransfererChannel, ami.TransfereeUniqueid, ami.TransfereeChannel, dst)
	e.Text = m.String(ami.Extension)
	e.Number = succeeded(m)
	return dst
}

func attendedTransfer(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := pair(m, pbx.AttendedTransfer, ami.OrigTransfererUniqueid, ami.OrigTransfererChannel, ami.SecondTransfererUniqueid, ami.SecondTransfererChannel, dst)
	if e.Number = succeeded(m); string(m.Get(ami.DestType)) == "Threeway" {
		e.Number = 0 // who asked for it stays
	}
	return dst
}

// succeeded is 1 for a transfer that took place (ast_transfer_result of
// include/asterisk/bridge.h).
func succeeded(m *ami.Message) int {
	if string(m.Get(ami.Result)) == "Success" {
		return 1
	}
	return 0
}

// transfer is what chan_sip of 1.6 to 11 tells of a REFER, once it has done as it says.
func transfer(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	kind := pbx.BlindTransfer
	if string(m.Get(ami.TransferType)) == "Attended" {
		kind = pbx.AttendedTransfer
	}
	if id(m, ami.Uniqueid) == "" {
		return dst
	}
	dst, e := pair(m, kind, ami.Uniqueid, ami.Channel, ami.TargetUniqueid, ami.TargetChannel, dst)
	if e.Number = 1; kind == pbx.AttendedTransfer {
		e.Dest = pbx.Leg{} // the target's channel, not the second one of who transfers
	}
	e.Text = m.String(ami.TransferExten)
	return dst
}

func pickup(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if id(m, ami.Uniqueid) == "" || id(m, ami.TargetUniqueid) == "" {
		return dst
	}
	dst, _ = pair(m, pbx.Pickup, ami.Uniqueid, ami.Channel, ami.TargetUniqueid, ami.TargetChannel, dst)
	return dst
}

func parkedCall(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.Park)
	e.Channel.ID, e.Channel.Name = id(m, ami.ParkeeUniqueid), m.String(ami.ParkeeChannel)
	e.Interface = m.String(ami.ParkerDialString)
	e.Number = number(m.Get(ami.ParkingSpace))
	if !m.Has(ami.ParkeeChannel) { // until 11
		e.Channel.ID, e.Channel.Name = id(m, ami.Uniqueid), m.String(ami.Channel)
		e.Interface, e.Number = m.String(ami.From), number(m.Get(ami.Exten))
	}
	return dst
}

func unParkedCall(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	if !m.Has(ami.ParkeeChannel) {
		return about(pbx.Unpark, m, dst)
	}
	dst, e := pair(m, pbx.Unpark, ami.ParkeeUniqueid, ami.ParkeeChannel, ami.RetrieverUniqueid, ami.RetrieverChannel, dst)
	e.Number = number(m.Get(ami.ParkingSpace))
	return dst
}

func optimizeBegin(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, _ = pair(m, pbx.OptimizeBegin, ami.LocalOneUniqueid, ami.LocalOneChannel, ami.LocalTwoUniqueid, ami.LocalTwoChannel, dst)
	return dst
}

func optimizeEnd(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, _ = pair(m, pbx.OptimizeEnd, ami.LocalOneUniqueid, ami.LocalOneChannel, ami.LocalTwoUniqueid, ami.LocalTwoChannel, dst)
	return dst
}

// originateResponse is the end of an Originate. When it failed, Channel is what was asked
// for, not a channel's name.
func originateResponse(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.OriginateResponse)
	e.Channel.ID, e.Channel.Name = id(m, ami.Uniqueid), m.String(ami.Channel)
	e.Text, e.Value = m.String(ami.ActionID), m.String(ami.Response)
	e.Number = number(m.Get(ami.Reason))
	return dst
}

// queueMember is a phone that became a member of a queue, or what it is in it now.
func queueMember(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.QueueMember)
	member(m, e)
	return dst
}

func queueMemberRemoved(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.QueueMemberRemoved)
	member(m, e)
	return dst
}

func queueMemberPaused(m *ami.Message, _ *Wanted, dst []pbx.Event) []pbx.Event {
	dst, e := grow(dst, pbx.QueueMemberPaused)
	member(m, e)
	return dst
}

// member is a member of a queue: until 11, and in lists still, its interface is called
// Location.
func member(m *ami.Message, e *pbx.Event) {
	e.Queue = m.String(ami.Queue)
	if e.Interface = m.String(ami.Interface); !m.Has(ami.Interface) {
		e.Interface = m.String(ami.Location)
	}
	e.Number, e.Paused = number(m.Get(ami.Penalty)), string(m.Get(ami.Paused)) == "1"
	if e.Text = m.String(ami.PausedReason); !m.Has(ami.PausedReason) {
		e.Text = m.String(ami.Reason)
	}
	e.Value, e.Variable = m.String(ami.Membership), m.String(ami.MemberName)
}
