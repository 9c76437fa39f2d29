package tracker

import (
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// Service is an enabled service of the configuration (row C1).
type Service struct {
	Name      string
	Context   string // of the dialplan
	Direction pbx.Direction
	Queue     string   // "" without queue
	Variables []string // names, without "_" and "__"; the order in which they are shown
	Action    *pop.Template
	Target    string        // of a browser action, see pbx.Action
	AtRing    bool          // it pops when a call comes in, not when it is answered
	AfterCall time.Duration // work after a call; 0: none
}

// Plan is what the tracker needs of a configuration. It does not change.
type Plan struct {
	Services []Service
	Seats    map[string]string // a phone in upper case, "PJSIP/201", to its seat's MAC
}

// plan is a Plan with its ways to look things up.
type plan struct {
	byContext map[string]*Service
	byQueue   map[string]*Service // in lower case: Asterisk compares queues without case
	byName    map[string]*Service
	variables map[string]string // every configured name, to itself
	seats     map[string]string
}

func compile(p *Plan) *plan {
	c := &plan{
		byContext: make(map[string]*Service, len(p.Services)),
		byQueue:   make(map[string]*Service),
		byName:    make(map[string]*Service, len(p.Services)),
		variables: make(map[string]string),
		seats:     make(map[string]string, len(p.Seats)),
	}
	for i := range p.Services {
		s := &p.Services[i]
		first(c.byContext, s.Context, s)
		first(c.byQueue, strings.ToLower(s.Queue), s)
		first(c.byName, s.Name, s)
		for _, v := range s.Variables {
			c.variables[v] = v
		}
	}
	for device, mac := range p.Seats {
		c.seats[strings.ToUpper(device)] = mac
	}
	return c
}

// first keeps the first service for a key: of two with one context the first in the
// configuration counts.
func first(m map[string]*Service, key string, s *Service) {
	if _, taken := m[key]; key != "" && !taken {
		m[key] = s
	}
}

func (p *plan) queue(name string) *Service { return p.byQueue[strings.ToLower(name)] }

func (p *plan) seat(device string) bool {
	_, is := p.seats[device]
	return is && device != ""
}
