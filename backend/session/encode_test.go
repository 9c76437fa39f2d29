package session

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

var at = time.UnixMilli(1_790_000_000_000)

func answered() *pbx.Notice {
	action := &pbx.Action{Type: "browser", URL: "https://crm.example/c?d=12345&n=%C3%A9", Target: "window"}
	return &pbx.Notice{ID: pbx.NoticeLink, Action: action, Call: &pbx.Call{
		ID: "k3-1", Uniqueid: "ast-1.6", Channel: "PJSIP/201-00000002", Linkedid: "ast-1.4", State: pbx.Up,
		Phase: pbx.PhaseTalking, Direction: pbx.Inbound, Caller: pbx.CallerID{Number: "0550100", Name: "Demo & Sons"},
		Called: "101", Context: "astcti-service", Service: "Support", Queue: "astcti-queue",
		Variables: []pbx.Variable{{Name: "calldata", Value: "12345"}},
		Started:   at, Since: at.Add(4 * time.Second), Queued: at.Add(-time.Second), Answered: at.Add(4 * time.Second), Action: action,
	}}
}

func TestEventForms(t *testing.T) {
	ended := answered()
	ended.ID, ended.Action = pbx.NoticeHangup, nil
	ended.Call.State, ended.Call.Phase, ended.Call.Cause, ended.Call.CauseText = pbx.Down, pbx.PhaseEnded, 16, "Normal Clearing"
	ended.Call.Action = &pbx.Action{Type: "application", Program: "crm", Args: []string{"--id", "a b"}}
	came := &pbx.Notice{ID: pbx.NoticeNewchannel, Call: &pbx.Call{Phase: pbx.PhaseRinging, Direction: pbx.Inbound, Transfer: &pbx.Transfer{
		Kind: pbx.TransferAttended, By: "ada", Name: "Ada <Lovelace>", Phone: "PJSIP/201",
	}}}
	parked := &pbx.Notice{ID: pbx.NoticeTransfer, Call: &pbx.Call{Phase: pbx.PhaseRinging, Direction: pbx.Inbound, Transfer: &pbx.Transfer{
		Kind: pbx.TransferPark, Phone: `PJSIP/"201"`, To: "701",
	}}}
	handed := &pbx.Notice{ID: pbx.NoticeTransfer, Call: &pbx.Call{Phase: pbx.PhaseRinging, Direction: pbx.Inbound, Transfer: &pbx.Transfer{
		Kind: pbx.TransferBlind, By: "ada", Name: "Ada", Phone: "PJSIP/201", To: "202", ToName: "Grace & <Hopper>",
	}}}
	program := &pbx.Notice{ID: pbx.NoticeLink, Action: ended.Call.Action, Call: &pbx.Call{Phase: pbx.PhaseRinging, Direction: pbx.Internal}}
	for _, c := range []struct {
		name      string
		notice    *pbx.Notice
		xml, json string
	}{
		{
			"answered", answered(),
			`<event id="Link"><call><uniqueid>ast-1.6</uniqueid><channel>PJSIP/201-00000002</channel><calleridnum>0550100</calleridnum><calleridname>Demo &amp; Sons</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><action type="browser"><url>https://crm.example/c?d=12345&amp;n=%C3%A9</url></action><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>12</seq></event>`,
			`{"type":"event","event":"Link","call":{"id":"k3-1","uniqueid":"ast-1.6","channel":"PJSIP/201-00000002","linkedid":"ast-1.4","state":"Up","phase":"talking","direction":"inbound","caller":{"number":"0550100","name":"Demo \u0026 Sons"},"called":"101","context":"astcti-service","service":"Support","queue":"astcti-queue","variables":[{"name":"calldata","value":"12345"}],"started":1790000000000,"since":1790000004000,"queued":1789999999000,"answered":1790000004000,"cause":0,"causeText":"","action":{"type":"browser","url":"https://crm.example/c?d=12345\u0026n=%C3%A9","target":"window"}},"action":{"type":"browser","url":"https://crm.example/c?d=12345\u0026n=%C3%A9","target":"window"},"seq":12}`,
		},
		{
			"ended", ended,
			`<event id="Hangup"><call><uniqueid>ast-1.6</uniqueid><channel>PJSIP/201-00000002</channel><calleridnum>0550100</calleridnum><calleridname>Demo &amp; Sons</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Down</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>12</seq></event>`,
			`{"type":"event","event":"Hangup","call":{"id":"k3-1","uniqueid":"ast-1.6","channel":"PJSIP/201-00000002","linkedid":"ast-1.4","state":"Down","phase":"ended","direction":"inbound","caller":{"number":"0550100","name":"Demo \u0026 Sons"},"called":"101","context":"astcti-service","service":"Support","queue":"astcti-queue","variables":[{"name":"calldata","value":"12345"}],"started":1790000000000,"since":1790000004000,"queued":1789999999000,"answered":1790000004000,"cause":16,"causeText":"Normal Clearing","action":{"type":"application","program":"crm","args":["--id","a b"]}},"seq":12}`,
		},
		{
			"program, nothing known", program,
			`<event id="Link"><call><uniqueid></uniqueid><channel></channel><calleridnum></calleridnum><calleridname></calleridname><context></context><appdata></appdata><state>Down</state></call><action type="application"><program>crm</program><arg>--id</arg><arg>a b</arg></action><service name="" queue="" direction="internal"></service><seq>12</seq></event>`,
			`{"type":"event","event":"Link","call":{"id":"","uniqueid":"","channel":"","linkedid":"","state":"Down","phase":"ringing","direction":"internal","caller":{"number":"","name":""},"called":"","context":"","service":"","queue":"","variables":[],"started":0,"since":0,"queued":0,"answered":0,"cause":0,"causeText":""},"action":{"type":"application","program":"crm","args":["--id","a b"]},"seq":12}`,
		},
		{
			"came from a colleague", came,
			`<event id="Newchannel"><call><uniqueid></uniqueid><channel></channel><calleridnum></calleridnum><calleridname></calleridname><context></context><appdata></appdata><state>Down</state></call><service name="" queue="" direction="inbound"></service><transfer kind="attended" by="ada" name="Ada &lt;Lovelace&gt;" phone="PJSIP/201"></transfer><seq>12</seq></event>`,
			`{"type":"event","event":"Newchannel","call":{"id":"","uniqueid":"","channel":"","linkedid":"","state":"Down","phase":"ringing","direction":"inbound","caller":{"number":"","name":""},"called":"","context":"","service":"","queue":"","variables":[],"started":0,"since":0,"queued":0,"answered":0,"cause":0,"causeText":"","transfer":{"kind":"attended","by":"ada","name":"Ada \u003cLovelace\u003e","phone":"PJSIP/201"}},"seq":12}`,
		},
		{
			"parked, nobody signed in", parked,
			`<event id="Transfer"><call><uniqueid></uniqueid><channel></channel><calleridnum></calleridnum><calleridname></calleridname><context></context><appdata></appdata><state>Down</state></call><service name="" queue="" direction="inbound"></service><transfer kind="park" by="" name="" phone="PJSIP/&#34;201&#34;" to="701"></transfer><seq>12</seq></event>`,
			`{"type":"event","event":"Transfer","call":{"id":"","uniqueid":"","channel":"","linkedid":"","state":"Down","phase":"ringing","direction":"inbound","caller":{"number":"","name":""},"called":"","context":"","service":"","queue":"","variables":[],"started":0,"since":0,"queued":0,"answered":0,"cause":0,"causeText":"","transfer":{"kind":"park","by":"","name":"","phone":"PJSIP/\"201\"","to":"701"}},"seq":12}`,
		},
		{
			"handed on to a colleague", handed,
			`<event id="Transfer"><call><uniqueid></uniqueid><channel></channel><calleridnum></calleridnum><calleridname></calleridname><context></context><appdata></appdata><state>Down</state></call><service name="" queue="" direction="inbound"></service><transfer kind="blind" by="ada" name="Ada" phone="PJSIP/201" to="202" toName="Grace &amp; &lt;Hopper&gt;"></transfer><seq>12</seq></event>`,
			`{"type":"event","event":"Transfer","call":{"id":"","uniqueid":"","channel":"","linkedid":"","state":"Down","phase":"ringing","direction":"inbound","caller":{"number":"","name":""},"called":"","context":"","service":"","queue":"","variables":[],"started":0,"since":0,"queued":0,"answered":0,"cause":0,"causeText":"","transfer":{"kind":"blind","by":"ada","name":"Ada","phone":"PJSIP/201","to":"202","toName":"Grace \u0026 \u003cHopper\u003e"}},"seq":12}`,
		},
		{
			"agent", &pbx.Notice{ID: pbx.NoticeAgentState, Agent: pbx.AgentRinging, Since: at},
			`<event id="AgentState"><agent><state>ringing</state><since>1790000000000</since></agent><seq>12</seq></event>`,
			`{"type":"agent","agent":{"state":"ringing","since":1790000000000},"seq":12}`,
		},
		{
			"link", &pbx.Notice{ID: pbx.NoticeLinkState, Link: pbx.LinkStateDown, Text: "connection <refused>", Since: at},
			`<event id="LinkState"><link><state>down</state><reason>connection &lt;refused&gt;</reason><since>1790000000000</since></link><seq>12</seq></event>`,
			`{"type":"link","link":{"state":"down","reason":"connection \u003crefused\u003e","since":1790000000000},"seq":12}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := encoded(t, XML, c.notice, 12); got != c.xml {
				t.Errorf("XML\n got %s\nwant %s", got, c.xml)
			}
			if got := encoded(t, JSON, c.notice, 12); got != c.json {
				t.Errorf("JSON\n got %s\nwant %s", got, c.json)
			}
			if got := encoded(t, line, c.notice, 12); got != c.xml {
				t.Errorf("line\n got %s\nwant %s", got, c.xml)
			}
		})
	}
}

// frames is a Conn that only collects.
type frames struct {
	Conn
	last []byte
}

func (f *frames) Stage(frame []byte) error {
	f.last = append(f.last[:0], frame...)
	return nil
}

func encoded(t *testing.T, enc Encoding, n *pbx.Notice, seq uint64) string {
	t.Helper()
	var e encoder
	var f frames
	if err := e.stage(&f, enc, n, seq); err != nil {
		t.Fatal(err)
	}
	hear(string(f.last))
	return string(f.last)
}

// One encoding serves every client; only the number differs.
func TestEncodedOnce(t *testing.T) {
	for _, enc := range []Encoding{JSON, XML} {
		var e encoder
		var f frames
		n := answered()
		_ = e.stage(&f, enc, n, 9)
		first := string(f.last)
		n.Call.Context = "changed, which nobody does" // so that encoding again would show
		_ = e.stage(&f, enc, n, 123456)
		want := strings.Replace(strings.Replace(first, `"seq":9}`, `"seq":123456}`, 1), "<seq>9<", "<seq>123456<", 1)
		if string(f.last) != want {
			t.Errorf("encoded again:\n got %s\nwant %s", f.last, want)
		}
		_ = e.stage(&f, enc, &pbx.Notice{ID: pbx.NoticeAgentState, Agent: pbx.AgentHeld, Since: at}, 1)
		if !bytes.Contains(f.last, []byte("held")) {
			t.Errorf("stale: %s", f.last)
		}
	}
}

func TestEncodingAllocatesNothing(t *testing.T) {
	var e encoder
	var f frames
	one, two := answered(), answered()
	seq := uint64(0)
	tell := func() {
		seq++
		for _, n := range []*pbx.Notice{one, two} {
			_ = e.stage(&f, JSON, n, seq)
			_ = e.stage(&f, XML, n, seq)
			_ = e.stage(&f, JSON, n, seq+1)
		}
	}
	tell()
	if n := testing.AllocsPerRun(100, tell); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var hostile = []string{
	"", "a", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "]]>", "a\r\nb", "\n101 KO x", "\x00", "\x1b[2J", "\x7f", "\u0085", "\u009b",
	"\u2028\u2029", "\u202e abc", "\ufeff", "\uffff", "\ufffe", "é", "😀", "\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "a\tb", "&amp;&#10;", `\u0000\"`,
	strings.Repeat("<", 4096), "${SHELL(id)}", "\u200d", "\ufffd",
}

// asXML is what a text becomes on its way through XML.
func asXML(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, s)
}

func TestText(t *testing.T) {
	for _, s := range hostile {
		checkText(t, s)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(checkText)
}

func checkText(t *testing.T, s string) {
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := appendJSON(nil, s); string(got) != string(want) {
		t.Errorf("JSON of %q\n got %s\nwant %s", s, got, want)
	}
	text := appendXML(nil, s)
	if bytes.ContainsAny(text, "\r\n\t<>\"'\x00\u2028\u2029\u0085") || !utf8.Valid(text) {
		t.Errorf("XML of %q holds what it must not: %q", s, text)
	}
	var back struct {
		A string `xml:"a,attr"`
		B string `xml:"b"`
	}
	if err := xml.Unmarshal([]byte(`<x a="`+string(text)+`"><b>`+string(text)+`</b></x>`), &back); err != nil {
		t.Fatalf("XML of %q: %v", s, err)
	}
	if want := asXML(s); back.A != want || back.B != want {
		t.Errorf("XML of %q came back as %q and %q", s, back.A, back.B)
	}
}

// hostileNotice puts the texts where a caller or a dialplan has a say.
func hostileNotice(name, number, key, value, channel, url string) *pbx.Notice {
	n := answered()
	n.Call.Caller = pbx.CallerID{Number: number, Name: name}
	n.Call.Variables = []pbx.Variable{{Name: "calldata", Value: value}, {Name: key, Value: name}}
	n.Call.Channel, n.Call.Called, n.Call.Service, n.Call.Queue = channel, number, name, value
	n.Call.CauseText, n.Call.Context, n.Call.ID = value, key, pbx.CallID(channel)
	n.Call.Transfer = &pbx.Transfer{Kind: pbx.TransferPickup, By: value, Name: name, Phone: channel, To: number}
	n.Call.Consult = &pbx.Consult{To: number, Operator: value, Name: name, Phase: pbx.PhaseRinging}
	n.Action = &pbx.Action{Type: "browser", URL: url, Target: "tab"}
	n.Call.Action = &pbx.Action{Type: "application", Program: "crm", Args: []string{value, name}}
	return n
}

func addNotices(f *testing.F) {
	for i, s := range hostile {
		f.Add(s, "0550100", "k", hostile[(i+1)%len(hostile)], "PJSIP/201-1", "https://crm.example/"+s)
	}
}

type xmlEvent struct {
	XMLName xml.Name `xml:"event"`
	ID      string   `xml:"id,attr"`
	Call    struct {
		Uniqueid string `xml:"uniqueid"`
		Channel  string `xml:"channel"`
		Number   string `xml:"calleridnum"`
		Name     string `xml:"calleridname"`
		Context  string `xml:"context"`
		Data     []struct {
			Key   string `xml:"key,attr"`
			Value string `xml:",chardata"`
		} `xml:"appdata>data"`
		State string `xml:"state"`
	} `xml:"call"`
	Action struct {
		Type string `xml:"type,attr"`
		URL  string `xml:"url"`
	} `xml:"action"`
	Service struct {
		Name      string `xml:"name,attr"`
		Queue     string `xml:"queue,attr"`
		Direction string `xml:"direction,attr"`
	} `xml:"service"`
	Transfer struct {
		Kind  string `xml:"kind,attr"`
		By    string `xml:"by,attr"`
		Name  string `xml:"name,attr"`
		Phone string `xml:"phone,attr"`
		To    string `xml:"to,attr"`
	} `xml:"transfer"`
	Consult struct {
		To       string `xml:"to,attr"`
		Operator string `xml:"operator,attr"`
		Name     string `xml:"name,attr"`
		Phase    string `xml:"phase,attr"`
	} `xml:"consult"`
	Seq uint64 `xml:"seq"`
}

func FuzzXMLEvent(f *testing.F) {
	addNotices(f)
	f.Fuzz(func(t *testing.T, name, number, key, value, channel, url string) {
		n := hostileNotice(name, number, key, value, channel, url)
		frame := encoded(t, XML, n, 77)
		if strings.ContainsAny(frame, "\r\n") || !utf8.ValidString(frame) || !strings.HasPrefix(frame, "<event ") {
			t.Fatalf("not one line: %q", frame)
		}
		var e xmlEvent
		d := xml.NewDecoder(strings.NewReader(frame))
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%v in %q", err, frame)
		}
		if _, err := d.Token(); err == nil {
			t.Fatalf("more than one element: %q", frame)
		}
		got := []string{
			e.ID, e.Call.Number, e.Call.Name, e.Call.Channel, e.Call.Context, e.Call.Data[0].Value, e.Call.Data[1].Key, e.Call.Data[1].Value,
			e.Action.URL, e.Service.Name, e.Service.Queue,
			e.Transfer.Kind, e.Transfer.By, e.Transfer.Name, e.Transfer.Phone, e.Transfer.To,
			e.Consult.To, e.Consult.Operator, e.Consult.Name, e.Consult.Phase,
		}
		want := []string{"Link", number, name, channel, key, value, key, name, url, name, value, "pickup", value, name, channel, number, number, value, name, "ringing"}
		for i := range want {
			if got[i] != asXML(want[i]) {
				t.Errorf("text %d: %q came back as %q", i, want[i], got[i])
			}
		}
		if len(e.Call.Data) != 2 || e.Seq != 77 {
			t.Errorf("%d variables, number %d", len(e.Call.Data), e.Seq)
		}
	})
}

type jsonEvent struct {
	Type  string `json:"type"`
	Event string `json:"event"`
	Call  struct {
		ID, Channel, Context, Service, Queue, Called, CauseText string
		Caller                                                  struct{ Number, Name string }
		Variables                                               []pbx.Variable
		Action                                                  *pbx.Action
		Transfer                                                *pbx.Transfer
		Consult                                                 *pbx.Consult
	} `json:"call"`
	Action *pbx.Action `json:"action"`
	Seq    uint64      `json:"seq"`
}

func FuzzJSONEvent(f *testing.F) {
	addNotices(f)
	f.Fuzz(func(t *testing.T, name, number, key, value, channel, url string) {
		n := hostileNotice(name, number, key, value, channel, url)
		frame := encoded(t, JSON, n, 77)
		if strings.ContainsAny(frame, "\r\n<>&\u2028\u2029") || !utf8.ValidString(frame) {
			t.Fatalf("holds what it must not: %q", frame)
		}
		var e jsonEvent
		if err := json.Unmarshal([]byte(frame), &e); err != nil {
			t.Fatalf("%v in %q", err, frame)
		}
		got := []string{
			e.Event, e.Call.Caller.Number, e.Call.Caller.Name, e.Call.Channel, e.Call.Context, e.Call.Variables[0].Value, e.Call.Variables[1].Name,
			e.Action.URL, e.Call.Service, e.Call.Queue, e.Call.CauseText, e.Call.Called, e.Call.ID, e.Call.Action.Args[0], e.Call.Action.Args[1],
			e.Call.Consult.To, e.Call.Consult.Operator, e.Call.Consult.Name, string(e.Call.Consult.Phase),
		}
		want := []string{"Link", number, name, channel, key, value, key, url, name, value, value, number, channel, value, name, number, value, name, "ringing"}
		for i := range want {
			if got[i] != strings.ToValidUTF8(want[i], "") && got[i] != valid(want[i]) {
				t.Errorf("text %d: %q came back as %q", i, want[i], got[i])
			}
		}
		if len(e.Call.Variables) != 2 || e.Seq != 77 {
			t.Errorf("%d variables, number %d", len(e.Call.Variables), e.Seq)
		}
	})
}

// valid replaces each invalid byte, as both encoders do.
func valid(s string) string { return string([]rune(s)) }

func TestSnapshotForms(t *testing.T) {
	c := *answered().Call
	c.Transfer = &pbx.Transfer{Kind: pbx.TransferBlind, By: "bob", Name: "Bob <B>", Phone: "PJSIP/202"}
	snap := &tracker.Snapshot{
		Seq: 12, Now: at, Agent: tracker.Agent{Operator: "ada", FullName: "Ada <Lovelace>"}, State: pbx.AgentOnCall, StateSince: at,
		Link: pbx.LinkStateReady, LinkSince: at, Calls: []pbx.Call{c},
	}
	d := &about{
		seat: config.Seat{MAC: "00:11:22:33:44:55", Extension: "PJSIP/201", Description: "Desk 1"}, version: "1.0", demo: true, reasons: []string{"Break", "Lunch"},
		can: control.Abilities{Attended: true, Answer: true},
		services: []*config.Service{
			{Name: "Support", Context: "support", Type: "inbound", Queue: "q1", AfterCall: 30, Trigger: "browser", Target: "window", OpenAt: "ring",
				Variables: []string{"calldata", "city"}, Labels: map[string]string{"city": "Città"}, Dispositions: []string{"Sold", "No & never"}},
			{Name: "Sales", Type: "inbound", Queue: "q1", Trigger: "application", Target: "window", OpenAt: "answer"},
			{Name: "Out", Context: "out", Type: "outbound", Trigger: "browser", Target: "tab", OpenAt: "answer"},
		},
	}
	var got struct {
		Type     string `json:"type"`
		Seq      uint64 `json:"seq"`
		Demo     bool   `json:"demo"`
		Queues   []struct{ Queue, Service string }
		Services []struct{ Name, Direction, Queue, Trigger, Target string }
		Agent    struct {
			FullName, State string
			Since           int64
			Seat            struct{ Mac, Extension, Description string }
		}
		Link  struct{ State string }
		Calls []struct {
			Action   *pbx.Action
			Transfer *pbx.Transfer
		}
	}
	frame := appendSnapshot(nil, JSON, snap, d)
	if err := json.Unmarshal(frame, &got); err != nil {
		t.Fatalf("%v in %s", err, frame)
	}
	if got.Type != "snapshot" || got.Seq != 12 || !got.Demo || len(got.Queues) != 1 || got.Queues[0].Queue != "q1" || len(got.Services) != 3 ||
		got.Services[2].Target != "tab" || got.Agent.FullName != "Ada <Lovelace>" || got.Agent.Seat.Mac != "00:11:22:33:44:55" ||
		got.Agent.Since != at.UnixMilli() || got.Link.State != "ready" || len(got.Calls) != 1 || got.Calls[0].Action == nil ||
		got.Calls[0].Transfer == nil || *got.Calls[0].Transfer != *c.Transfer {
		t.Errorf("got %+v\nfrom %s", got, frame)
	}
	wantXML := `<snapshot seq="12" now="1790000000000" version="1.0" demo="true" notes="false"><agent><operator>ada</operator><fullname>Ada &lt;Lovelace&gt;</fullname><state>oncall</state><since>1790000000000</since><seat mac="00:11:22:33:44:55" extension="PJSIP/201" description="Desk 1"></seat></agent><queues><queue name="q1" service="Support" member="false" paused="false" penalty="0" waiting="0"></queue></queues><pauses><reason>Break</reason><reason>Lunch</reason></pauses><services><service name="Support" queue="q1" direction="inbound" context="support" aftercall="30" trigger="browser" target="window" openat="ring"><variable name="calldata" label=""></variable><variable name="city" label="Città"></variable><disposition>Sold</disposition><disposition>No &amp; never</disposition></service><service name="Sales" queue="q1" direction="inbound" context="" aftercall="0" trigger="application" target="window" openat="answer"></service><service name="Out" queue="" direction="outbound" context="out" aftercall="0" trigger="browser" target="tab" openat="answer"></service></services><control attended="true" hold="false" answer="true"></control><link><state>ready</state><reason></reason><since>1790000000000</since></link><calls><active><call><uniqueid>ast-1.6</uniqueid><channel>PJSIP/201-00000002</channel><calleridnum>0550100</calleridnum><calleridname>Demo &amp; Sons</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><action type="browser"><url>https://crm.example/c?d=12345&amp;n=%C3%A9</url></action><service name="Support" queue="astcti-queue" direction="inbound"></service><transfer kind="blind" by="bob" name="Bob &lt;B&gt;" phone="PJSIP/202"></transfer></active></calls></snapshot>`
	hear(string(frame), wantXML)
	if got := string(appendSnapshot(nil, XML, snap, d)); got != wantXML {
		t.Errorf("XML\n got %s\nwant %s", got, wantXML)
	}
	empty := appendSnapshot(nil, JSON, &tracker.Snapshot{}, &about{})
	if !json.Valid(empty) || !bytes.Contains(empty, []byte(`"queues":[],"pauseReasons":[],"services":[],"control":{"attended":false,"hold":false,"answer":false},`)) || !bytes.HasSuffix(empty, []byte(`"calls":[]}`)) {
		t.Errorf("empty: %s", empty)
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, enc := range map[string]Encoding{"JSON": JSON, "XML": XML} {
		b.Run(name, func(b *testing.B) {
			var e encoder
			var f frames
			notices := [2]*pbx.Notice{answered(), answered()} // neither is the one before
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_ = e.stage(&f, enc, notices[i&1], uint64(i))
			}
		})
	}
	b.Run("encoding/json", func(b *testing.B) {
		n := answered()
		b.ReportAllocs()
		for b.Loop() {
			_, _ = json.Marshal(n)
		}
	})
}

// TestXMLTarget: the line protocol says of an action only that it waits for the agent.
func TestXMLTarget(t *testing.T) {
	for target, want := range map[string]string{
		"window": `<action type="browser"><url>u</url></action>`,
		"button": `<action type="browser" target="button"><url>u</url></action>`,
	} {
		if got := string(appendXMLAction(nil, &pbx.Action{Type: "browser", URL: "u", Target: target})); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}
