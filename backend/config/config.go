// Package config is what is in use: services, seats, operators and the reasons to
// pause, published as one immutable Snapshot. It reads a published file (SQLite or XML), says everything
// that is wrong with it, and watches the folder such files appear in (J1 to J3).
//
// A Snapshot never changes; a new one takes its place in Live. Nothing here writes
// a published file: that is the store's work.
package config

import (
	"log/slog"

	"github.com/asteriskcti/asteriskcti/backend/pop"
)

// Words of Service.Type, Trigger, Target and OpenAt.
const (
	Inbound  = "inbound"
	Outbound = "outbound"

	Browser     = "browser"
	Application = "application"

	Window = "window" // a tab of the browser, the same for every call of the service
	Pane   = "pane"   // inside the panel
	Tab    = "tab"    // a new tab for every call
	Button = "button" // nothing opens until the agent presses it

	Answer = "answer" // the action is handed out when the agent answers
	Ring   = "ring"   // when his telephone rings
)

// Service is a dialplan context that callers reach, or that agents dial out by (C1).
type Service struct {
	Name    string // unique, without case
	Context string
	Type    string // Inbound or Outbound
	Queue   string // "" for a service without queue

	Trigger     string // Browser or Application
	Application string // the fixed part of an address, or a program
	ParamString string // with {placeholders} (C2); both empty: no action
	Target      string // Window, Pane, Tab or Button; of a page
	AllowHTTP   bool   // http beside https
	OpenAt      string // Answer or Ring

	AfterCall int // seconds of after-call work, 0 to MaxAfterCall; 0 for none; InheritAfterCall

	CallerID string   // an outbound service's, as ParseCallerID reads it; "" for the telephone's own
	Allow    []string // beginnings of numbers that an outbound service dials, in order
	Deny     []string // beginnings of those it does not; the longest of both lists decides

	Enabled   bool
	Variables []string     // the dialplan variables handed to the agent, in the order to show them
	Operators []Assignment // who serves it, by username

	Labels       map[string]string // of Variables, for people; one without is shown by its name
	Dispositions []string          // how a call can turn out, in the order to show them; none: agents choose none

	template    *pop.Template
	templateErr error
	line        int
	prefixLines map[string]int // of Allow and Deny
}

// Template is what to open for a call, parsed when the snapshot was made. nil when
// the service has no action, and when its action is faulty (then Validate says so).
func (s *Service) Template() *pop.Template { return s.template }

// AddVariable adds one at the end; label may be "". It is for who makes a service.
func (s *Service) AddVariable(name, label string) {
	s.Variables = append(s.Variables, name)
	if label == "" {
		return
	}
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[name] = label
}

// Assignment is an operator of a service, with the penalty in its queue.
type Assignment struct {
	Username string
	Penalty  int // 0 to MaxPenalty; queues ring a lower one first

	line int
}

// Seat is a desk: a PC and its telephone. It is a label, not a proof of anything (T18).
type Seat struct {
	MAC         string // as ParseMAC writes it; unique
	Extension   string // "PJSIP/201"; unique, without case
	Description string

	line int
}

// Operator is a person who may sign in at a seat.
type Operator struct {
	Username string // unique, without case
	FullName string
	Verifier string // of the password, as package password makes it
	Enabled  bool

	// UID is who he is, whatever he is called, and whoever is called so after him: what is kept of
	// his calls is kept under it. Unique without case. Where a configuration tells none, as in XML,
	// it is the user name in lower case.
	UID string

	pending bool // a password came along whose verifier is not made yet
	line    int
}

// LogValue leaves the verifier out.
func (o Operator) LogValue() slog.Value { return slog.StringValue(o.Username) }

// Limits hold for all services and agents. The zero value is that of a configuration that
// does not speak of them.
type Limits struct {
	AfterCall int // seconds of after-call work in services with InheritAfterCall, 0 to MaxAfterCall; 0 for none

	// Calls that each agent may place, up to MaxPerMinute and MaxPerHour; 0 for the
	// numbers of the boot file.
	PerMinute, PerHour int
}

// InheritAfterCall as a service's AfterCall: that of the Limits holds.
const InheritAfterCall = -1

// Bounds of a configuration. A file beyond them is refused, whoever wrote it.
const (
	MaxServices    = 1000
	MaxSeats       = 20000
	MaxOperators   = 20000
	MaxVariables   = 64 // of one service; as many as a call keeps
	MaxAssignments = 200000
	MaxPenalty     = 10000
	MaxAfterCall   = 3600 // seconds
	MaxPerMinute   = 600  // calls of one agent; the bounds of the boot file
	MaxPerHour     = 36000
	MaxPrefixes    = 100 // in each of Allow and Deny
	MaxReasons     = 32

	MaxDispositions = 32       // of one service
	MaxFileSize     = 64 << 20 // bytes of a published file
)
