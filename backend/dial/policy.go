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

// Site is how numbers look where the exchange stands.
type Site struct {
	// Abroad and Premium are beginnings of numbers abroad and of numbers at a high price.
	// Nil stands for a list that suits many sites and not all: in North America abroad
	// begins with 011 as well.
	Abroad, Premium []string
	// OutsideLine is what is dialled for an outside line; "" for nothing. A number that begins
	// with it is compared with Abroad and Premium without it.
	OutsideLine string
}

// abroad and premium are the lists of a Site that has none. Premium are 0900 (Germany, Austria,
// Switzerland, Netherlands, Belgium), 0137 (Germany), 900 and 1900 (North America), 892, 894,
// 895 and 899 (Italy): a net for sites whose administrator has not thought of it.
var (
	abroad  = []string{"+", "00"}
	premium = []string{"0900", "0137", "900", "1900", "892", "894", "895", "899"}
)

func (site *Site) complete() {
	if site.Abroad == nil {
		site.Abroad = abroad
	}
	if site.Premium == nil {
		site.Premium = premium
	}
}

// allows says whether a service may call a number. The longest beginning of it in Allow,
// Deny, Abroad or Premium decides, Allow where several have it. Every length is counted in the
// number as it is typed, so with what is dialled for an outside line: who allows "0" for the
// line has not allowed the "000" behind which it goes abroad. A number that none knows may be
// called unless it holds * or #, which are functions of the exchange.
func (site *Site) allows(s *config.Service, number string) *Denied {
	if !config.ValidNumber(number) { // so it means nothing but itself to AMI, to a channel's name, to the dialplan
		return &Denied{BadNumber, "not a number: write up to 24 digits, * and #, with a + before them for one abroad"}
	}
	allow, deny := longest(s.Allow, number), longest(s.Deny, number)
	far, dear := site.longest(site.Abroad, number), site.longest(site.Premium, number)
	switch most := max(deny, far, dear); {
	case allow >= most && allow > 0:
		return nil
	case deny >= most && deny > 0:
		return &Denied{Policy, "this service does not call numbers that begin with " + number[:deny]}
	case far >= dear && far > 0:
		return &Denied{Policy, "this service does not call abroad"}
	case strings.ContainsAny(number, "*#"):
		return &Denied{Policy, "this service does not call numbers with * or #"}
	case dear > 0:
		return &Denied{Policy, "this service does not call numbers at a premium"}
	}
	return nil
}

// longest is as the other, with the outside line before each prefix if the number has it.
func (site *Site) longest(prefixes []string, number string) int {
	rest, outside := strings.CutPrefix(number, site.OutsideLine)
	n := longest(prefixes, rest)
	if n > 0 && outside {
		n += len(site.OutsideLine)
	}
	return n
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
