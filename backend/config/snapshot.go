package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// Snapshot is a whole configuration, made by New and never changed after: readers
// share it and its slices without locks, and must not write to them.
type Snapshot struct {
	Source   string    // name of the file it came from, without folder; "" for a draft
	Revision int64     // of the published database; 0 for an XML file
	Loaded   time.Time // when it was read

	Services  []Service  // by name
	Seats     []Seat     // by extension
	Operators []Operator // by username

	PauseReasons []string // why agents pause, in the order to show them; never none
	reasonLines  []int    // of an XML file's

	Limits     Limits // set after New, before the snapshot is shared
	limitsLine int    // of an XML file

	seats     map[string]int   // MAC, and extension and number in lower case; -1 for an ambiguous number
	operators map[string]int   // username in lower case
	uids      map[string]int   // UID in lower case
	serving   map[string][]int // username in lower case → enabled services
}

// DefaultPauseReasons are those of a configuration that names none.
func DefaultPauseReasons() []string { return []string{"Break", "Lunch", "Meeting"} }

// New makes a Snapshot of copies: ordered by name, MAC addresses and caller ids
// canonical, actions parsed, without reasons to pause the default ones, operators without
// a UID known by their names. It takes
// faulty configurations as well: Validate tells what is wrong.
func New(source string, services []Service, seats []Seat, operators []Operator, reasons ...string) *Snapshot {
	if len(reasons) == 0 {
		reasons = DefaultPauseReasons()
	}
	s := &Snapshot{
		Source: source, Loaded: time.Now(),
		Services: slices.Clone(services), Seats: slices.Clone(seats), Operators: slices.Clone(operators), PauseReasons: slices.Clone(reasons),
	}
	for i := range s.Services {
		s.Services[i].prepare()
	}
	for i := range s.Seats {
		if mac, err := ParseMAC(s.Seats[i].MAC); err == nil {
			s.Seats[i].MAC = mac
		}
	}
	for i := range s.Operators {
		if o := &s.Operators[i]; o.UID == "" {
			o.UID = strings.ToLower(o.Username)
		}
	}
	slices.SortStableFunc(s.Services, func(a, b Service) int { return byName(a.Name, b.Name) })
	slices.SortStableFunc(s.Seats, func(a, b Seat) int {
		return cmp.Or(byName(a.Extension, b.Extension), cmp.Compare(a.MAC, b.MAC))
	})
	slices.SortStableFunc(s.Operators, func(a, b Operator) int { return byName(a.Username, b.Username) })
	s.index()
	return s
}

// byName orders without case first, so that a list reads well, and is total.
func byName(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// ringsNobody says whether what s opens is to open while the telephone of an agent rings,
// and its agents call: files of before had that, and it meant nothing.
func (s *Service) ringsNobody() bool { return s.Type == Outbound && s.OpenAt == Ring }

func (s *Service) prepare() {
	s.Variables, s.Operators = slices.Clone(s.Variables), slices.Clone(s.Operators)
	s.Labels, s.Dispositions = maps.Clone(s.Labels), slices.Clone(s.Dispositions)
	maps.DeleteFunc(s.Labels, func(_, label string) bool { return label == "" })
	s.Allow, s.Deny = slices.Sorted(slices.Values(s.Allow)), slices.Sorted(slices.Values(s.Deny))
	if id, err := ParseCallerID(s.CallerID); err == nil {
		s.CallerID = id
	}
	slices.SortStableFunc(s.Operators, func(a, b Assignment) int { return byName(a.Username, b.Username) })
	s.Trigger, s.Target, s.OpenAt = cmp.Or(s.Trigger, Browser), cmp.Or(s.Target, Window), cmp.Or(s.OpenAt, Answer)
	if s.ringsNobody() {
		s.OpenAt = Answer
	}
	s.template, s.templateErr = nil, nil
	if s.Application == "" && s.ParamString == "" || len(s.Application) > maxAddress || len(s.ParamString) > maxAddress {
		return
	}
	var t *pop.Template
	var err error
	switch s.Trigger {
	case Browser:
		t, err = pop.ParseBrowser(s.Application, s.ParamString, s.AllowHTTP)
	case Application:
		t, err = pop.ParseApplication(s.Application, s.ParamString)
	default:
		return // Validate refuses the trigger
	}
	if err == nil {
		err = t.Check(s.Variables)
	}
	if s.templateErr = err; err == nil {
		s.template = t
	}
}

func (s *Snapshot) index() {
	s.seats = make(map[string]int, 3*len(s.Seats))
	s.operators, s.uids = make(map[string]int, len(s.Operators)), make(map[string]int, len(s.Operators))
	s.serving = make(map[string][]int)
	for i := range s.Seats {
		_, number, _ := strings.Cut(s.Seats[i].Extension, "/")
		number = strings.ToLower(number)
		if _, taken := s.seats[number]; taken {
			s.seats[number] = -1 // SIP/201 and PJSIP/201: the number alone tells neither
		} else {
			s.seats[number] = i
		}
	}
	for i := range s.Seats { // after the numbers: a whole name is never ambiguous
		s.seats[strings.ToLower(s.Seats[i].Extension)] = i
		s.seats[s.Seats[i].MAC] = i
	}
	for i := range s.Operators {
		s.operators[strings.ToLower(s.Operators[i].Username)] = i
		s.uids[strings.ToLower(s.Operators[i].UID)] = i
	}
	for i := range s.Services {
		if !s.Services[i].Enabled {
			continue
		}
		for _, a := range s.Services[i].Operators {
			name := strings.ToLower(a.Username)
			s.serving[name] = append(s.serving[name], i)
		}
	}
}

// Operator finds an operator by name, without case; also a disabled one.
func (s *Snapshot) Operator(username string) (Operator, bool) {
	return s.operator(s.operators, username)
}

// OperatorByUID is Operator for a UID.
func (s *Snapshot) OperatorByUID(uid string) (Operator, bool) { return s.operator(s.uids, uid) }

func (s *Snapshot) operator(index map[string]int, key string) (Operator, bool) {
	i, ok := index[strings.ToLower(key)]
	if !ok {
		return Operator{}, false
	}
	return s.Operators[i], true
}

// Seat finds a seat by MAC address (: or -), by extension ("PJSIP/201") or, where
// only one seat has it, by the extension's number ("201"); without case.
func (s *Snapshot) Seat(key string) (Seat, bool) {
	if mac, err := ParseMAC(key); err == nil {
		key = mac
	} else {
		key = strings.ToLower(key)
	}
	i, ok := s.seats[key]
	if !ok || i < 0 || key == "" {
		return Seat{}, false
	}
	return s.Seats[i], true
}

// ServicesOf lists the enabled services that an operator serves, by name, each with the
// after-call work that holds for it.
func (s *Snapshot) ServicesOf(username string) []*Service {
	list := s.serving[strings.ToLower(username)]
	services := make([]*Service, len(list))
	for i, at := range list {
		services[i] = &s.Services[at]
		if services[i].AfterCall == InheritAfterCall {
			own := *services[i]
			own.AfterCall = s.Limits.AfterCall
			services[i] = &own
		}
	}
	return services
}

// AfterCall is the after-call work of a service of this snapshot, in seconds: its own or
// that of the Limits; 0 for none.
func (s *Snapshot) AfterCall(service *Service) int {
	if service.AfterCall == InheritAfterCall {
		return s.Limits.AfterCall
	}
	return service.AfterCall
}

// Penalty is an operator's penalty in the service's queue; false when the operator
// does not serve it.
func (s *Service) Penalty(username string) (int, bool) {
	for _, a := range s.Operators {
		if strings.EqualFold(a.Username, username) {
			return a.Penalty, true
		}
	}
	return 0, false
}
