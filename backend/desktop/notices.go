package desktop

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// notice takes in what the server says unasked.
func (s *State) notice(l Line, now time.Time) string {
	_, rest, _ := strings.Cut(l.Text, " ")
	switch {
	case l.Code == 0:
		return "a line of the server was not understood: " + l.Text
	case l.Code == 301:
		return "waiting for Asterisk"
	case (l.Code == 200 || l.Code == 201) && l.Text != "":
		return s.queue(l.Text, l.Code == 200)
	case l.Code == 202 && l.Text != "":
		return s.refused(l.Text)
	case l.Code == 500 && rest != "":
		return s.pbx(rest)
	case l.Code == 510 && rest != "":
		return s.duty(rest, now)
	case l.Code == 511 && strings.HasPrefix(rest, "UNKNOWN "):
		s.Phone = strings.TrimPrefix(rest, "UNKNOWN ")
		return "Asterisk does not know your telephone " + s.Phone
	}
	return "" // of a later version
}

func (s *State) queue(name string, member bool) string {
	q := s.queueOf(name)
	was := q.Member
	q.Member, q.Refused = member, ""
	switch {
	case member:
		return "member of queue " + name
	case was:
		return "no longer a member of queue " + name
	}
	return "not a member of queue " + name
}

// refused takes in that Asterisk refuses something in a queue. The name is one that was told
// before, and the longest that it can be: names may hold blanks.
func (s *State) refused(text string) string {
	name, reason, _ := strings.Cut(text, " ")
	longest := -1
	for _, q := range s.Queues {
		if rest, ok := strings.CutPrefix(text, q.Name+" "); ok && len(q.Name) > longest {
			name, reason, longest = q.Name, rest, len(q.Name)
		}
	}
	if reason == "" {
		reason = "no reason is told"
	}
	s.queueOf(name).Refused = reason
	return "Asterisk refuses you in queue " + name + ": " + reason
}

// queueOf is the queue of a name, which is added if need be.
func (s *State) queueOf(name string) *Queue {
	i := slices.IndexFunc(s.Queues, func(q Queue) bool { return q.Name == name })
	if i < 0 {
		i = len(s.Queues)
		s.Queues = append(s.Queues, Queue{Name: name})
	}
	return &s.Queues[i]
}

func (s *State) pbx(rest string) string {
	state, reason, _ := strings.Cut(rest, " ")
	switch state {
	case "UP":
		s.PBX = ""
		return "the server's link to Asterisk is up"
	case "SYNCING":
		s.PBX = "the calls in progress are being read"
	default:
		s.PBX = "no link to Asterisk"
		if reason != "" {
			s.PBX += ": " + reason
		}
	}
	return s.PBX
}

// duty takes in the agent's state. Its clock is that of this PC: the server tells
// changes only, and for how long after-call work goes on.
func (s *State) duty(rest string, now time.Time) string {
	word, detail, _ := strings.Cut(rest, " ")
	var until time.Time
	if word == "aftercall" {
		if seconds, err := strconv.Atoi(detail); err == nil && seconds >= 0 && seconds <= 24*3600 {
			until = now.Add(time.Duration(seconds) * time.Second)
		}
		detail = ""
	}
	same := word == s.Duty && detail == s.Reason
	if !same {
		s.Since = now
	}
	s.Duty, s.Reason, s.Until = word, detail, until
	if !busy(word) {
		s.After = nil
		s.dropDoubtful()
	}
	switch {
	case !until.IsZero():
		return "state: after-call work, " + until.Sub(now).String() + " left"
	case same:
		return ""
	}
	return "state: " + s.DutyWords()
}

func busy(duty string) bool { return duty == "ringing" || duty == "oncall" || duty == "held" }

// Back is the command that brings the agent back from where he is.
func (s *State) Back() Command {
	if s.Duty == "aftercall" {
		return Ready
	}
	return Resume
}

// DutyWords is the state of the agent as people say it.
func (s *State) DutyWords() string {
	switch s.Duty {
	case "oncall":
		return "on a call"
	case "held":
		return "call on hold"
	case "aftercall":
		return "after-call work"
	case "lost":
		return "paused by the server, which had lost this client"
	case "paused":
		return "paused" + bracketed(s.Reason)
	}
	return s.Duty
}

// dropDoubtful moves calls that the agent cannot be in to those that are over.
func (s *State) dropDoubtful() {
	kept := s.Calls[:0:0]
	for _, c := range s.Calls {
		if c.Doubtful {
			s.past(Past{Call: c.Call, Began: c.Began, Answered: c.Answered})
		} else {
			kept = append(kept, c)
		}
	}
	s.Calls = kept
}

func (s *State) past(p Past) {
	s.Recent = append([]Past{p}, s.Recent...)
	s.Recent = s.Recent[:min(len(s.Recent), maxRecent)]
}
