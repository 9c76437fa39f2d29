package replay

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
)

// LeftOut begins what stands where a value was. What follows it is the same for the same
// value throughout one recording, so that one sees where a value went, and tells nothing
// of it: it is made with a key that nobody keeps.
const LeftOut = "left-out-"

// Masker takes out of the messages of one recording what others must not see. It keeps by
// name: the headers that the picture is made of, and few others. Whatever else a message
// holds is left out, above all the values of variables and what the steps of a dialplan
// are given, for these may hold passwords. One goroutine only.
type Masker struct {
	keep     func(variable string) bool
	own      func(number string) bool
	recorded *asterisk.Recorded
	mac      hash.Hash
	old      bool // Asterisk 1.4
}

// NewMasker is for a recording of this version of the manager interface, as greeted. It
// keeps the values of the variables that keep names, without their "_". With an own, callers'
// names and numbers are replaced, but for the house's own numbers, which own names; nil
// leaves all of them.
func NewMasker(version string, keep, own func(string) bool) *Masker {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &Masker{keep: keep, own: own, recorded: asterisk.NewRecorded(version), mac: hmac.New(sha256.New, key), old: version == "1.0"}
}

// Append appends m as others may see it, with its empty line. Each message of the recording
// is given once, in order. A message that Asterisk did not write, but somebody's text with
// line breaks in it, is left out as a whole.
func (k *Masker) Append(dst []byte, m *ami.Message) []byte {
	believed := k.recorded.Believes(m)
	if !believed || m.Event() == nil && m.Response() == nil || m.Event() != nil && m.Class() == nil && !m.Has(ami.ActionID) {
		return append(k.leftOut(dst, m.Bytes()), "\r\n"...)
	}
	lines := bytes.Split(bytes.TrimSuffix(m.Bytes(), crlf), crlf)
	p := part{Masker: k, m: m, seen: map[string]bool{}, last: trailer(lines)}
	for i, line := range lines {
		dst = p.line(dst, line, i)
	}
	return append(dst, "\r\n"...)
}

var crlf = []byte("\r\n")

// trailer is the place of the line with which some messages end, behind text that may have
// line breaks in it: the Uniqueid or the ActionID.
func trailer(lines [][]byte) int {
	i := len(lines) - 1
	for i > 0 && chanVariable(lines[i]) {
		i--
	}
	return i
}

// part is a message of which the lines up to one have been masked.
type part struct {
	*Masker
	m     *ami.Message
	seen  map[string]bool // names, in small letters
	last  int
	text  bool // text was met that may have line breaks in it, so that what follows may be of it
	lists bool // such a text was met behind which Asterisk goes on
}

func (p *part) line(dst, line []byte, i int) []byte {
	raw, v, ok := bytes.Cut(line, []byte(":"))
	value := bytes.TrimRight(bytes.TrimPrefix(v, []byte(" ")), "\n")
	name := strings.ToLower(string(raw))
	again := p.seen[name]
	p.seen[name] = true
	if i == 0 && string(value) == "Follows" { // the output of a command
		p.text = true
		return header(dst, raw, value)
	}
	kind := kinds[name]
	switch {
	case !ok, name == "event" && i > 0: // the reader stops here (ami.Message)
		p.text = true
		return append(append(dst, p.token(line)...), crlf...)
	case chanVariable(line):
		p.lists = true
		return p.assigned(dst, raw, value)
	case name == "variable" && !p.is("VarSet") && p.m.Event() != nil:
		p.text = true
		return p.assigned(dst, raw, value)
	case p.text && i == p.last && (name == "uniqueid" || name == "actionid"),
		p.text && !again && name == "seconds" && digits(value) == len(value):
	case p.text, again, kind == 0:
		return p.stray(dst, line)
	}
	switch kind {
	case given:
		p.text = !p.is("OriginateResponse") // whose data came as a header, in one line
		value = p.given(value)
	case assigned:
		p.text = true
		if !p.keep(bare(string(p.m.Get(ami.Variable)))) || !p.is("VarSet") && p.m.Response() == nil {
			value = p.token(value)
		} else {
			value = p.value(value)
		}
	case variable:
		if !plain(bare(string(value))) {
			value = p.token(value)
		}
	case words:
		if string(p.m.Response()) != "Error" {
			value = p.token(value)
		}
	case left:
		if name != "reason" || !p.is("OriginateResponse") || digits(value) != len(value) {
			value = p.token(value)
		}
	case person, number, channel, kept:
		value = p.known(kind, value)
	}
	return header(dst, raw, value)
}

// stray is a line of which not even the name is known to be Asterisk's own.
func (p *part) stray(dst, line []byte) []byte {
	if p.lists {
		p.text = true
	}
	return p.leftOut(dst, line)
}

func (p *part) is(event string) bool { return string(p.m.Event()) == event }

// given is what a step of the dialplan is given. It is left out, but for the assignments of
// 1.4, which has no VarSet, and the queue's name.
func (p *part) given(value []byte) []byte {
	switch app := string(p.m.Get(ami.Application)); app {
	case "Set", "MSet":
		if b := p.assignments(); b != nil {
			return b
		}
	case "Queue":
		if name, _, _ := bytes.Cut(bytes.ReplaceAll(value, []byte("|"), []byte(",")), []byte(",")); plain(string(name)) {
			return name
		}
	}
	return p.token(value)
}

// assignments are those of a Set of 1.4 that are kept; nil for none.
func (p *part) assignments() (b []byte) {
	if !p.old {
		return nil
	}
	for _, e := range asterisk.Translate(p.m, nil, nil) {
		if e.Variable == "" || !p.keep(e.Variable) {
			continue
		}
		if b != nil {
			b = append(b, '|')
		}
		b = append(append(b, e.Variable...), '=')
		for _, c := range p.value([]byte(e.Value)) {
			if bytes.IndexByte([]byte(`\"|()`), c) >= 0 {
				b = append(b, '\\')
			}
			b = append(b, c)
		}
	}
	return b
}

// assigned is a header whose value is a variable's name and value.
func (p *part) assigned(dst, name, value []byte) []byte {
	variable, v, ok := bytes.Cut(value, []byte("="))
	if n := bare(string(variable)); !ok || !plain(n) {
		return header(dst, name, p.token(value))
	} else if p.keep(n) {
		v = p.value(v)
	} else {
		v = p.token(v)
	}
	return header(dst, name, append(append(bytes.Clone(variable), '='), v...))
}

// value is that of a variable that is kept, unless it is an address with a password in it.
func (p *part) value(value []byte) []byte {
	if _, rest, ok := bytes.Cut(value, []byte("://")); ok {
		if who, _, ok := bytes.Cut(rest, []byte("@")); ok && !bytes.ContainsAny(who, "/?# ") {
			return p.token(value)
		}
	}
	return p.numbers(value)
}

// known is the value of a header that is kept, unless there is a password in it, or what no
// such value has.
func (p *part) known(kind headerKind, value []byte) []byte {
	colon, at := bytes.IndexByte(value, ':'), bytes.LastIndexByte(value, '@')
	if bytes.ContainsFunc(value, func(r rune) bool { return r < ' ' }) || bytes.Contains(value, []byte("://")) ||
		colon >= 0 && (colon < at || kind == channel) {
		return p.token(value)
	}
	switch string(value) {
	case "<unknown>", "<Unknown>", "unknown", "<null>", "(null)":
		return value
	}
	if p.own == nil {
		return value
	}
	switch kind {
	case person:
		return p.token(value)
	case number:
		return p.numbers(value)
	case channel:
		return p.dialled(value)
	}
	return value
}

// leftOut is what stands for a line, or for a whole message.
func (k *Masker) leftOut(dst, line []byte) []byte {
	return header(dst, []byte("LeftOut"), k.token(line))
}

// token is what stands for a value. None stays none.
func (k *Masker) token(value []byte) []byte {
	if len(value) == 0 {
		return nil
	}
	return hex.AppendEncode([]byte(LeftOut), k.sum(value)[:5])
}

func (k *Masker) sum(value []byte) []byte {
	k.mac.Reset()
	k.mac.Write(value)
	return k.mac.Sum(nil)
}

func header(dst, name, value []byte) []byte {
	dst = append(append(dst, name...), ": "...)
	return append(append(dst, value...), crlf...)
}

// bare is a variable's name without its prefix.
func bare(name string) string { return strings.TrimLeft(name, "_") }

// plain says whether a name is one and nothing else: functions have arguments.
func plain(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_~.-", r)
	}) < 0
}
