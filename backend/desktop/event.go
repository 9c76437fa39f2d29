package desktop

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Event is what the server tells of one call of this agent (row E10).
type Event struct {
	ID        string      // "Link"; ids and elements that are not known are left alone
	Call      *Call       // nil: it is of no call
	Originate *Originated // nil: it is not about a call that the agent asked for
}

// Call is one call on the agent's telephone. Its texts have been through Show, but for
// those of Action.
type Call struct {
	Uniqueid  string // of the agent's channel: the name of the call
	Channel   string
	Number    string // the caller's
	Name      string
	Context   string
	Variables []Variable
	State     string // of the agent's channel: Down, Ring, Ringing, Up …
	Service   string // "" for an internal call
	Queue     string
	Direction string // inbound, outbound, internal
	Transfer  *Transfer
	Action    *Action // what is to be opened; nil for nothing
}

// Variable is a variable of a service with its value for a call.
type Variable struct {
	Name  string `xml:"key,attr"`
	Value string `xml:",chardata"`
}

// Transfer is how a call came from a colleague, or went on to one.
type Transfer struct {
	Kind  string `xml:"kind,attr"` // blind, attended, redirect, pickup, park
	By    string `xml:"by,attr"`
	Name  string `xml:"name,attr"`
	Phone string `xml:"phone,attr"`
	To    string `xml:"to,attr"` // where it went, if known
}

// Action is what a call asks to open. Its texts are as they came, for Opener.Open.
type Action struct {
	Type    string   `xml:"type,attr"`   // browser or application
	Target  string   `xml:"target,attr"` // "button": it waits until the agent asks
	URL     string   `xml:"url"`
	Program string   `xml:"program"`
	Args    []string `xml:"arg"`
}

// The types of an Action.
const (
	Browser     = "browser"
	Application = "application"
)

// Originated is what became of a call that the agent asked for.
type Originated struct {
	Number  string `xml:"number,attr"`
	Service string `xml:"service,attr"`
	OK      bool   `xml:"ok,attr"`
	Reason  string `xml:"reason,attr"`
	Text    string `xml:",chardata"`
}

type wireEvent struct {
	XMLName xml.Name `xml:"event"`
	ID      string   `xml:"id,attr"`
	Call    *struct {
		Uniqueid string     `xml:"uniqueid"`
		Channel  string     `xml:"channel"`
		Number   string     `xml:"calleridnum"`
		Name     string     `xml:"calleridname"`
		Context  string     `xml:"context"`
		Data     []Variable `xml:"appdata>data"`
		State    string     `xml:"state"`
	} `xml:"call"`
	Action  *Action `xml:"action"`
	Service struct {
		Name      string `xml:"name,attr"`
		Queue     string `xml:"queue,attr"`
		Direction string `xml:"direction,attr"`
	} `xml:"service"`
	Transfer  *Transfer   `xml:"transfer"`
	Originate *Originated `xml:"originate"`
}

// ParseEvent reads one XML event, which must be the whole line: well formed, in
// UTF-8, without entities of its own, and with nothing before or behind it.
func ParseEvent(line string) (*Event, error) {
	if !utf8.ValidString(line) {
		return nil, errors.New("event: it is not UTF-8")
	}
	if !strings.HasPrefix(line, "<event") {
		return nil, errors.New("event: it does not begin with <event")
	}
	d := xml.NewDecoder(strings.NewReader(line))
	var w wireEvent
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("event: something follows it")
	}
	if w.ID == "" {
		return nil, errors.New("event: it has no id")
	}
	e := &Event{ID: Show(w.ID), Originate: w.Originate}
	if o := e.Originate; o != nil {
		o.Number, o.Service, o.Reason, o.Text = Show(o.Number), Show(o.Service), Show(o.Reason), Show(o.Text)
	}
	if w.Call != nil {
		if e.Call = w.call(); e.Call.Uniqueid == "" {
			return nil, errors.New("event: its call has no uniqueid")
		}
	}
	return e, nil
}

// call is where the texts of a call come in.
func (w *wireEvent) call() *Call {
	c := &Call{
		Uniqueid: Show(w.Call.Uniqueid), Channel: Show(w.Call.Channel), Number: Show(w.Call.Number), Name: Show(w.Call.Name),
		Context: Show(w.Call.Context), Variables: w.Call.Data, State: Show(w.Call.State),
		Service: Show(w.Service.Name), Queue: Show(w.Service.Queue), Direction: Show(w.Service.Direction), Transfer: w.Transfer, Action: w.Action,
	}
	for i, v := range c.Variables {
		c.Variables[i] = Variable{Show(v.Name), Show(v.Value)}
	}
	if t := c.Transfer; t != nil {
		*t = Transfer{Show(t.Kind), Show(t.By), Show(t.Name), Show(t.Phone), Show(t.To)}
	}
	return c
}
