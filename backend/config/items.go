package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pop"
	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// CheckOperator tells what is wrong with one operator, as Validate would; not whether
// another has the name. With a Password it needs no Verifier.
func CheckOperator(o ImportedOperator) Faults {
	var v validation
	o.pending = o.Password != "" || o.MD5 != ""
	v.operator(&o.Operator)
	if why := passwordFlaw(o.Password); why != nil {
		v.fault("password", why)
	}
	return v.faults
}

// CheckSeat tells what is wrong with one seat, as Validate would; not whether another has
// its telephone or PC.
func CheckSeat(s Seat) Faults {
	var v validation
	v.seat(&s)
	return v.faults
}

// CheckService tells what is wrong with one service, as Validate would; not whether
// another has its name, context or queue. operators are the usernames there are.
func CheckService(s Service, operators []string) Faults {
	known := make(map[string]bool, len(operators))
	for _, name := range operators {
		known[strings.ToLower(name)] = true
	}
	v := validation{known: func(name string) bool { return known[strings.ToLower(name)] }, names: func() []string { return operators }}
	s.prepare()
	v.service(&s)
	return v.faults
}

// CheckReasons tells what is wrong with the reasons to pause.
func CheckReasons(reasons []string) Faults {
	var v validation
	v.reasons(reasons, nil)
	return v.faults
}

// CheckLimits tells what is wrong with the limits.
func CheckLimits(l Limits) Faults {
	var v validation
	v.limits(l, 0)
	return v.faults
}

func (v *validation) operator(o *Operator) {
	v.item(KindOperator, o.Username, o.line)
	if !ValidUsername(o.Username) {
		v.fault("username", flawed("operator.username", fmt.Sprintf("write 1 to %d letters, digits and . _ @ -, beginning with a letter or digit", maxUsername), "max", maxUsername))
	}
	v.text("fullname", o.FullName, maxText)
	switch {
	case o.pending:
	case o.Verifier != "":
		if !isVerifier(o.Verifier) {
			v.member("password", "verifier", flawed("operator.verifier", "not a verifier of this program: take it unchanged from an export, or give password or md5 instead"))
		}
	case o.Enabled:
		v.member("password", "verifier", flawed("operator.password-missing", "an enabled operator needs a password: give password, md5 or verifier, or set enabled=\"false\""))
	}
}

func passwordFlaw(s string) *flaw {
	if len(s) > maxPassword {
		return flawed("operator.password-long", fmt.Sprintf("is longer than %d bytes", maxPassword), "max", maxPassword)
	}
	return nil
}

func (v *validation) seat(s *Seat) {
	v.item(KindSeat, s.Extension, s.line)
	if _, err := ParseMAC(s.MAC); err != nil {
		v.fault("mac", &flaw{errMAC.code, fmt.Sprintf("%q is %v", s.MAC, err), errMAC.pairs})
	}
	if !ValidExtension(s.Extension) {
		v.fault("extension", flawed("seat.extension", "write technology/name as Asterisk's channels begin, for instance PJSIP/201"))
	}
	v.text("description", s.Description, maxText)
}

func (v *validation) service(s *Service) {
	v.item(KindService, s.Name, s.line)
	if s.Name == "" {
		v.fault("name", flawed("service.name-missing", "is missing: give the service a name"))
	}
	v.text("name", s.Name, maxName)
	if !ValidContext(s.Context) {
		v.quoted("context", s.Context, 60, flawed("service.context", fmt.Sprintf("write the context of extensions.conf, 1 to %d letters, digits and . _ -", maxContext), "max", maxContext))
	}
	if s.AfterCall != InheritAfterCall {
		v.number("after_call", s.AfterCall, 0, MaxAfterCall, " seconds")
	}
	if why := queueFlaw(s.Queue); why != nil {
		v.fault("queue", &flaw{why.code, fmt.Sprintf("%.100q %s", s.Queue, why.text), why.pairs})
	}
	v.word("type", s.Type, Inbound, Outbound)
	if s.Type == Outbound && s.Queue != "" {
		v.fault("queue", flawed("service.queue-outbound", "an outbound service has no queue: leave it empty"))
	}
	v.action(s)
	v.dialling(s)
	v.variables(s)
	v.dispositions(s)
	v.assignments(s)
}

func (v *validation) action(s *Service) {
	v.word("trigger", s.Trigger, Browser, Application)
	v.word("target", s.Target, Window, Pane, Tab, Button)
	v.word("open", s.OpenAt, Answer, Ring)
	for _, f := range []struct{ field, text string }{{"application", s.Application}, {"param_string", s.ParamString}} {
		if len(f.text) > maxAddress {
			v.fault(f.field, flawed("text.long", fmt.Sprintf("is %d bytes long: shorten it to %d", len(f.text), maxAddress), "length", len(f.text), "max", maxAddress))
		}
	}
	if s.templateErr != nil {
		code, pairs := pop.Code(s.templateErr)
		field, english := s.faultyField()
		v.member(field, english, &flaw{code, s.templateErr.Error(), pairs})
	}
}

// faultyField names the field that the template's error is about, as far as it shows:
// the two make one text, and the first of them has the cursor then.
func (s *Service) faultyField() (field, english string) {
	unknown, ok := errors.AsType[*pop.UnknownNameError](s.templateErr)
	switch {
	case s.ParamString == "", ok && strings.Contains(s.Application, "{"+unknown.Name+"}"):
		return "application", "application"
	case s.Application == "", ok:
		return "param_string", "param_string"
	}
	return "application", "application with param_string"
}

// dialling looks at what an outbound service has and an inbound one has not.
func (v *validation) dialling(s *Service) {
	if _, err := ParseCallerID(s.CallerID); s.Type == Inbound && s.CallerID != "" {
		v.fault("caller_id", outboundOnly(s.CallerID))
	} else if why, ok := errors.AsType[*flaw](err); ok {
		v.quoted("caller_id", s.CallerID, 100, why)
	}
	defer func(line int) { v.line = line }(v.line)
	seen := map[string]string{}
	for _, list := range []struct {
		field    string
		prefixes []string
	}{{"allow", s.Allow}, {"deny", s.Deny}} {
		if n := len(list.prefixes); n > MaxPrefixes {
			v.line = s.line
			v.fault(list.field, tooMany(n, MaxPrefixes))
			continue
		}
		for _, p := range list.prefixes {
			v.line = max(s.line, s.prefixLines[p])
			member := fmt.Sprintf("%s %.60q", list.field, p)
			switch other, twice := seen[p]; {
			case s.Type == Inbound:
				v.fault(list.field, outboundOnly(p))
			case !ValidNumber(p):
				v.member(list.field, member, flawed("service.prefix", "write how the numbers begin: + or not, then 1 to 24 digits, * and #", "value", clip(p)))
			case twice:
				v.member(list.field, member, flawed("service.prefix-twice", fmt.Sprintf("is listed in %s already: remove one", other), "value", p))
			}
			seen[p] = list.field
		}
	}
}

func outboundOnly(value string) *flaw {
	return flawed("service.outbound-only", fmt.Sprintf("%.60q: only an outbound service dials numbers: remove it", value), "value", clip(value))
}

func (v *validation) variables(s *Service) {
	if n := len(s.Variables); n > MaxVariables {
		v.fault("variables", tooMany(n, MaxVariables))
	}
	seen := map[string]bool{}
	for _, name := range s.Variables {
		member := fmt.Sprintf("variable %.100q", name)
		if !ValidVariable(name) {
			v.member("variables", member, flawed("service.variable", fmt.Sprintf("write letters, digits and _, not beginning with a digit, at most %d", maxVariable), "value", clip(name), "max", maxVariable))
		}
		if seen[name] {
			v.member("variables", member, twice(name))
		}
		if why := wordsFlaw(s.Labels[name], maxLabel); why != nil {
			v.member("variables", member+", label", why)
		}
		seen[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(s.Labels)) {
		if !seen[name] {
			v.member("variables", fmt.Sprintf("label of %.100q", name), flawed("service.label-unknown", "no such variable: add it or remove its label", "value", clip(name)))
		}
	}
}

func (v *validation) dispositions(s *Service) {
	if n := len(s.Dispositions); n > MaxDispositions {
		v.fault("dispositions", tooMany(n, MaxDispositions))
	}
	seen := map[string]bool{}
	for _, name := range s.Dispositions {
		fault := func(why *flaw) { v.member("dispositions", fmt.Sprintf("disposition %.100q", name), why) }
		if name == "" {
			fault(flawed("service.disposition-missing", "is missing: write how a call can turn out, for instance Sold"))
		}
		if why := wordsFlaw(name, maxDisposition); why != nil {
			fault(why)
		}
		key := strings.ToLower(name)
		if seen[key] {
			fault(twice(name))
		}
		seen[key] = true
	}
}

func twice(value string) *flaw {
	return flawed("list.twice", "is listed twice: remove one", "value", clip(value))
}

func (v *validation) assignments(s *Service) {
	seen := make(map[string]bool, len(s.Operators))
	defer func(line int) { v.line = line }(v.line)
	for _, a := range s.Operators {
		if a.line > 0 {
			v.line = a.line
		}
		name := strings.ToLower(a.Username)
		fault := func(why *flaw) { v.member("operators", fmt.Sprintf("operator %.100q", a.Username), why) }
		if !v.known(name) {
			fault(flawed("service.operator-unknown", "no such operator: "+v.meant(a.Username), "value", clip(a.Username)))
		}
		if seen[name] {
			fault(twice(a.Username))
		}
		seen[name] = true
		if a.Penalty < 0 || a.Penalty > MaxPenalty {
			fault(flawed("service.penalty", fmt.Sprintf("penalty %d: write 0 to %d", a.Penalty, MaxPenalty), "value", clip(a.Username), "max", MaxPenalty))
		}
	}
}

// meant suggests an operator for a name that is none; not from so many that looking
// would take long.
func (v *validation) meant(username string) string {
	const most = 2000
	if len(username) <= maxUsername && len(v.faults) < maxFaults {
		if names := v.names(); len(names) <= most {
			if near := suggest.Nearest(username, names); near != "" {
				return "did you mean " + near + "?"
			}
		}
	}
	return "add it to the operators or remove it here"
}
