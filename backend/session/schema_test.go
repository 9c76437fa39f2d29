package session

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/schematest"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

const docs = "../../docs"

// told is all that the server says in the tests of this room.
var told schematest.Collector

// hear keeps what is said; not of a fuzz run, which has no end.
func hear(frames ...string) {
	if fuzz := flag.Lookup("test.fuzz"); fuzz == nil || fuzz.Value.String() == "" {
		told.Add(frames...)
	}
}

// documented runs the tests and then holds all that was said against the documents.
type documented struct{ *testing.M }

func (d documented) Run() int {
	code := d.M.Run()
	if err := told.Check(docs, schematest.Server); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func documents(t testing.TB, closed bool) *schematest.Documents {
	t.Helper()
	d, err := schematest.Load(docs, closed)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func document(t testing.TB, file string) any {
	t.Helper()
	read := schematest.ReadJSON
	if strings.HasSuffix(file, ".yaml") {
		read = schematest.ReadYAML
	}
	doc, err := read(filepath.Join(docs, file))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func check(t *testing.T, d *schematest.Documents, side schematest.Side, frames ...string) []error {
	t.Helper()
	faults, err := d.Check(side, frames...)
	if err != nil {
		t.Fatal(err)
	}
	return faults
}

// samples are frames of every kind that the server sends, with everything that can be
// in them and with as little as there can be. Texts are those of others.
func samples(t *testing.T, ids []string, text string) (frames []string) {
	t.Helper()
	calls := []pbx.Call{*answered().Call, *hostileNotice(text, text, text, text, text, text).Call}
	calls[1].Transfer.Kind = pbx.TransferPickup
	duty := &pbx.Duty{State: pbx.AgentAfterCall, Reason: text, Since: at, Until: at, NoPhone: true, Next: &pbx.Pause{Reason: text}}
	queues := []pbx.QueueState{{Queue: text, Service: text, Member: true, Paused: true, Penalty: 1, Waiting: 2, Error: text}, {}}
	notices := []*pbx.Notice{
		{ID: pbx.NoticeAgentState, Agent: pbx.AgentLost, Since: at, Duty: duty},
		{ID: pbx.NoticeAgentState, Agent: pbx.AgentPaused, Duty: &pbx.Duty{State: pbx.AgentPaused}},
		{ID: pbx.NoticeAgentState, Agent: pbx.AgentAvailable},
		{ID: pbx.NoticeQueues, Queues: queues},
		{ID: pbx.NoticeQueues},
		{ID: pbx.NoticeOriginate, Originate: &pbx.Originated{ID: "cti-1", Number: text, Service: text, Reason: "busy", Text: text}},
		{ID: pbx.NoticeOriginate, Originate: &pbx.Originated{OK: true}},
		{ID: pbx.NoticeNote, Note: &pbx.Note{Call: pbx.CallID(text), Uniqueid: pbx.ChannelID(text), Service: text, Disposition: text, Text: text, At: at}},
		{ID: pbx.NoticeNote, Note: &pbx.Note{}},
		{ID: pbx.NoticeLinkState, Link: pbx.LinkStateDown, Text: text, Since: at},
		{ID: pbx.NoticeLinkState, Link: pbx.LinkStateReady},
	}
	for _, id := range ids {
		if slices.ContainsFunc(notices, func(n *pbx.Notice) bool { return n.ID == pbx.NoticeID(id) }) {
			continue
		}
		for i := range calls {
			notices = append(notices, &pbx.Notice{ID: pbx.NoticeID(id), Call: &calls[i], Action: calls[i].Action})
		}
	}
	snaps := []tracker.Snapshot{
		{
			Now: at, Agent: tracker.Agent{Operator: text, FullName: text}, State: pbx.AgentOnCall, StateSince: at, Duty: *duty, Queues: queues,
			Link: pbx.LinkStateSyncing, LinkText: text, Calls: calls,
		},
		{State: pbx.AgentAvailable, Link: pbx.LinkStateReady},
	}
	abouts := []about{{
		seat: config.Seat{MAC: mac1, Extension: text, Description: text}, version: text, demo: true, notes: true, reasons: []string{"Lunch"},
		can: control.Abilities{Attended: true, Hold: true},
		services: []*config.Service{{Name: text, Context: text, Type: config.Outbound, Queue: text, AfterCall: 3600, Trigger: config.Application, Target: config.Button, OpenAt: config.Ring,
			Variables: []string{"one", "two"}, Labels: map[string]string{"two": text}, Dispositions: []string{text, "Sold"}}},
	}, {}}
	ends := []Reason{ReasonReplaced, ReasonSignedOut, ReasonSlow, ReasonRestart, {CodeIdle, text}, {CodeRemoved, text}, {CodeBusy, text}, {CodeProtocol, ""}}
	replies := []reply{
		{id: "2", targets: &control.Targets{}},
		{id: "3", targets: &control.Targets{Agents: []control.Colleague{{Operator: text, FullName: text, State: pbx.AgentOnCall}}, Queues: []pbx.FloorQueue{{Name: text, Service: text}}, Numbers: true}},
		{id: text, now: at}, {id: "1", call: text}, {id: "", code: refusedMalformed, text: text}}
	for _, enc := range []Encoding{JSON, XML} {
		for _, n := range notices {
			frames = append(frames, encoded(t, enc, n, 7))
		}
		for i := range snaps {
			frames = append(frames, string(appendSnapshot(nil, enc, &snaps[i], &abouts[i])))
		}
		for _, r := range ends {
			frames = append(frames, string(appendBye(nil, enc, r)))
		}
		for _, r := range replies {
			frames = append(frames, string(r.append(nil, enc)))
		}
	}
	return frames
}

// lines are what is said in the line protocol besides events, with text of others.
func lines(t *testing.T, text string) []string {
	t.Helper()
	conn := new(list)
	c := &client{srv: New(Options{}), conn: conn, enc: line, cancel: func() {}, who: &SignedIn{Seat: config.Seat{Extension: text}}}
	for _, state := range words(t, "../pbx", "AgentState", "") {
		c.Notify(&pbx.Notice{ID: pbx.NoticeAgentState, Agent: pbx.AgentState(state), Duty: &pbx.Duty{Reason: text, NoPhone: true}}, 1)
	}
	for _, state := range words(t, "../pbx", "LinkState", "") {
		c.Notify(&pbx.Notice{ID: pbx.NoticeLinkState, Link: pbx.LinkState(state), Text: text}, 1)
	}
	c.Notify(&pbx.Notice{ID: pbx.NoticeQueues, Queues: []pbx.QueueState{{Queue: text, Member: true}}}, 1)
	c.Notify(&pbx.Notice{ID: pbx.NoticeQueues, Queues: []pbx.QueueState{{Queue: text, Error: "No " + text}}}, 1)
	c.Notify(&pbx.Notice{ID: pbx.NoticeQueues}, 1)
	return append(conn.said, string(appendBye(nil, line, ReasonReplaced)), ok, passwordOK, goodbye, pauseOK, pausePending)
}

// list is a Conn that keeps what is said.
type list struct {
	Conn
	said []string
}

func (l *list) Stage(frame []byte) error {
	l.said = append(l.said, string(frame))
	return nil
}

// TestFramesAreDocumented: every kind of frame is as the documents say, whatever texts
// are in it.
func TestFramesAreDocumented(t *testing.T) {
	ids := words(t, "../pbx", "NoticeID", "")
	var frames []string
	for _, text := range hostile {
		frames = append(frames, samples(t, ids, text)...)
		if text != "" {
			frames = append(frames, lines(t, text)...)
		}
	}
	for i, fault := range check(t, documents(t, true), schematest.Server, frames...) {
		if fault != nil {
			t.Fatalf("%s\nis not as documented: %v", frames[i], fault)
		}
	}
}

// FuzzFramesAreDocumented does the same for JSON and any text.
func FuzzFramesAreDocumented(f *testing.F) {
	d, ids := documents(f, true), words(f, "../pbx", "NoticeID", "")
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, frame := range samples(t, ids, text) {
			if frame[0] == '{' {
				if fault := check(t, d, schematest.Server, frame)[0]; fault != nil {
					t.Errorf("%s\nis not as documented: %v", frame, fault)
				}
			}
		}
	})
}

// TestDocumentsMissNothing: a member, an attribute or an element that the documents do
// not know is found, and so is one that is missing. The published JSON Schema allows
// new ones all the same, since clients must.
func TestDocumentsMissNothing(t *testing.T) {
	closed, open := documents(t, true), documents(t, false)
	var more, less []string
	for _, frame := range samples(t, words(t, "../pbx", "NoticeID", ""), "x") {
		if frame[0] == '{' {
			more = append(more, withMember(frame)...)
			less = append(less, withoutMember(frame)...)
		} else {
			more = append(more, insertions(frame)...)
			less = append(less, deletions(frame)...)
		}
	}
	for i, fault := range check(t, closed, schematest.Server, more...) {
		if fault == nil {
			t.Errorf("not noticed: %s", more[i])
		}
	}
	for i, fault := range check(t, closed, schematest.Server, less...) {
		if fault == nil {
			t.Errorf("nothing is missed in %s", less[i])
		}
	}
	more = slices.DeleteFunc(more, func(frame string) bool { return frame[0] == '<' })
	for i, fault := range check(t, open, schematest.Server, more...) {
		if fault != nil {
			t.Errorf("not allowed to clients of this version: %s: %v", more[i], fault)
		}
	}
}

// mayLack lists what is not in every frame.
const mayLack = "action transfer to duty next noPhone nophone now originate code error variable disposition consult"

var (
	jsonObject  = regexp.MustCompile(`\{"`)
	jsonMember  = regexp.MustCompile(`"(\w+)":("[^"]*"|\d+|true|false|\[\]),|,"(\w+)":("[^"]*"|\d+|true|false|\[\])\}`)
	xmlStart    = regexp.MustCompile(`<\w+`)
	xmlEnd      = regexp.MustCompile(`</\w+>`)
	xmlOptional = regexp.MustCompile(` (\w+)="[^"]*"|<(\w+)>[^<]*</\w+>`)
)

// withMember adds one member to one object, for each of them.
func withMember(frame string) (all []string) {
	for _, at := range jsonObject.FindAllStringIndex(frame, -1) {
		all = append(all, frame[:at[0]]+`{"unheardOf":1,`+frame[at[0]+1:])
	}
	return all
}

// withoutMember leaves one plain member out, for each of them.
func withoutMember(frame string) (all []string) {
	for _, at := range jsonMember.FindAllStringSubmatchIndex(frame, -1) {
		if at[2] >= 0 && !optional(frame[at[2]:at[3]]) {
			all = append(all, frame[:at[0]]+frame[at[1]:])
		} else if at[2] < 0 && !optional(frame[at[6]:at[7]]) {
			all = append(all, frame[:at[0]]+"}"+frame[at[1]:])
		}
	}
	return all
}

// insertions adds one attribute or element, in every place.
func insertions(frame string) (all []string) {
	for _, at := range xmlStart.FindAllStringIndex(frame, -1) {
		all = append(all, frame[:at[1]]+` unheard="of"`+frame[at[1]:])
	}
	for _, at := range xmlEnd.FindAllStringIndex(frame, -1) {
		all = append(all, frame[:at[0]]+"<unheard/>"+frame[at[0]:])
	}
	return all
}

// deletions leaves one attribute or plain element out, for each of them.
func deletions(frame string) (all []string) {
	for _, at := range xmlOptional.FindAllStringSubmatchIndex(frame, -1) {
		name := at[2:4]
		if at[2] < 0 {
			name = at[4:6]
		}
		inList := strings.HasSuffix(frame[:at[0]], "<pauses>") || strings.HasPrefix(frame[at[0]:], "<arg>")
		if !inList && !optional(frame[name[0]:name[1]]) {
			all = append(all, frame[:at[0]]+frame[at[1]:])
		}
	}
	return all
}

func optional(name string) bool { return slices.Contains(strings.Fields(mayLack), name) }
