package desktop

import (
	"bufio"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

const linkEvent = `<event id="Link"><call><uniqueid>pbx1-1790000002.5</uniqueid><channel>PJSIP/201-00000005</channel>` +
	`<calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli&#xD;</calleridname><context>astcti-service</context>` +
	`<appdata><data key="calldata">12345</data></appdata><state>Up</state></call>` +
	`<action type="application"><program>crm</program><arg>1</arg><arg></arg></action>` +
	`<service name="Support" queue="astcti-queue" direction="inbound"></service>` +
	`<transfer kind="blind" by="bob" name="Bob" phone="PJSIP/202"></transfer><news>later</news><seq>5</seq></event>`

func TestParseEvent(t *testing.T) {
	e, err := ParseEvent(linkEvent)
	want := &Event{ID: "Link", Call: &Call{
		Uniqueid: "pbx1-1790000002.5", Channel: "PJSIP/201-00000005", Number: "0550100", Name: "Rossi & Figli ", Context: "astcti-service",
		Variables: []Variable{{"calldata", "12345"}}, State: "Up", Service: "Support", Queue: "astcti-queue", Direction: "inbound",
		Transfer: &Transfer{Kind: "blind", By: "bob", Name: "Bob", Phone: "PJSIP/202"},
		Action:   &Action{Type: Application, Program: "crm", Args: []string{"1", ""}},
	}}
	if err != nil || !reflect.DeepEqual(e, want) {
		t.Errorf("%v\n%+v, want\n%+v", err, e.Call, want.Call)
	}
	e, err = ParseEvent(`<event id="OriginateResponse"><originate id="cti-1" number="055" service="Out" ok="false" reason="busy">it is busy</originate><seq>1</seq></event>`)
	if err != nil || e.Call != nil || *e.Originate != (Originated{Number: "055", Service: "Out", Reason: "busy", Text: "it is busy"}) {
		t.Errorf("%v, %+v", err, e)
	}
}

func TestParseLine(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Line
	}{
		{"100 OK", Line{Code: 100, Text: "OK"}},
		{"101 KO wrong name or password", Line{Code: 101, Text: "KO wrong name or password"}},
		{"200 queue\u202e", Line{Code: 200, Text: "queue\uFFFD"}},
		{"900", Line{Code: 900}},
	} {
		if got, err := ParseLine(c.in); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v", c.in, got, err)
		}
	}
	for _, bad := range []string{
		"", "hello", "1", "10 OK", "000 OK", "1000 OK", "099 OK", "10x OK", "1000000000000000000000 OK", " 100 OK", "-100 OK",
		"<event id=\"Link\">", "<event></event>", "<other id=\"x\"></other>", linkEvent + "x", linkEvent + linkEvent, "x" + linkEvent,
		`<event id="x"><call></call></event>`, "<event id=\"x\">\xff</event>", `<event id="x">&bomb;</event>`, "<?xml version=\"1.0\"?>" + linkEvent,
		`<!DOCTYPE event [<!ENTITY a "b">]><event id="x"></event>`,
	} {
		if l, err := ParseLine(bad); err == nil {
			t.Errorf("%q passed as %+v", bad, l)
		}
	}
}

func TestReadLine(t *testing.T) {
	in := bufio.NewReaderSize(strings.NewReader("\n\r\n100 OK\r\n200 a\n500 LI"), maxLine+2)
	for _, want := range []Line{{Code: 100, Text: "OK"}, {Code: 200, Text: "a"}} {
		if l, err := readLine(in); err != nil || l != want {
			t.Errorf("%+v, %v, want %+v", l, err, want)
		}
	}
	if l, err := readLine(in); !errors.Is(err, io.EOF) {
		t.Errorf("half a line: %+v, %v", l, err)
	}
	in = bufio.NewReaderSize(strings.NewReader("200 "+strings.Repeat("x", maxLine)+"\n"), maxLine+2)
	if _, err := readLine(in); !errors.Is(err, errLineTooLong) {
		t.Error(err)
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		command Command
		want    string // "" when it must not be sent
	}{
		{Pause("Lunch", false), "PAUSE IN Lunch"},
		{Pause("", true), "PAUSE AFTER"},
		{Pause("a\nQUIT", false), ""},
		{Dial("+39 (055) 12-34/5", "out"), "ORIG +3905512345 out 1"},
		{Dial("055", "a b"), ""},
		{Dial("", "out"), ""},
		{Dial("055\r\nQUIT", "out"), "ORIG 055QUIT out 1"},
		{Pause(strings.Repeat("x", 2000), false), ""},
	} {
		if err := c.command.check(); (err == nil) != (c.want != "") || err == nil && string(c.command) != c.want {
			t.Errorf("%q, %v, want %q", c.command, err, c.want)
		}
	}
}

// FuzzParseLine: whatever comes, no text of it can do anything to a terminal.
func FuzzParseLine(f *testing.F) {
	f.Add(linkEvent)
	f.Add("510 STATE paused \x1b[2J")
	f.Add(`<event id="Link"><call><uniqueid>&#x202e;&#27;</uniqueid></call></event>`)
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLine(s)
		if err != nil {
			return
		}
		harmless(t, l.Text)
		if l.Event == nil {
			return
		}
		harmless(t, l.Event.ID)
		if o := l.Event.Originate; o != nil {
			harmless(t, o.Number+o.Service+o.Reason+o.Text)
		}
		if c := l.Event.Call; c != nil {
			harmless(t, c.Uniqueid+c.Channel+c.Number+c.Name+c.Context+c.State+c.Service+c.Queue+c.Direction)
			for _, v := range c.Variables {
				harmless(t, v.Name+v.Value)
			}
			if x := c.Transfer; x != nil {
				harmless(t, x.Kind+x.By+x.Name+x.Phone+x.To)
			}
		}
	})
}
