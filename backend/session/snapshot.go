package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

// about is what a snapshot tells besides the picture: who sits where, for which
// services, and what he may choose from.
type about struct {
	seat     config.Seat
	services []*config.Service
	reasons  []string // for a pause
	can      control.Abilities
	version  string
	demo     bool
	notes    bool // they are kept, or told
}

func (s *Server) about(in *SignedIn) *about {
	d := &about{seat: in.Seat, can: s.opts.Control.Can(), version: s.opts.Version, demo: s.opts.Demo, notes: s.opts.Notes != nil}
	if cfg := s.opts.Config.Now(); cfg != nil {
		d.services, d.reasons = cfg.ServicesOf(in.Operator), cfg.PauseReasons
	}
	return d
}

// queues are those of the picture or, where it has none yet, those of the services.
func (d *about) queues(snap *tracker.Snapshot) []pbx.QueueState {
	if len(snap.Queues) > 0 {
		return snap.Queues
	}
	var list []pbx.QueueState
	for _, s := range d.services {
		if q := s.Queue; q != "" && !slices.ContainsFunc(list, func(o pbx.QueueState) bool { return strings.EqualFold(o.Queue, q) }) {
			list = append(list, pbx.QueueState{Queue: q, Service: s.Name})
		}
	}
	return list
}

// appendSnapshot appends the first frame of a WebSocket (F2). It is a state, not
// something that happens: no action in it is to be carried out.
func appendSnapshot(b []byte, enc Encoding, snap *tracker.Snapshot, d *about) []byte {
	if enc == XML {
		return appendXMLSnapshot(b, snap, d)
	}
	return appendJSONSnapshot(b, snap, d)
}

func appendJSONSnapshot(b []byte, snap *tracker.Snapshot, d *about) []byte {
	b = append(b, `{"type":"snapshot","seq":`...)
	b = strconv.AppendUint(b, snap.Seq, 10)
	b = append(b, `,"now":`...)
	b = appendMillis(b, snap.Now)
	b = appendMember(b, "version", d.version)
	b = append(b, `,"demo":`...)
	b = strconv.AppendBool(b, d.demo)
	b = append(b, `,"notes":`...)
	b = strconv.AppendBool(b, d.notes)
	b = append(b, `,"agent":{"operator":`...)
	b = appendJSON(b, snap.Agent.Operator)
	b = appendMember(b, "fullName", snap.Agent.FullName)
	b = appendMember(b, "state", string(snap.State))
	b = append(b, `,"since":`...)
	b = appendMillis(b, snap.StateSince)
	if snap.Duty.State != "" {
		b = appendJSONDuty(b, &snap.Duty)
	}
	b = append(b, `,"seat":{"mac":`...)
	b = appendJSON(b, d.seat.MAC)
	b = appendMember(b, "extension", d.seat.Extension)
	b = appendMember(b, "description", d.seat.Description)
	b = append(b, `}},"queues":`...)
	b = appendJSONQueues(b, d.queues(snap))
	b = append(b, `,"pauseReasons":[`...)
	for i, reason := range d.reasons {
		b = appendComma(b, i)
		b = appendJSON(b, reason)
	}
	b = append(b, ']')
	b = appendJSONServices(b, d.services)
	b = appendJSONAbilities(b, d.can)
	b = append(b, `,"link":`...)
	b = appendJSONLink(b, snap.Link, snap.LinkText, snap.LinkSince)
	b = append(b, `,"calls":[`...)
	for i := range snap.Calls {
		b = appendComma(b, i)
		b = appendJSONCall(b, &snap.Calls[i])
	}
	return append(b, `]}`...)
}

func appendJSONServices(b []byte, services []*config.Service) []byte {
	b = append(b, `,"services":[`...)
	for i, s := range services {
		b = appendComma(b, i)
		b = append(b, `{"name":`...)
		b = appendJSON(b, s.Name)
		b = appendMember(b, "direction", s.Type)
		b = appendMember(b, "context", s.Context)
		b = appendMember(b, "queue", s.Queue)
		b = appendMember(b, "trigger", s.Trigger)
		b = appendMember(b, "target", s.Target)
		b = append(b, `,"afterCall":`...)
		b = strconv.AppendInt(b, int64(s.AfterCall), 10)
		b = appendMember(b, "openAt", s.OpenAt)
		b = append(b, `,"variables":[`...)
		for i, name := range s.Variables {
			b = appendComma(b, i)
			b = append(b, `{"name":`...)
			b = appendJSON(b, name)
			b = appendMember(b, "label", s.Labels[name])
			b = append(b, '}')
		}
		b = append(b, `],"dispositions":[`...)
		for i, name := range s.Dispositions {
			b = appendComma(b, i)
			b = appendJSON(b, name)
		}
		b = append(b, `]}`...)
	}
	return append(b, ']')
}

func appendXMLServices(b []byte, services []*config.Service) []byte {
	b = append(b, `<services>`...)
	for _, s := range services {
		b = append(b, `<service`...)
		b = appendAttribute(b, "name", s.Name)
		b = appendAttribute(b, "queue", s.Queue)
		b = appendAttribute(b, "direction", s.Type)
		b = appendAttribute(b, "context", s.Context)
		b = appendAttribute(b, "aftercall", strconv.Itoa(s.AfterCall))
		b = appendAttribute(b, "trigger", s.Trigger)
		b = appendAttribute(b, "target", s.Target)
		b = appendAttribute(b, "openat", s.OpenAt)
		b = append(b, '>')
		for _, name := range s.Variables {
			b = append(b, `<variable`...)
			b = appendAttribute(b, "name", name)
			b = appendAttribute(b, "label", s.Labels[name])
			b = append(b, `></variable>`...)
		}
		for _, name := range s.Dispositions {
			b = appendElement(b, "disposition", name)
		}
		b = append(b, `</service>`...)
	}
	return append(b, `</services>`...)
}

func appendJSONAbilities(b []byte, can control.Abilities) []byte {
	b = append(b, `,"control":{"attended":`...)
	b = strconv.AppendBool(b, can.Attended)
	b = append(b, `,"hold":`...)
	b = strconv.AppendBool(b, can.Hold)
	b = append(b, `,"answer":`...)
	b = strconv.AppendBool(b, can.Answer)
	return append(b, '}')
}

func appendXMLAbilities(b []byte, can control.Abilities) []byte {
	b = append(b, `<control`...)
	b = appendAttribute(b, "attended", strconv.FormatBool(can.Attended))
	b = appendAttribute(b, "hold", strconv.FormatBool(can.Hold))
	b = appendAttribute(b, "answer", strconv.FormatBool(can.Answer))
	return append(b, `></control>`...)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

func appendXMLSnapshot(b []byte, snap *tracker.Snapshot, d *about) []byte {
	b = append(b, `<snapshot seq="`...)
	b = strconv.AppendUint(b, snap.Seq, 10)
	b = append(b, `" now="`...)
	b = appendMillis(b, snap.Now)
	b = append(b, '"')
	b = appendAttribute(b, "version", d.version)
	b = append(b, ` demo="`...)
	b = strconv.AppendBool(b, d.demo)
	b = append(b, `" notes="`...)
	b = strconv.AppendBool(b, d.notes)
	b = append(b, `"><agent>`...)
	b = appendElement(b, "operator", snap.Agent.Operator)
	b = appendElement(b, "fullname", snap.Agent.FullName)
	b = appendElement(b, "state", string(snap.State))
	b = appendXMLTime(b, "since", snap.StateSince)
	if snap.Duty.State != "" {
		b = appendXMLDuty(b, &snap.Duty)
	}
	b = append(b, `<seat`...)
	b = appendAttribute(b, "mac", d.seat.MAC)
	b = appendAttribute(b, "extension", d.seat.Extension)
	b = appendAttribute(b, "description", d.seat.Description)
	b = append(b, `></seat></agent>`...)
	b = appendXMLQueues(b, d.queues(snap))
	b = append(b, `<pauses>`...)
	for _, reason := range d.reasons {
		b = appendElement(b, "reason", reason)
	}
	b = append(b, `</pauses>`...)
	b = appendXMLServices(b, d.services)
	b = appendXMLAbilities(b, d.can)
	b = append(b, `<link>`...)
	b = appendElement(b, "state", string(snap.Link))
	b = appendElement(b, "reason", snap.LinkText)
	b = appendXMLTime(b, "since", snap.LinkSince)
	b = append(b, `</link><calls>`...)
	for i := range snap.Calls {
		c := &snap.Calls[i]
		b = append(b, `<active>`...)
		b = appendXMLCall(b, c)
		b = appendXMLAction(b, c.Action)
		b = appendXMLService(b, c)
		b = appendXMLTransfer(b, c.Transfer)
		b = appendXMLConsult(b, c.Consult)
		b = append(b, `</active>`...)
	}
	return append(b, `</calls></snapshot>`...)
}
