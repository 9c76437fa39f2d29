package tracker_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/pop"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
)

var update = flag.Bool("update", false, "rewrite what the stories are expected to tell")

const calls = "../ami/amitest/calls"

// story is one way a call can go, as recorded from real Asterisk of several versions.
// Its want.txt is what the agents are told, the same for all of them. The recordings
// were made with other telephones and digits in old and new versions; rename makes
// them alike in what is told, old, new, old, new …
type story struct {
	old            []string // rename for 1.4, 1.8 and 11
	modern         []string // rename for 16 and 22
	swapped        bool     // 1.4 to 11: the phones are 200 and 201, told as 201 and 202
	outbound, more bool     // the phones' context is an outbound service; there are many variables
	none           bool     // there are no services
	left           int      // calls of which no end was recorded
	others         []string // who has signed in beside 201 and 202
	why            string   // some version tells something else
}

const forwards = "Asterisk 16 gives no cause of its own to a phone whose calls go elsewhere, 22 gives 23."

var stories = map[string]story{
	"dial-answered":                {modern: []string{"300", "200", "1234", "12345"}},
	"dial-answered-agent-hangs-up": {modern: []string{"300", "200", "98", "98765"}},
	"dial-abandon":                 {modern: []string{"300", "200", "1234", "12345"}},
	"dial-busy": {
		modern: []string{"300", "200", "1234", "12345"},
		why:    "The telephone of 202 rang before it refused where 1.4 to 11 were recorded, and did not ring for 16 and 22.",
	},
	"dial-no-answer":        {modern: []string{"300", "200", "1234", "12345", "called=121", "called=103"}},
	"dial-hold":             {},
	"hold":                  {},
	"queue-answered":        {modern: []string{"300", "200", "4321", "12345"}, old: []string{"called=101", "called=102"}},
	"queue-answered-by-202": {modern: []string{"300", "200", "4321", "12345", "called=102", "called=101"}},
	"queue-no-answer": {
		modern: []string{"300", "200", "qtimeout", "12345", "called=106", "called=104"},
		why:    "202 was in the queue where 1.4 to 11 were recorded only.",
	},
	"queue-second-round": {},
	"queue-next-agent":   {},
	"queue-abandon":      {},
	"queue-local":        {},
	"queue-local-race":   {why: "Both telephones were answered at once; on 22 that of 201 came a little too late."},
	"queue-agent-pool":   {},
	"internal": {
		none: true, swapped: true,
		why: "1.4 tells what number was dialled with the first step of the dialplan only.",
	},
	"outbound":       {outbound: true},
	"two-calls":      {why: "Asterisk 16 dialled for 301 first and had both ring for him before it dialled for 300, 22 the other way round; so were they answered."},
	"vars":           {more: true},
	"vars-injection": {more: true},

	// Calls that change hands, see e2e/story.
	"conference-room":         {},
	"conference-three":        {},
	"consult-aborted":         {},
	"hold-transfer":           {},
	"originate-agent-first":   {},
	"originate-busy":          {},
	"originate-customer-busy": {},
	"originate-local":         {},
	"originate-no-answer":     {why: "Asterisk 16 gives no cause to a phone that it has given up to ring, 22 gives 19."},
	"originate-offline":       {},
	"outbound-transfer":       {},
	"park-abandon":            {},
	"park-ami":                {},
	"park-retrieve":           {},
	"park-timeout":            {},
	"pickup-directed":         {},
	"pickup-group":            {why: "Until 11 who picks up takes the place of the phone that rang before his own channel ends; 1.4 tells what number was dialled with the first step of the dialplan only."},
	"queue-freepbx":           {},
	"queue-freepbx-attended":  {},
	"queue-freepbx-transfer":  {},
	"queue-transfer":          {},
	"queue-transfer-attended": {},
	"redirect-ami":            {},
	"ringall-forked":          {why: "Both contacts of 201 rang; on 16 the second was told last and answered, on 22 the first."},
	"two-calls-one-agent":     {},
	"xfer-attended-aborted":   {},
	"xfer-attended-ami":       {},
	"xfer-attended-declined":  {},
	"xfer-attended-feature":   {},
	"xfer-attended-no-answer": {},
	"xfer-attended-queue":     {},
	"xfer-attended-refer":     {why: "Until 11 the caller's end and the colleague's change places without an end of their talks, nor of the hold; 1.4 tells of no transfer, and what number was dialled with the first step of the dialplan only."},
	"xfer-blind-ami":          {},
	"xfer-blind-busy":         {others: []string{"203"}},
	"xfer-blind-feature":      {},
	"xfer-blind-missing":      {},
	"xfer-blind-queue":        {},
	"xfer-blind-refer":        {why: "1.4 tells of no transfer."},
	"xfer-chain":              {others: []string{"203"}},
	"xfer-feature-recall":     {},
	"xfer-feature-semi":       {},
	"xfer-semi-attended":      {},

	// Calls that reach somebody else than was called, or by a detour.
	"callback":            {},
	"callback-abandoned":  {},
	"callback-attended":   {},
	"callback-transfer":   {},
	"conference-recorded": {},
	"confirmed":           {},
	"follow-me":           {},
	"forward-outside":     {why: forwards},
	"forward-queue":       {why: forwards},
	"forward-telephone":   {why: forwards},
	"listen-in":           {why: "Asterisk 16 gives a cause to a phone that listened, 22 gives none."},
	"paged":               {others: []string{"203"}},
	"ring-group":          {},

	// What else was recorded.
	"dial-unregistered":         {},
	"connected-line":            {},
	"event-masks":               {left: 1, why: "Of the first call no step of the dialplan is asked for, so that nothing tells whose service it is: 201 is only seen to talk. Of the second only those steps are."},
	"timestamps":                {},
	"late-manager":              {why: "The session begins in the middle of calls and asks for lists, which mean nothing here: what has been before stays unknown to the agents, and so does 301's variable."},
	"snapshot":                  {},
	"originate-bad":             {why: "1.4 gives the channel of an originate no caller id; 11 refuses one to an extension that does not exist before anything rings. Until 11 nothing says that a phone rings for an originate before it is answered."},
	"originate-errors":          {},
	"originate-unanswered":      {why: "Until 11 nothing says that a phone rings for an originate before it is answered; 16 gives no cause to one that it has given up to ring, 22 gives 19."},
	"originate-busy-phone":      {why: "Until 11 nothing says for what a phone is called that never answers; 16 and 22 tell of an originate, see originate-busy."},
	"originate-click2call":      {outbound: true},
	"originate-answered":        {},
	"originate-application":     {},
	"misc-actions":              {why: "calldata is set once more by the manager's Setvar, which 1.4 does not tell."},
	"queue-actions":             {},
	"queue-members":             {},
	"readonly-user":             {},
	"permission-denied":         {},
	"reload":                    {},
	"reload-shutdown":           {},
	"action-before-login":       {},
	"xfer-attended-refer-trunk": {},
	"xfer-blind-refer-trunk":    {},
	"xfer-blind-queue-trunk":    {},
	"park-retrieve-trunk":       {},
	"pickup-group-trunk":        {},

	"login-secret":       {},
	"login-md5":          {},
	"login-wrong-secret": {},
	"login-unknown-user": {},
}

// TestStories plays every recording of every story.
func TestStories(t *testing.T) {
	folders, err := os.ReadDir(calls)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		found = append(found, f.Name())
		s, known := stories[f.Name()]
		if !known {
			t.Errorf("%s: no such story in the table", f.Name())
			continue
		}
		t.Run(f.Name(), func(t *testing.T) { tellStory(t, filepath.Join(calls, f.Name()), s) })
	}
	if want := slices.Sorted(maps.Keys(stories)); !slices.Equal(found, want) {
		t.Errorf("folders %v\nstories %v", found, want)
	}
}

func tellStory(t *testing.T, folder string, s story) {
	files, err := filepath.Glob(filepath.Join(folder, "*.ami"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings (%v)", err)
	}
	got := map[string][]string{}
	for _, file := range files {
		version := strings.TrimSuffix(filepath.Base(file), ".ami")
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { got[version] = play(t, file, version, s) })
		})
	}
	want := filepath.Join(folder, "want.txt")
	if *update {
		if err := os.WriteFile(want, []byte(together(got, s.why)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	for version, lines := range got {
		compare(t, version, lines, expected(string(text), version))
	}
}

// play lets an Asterisk of that version tell the story to a tracker, message by
// message, and returns what the agents were told.
func play(t *testing.T, file, version string, s story) []string {
	tech, rename, modern := "SIP", s.old, false
	if release(version) >= 12 {
		rename, modern = s.modern, true
		if !strings.HasSuffix(version, "-sip") {
			tech = "PJSIP"
		}
	}
	plan := storyPlan(t, tech, modern, s)
	if s.swapped && !modern {
		rename = append(rename, "200", "201", "201", "202")
	}
	tr := tracker.New(tracker.Options{Run: "c"})
	done := make(chan error, 1)
	go func() { done <- tr.Run(t.Context()) }()
	if err := tr.SetPlan(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	numbers := append([]string{"201", "202"}, s.others...)
	if s.swapped && !modern {
		numbers = []string{"200", "201"}
	}
	var ears []*listener
	for _, number := range numbers {
		ears = append(ears, &listener{number: number})
		a := tracker.Agent{Operator: "op" + number, Extension: strings.ToLower(tech) + "/" + number}
		watch, err := tr.Watch(t.Context(), a, ears[len(ears)-1])
		if err != nil {
			t.Fatal(err)
		}
		defer watch.Stop()
	}
	feed(t, tr, file, plan)
	synctest.Wait()
	if st := tr.Stats(); st.Calls != s.left || st.Channels != s.left || st.Bridges != 0 {
		t.Errorf("left over: %d calls, %d channels, %d bridges", st.Calls, st.Channels, st.Bridges)
	}
	var told []string
	back := strings.NewReplacer(rename...)
	for _, l := range ears {
		if l.unflushed != 0 {
			t.Errorf("%s: %d notices were not flushed", l.number, l.unflushed)
		}
		for _, line := range l.lines {
			told = append(told, back.Replace(line))
		}
	}
	return told
}

// feed sends what is recorded in file.
func feed(t testing.TB, tr *tracker.Tracker, file string, plan *tracker.Plan) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := ami.NewReader(f)
	if _, err := r.ReadGreeting(); err != nil {
		t.Fatal(err)
	}
	wanted := &asterisk.Wanted{Variables: map[string]bool{}, Contexts: map[string]bool{}}
	for _, s := range plan.Services {
		wanted.Contexts[s.Context] = true
		for _, v := range s.Variables {
			wanted.Variables[v] = true
		}
	}
	for {
		m, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b := pbx.NewBatch()
		b.Events = asterisk.Translate(m, wanted, b.Events)
		tr.In() <- b
	}
}

// storyPlan has the services that the recorded dialplans play.
func storyPlan(t testing.TB, tech string, modern bool, s story) *tracker.Plan {
	page, err := pop.ParseBrowser("https://crm.example/{service}/{callerid_num}", "data={calldata}&out={outdata}&by={operator}", false)
	if err != nil {
		t.Fatal(err)
	}
	p := &tracker.Plan{Seats: map[string]string{}}
	for _, n := range []string{"200", "201", "202"} {
		p.Seats[tech+"/"+n] = "00:11:22:33:44:" + n[1:]
	}
	if s.none {
		return p
	}
	sales, support := "astcti-service", "none"
	if modern {
		sales, support = "astcti", "astctiq"
	}
	for i, queue := range []string{"", "astcti-queue", "astcti-queue-ev", "rna-queue", "second-queue", "freepbx-queue"} {
		one := tracker.Service{Name: "Support", Context: support, Direction: pbx.Inbound, Queue: queue, Variables: []string{"calldata"}, Action: page, Target: "window"}
		if i == 0 {
			one.Name, one.Context = "Sales", sales
		}
		p.Services = append(p.Services, one)
	}
	for _, queue := range []string{"lq", "poolq"} { // of Local channels, of agents who stay on the line
		p.Services = append(p.Services, tracker.Service{Name: "Support", Context: "svc", Direction: pbx.Inbound, Queue: queue, Variables: []string{"calldata"}, Action: page, Target: "window"})
	}
	more := tracker.Service{Name: "Vars", Context: "astctivars", Direction: pbx.Inbound, Action: page, Target: "pane"}
	if s.more {
		more.Variables = []string{"empty", "calldata", "custname", "inh", "url", "a", "c", "inj"}
	}
	p.Services = append(p.Services, more)
	p.Services = append(p.Services, tracker.Service{Name: "Trunk", Context: "from-trunk", Direction: pbx.Inbound, Variables: []string{"calldata"}, Action: page, Target: "tab"})
	p.Services = append(p.Services, tracker.Service{Name: "Outbound", Context: "outbound", Direction: pbx.Outbound, Variables: []string{"outdata"}, Action: page, Target: "tab"})
	if s.outbound {
		p.Services = append(p.Services, tracker.Service{Name: "Campaign", Context: "agents", Direction: pbx.Outbound, Variables: []string{"outdata"}, Action: page, Target: "button"})
	}
	return p
}

// listener writes down what an agent is told, a line each.
type listener struct {
	number    string
	seq       uint64
	lines     []string
	unflushed int
}

func (l *listener) Snapshot(s *tracker.Snapshot) { l.seq = s.Seq }

func (l *listener) Flush() { l.unflushed = 0 }

func (l *listener) Notify(n *pbx.Notice, seq uint64) {
	if n.Call != nil {
		l.seq++
	}
	l.unflushed++
	if seq != l.seq {
		l.lines = append(l.lines, fmt.Sprintf("%s number %d instead of %d", l.number, seq, l.seq))
	}
	l.lines = append(l.lines, l.number+" "+line(n))
}

// line is a notice as the want files have it.
func line(n *pbx.Notice) string {
	var b strings.Builder
	fmt.Fprint(&b, n.ID)
	word := func(name, value string) {
		if value == "" {
			return
		}
		if strings.ContainsAny(value, " \"\\\r\n\t") {
			value = strconv.Quote(value)
		}
		b.WriteByte(' ')
		if name != "" {
			b.WriteString(name + "=")
		}
		b.WriteString(value)
	}
	word("", string(n.Agent))
	word("", string(n.Link))
	if c := n.Call; c != nil {
		word("", c.State.String())
		word("", string(c.Phase))
		word("", string(c.Direction))
		word("caller", c.Caller.Number)
		word("name", c.Caller.Name)
		word("called", c.Called)
		word("service", c.Service)
		word("queue", c.Queue)
		if x := c.Transfer; x != nil {
			word("transfer", string(x.Kind))
			word("by", x.By)
			_, number, _ := strings.Cut(x.Phone, "/") // SIP/201 in some versions, PJSIP/201 in others
			word("from", number)
			word("to", x.To)
		}
		if x := c.Consult; x != nil {
			word("consult", x.To)
			word("of", x.Operator)
			word("", string(x.Phase))
		}
		for _, v := range c.Variables {
			word(v.Name, v.Value)
			if v.Value == "" {
				b.WriteString(" " + v.Name + "=")
			}
		}
		if c.Phase == pbx.PhaseEnded {
			word("cause", strconv.Itoa(c.Cause))
		}
		if c.Action != nil && n.Action == nil {
			word("", "(button)")
		}
	}
	if a := n.Action; a != nil {
		word("action", a.URL+a.Program)
		word("target", a.Target)
	}
	return b.String()
}

// release is the Asterisk of a file: 16 of "16-sip", 1.4 of "1.4-written"; 0 for none.
func release(version string) float64 {
	number, _, _ := strings.Cut(version, "-")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	return v
}

// TestReleases: the want files name versions in their order, whatever telephones they had.
func TestReleases(t *testing.T) {
	want := "# What the agents are told, by Asterisk 1.4-written, 1.8, 11, 16, 16-sip, 22.\n"
	if got := together(map[string][]string{"22": nil, "16": nil, "11": nil, "1.8": nil, "16-sip": nil, "1.4-written": nil}, ""); !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

const only = "    # only "

// together is a want file: for each agent what all versions tell him, and, marked,
// what only some do.
func together(got map[string][]string, why string) string {
	type row struct {
		line string
		by   []string
	}
	var rows []row
	versions := slices.SortedFunc(maps.Keys(got), func(a, b string) int {
		return cmp.Or(cmp.Compare(release(a), release(b)), cmp.Compare(a, b))
	})
	for _, v := range versions {
		at := 0
		for _, l := range got[v] {
			j := slices.IndexFunc(rows[at:], func(r row) bool { return r.line == l })
			if j < 0 {
				rows = slices.Insert(rows, at, row{line: l, by: nil})
				j = 0
			}
			rows[at+j].by = append(rows[at+j].by, v)
			at += j + 1
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# What the agents are told, by Asterisk %s.\n", strings.Join(versions, ", "))
	if slices.ContainsFunc(versions, func(v string) bool { return strings.HasSuffix(v, "-written") }) {
		b.WriteString("# What is called written was not recorded, but written after the sources of that Asterisk.\n")
	}
	if why != "" {
		fmt.Fprintf(&b, "# %s\n", why)
	}
	if len(rows) == 0 {
		b.WriteString("# Nobody is told anything.\n")
	}
	agent := ""
	for _, r := range rows {
		if a, _, _ := strings.Cut(r.line, " "); a != agent {
			b.WriteByte('\n')
			agent = a
		}
		b.WriteString(r.line)
		if len(r.by) < len(versions) {
			b.WriteString(only + strings.Join(r.by, " "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// expected are the lines of a want file that hold for a version.
func expected(text, version string) []string {
	var lines []string
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		l, by, some := strings.Cut(l, only)
		if l == "" || l[0] == '#' || some && !slices.Contains(strings.Fields(by), version) {
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

func compare(t *testing.T, version string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("%s, line %d\n got %s\nwant %s", version, i+1, g, w)
			return
		}
	}
}
