package ami_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// flood is a piece of what an Asterisk 22 sends under load: 6,000 messages behind
// the greeting.
func flood(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Open("testdata/flood-22.txt.gz")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// got is a message as a test sees it.
type got struct {
	first  string // "Event Hangup", "Response Success", "-"
	values []string
	taint  bool
}

// read reads all of src and returns its messages and how it ended.
func read(r *ami.Reader) (all []got, end error) {
	for {
		m, err := r.Next()
		if err != nil {
			return all, err
		}
		g := got{first: "-"}
		if e := m.Event(); e != nil {
			g.first = "Event " + string(e)
		} else if a := m.Response(); a != nil {
			g.first = "Response " + string(a)
		}
		for i := range m.Len() {
			if k := m.KeyAt(i); k != ami.Unknown {
				g.values = append(g.values, k.String()+"="+m.StringAt(i))
			}
		}
		g.taint = m.Tainted()
		if c := m.Class(); c != nil && (m.Place(ami.Privilege) != 1 || string(c) != string(m.Get(ami.Privilege))) {
			g.values = append(g.values, "Class is not Privilege")
		}
		m.Late(ami.Variable, 3)
		all = append(all, g)
	}
}

func TestReader(t *testing.T) {
	const follows = "Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\nqueue has: 0 calls\n   No Members\n\nmore\n--END COMMAND--\r\n\r\n"
	for _, tt := range []struct {
		name, in string
		want     []got
		end      error
	}{
		{"nothing", "", nil, io.EOF},
		{"one", "Event: A\r\nUniqueid: 1.2\r\n\r\n", []got{{"Event A", []string{"Event=A", "Uniqueid=1.2"}, false}}, io.EOF},
		{
			"two, and a response", "Event: A\r\n\r\nResponse: Success\r\nActionID: x\r\n\r\n",
			[]got{{"Event A", []string{"Event=A"}, false}, {"Response Success", []string{"Response=Success", "ActionID=x"}, false}}, io.EOF,
		},
		{
			"names in any case", "Event: Dial\r\nUniqueID: 1\r\nDestUniqueID: 2\r\nchannel: c\r\n\r\n",
			[]got{{"Event Dial", []string{"Event=Dial", "Uniqueid=1", "DestUniqueid=2", "Channel=c"}, false}}, io.EOF,
		},
		{
			"an event that carries Response", "Event: OriginateResponse\r\nResponse: Failure\r\n\r\n",
			[]got{{"Event OriginateResponse", []string{"Event=OriginateResponse", "Response=Failure"}, false}}, io.EOF,
		},
		{
			"repeated headers stay in order", "Event: Status\r\nVariable: a=1\r\nVariable: b=2\r\nActionID: 3\r\n\r\n",
			[]got{{"Event Status", []string{"Event=Status", "Variable=a=1", "Variable=b=2", "ActionID=3"}, false}}, io.EOF,
		},
		{
			"empty values, no space, colons in values", "Event: A\r\nQueue: \r\nPosition:5\r\nAppData: a: b\r\n\r\n",
			[]got{{"Event A", []string{"Event=A", "Queue=", "Position=5", "AppData=a: b"}, false}}, io.EOF,
		},
		{ // 1.4's errors of Originate, Park of every version
			"a stray LF and an empty block", "Response: Error\r\nMessage: Invalid channel\n\r\n\r\nEvent: A\r\n\r\n",
			[]got{{"Response Error", []string{"Response=Error", "Message=Invalid channel"}, false}, {"Event A", []string{"Event=A"}, false}}, io.EOF,
		},
		{"only empty blocks", "\r\n\r\n\r\n\n\r\n", nil, io.EOF},
		{
			"Follows does not derail", follows + "Event: A\r\n\r\n",
			[]got{{"Response Follows", []string{"Response=Follows", "Privilege=Command", "ActionID=7"}, false}, {"Event A", []string{"Event=A"}, false}}, io.EOF,
		},
		{"cut in a message", "Event: A\r\n\r\nEvent: Hangup\r\nUniqueid: 1", []got{{"Event A", []string{"Event=A"}, false}}, io.ErrUnexpectedEOF},
		{"cut before the empty line", "Event: Hangup\r\n", nil, io.ErrUnexpectedEOF},
		{
			"a bare LF begins no header", "Event: A\r\nAppData: x\nEvent: Hangup\nUniqueid: 9\r\n\r\n",
			[]got{{"Event A", []string{"Event=A", "AppData=x\nEvent: Hangup\nUniqueid: 9"}, false}}, io.EOF,
		},
		{ // a filter for "Event:" would not see it
			"an event begins with Event and nothing else", "event: Hangup\r\nUniqueid: 1\r\n\r\nEVENT: A\r\n\r\nresponse: Success\r\n\r\n Event: A\r\n\r\n",
			[]got{{"-", []string{"Uniqueid=1"}, false}, {"-", nil, false}, {"-", nil, false}, {"-", nil, false}}, io.EOF,
		},
		{
			"a second Event ends the message", "Event: Newexten\r\nUniqueid: 1\r\nAppData: x\r\nEvent: Hangup\r\nUniqueid: fake\r\n\r\ntwo\r\n\r\n",
			[]got{{"Event Newexten", []string{"Event=Newexten", "Uniqueid=1", "AppData=x"}, true}, {"-", nil, true}}, io.EOF,
		},
		{
			"a line that is no header ends the message", "Event: A\r\nAppData: x\r\nwhat\r\nUniqueid: fake\r\n\r\n",
			[]got{{"Event A", []string{"Event=A", "AppData=x"}, true}}, io.EOF,
		},
		{
			"the limit of a line", "Event: A\r\nValue: " + strings.Repeat("x", ami.MaxLine-7) + "\r\n\r\n",
			[]got{{"Event A", []string{"Event=A", "Value=" + strings.Repeat("x", ami.MaxLine-7)}, false}}, io.EOF,
		},
		{"over it", "Event: A\r\nValue: " + strings.Repeat("x", ami.MaxLine-6) + "\r\n\r\n", nil, ami.ErrLineTooLong},
		{"over it, without end", "Event: A\r\nValue: " + strings.Repeat("x", ami.MaxLine+9), nil, ami.ErrLineTooLong},
		{"1024 headers", "Event: A\r\n" + strings.Repeat("X: y\r\n", ami.MaxHeaders-1) + "\r\n", []got{{"Event A", []string{"Event=A"}, false}}, io.EOF},
		{"1025 headers", "Event: A\r\n" + strings.Repeat("X: y\r\n", ami.MaxHeaders) + "\r\n", nil, ami.ErrTooManyHeaders},
		{"over the limit of a message", "Event: A\r\n" + strings.Repeat("X: "+strings.Repeat("y", 60000)+"\r\n", 5) + "\r\n", nil, ami.ErrMessageTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, how := range []struct {
				name string
				wrap func(io.Reader) io.Reader
			}{
				{"at once", func(r io.Reader) io.Reader { return r }},
				{"byte by byte", iotest.OneByteReader},
				{"with the end", iotest.DataErrReader},
			} {
				all, end := read(ami.NewReader(how.wrap(strings.NewReader(tt.in))))
				if !errors.Is(end, tt.end) {
					t.Errorf("%s: ended with %v, want %v", how.name, end, tt.end)
				}
				if !slices.EqualFunc(all, tt.want, func(a, b got) bool {
					return a.first == b.first && a.taint == b.taint && slices.Equal(a.values, b.values)
				}) {
					t.Errorf("%s: %.300v, want %.300v", how.name, all, tt.want)
				}
			}
		})
	}
}

func TestReaderStaysEnded(t *testing.T) {
	r := ami.NewReader(strings.NewReader("Event: A\r\n"))
	for range 3 {
		if _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
	if _, err := ami.NewReader(&stuck{}).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type stuck struct{}

func (*stuck) Read([]byte) (int, error) { return 0, nil }

// TestBuffered holds that what came in one read is known to have come.
func TestBuffered(t *testing.T) {
	r := ami.NewReader(io.MultiReader(
		strings.NewReader("Event: A\r\n\r\nEvent: B\r\n\r\n\r\nEvent: C\r\n"),
		strings.NewReader("\r\nEvent: D\r\n\r\n\r\n")))
	var more []bool
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		more = append(more, r.Buffered())
	}
	if want := []bool{true, false, true, false}; !slices.Equal(more, want) {
		t.Errorf("%v, want %v", more, want)
	}
}

func TestLate(t *testing.T) {
	const in = "Event: VarSet\r\nPrivilege: dialplan,all\r\nVariable: early\r\nUniqueid: 1\r\nVariable: x\r\nValue: \r\n\r\n" +
		"Event: A\r\nPrivilege: call,all\r\n\r\nEvent: B\r\n\r\nEvent: C\r\nQueue: \r\nPrivilege: x\r\n\r\n"
	r := ami.NewReader(strings.NewReader(in))
	var all []string
	for {
		m, err := r.Next()
		if err != nil {
			break
		}
		all = append(all, fmt.Sprintf("%s|%s|%s|%s|%v", m.Class(), m.Late(ami.Variable, 2), m.Late(ami.Variable, 1), m.Late(ami.Uniqueid, 9), m.Late(ami.Value, 1) != nil))
	}
	want := []string{"dialplan,all|x||1|true", "call,all||||false", "||||false", "||||false"}
	if !slices.Equal(all, want) {
		t.Errorf("%q, want %q", all, want)
	}
}

// TestStringsStay holds that strings outlive the buffer they were read in.
func TestStringsStay(t *testing.T) {
	r := ami.NewReader(bytes.NewReader(flood(t)))
	if _, err := r.ReadGreeting(); err != nil {
		t.Fatal(err)
	}
	var kept, copied []string
	for {
		m, err := r.Next()
		if err != nil {
			break
		}
		if v := m.Get(ami.Uniqueid); v != nil {
			kept = append(kept, m.String(ami.Uniqueid))
			copied = append(copied, string(v))
		}
	}
	if len(kept) < 4000 || !slices.Equal(kept, copied) {
		t.Errorf("%d strings, changed", len(kept))
	}
}

func TestGreeting(t *testing.T) {
	for _, tt := range []struct{ in, version, excerpt string }{
		{"Asterisk Call Manager/1.0\r\nResponse: Success\r\n\r\n", "1.0", ""},
		{"Asterisk Call Manager/11.0.0\n", "11.0.0", ""},
		{"HTTP/1.1 400 Bad Request\r\nServer: x", "", "HTTP/1.1 400 Bad Request..Server: x"},
		{"SSH-2.0-OpenSSH_9.6\r\n", "", "SSH-2.0-OpenSSH_9.6.."},
		{"\x16\x03\x01\x00\xff", "", "....."},
		{"Asterisk Call Mana", "", "Asterisk Call Mana"},
		{"Asterisk Call Manager/\r\n", "", "Asterisk Call Manager/."},
		{"Asterisk Call Manager/" + strings.Repeat("9", 200), "", "Asterisk Call Manager/999999999999999999"},
		{"Asterisk Call Manager/1\x1b[31m\r\n", "", "Asterisk Call Manager/1.[31m."},
	} {
		for _, r := range []io.Reader{strings.NewReader(tt.in), iotest.OneByteReader(strings.NewReader(tt.in))} {
			version, err := ami.NewReader(r).ReadGreeting()
			var not *ami.NotAMIError
			switch {
			case tt.version != "":
				if err != nil || version != tt.version {
					t.Errorf("%q: %q, %v", tt.in, version, err)
				}
			case !errors.As(err, &not):
				t.Errorf("%q: %v", tt.in, err)
			case !strings.HasPrefix(tt.excerpt, strings.TrimRight(not.Excerpt, ".")):
				t.Errorf("%q: excerpt %q", tt.in, not.Excerpt)
			case len(not.Error()) > 200:
				t.Errorf("%q: long error %q", tt.in, not.Error())
			}
		}
	}
	if _, err := ami.NewReader(strings.NewReader("")).ReadGreeting(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestRecordings reads real recordings to their end.
func TestRecordings(t *testing.T) {
	for _, tt := range []struct {
		file           string
		messages, rest int // rest: neither event nor response
	}{
		{"1.4-misc-actions.txt", 51, 0},
		{"1.4-originate-bad.txt", 37, 0},
		{"22-vars-injection.txt", 32, 4},
	} {
		f, err := os.Open("testdata/" + tt.file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := ami.NewReader(f)
		if _, err := r.ReadGreeting(); err != nil {
			t.Fatal(err)
		}
		all, end := read(r)
		rest := 0
		for _, g := range all {
			if g.first == "-" {
				rest++
			}
		}
		if !errors.Is(end, io.EOF) || len(all) != tt.messages || rest != tt.rest {
			t.Errorf("%s: %d messages, %d rests, %v", tt.file, len(all), rest, end)
		}
	}
}
