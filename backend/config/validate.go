package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pop"
	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// Validate returns every fault at once; none means that the snapshot can be used.
func (s *Snapshot) Validate() Faults {
	v := &validation{snapshot: s}
	v.count("services", len(s.Services), MaxServices)
	v.count("seats", len(s.Seats), MaxSeats)
	v.count("operators", len(s.Operators), MaxOperators)
	if len(v.faults) > 0 {
		return v.faults // too many to look at each
	}
	v.operators()
	v.seats()
	v.services()
	v.reasons()
	return v.faults.sorted()
}

// validation collects faults; where and line are of the item being looked at.
type validation struct {
	snapshot *Snapshot
	faults   Faults
	where    string
	line     int
}

func (v *validation) item(kind, name string, line int) {
	v.where, v.line = fmt.Sprintf("%s %.100q", kind, name), line
}

// fault adds one about a field of the item.
func (v *validation) fault(field, format string, args ...any) {
	v.faults = append(v.faults, Fault{v.line, v.where + ", " + field, fmt.Sprintf(format, args...)})
}

func (v *validation) count(what string, n, most int) {
	if n > most {
		v.faults = append(v.faults, Fault{Where: what, Message: fmt.Sprintf("%d of them: at most %d are possible", n, most)})
	}
}

// text checks a text for people.
func (v *validation) text(field, s string, most int) {
	if why := textFault(s, most); why != "" {
		v.fault(field, "%s", why)
	}
}

// unique remembers who has a value, and faults the second.
type unique map[string]string

func (u unique) add(v *validation, field, value, what string) {
	if value == "" {
		return // faulted as missing, or allowed to be
	}
	if first, taken := u[value]; taken {
		v.fault(field, "%s as well: %s", first, what)
		return
	}
	u[value] = v.where
	if v.line > 0 {
		u[value] += fmt.Sprintf(" (line %d) has it", v.line)
	} else {
		u[value] += " has it"
	}
}

func (v *validation) operators() {
	names := unique{}
	for _, o := range v.snapshot.Operators {
		v.item("operator", o.Username, o.line)
		if !ValidUsername(o.Username) {
			v.fault("username", "write 1 to %d letters, digits and . _ @ -, beginning with a letter or digit", maxUsername)
		}
		names.add(v, "username", strings.ToLower(o.Username), "usernames are told apart without case, rename one")
		v.text("fullname", o.FullName, maxText)
		switch {
		case o.pending:
		case o.Verifier != "":
			if !isVerifier(o.Verifier) {
				v.fault("verifier", "not a verifier of this program: take it unchanged from an export, or give password or md5 instead")
			}
		case o.Enabled:
			v.fault("verifier", "an enabled operator needs a password: give password, md5 or verifier, or set enabled=\"false\"")
		}
	}
}

func (v *validation) seats() {
	macs, extensions := unique{}, unique{}
	for _, s := range v.snapshot.Seats {
		v.item("seat", s.Extension, s.line)
		if _, err := ParseMAC(s.MAC); err != nil {
			v.fault("mac", "%q is %v", s.MAC, err)
		} else {
			macs.add(v, "mac", s.MAC, "give each seat its own PC's")
		}
		if !ValidExtension(s.Extension) {
			v.fault("extension", "write technology/name as Asterisk's channels begin, for instance PJSIP/201")
		}
		extensions.add(v, "extension", strings.ToLower(s.Extension), "give each seat its own telephone")
		v.text("description", s.Description, maxText)
	}
}

func (v *validation) services() {
	names, contexts, queues := unique{}, unique{}, unique{}
	assignments := 0
	for i := range v.snapshot.Services {
		s := &v.snapshot.Services[i]
		v.item("service", s.Name, s.line)
		if s.Name == "" {
			v.fault("name", "is missing: give the service a name")
		}
		v.text("name", s.Name, maxName)
		names.add(v, "name", strings.ToLower(s.Name), "rename one")
		if !ValidContext(s.Context) {
			v.fault("context", "%.60q: write the context of extensions.conf, 1 to %d letters, digits and . _ -", s.Context, maxContext)
		}
		if s.AfterCall < 0 || s.AfterCall > MaxAfterCall {
			v.fault("after_call", "%d: write 0 to %d seconds", s.AfterCall, MaxAfterCall)
		}
		if why := queueFault(s.Queue); why != "" {
			v.fault("queue", "%.100q %s", s.Queue, why)
		}
		v.word("type", s.Type, Inbound, Outbound)
		if s.Type == Outbound && s.Queue != "" {
			v.fault("queue", "an outbound service has no queue: leave it empty")
		}
		if s.Enabled && s.Type == Inbound { // a call must tell its service by either (B2)
			contexts.add(v, "context", s.Context, "a call could not tell the two services apart; disable one or change its context")
			queues.add(v, "queue", strings.ToLower(s.Queue), "a call could not tell the two services apart; disable one or change its queue")
		}
		v.action(s)
		v.dialling(s)
		v.variables(s)
		v.assignments(s)
		assignments += len(s.Operators)
	}
	v.count("operators of all services together", assignments, MaxAssignments)
}

func (v *validation) word(field, s string, known ...string) {
	if slices.Contains(known, s) {
		return
	}
	hint := ""
	if near := suggest.Nearest(s, known); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	v.fault(field, "%.60q is none of %s%s", s, strings.Join(known, ", "), hint)
}

// dialling looks at what an outbound service has and an inbound one has not.
func (v *validation) dialling(s *Service) {
	const outboundOnly = "%.60q: only an outbound service dials numbers: remove it"
	if _, err := ParseCallerID(s.CallerID); s.Type == Inbound && s.CallerID != "" {
		v.fault("caller_id", outboundOnly, s.CallerID)
	} else if err != nil {
		v.fault("caller_id", "%.100q: %v", s.CallerID, err)
	}
	defer func(line int) { v.line = line }(v.line)
	seen := map[string]string{}
	for _, list := range []struct {
		field    string
		prefixes []string
	}{{"allow", s.Allow}, {"deny", s.Deny}} {
		if len(list.prefixes) > MaxPrefixes {
			v.line = s.line
			v.fault(list.field, "%d of them: at most %d are possible", len(list.prefixes), MaxPrefixes)
			continue
		}
		for _, p := range list.prefixes {
			v.line = max(s.line, s.prefixLines[p])
			field := fmt.Sprintf("%s %.60q", list.field, p)
			switch other, twice := seen[p]; {
			case s.Type == Inbound:
				v.fault(list.field, outboundOnly, p)
			case !ValidNumber(p):
				v.fault(field, "write how the numbers begin: + or not, then 1 to 24 digits, * and #")
			case twice:
				v.fault(field, "is listed in %s already: remove one", other)
			}
			seen[p] = list.field
		}
	}
}

// reasons are no item with fields: the value itself says where.
func (v *validation) reasons() {
	if n := len(v.snapshot.PauseReasons); n > MaxReasons {
		v.count("pauses", n, MaxReasons)
		return
	}
	known := unique{}
	for i, reason := range v.snapshot.PauseReasons {
		line := 0
		if i < len(v.snapshot.reasonLines) {
			line = v.snapshot.reasonLines[i]
		}
		v.item("pause", reason, line)
		if why := reasonFault(reason); why != "" {
			v.fault("reason", "%s", why)
		}
		known.add(v, "reason", strings.ToLower(reason), "reasons are told apart without case, remove one")
	}
}

func (v *validation) action(s *Service) {
	v.word("trigger", s.Trigger, Browser, Application)
	v.word("target", s.Target, Window, Pane, Tab, Button)
	for _, f := range []struct{ field, text string }{{"application", s.Application}, {"param_string", s.ParamString}} {
		if len(f.text) > maxAddress {
			v.fault(f.field, "is %d bytes long: shorten it to %d", len(f.text), maxAddress)
		}
	}
	if s.templateErr != nil {
		v.fault(s.faultyField(), "%v", s.templateErr)
	}
}

// faultyField names the field that the template's error is about, as far as it shows:
// the two make one text.
func (s *Service) faultyField() string {
	unknown, ok := errors.AsType[*pop.UnknownNameError](s.templateErr)
	switch {
	case s.ParamString == "", ok && strings.Contains(s.Application, "{"+unknown.Name+"}"):
		return "application"
	case s.Application == "", ok:
		return "param_string"
	}
	return "application with param_string"
}

func (v *validation) variables(s *Service) {
	if len(s.Variables) > MaxVariables {
		v.fault("variables", "%d of them: at most %d are possible", len(s.Variables), MaxVariables)
	}
	seen := map[string]bool{}
	for _, name := range s.Variables {
		field := fmt.Sprintf("variable %.100q", name)
		if !ValidVariable(name) {
			v.fault(field, "write letters, digits and _, not beginning with a digit, at most %d", maxVariable)
		}
		if seen[name] {
			v.fault(field, "is listed twice: remove one")
		}
		seen[name] = true
	}
}

func (v *validation) assignments(s *Service) {
	seen := map[string]bool{}
	defer func(line int) { v.line = line }(v.line)
	for _, a := range s.Operators {
		if a.line > 0 {
			v.line = a.line
		}
		field, name := fmt.Sprintf("operator %.100q", a.Username), strings.ToLower(a.Username)
		if _, ok := v.snapshot.operators[name]; !ok {
			v.fault(field, "no such operator: %s", v.meant(a.Username))
		}
		if seen[name] {
			v.fault(field, "is listed twice: remove one")
		}
		seen[name] = true
		if a.Penalty < 0 || a.Penalty > MaxPenalty {
			v.fault(field, "penalty %d: write 0 to %d", a.Penalty, MaxPenalty)
		}
	}
}

// meant suggests an operator for a name that is none; not from so many that looking
// would take long.
func (v *validation) meant(username string) string {
	const most = 2000
	if len(username) <= maxUsername && len(v.snapshot.Operators) <= most && len(v.faults) < maxFaults {
		names := make([]string, len(v.snapshot.Operators))
		for i, o := range v.snapshot.Operators {
			names[i] = o.Username
		}
		if near := suggest.Nearest(username, names); near != "" {
			return "did you mean " + near + "?"
		}
	}
	return "add it to the operators or remove it here"
}
