package dial

import (
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// choose is the service that an operator calls by. One that is named must be his, enabled
// and outbound; one that is not named must be the only such.
func choose(cfg *config.Snapshot, operator string, w Wish) (*config.Service, *Denied) {
	var his []*config.Service
	if cfg != nil {
		for _, s := range cfg.ServicesOf(operator) {
			if s.Type == config.Outbound {
				his = append(his, s)
			}
		}
	}
	switch {
	case len(his) == 0:
		return nil, &Denied{NoService, "you have no service to call out by"}
	case w.Context == "" && w.Service == "" && len(his) > 1:
		return nil, &Denied{NoService, "you have several services to call out by: name one"}
	}
	for _, s := range his {
		if (w.Service == "" || strings.EqualFold(s.Name, w.Service)) && (w.Context == "" || s.Context == w.Context) {
			return s, nil
		}
	}
	return nil, &Denied{NoService, "it is not one of the services that you call out by"}
}

// premium are beginnings of numbers at a high price, for numbers that are dialled as they
// are written in the country: 0900 (Germany, Austria, Switzerland, Netherlands, Belgium), 0137
// (Germany), 900 and 1900 (North America), 892, 894, 895 and 899 (Italy). It is a net for
// services whose administrator has not thought of it, and no list of all there are: those of
// his own country, behind the digit for an outside line, belong into the service's Deny.
var premium = []string{"0900", "0137", "900", "1900", "892", "894", "895", "899"}

// abroad are beginnings of numbers in other countries.
var abroad = []string{"+", "00"}

// allows says whether a service may call a number. The longest beginning of it in Allow,
// Deny, abroad or premium decides, Allow where several have it: who allows "0" for an outside
// line has not allowed "00". A number that none knows may be called unless it holds * or #,
// which are functions of the exchange.
func allows(s *config.Service, number string) *Denied {
	if !config.ValidNumber(number) { // so it means nothing but itself to AMI, to a channel's name, to the dialplan
		return &Denied{BadNumber, "not a number: write up to 24 digits, * and #, with a + before them for one abroad"}
	}
	allow, deny := longest(s.Allow, number), longest(s.Deny, number)
	far, dear := longest(abroad, number), longest(premium, number)
	switch most := max(deny, far, dear); {
	case allow >= most && allow > 0:
		return nil
	case deny >= most && deny > 0:
		return &Denied{Policy, "this service does not call numbers that begin with " + number[:deny]}
	case far > 0:
		return &Denied{Policy, "this service does not call abroad"}
	case strings.ContainsAny(number, "*#"):
		return &Denied{Policy, "this service does not call numbers with * or #"}
	case dear > 0:
		return &Denied{Policy, "this service does not call numbers at a premium"}
	}
	return nil
}

// longest is the length of the longest prefix that begins a number; 0 when none does.
func longest(prefixes []string, number string) (n int) {
	for _, p := range prefixes {
		if len(p) > n && strings.HasPrefix(number, p) {
			n = len(p)
		}
	}
	return n
}
