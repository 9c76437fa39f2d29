package pop

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxArgumentValue is the longest value, in characters, that goes into an argument.
const maxArgumentValue = 64

// ParseApplication reads a program and its arguments (row C2). application is the
// program's name or path, fixed text. paramString is cut into arguments here, once:
// at spaces, but not within "double" or 'single' quotes, which are dropped; inside
// one kind the other is a letter, and a backslash is always one.
//
// A placeholder adds its value to the argument it stands in, which stays one argument
// whatever the value. A value is taken only if it is harmless for every program, also
// for one that hands its arguments to a shell: at most 64 characters, all
// of them letters, digits, spaces or one of + * # _ . @ -, and at the beginning of an
// argument neither "-" nor "@" first, which programs take for an option or a list of
// arguments. Any other value counts as empty: it is refused whole, never altered.
func ParseApplication(application, paramString string) (*Template, error) {
	application = strings.TrimSpace(application)
	if err := bound(application + paramString); err != nil {
		return nil, fmt.Errorf("application: %w", err)
	}
	if application == "" {
		return nil, fmt.Errorf("application: %w", refuse("pop.program-missing", "empty"))
	}
	list, err := tokens(application)
	if err != nil {
		return nil, fmt.Errorf("application: %w", err)
	}
	for _, k := range list {
		if k.name {
			return nil, fmt.Errorf("application: %w", refuse("pop.program-placeholder", "{"+k.text+"} cannot stand in the name of the program", "name", k.text))
		}
	}
	t := &Template{program: list[0].text}
	list, err = tokens(paramString)
	if err == nil {
		err = count(list)
	}
	if err == nil {
		err = t.readArguments(list)
	}
	if err != nil {
		return nil, fmt.Errorf("parameters: %w", err)
	}
	return t, nil
}

// readArguments cuts list into arguments.
func (t *Template) readArguments(list []token) error {
	t.args = [][]piece{}
	var arg []piece
	var run strings.Builder
	open := false // an argument has begun, be it empty
	quote := byte(0)
	flush := func() {
		if run.Len() > 0 {
			arg = append(arg, piece{text: run.String()})
			run.Reset()
		}
	}
	end := func() {
		flush()
		if open {
			t.args = append(t.args, arg)
		}
		arg, open = nil, false
	}
	for _, k := range list {
		if k.name {
			flush()
			arg, open = append(arg, piece{inArgument, k.text}), true
			t.note(k.text)
			continue
		}
		for i := range len(k.text) {
			switch c := k.text[i]; {
			case quote != 0 && c == quote:
				quote = 0
			case quote == 0 && (c == '"' || c == '\''):
				quote, open = c, true
			case quote == 0 && c == ' ':
				end()
			default:
				run.WriteByte(c)
				open = true
			}
		}
	}
	if quote != 0 {
		return refuse("pop.quote", string(rune(quote))+" is not closed", "quote", string(rune(quote)))
	}
	end()
	return nil
}

func expandArgument(arg []piece, value func(string) string) string {
	var out strings.Builder
	for _, p := range arg {
		if p.at == fixed {
			out.WriteString(p.text)
			continue
		}
		if v := value(p.text); harmless(v, out.Len() == 0) {
			out.WriteString(v)
		}
	}
	return out.String()
}

// harmless says whether v may stand in an argument; first: at its beginning.
func harmless(v string, first bool) bool {
	if first && (strings.HasPrefix(v, "-") || strings.HasPrefix(v, "@")) {
		return false
	}
	n := 0
	for _, c := range v {
		if n++; n > maxArgumentValue || c == utf8.RuneError {
			return false
		}
		switch {
		case c == ' ', c < 0x80 && strings.ContainsRune("+*#_.@-", c):
		case lookalike(c), !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsDigit(c):
			return false
		}
	}
	return true
}

// lookalike are letters and marks that Windows turns into quotes, bars and the like
// when a program asks for its arguments in an old code page, after everybody has
// looked at them (its "best fit" tables): click letters, modifier letters, combining
// marks of the first block, and the wide forms of ASCII.
func lookalike(c rune) bool {
	return c >= 0x01c0 && c <= 0x01c3 || c >= 0x02b0 && c <= 0x036f || c >= 0xff00 && c <= 0xffef
}
