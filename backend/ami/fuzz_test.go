package ami_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// chunks reads at most n bytes at once.
type chunks struct {
	r io.Reader
	n int
}

func (c chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

// FuzzRead holds that no bytes make the reader panic or pass a limit, and that how
// they arrive changes nothing.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Event: A\r\nUniqueid: 1\r\n\r\n"), byte(1))
	f.Add([]byte("Response: Error\r\nMessage: x\n\r\n\r\nEvent: B\r\nAppData: x\r\nEvent: C\r\n\r\n"), byte(3))
	f.Add([]byte("\r\r\n\n\r\n\r\nEvent:\r\n:\r\n\r\n\r"), byte(2))
	f.Add([]byte("Event: A\r\nPrivilege: call,all\r\nMANY\r\nLONG\r\nVariable: x\r\n\r\n"), byte(200))
	f.Add([]byte("Event: A\r\nX: LONG\r\nX: LONG\r\nX: LONG\r\n"), byte(255))
	f.Fuzz(func(t *testing.T, in []byte, size byte) {
		if len(in) < 200 { // the fuzzer makes no long texts of itself
			in = bytes.Replace(in, []byte("LONG"), bytes.Repeat([]byte("long "), 14000), 4)
			in = bytes.Replace(in, []byte("MANY"), bytes.Repeat([]byte("a: b\r\n"), 1020), 2)
		}
		all, end := read(ami.NewReader(bytes.NewReader(in)))
		for _, g := range all {
			if len(g.values) > ami.MaxHeaders {
				t.Fatal("too many headers")
			}
			for _, v := range g.values {
				if len(v) > ami.MaxLine+40 {
					t.Fatal("a value is too long")
				}
			}
		}
		for _, n := range []int{int(size) + 1, 4096} {
			other, otherEnd := read(ami.NewReader(chunks{bytes.NewReader(in), n}))
			if !errors.Is(otherEnd, end) {
				t.Errorf("in pieces of %d it ends with %v, else with %v", n, otherEnd, end)
			}
			if !slices.EqualFunc(all, other, func(a, b got) bool {
				return a.first == b.first && a.taint == b.taint && slices.Equal(a.values, b.values)
			}) {
				t.Errorf("in pieces of %d: %.300v, else %.300v", n, other, all)
			}
		}
	})
}

// getInput is how Asterisk reads an action: get_input and do_message of
// main/manager.c. Lines end with LF, a CR before it is cut off, and so is what follows a
// NUL, for they are C strings; 1,024 bytes without LF are thrown away; an empty line ends the action; beyond 128 headers they are lost.
func getInput(b []byte) (actions [][]string) {
	var headers []string
	for len(b) > 0 {
		lf := bytes.IndexByte(b[:min(len(b), 1024)], '\n')
		if lf < 0 {
			b = b[min(len(b), 1024):]
			continue
		}
		line, _, _ := strings.Cut(strings.TrimSuffix(string(b[:lf]), "\r"), "\x00")
		b = b[lf+1:]
		switch {
		case line != "":
			if len(headers) < 128 {
				headers = append(headers, line)
			}
		case len(headers) > 0:
			actions = append(actions, headers)
			headers = nil
		}
	}
	if headers != nil {
		actions = append(actions, headers)
	}
	return actions
}

// FuzzActionEncode holds that Asterisk reads of an action what was meant, or that it
// is refused.
func FuzzActionEncode(f *testing.F) {
	f.Add("PJSIP/201", "102", "astcti", "Ada <200>", 1, "x")
	f.Add("a\r\nAction: Command", "b\n\nc", "\x00", "\x7f", -1, "\xff")
	f.Add(strings.Repeat("x", 1011), strings.Repeat("é", 600), "", "", 1<<40, "")
	f.Fuzz(func(t *testing.T, channel, exten, context, callerID string, n int, id string) {
		for _, tt := range []struct {
			action ami.Action
			values []string // of those headers that are always there
		}{
			{ami.Originate(ami.Call{Channel: channel, Exten: exten, Context: context, Priority: n, CallerID: callerID, Timeout: time.Duration(n), ChannelID: id}),
				[]string{"Originate", id, channel, exten, context, strconv.Itoa(n), "true"}},
			{ami.Login(channel, exten), []string{"Login", id, channel, exten, "off"}},
			{ami.QueueAdd(channel, exten, context, n, true), []string{"QueueAdd", id, channel, exten, context, strconv.Itoa(n), "true"}},
			{ami.QueuePause(channel, exten, context, false), []string{"QueuePause", id, exten, "false"}},
			{ami.QueueRemove(channel, exten), []string{"QueueRemove", id, channel, exten}},
			{ami.GetStatus(channel, exten, context), []string{"Status", id, channel + "," + exten + "," + context}},
			{ami.Getvar(channel, exten), []string{"Getvar", id, channel, exten}},
			{ami.Ping(), []string{"Ping", id}},
		} {
			before := []byte("before")
			b, err := tt.action.Append(before, id)
			if err != nil {
				var bad *ami.ValueError
				if !errors.As(err, &bad) || string(b) != "before" {
					t.Fatalf("%v, %q", err, b)
				}
				continue
			}
			actions := getInput(b[len("before"):])
			if len(actions) != 1 || len(actions[0]) < len(tt.values) {
				t.Fatalf("%s: Asterisk reads %q", tt.action, actions)
			}
			for i, v := range tt.values {
				if _, value, _ := strings.Cut(actions[0][i], ": "); value != v {
					t.Fatalf("%s: Asterisk reads %q, not %q", tt.action, value, v)
				}
				if !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
					t.Fatalf("%s: %q was sent", tt.action, v)
				}
			}
		}
	})
}
