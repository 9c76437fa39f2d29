package amitest

import (
	"slices"
	"strconv"
	"strings"
)

func queueAdd(n *session, q request) {
	x := n.server.x
	name, iface := q.get("Queue"), q.get("Interface")
	switch {
	case name == "":
		n.fail(q, "'Queue' not specified.")
		return
	case iface == "":
		n.fail(q, "'Interface' not specified.")
		return
	}
	u := x.queue(name)
	switch {
	case u == nil:
		n.fail(q, "Unable to add interface to queue: No such queue")
		return
	case u.member(iface) != nil:
		n.fail(q, "Unable to add interface: Already there")
		return
	}
	m := &member{iface: iface, name: q.get("MemberName"), membership: "dynamic", login: x.clock.Now(), paused: truth(q.get("Paused"))}
	if p, err := strconv.Atoi(q.get("Penalty")); err == nil && p > 0 {
		m.penalty = p
	}
	if m.name == "" {
		m.name = iface
	}
	if m.paused {
		m.lastPause, m.reason = x.clock.Now(), q.get("Reason")
	}
	u.members = append(u.members, m)
	n.ok(q, "Added interface to queue")
	x.voice.memberAdded(u, m)
	x.serveSoon(u)
}

// serveSoon lets waiting callers have a member who became free.
func (x *exchange) serveSoon(q *queue) { x.after(0, func() { x.serve(q) }) }

func queueRemove(n *session, q request) {
	x := n.server.x
	name, iface := q.get("Queue"), q.get("Interface")
	if name == "" || iface == "" {
		n.fail(q, "Need 'Queue' and 'Interface' parameters.")
		return
	}
	u := x.queue(name)
	if u == nil {
		n.fail(q, "Unable to remove interface from queue: No such queue")
		return
	}
	m := u.member(iface)
	switch {
	case m == nil:
		n.fail(q, "Unable to remove interface: Not there")
	case m.membership != "dynamic":
		n.fail(q, "Member not dynamic")
	default:
		u.members = slices.DeleteFunc(u.members, func(o *member) bool { return o == m })
		n.ok(q, "Removed interface from queue")
		x.voice.memberRemoved(u, m)
	}
}

func queuePause(n *session, q request) {
	x := n.server.x
	name, iface, paused := q.get("Queue"), q.get("Interface"), q.get("Paused")
	if iface == "" || paused == "" {
		n.fail(q, "Need 'Interface' and 'Paused' parameters.")
		return
	}
	pause := truth(paused)
	var queues []*queue
	for _, u := range x.queues {
		if (name == "" || strings.EqualFold(u.Name, name)) && u.member(iface) != nil {
			queues = append(queues, u)
		}
	}
	if len(queues) == 0 {
		n.fail(q, "Interface not found")
		return
	}
	if pause {
		n.ok(q, "Interface paused successfully")
	} else {
		n.ok(q, "Interface unpaused successfully")
	}
	for _, u := range queues {
		m := u.member(iface)
		m.paused, m.reason = pause, ""
		if pause {
			m.lastPause, m.reason = x.clock.Now(), q.get("Reason")
		} else {
			x.serveSoon(u)
		}
		x.voice.memberPaused(u, m)
	}
}

func queuePenalty(n *session, q request) {
	x := n.server.x
	name, iface := q.get("Queue"), q.get("Interface")
	penalty, err := strconv.Atoi(q.get("Penalty"))
	if iface == "" || err != nil || penalty < 0 {
		n.fail(q, "Need 'Interface' and 'Penalty' parameters.")
		return
	}
	some := false
	for _, u := range x.queues {
		m := u.member(iface)
		if m == nil || (name != "" && !strings.EqualFold(u.Name, name)) {
			continue
		}
		if !some {
			n.ok(q, "Interface penalty set successfully")
		}
		some = true
		m.penalty = penalty
		x.voice.memberPenalty(u, m)
	}
	if !some {
		n.fail(q, "Invalid interface, queuename or penalty")
	}
}

func queueStatus(n *session, q request) {
	x := n.server.x
	old := n.server.options.Dialect == Asterisk14
	if old {
		n.ok(q, "Queue status will follow")
	} else {
		n.begin(q, "Queue status will follow")
	}
	items := 0
	for _, u := range x.queues {
		if name := q.get("Queue"); name != "" && !strings.EqualFold(name, u.Name) {
			continue
		}
		n.put(u.params(q, old))
		items++
		for _, m := range u.members {
			if one := q.get("Member"); one == "" || strings.EqualFold(one, m.iface) {
				n.put(x.memberEntry(q, u, m, old))
				items++
			}
		}
		for i, c := range u.waiting {
			n.put(x.waitingEntry(q, u, c, i+1, old))
			items++
		}
	}
	if old {
		n.put(item(q, "QueueStatusComplete").end())
		return
	}
	n.complete(q, "QueueStatusComplete", items)
}

func (u *queue) params(q request, old bool) []byte {
	t := &text{}
	t.add("Event", "QueueParams").add("Queue", u.Name).add("Max", "0")
	if !old {
		t.add("Strategy", string(u.Strategy))
	}
	t.int("Calls", len(u.waiting)).int("Holdtime", u.holdTime)
	if !old {
		t.int("TalkTime", u.talkTime)
	}
	t.int("Completed", u.completed).int("Abandoned", u.abandoned).add("ServiceLevel", "0").add("ServicelevelPerf", "0.0")
	if !old {
		t.add("ServicelevelPerf2", "0.0")
	}
	return t.add("Weight", "0").id(q).end()
}

func (x *exchange) memberEntry(q request, u *queue, m *member, old bool) []byte {
	t := &text{}
	t.add("Event", "QueueMember").add("Queue", u.Name).add("Name", m.name).add("Location", m.iface)
	if !old {
		t.add("StateInterface", m.iface)
	}
	t.add("Membership", m.membership).int("Penalty", m.penalty).int("CallsTaken", m.taken).int("LastCall", unix(m.last))
	if !old {
		t.int("LastPause", unix(m.lastPause)).int("LoginTime", unix(m.login)).yes("InCall", m.inCall)
	}
	t.int("Status", x.memberState(m.iface)).yes("Paused", m.paused)
	if !old {
		t.add("PausedReason", m.reason).add("Wrapuptime", "0")
	}
	return t.id(q).end()
}

func (x *exchange) waitingEntry(q request, u *queue, c *call, position int, old bool) []byte {
	ch := c.caller
	wait := seconds(x.clock.Now().Sub(c.joined))
	t := &text{}
	t.add("Event", "QueueEntry").add("Queue", u.Name).int("Position", position).add("Channel", ch.name)
	if old {
		return t.add("CallerID", orUnknown(ch.number)).add("CallerIDName", orUnknown(ch.who)).int("Wait", wait).id(q).end()
	}
	t.add("Uniqueid", ch.id).add("CallerIDNum", unknownWord(ch.number)).add("CallerIDName", unknownWord(ch.who)).
		add("ConnectedLineNum", unknownWord(ch.peer)).add("ConnectedLineName", unknownWord(ch.peerWho))
	return t.int("Wait", wait).add("Priority", "0").id(q).end()
}

// unknownWord is how QueueEntry, alone, writes what is not known.
func unknownWord(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
