// Package pop is what a service opens on the agent's screen: the address of a page,
// or a program with its arguments, into which the values of a call are put (rows C1,
// C2). A template is read once, when the configuration is, and refuses what could
// become dangerous there; expanding it never fails. Every value is hostile: callers
// choose their name, and what they key in.
//
// In the fixed text {name} stands for a value, "{{" and "}}" for a brace. A name
// begins with a letter or "_" and goes on with letters, digits, "_", "-" and ".".
package pop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// The limits of what a manager may write. They bound what one call can cost.
const (
	MaxText         = 4096 // bytes of application and param_string together
	MaxPlaceholders = 32
)

// Builtins are the placeholders that every service has beside its own variables.
// A variable of the same name wins.
var Builtins = []string{
	"callerid_num", "callerid_name", "uniqueid", "linkedid", "channel", "context",
	"extension", "queue", "service", "operator",
}

// Template is a parsed address or program. It does not change; any goroutine may
// use it.
type Template struct {
	names  []string
	origin string

	url []piece // of a browser template: the whole address

	program string // of an application template
	args    [][]piece
}

// Result is a Template with its values in place: URL of a browser template, Program
// and Args of an application template. Args are for an argument list, never for a
// shell.
type Result struct {
	URL     string
	Program string
	Args    []string
}

// place is where in an address a piece stands, and so how a value is written there.
type place uint8

const (
	fixed place = iota
	inPath
	inQuery
	inFragment
	inArgument
)

// piece is fixed text, already written as it has to be, or the name of a value.
type piece struct {
	at   place // fixed: text is what it is
	text string
}

// Names are the placeholders, in the order of their first appearance, once each.
func (t *Template) Names() []string { return slices.Clone(t.names) }

// Origin is scheme, host and port of a browser template as in a Content-Security-
// Policy, in lower case and without the scheme's own port: "https://crm.example:8443".
// It is empty for an application.
func (t *Template) Origin() string { return t.origin }

// Expand puts the values in place. It asks value for each placeholder; "" is the
// right answer for what is not known. See ParseBrowser and ParseApplication for what
// a value can and cannot do.
func (t *Template) Expand(value func(name string) string) Result {
	if t.url != nil {
		return Result{URL: expandURL(t.url, value)}
	}
	r := Result{Program: t.program, Args: make([]string, len(t.args))}
	for i, arg := range t.args {
		r.Args[i] = expandArgument(arg, value)
	}
	return r
}

// Check tells whether every placeholder is a Builtin or one of variables. The error
// is an *UnknownNameError.
func (t *Template) Check(variables []string) error {
	for _, name := range t.names {
		if !slices.Contains(Builtins, name) && !slices.Contains(variables, name) {
			return &UnknownNameError{Name: name, Meant: suggest.Nearest(name, slices.Concat(variables, Builtins))}
		}
	}
	return nil
}

// UnknownNameError is a placeholder that stands for nothing. Meant is the name that
// was probably meant, or "".
type UnknownNameError struct{ Name, Meant string }

func (e *UnknownNameError) Error() string { return e.refusal().text }

func (e *UnknownNameError) refusal() *Error {
	if e.Meant != "" {
		return refuse("pop.name-meant", fmt.Sprintf("{%s} is neither a variable of the service nor built in; did you mean {%s}?", e.Name, e.Meant), "name", e.Name, "meant", e.Meant)
	}
	list := strings.Join(Builtins, ", ")
	return refuse("pop.name-unknown", fmt.Sprintf("{%s} is neither a variable of the service nor built in (built in are %s)", e.Name, list), "name", e.Name, "known", list)
}

// Error is why an address or a program cannot be used. Code says so to programs, and
// stays as it is; Pairs are placeholders of a text and their values: "max", "32".
type Error struct {
	Code  string
	Pairs []string
	text  string // in English
}

func (e *Error) Error() string { return e.text }

func refuse(code, text string, pairs ...string) *Error {
	return &Error{Code: code, Pairs: pairs, text: text}
}

// Code is that of an Error or UnknownNameError, however deep it lies in err, with its
// Pairs; "" when there is none.
func Code(err error) (code string, pairs []string) {
	if unknown, ok := errors.AsType[*UnknownNameError](err); ok {
		err = unknown.refusal()
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code, e.Pairs
	}
	return "", nil
}

// bound refuses text that is too long, or that no configuration should hold.
func bound(text string) error {
	if len(text) > MaxText {
		return refuse("pop.long", fmt.Sprintf("longer than %d bytes", MaxText), "max", strconv.Itoa(MaxText))
	}
	if !utf8.ValidString(text) {
		return refuse("pop.encoding", "not UTF-8")
	}
	for _, c := range text {
		if c < ' ' || c >= 0x7f && c < 0xa0 {
			return refuse("pop.control", fmt.Sprintf("holds the control character %U", c), "character", fmt.Sprintf("%U", c))
		}
	}
	return nil
}

// token is a run of fixed text or a placeholder, before it is known where it stands.
type token struct {
	name bool
	text string
}

// tokens cuts text at its placeholders, and takes doubled braces for single ones.
func tokens(text string) ([]token, error) {
	var list []token
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			list = append(list, token{text: run.String()})
			run.Reset()
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case (c == '{' || c == '}') && strings.HasPrefix(text[i+1:], string(c)):
			run.WriteByte(c)
			i++
		case c == '}':
			return nil, refuse("pop.brace-close", `"}" without "{" before it (write "}}" for a brace)`)
		case c == '{':
			name, _, closed := strings.Cut(text[i+1:], "}")
			if !closed {
				return nil, refuse("pop.brace-open", `"{" without "}" behind it (write "{{" for a brace)`)
			}
			if !ValidName(name) {
				return nil, refuse("pop.placeholder", fmt.Sprintf("{%s} is no placeholder: a name is made of letters, digits, \"_\", \"-\" and \".\"", name), "name", name)
			}
			flush()
			list = append(list, token{name: true, text: name})
			i += len(name) + 1
		default:
			run.WriteByte(c)
		}
	}
	flush()
	return list, nil
}

// ValidName says whether name can stand in a placeholder.
func ValidName(name string) bool {
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return name != ""
}

// note adds name to the template's names.
func (t *Template) note(name string) {
	if !slices.Contains(t.names, name) {
		t.names = append(t.names, name)
	}
}

// count refuses too many placeholders.
func count(list []token) error {
	n := 0
	for _, k := range list {
		if k.name {
			n++
		}
	}
	if n > MaxPlaceholders {
		return refuse("pop.placeholders", fmt.Sprintf("more than %d placeholders", MaxPlaceholders), "max", strconv.Itoa(MaxPlaceholders))
	}
	return nil
}
