package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// Validate returns every fault at once; none means that the snapshot can be used.
func (s *Snapshot) Validate() Faults {
	v := &validation{
		known: func(username string) bool { _, ok := s.operators[strings.ToLower(username)]; return ok },
		names: sync.OnceValue(func() []string {
			names := make([]string, len(s.Operators))
			for i, o := range s.Operators {
				names[i] = o.Username
			}
			return names
		}),
	}
	v.count(KindService, "services", len(s.Services), MaxServices)
	v.count(KindSeat, "seats", len(s.Seats), MaxSeats)
	v.count(KindOperator, "operators", len(s.Operators), MaxOperators)
	if len(v.faults) > 0 {
		return v.faults // too many to look at each
	}
	v.operators(s.Operators)
	v.seats(s.Seats)
	v.services(s.Services)
	v.reasons(s.PauseReasons, s.reasonLines)
	v.limits(s.Limits, s.limitsLine)
	return v.faults.sorted()
}

// validation collects faults; where, kind, name and line are of the item being looked at.
type validation struct {
	known  func(username string) bool // whether there is such an operator
	names  func() []string            // of all operators
	faults Faults
	where  string
	kind   string
	name   string
	line   int
}

func (v *validation) item(kind, name string, line int) {
	v.where, v.kind, v.name, v.line = fmt.Sprintf("%s %.100q", kind, name), kind, name, line
}

// fault adds one about a field of the item.
func (v *validation) fault(field string, why *flaw) { v.member(field, field, why) }

// quoted is fault with the value before the English text.
func (v *validation) quoted(field, value string, most int, why *flaw) {
	v.fault(field, &flaw{why.code, fmt.Sprintf("%.*q: %s", most, value, why.text), why.pairs})
}

// member is fault for one member of a list, which the English text names.
func (v *validation) member(field, member string, why *flaw) {
	v.faults = append(v.faults, Fault{v.line, v.where + ", " + member, why.text, v.kind, v.name, field, why.code, why.pairs})
}

// count faults a list of items that is too long.
func (v *validation) count(kind, what string, n, most int) {
	if n > most {
		why := tooMany(n, most)
		v.faults = append(v.faults, Fault{Where: what, Message: why.text, Kind: kind, Code: why.code, Pairs: why.pairs})
	}
}

func tooMany(n, most int) *flaw {
	return flawed("list.long", fmt.Sprintf("%d of them: at most %d are possible", n, most), "count", n, "max", most)
}

// text checks a text for people.
func (v *validation) text(field, s string, most int) {
	if why := textFlaw(s, most); why != nil {
		v.fault(field, why)
	}
}

// unique remembers who has a value.
type unique map[string]holder

type holder struct{ name, where string }

// add faults the second who has a value, with what says of the first. "" is no value:
// it is faulted as missing, or allowed to be.
func (u unique) add(v *validation, field, value string, what func(first string) *flaw) {
	if value == "" {
		return
	}
	if first, taken := u[value]; taken {
		why := what(first.name)
		v.fault(field, &flaw{why.code, first.where + " as well: " + why.text, why.pairs})
		return
	}
	where := v.where + " has it"
	if v.line > 0 {
		where = fmt.Sprintf("%s (line %d) has it", v.where, v.line)
	}
	u[value] = holder{v.name, where}
}

func (v *validation) operators(list []Operator) {
	names := unique{}
	for i := range list {
		v.operator(&list[i])
		names.add(v, "username", strings.ToLower(list[i].Username), func(first string) *flaw {
			return flawed("operator.username-taken", "usernames are told apart without case, rename one", "other", first)
		})
	}
}

func (v *validation) seats(list []Seat) {
	macs, extensions := unique{}, unique{}
	for i := range list {
		s := &list[i]
		v.seat(s)
		if mac, err := ParseMAC(s.MAC); err == nil {
			macs.add(v, "mac", mac, macTaken)
		}
		extensions.add(v, "extension", strings.ToLower(s.Extension), func(first string) *flaw {
			return flawed("seat.extension-taken", "give each seat its own telephone", "other", first)
		})
	}
}

func macTaken(first string) *flaw {
	return flawed("seat.mac-taken", "give each seat its own PC's", "other", first)
}

func (v *validation) services(list []Service) {
	names, contexts, queues := unique{}, unique{}, unique{}
	assignments := 0
	for i := range list {
		s := &list[i]
		v.service(s)
		names.add(v, "name", strings.ToLower(s.Name), func(first string) *flaw {
			return flawed("service.name-taken", "rename one", "other", first)
		})
		if s.Enabled && s.Type == Inbound { // a call must tell its service by either (B2)
			contexts.add(v, "context", s.Context, func(first string) *flaw {
				return flawed("service.context-taken", "a call could not tell the two services apart; disable one or change its context", "other", first)
			})
			queues.add(v, "queue", strings.ToLower(s.Queue), func(first string) *flaw {
				return flawed("service.queue-taken", "a call could not tell the two services apart; disable one or change its queue", "other", first)
			})
		}
		assignments += len(s.Operators)
	}
	v.count(KindService, "operators of all services together", assignments, MaxAssignments)
}

// reasons are no item with fields: the value itself says where.
func (v *validation) reasons(list []string, lines []int) {
	if n := len(list); n > MaxReasons {
		v.count(KindPause, "pauses", n, MaxReasons)
		return
	}
	known := unique{}
	for i, reason := range list {
		line := 0
		if i < len(lines) {
			line = lines[i]
		}
		v.item(KindPause, reason, line)
		if why := reasonFlaw(reason); why != nil {
			v.fault("reason", why)
		}
		known.add(v, "reason", strings.ToLower(reason), func(first string) *flaw {
			return flawed("pause.reason-taken", "reasons are told apart without case, remove one", "other", first)
		})
	}
}

func (v *validation) limits(l Limits, line int) {
	v.where, v.kind, v.name, v.line = KindLimits, KindLimits, "", line
	v.number("after_call", l.AfterCall, 0, MaxAfterCall, " seconds")
	v.number("per_minute", l.PerMinute, 0, MaxPerMinute, " calls")
	v.number("per_hour", l.PerHour, 0, MaxPerHour, " calls")
}

func (v *validation) number(field string, n, least, most int, unit string) {
	if n < least || n > most {
		v.fault(field, outOfRange(fmt.Sprintf("%d: write %d to %d%s", n, least, most, unit), n, least, most))
	}
}

func outOfRange(text string, n any, least, most int) *flaw {
	return flawed("number.range", text, "value", n, "min", least, "max", most)
}

func (v *validation) word(field, s string, known ...string) {
	if slices.Contains(known, s) {
		return
	}
	list := strings.Join(known, ", ")
	why := flawed("word.unknown", fmt.Sprintf("%.60q is none of %s", s, list), "value", clip(s), "known", list)
	if near := suggest.Nearest(s, known); near != "" {
		why.text += fmt.Sprintf("; did you mean %s?", near)
	}
	v.fault(field, why)
}
