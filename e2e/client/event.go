// Package client is AsteriskCTI's clients as others would write them, from its
// protocol alone: a desktop program's line protocol and a browser's WebSocket.
package client

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Event is one event, whichever way it came.
type Event struct {
	ID           string // "Link"; of what is no call's event "agent", "queues", "originate", "link", "reply" …
	Uniqueid     string
	Channel      string
	CallerNumber string
	CallerName   string
	Context      string
	Variables    map[string]string
	State        string // of the channel; of an agent, of the link
	Service      string
	URL          string // of a browser action; "" for none
	Program      string // of an application action
	Args         []string
	Transfer     string // kind of the transfer by which the call came; "" for none
	From         string // full name of who had it before
	Ref          string // of a reply: the command's id; of "originate": the call's
	Call         string // of a reply to originate: the id of the call that will be told of
	OK           bool   // of a reply, and of "originate"
	Reason       string // of a refusal: its code; of "originate": why not
	Text         string // the same in words
	Seq          uint64
	Raw          string // as it came
}

// Is says whether e has an id; for tape.Tape.
func Is(id string) func(Event) bool { return func(e Event) bool { return e.ID == id } }

type xmlEvent struct {
	XMLName xml.Name
	ID      string `xml:"id,attr"`
	OK      bool   `xml:"ok,attr"`
	Code    string `xml:"code,attr"`
	Started string `xml:"originate,attr"`
	Text    string `xml:",chardata"`
	Call    struct {
		Uniqueid     string `xml:"uniqueid"`
		Channel      string `xml:"channel"`
		CallerIDNum  string `xml:"calleridnum"`
		CallerIDName string `xml:"calleridname"`
		Context      string `xml:"context"`
		AppData      struct {
			Data []struct {
				Key   string `xml:"key,attr"`
				Value string `xml:",chardata"`
			} `xml:"data"`
		} `xml:"appdata"`
		State string `xml:"state"`
	} `xml:"call"`
	Action struct {
		URL     string   `xml:"url"`
		Program string   `xml:"program"`
		Args    []string `xml:"arg"`
	} `xml:"action"`
	Service struct {
		Name string `xml:"name,attr"`
	} `xml:"service"`
	Transfer struct {
		Kind string `xml:"kind,attr"`
		Name string `xml:"name,attr"`
	} `xml:"transfer"`
	Link struct {
		State string `xml:"state"`
	} `xml:"link"`
	Agent struct {
		State string `xml:"state"`
	} `xml:"agent"`
	Originate struct {
		ID     string `xml:"id,attr"`
		OK     bool   `xml:"ok,attr"`
		Reason string `xml:"reason,attr"`
		Text   string `xml:",chardata"`
	} `xml:"originate"`
	Seq uint64 `xml:"seq"`
}

// parseXML reads an event, or another frame, that is whole, well formed and alone in its text.
func parseXML(text string) (Event, error) {
	var x xmlEvent
	d := xml.NewDecoder(strings.NewReader(text))
	if err := d.Decode(&x); err != nil {
		return Event{}, fmt.Errorf("event %q: %w", text, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Event{}, fmt.Errorf("event %q: more follows it", text)
	}
	e := Event{
		ID: x.ID, Uniqueid: x.Call.Uniqueid, Channel: x.Call.Channel, CallerNumber: x.Call.CallerIDNum, CallerName: x.Call.CallerIDName,
		Context: x.Call.Context, State: x.Call.State, Service: x.Service.Name, URL: x.Action.URL, Program: x.Action.Program, Args: x.Action.Args,
		Transfer: x.Transfer.Kind, From: x.Transfer.Name, Seq: x.Seq, Raw: text, Variables: map[string]string{},
	}
	switch x.ID {
	case "AgentState":
		e.ID, e.State = "agent", x.Agent.State
	case "LinkState":
		e.ID, e.State = "link", x.Link.State
	case "Queues":
		e.ID = "queues"
	case "OriginateResponse":
		o := x.Originate
		e.ID, e.Ref, e.OK, e.Reason, e.Text = "originate", o.ID, o.OK, o.Reason, o.Text
	}
	if kind := x.XMLName.Local; kind != "event" {
		e.ID, e.Ref, e.OK, e.Reason, e.Text, e.Call = kind, x.ID, x.OK, x.Code, x.Text, x.Started
	}
	for _, d := range x.Call.AppData.Data {
		e.Variables[d.Key] = d.Value
	}
	return e, nil
}

type jsonFrame struct {
	Type  string `json:"type"`
	Event string `json:"event"`
	ID    string `json:"id"`
	OK    bool   `json:"ok"`
	Code  string `json:"code"`
	Error string `json:"error"`
	Call  struct {
		Uniqueid  string `json:"uniqueid"`
		Channel   string `json:"channel"`
		Context   string `json:"context"`
		State     string `json:"state"`
		Service   string `json:"service"`
		Caller    struct{ Number, Name string }
		Variables []struct{ Name, Value string }
		Transfer  struct{ Kind, Name string }
	} `json:"call"`
	Action struct {
		URL     string   `json:"url"`
		Program string   `json:"program"`
		Args    []string `json:"args"`
	} `json:"action"`
	Link struct {
		State  string `json:"state"`
		Reason string `json:"reason"`
	} `json:"link"`
	Agent struct {
		State string `json:"state"`
	} `json:"agent"`
	Originate json.RawMessage `json:"originate"` // of a reply: an id
	Seq       uint64          `json:"seq"`
}

func parseJSON(text string) (Event, error) {
	var f jsonFrame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		return Event{}, fmt.Errorf("frame %q: %w", text, err)
	}
	e := Event{
		ID: f.Type, Uniqueid: f.Call.Uniqueid, Channel: f.Call.Channel, CallerNumber: f.Call.Caller.Number, CallerName: f.Call.Caller.Name,
		Context: f.Call.Context, State: f.Call.State, Service: f.Call.Service, URL: f.Action.URL, Program: f.Action.Program, Args: f.Action.Args,
		Transfer: f.Call.Transfer.Kind, From: f.Call.Transfer.Name, Seq: f.Seq, Raw: text, Variables: map[string]string{},
	}
	switch f.Type {
	case "event":
		e.ID = f.Event
	case "link":
		e.State = f.Link.State
	case "agent":
		e.State = f.Agent.State
	case "reply":
		e.Ref, e.OK, e.Reason, e.Text = f.ID, f.OK, f.Code, f.Error
		if f.Originate != nil {
			return e, json.Unmarshal(f.Originate, &e.Call)
		}
	case "originate":
		var o struct {
			ID, Reason, Text string
			OK               bool
		}
		if err := json.Unmarshal(f.Originate, &o); err != nil {
			return Event{}, fmt.Errorf("frame %q: %w", text, err)
		}
		e.Ref, e.OK, e.Reason, e.Text = o.ID, o.OK, o.Reason, o.Text
	}
	for _, v := range f.Call.Variables {
		e.Variables[v.Name] = v.Value
	}
	return e, nil
}
