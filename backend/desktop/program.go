package desktop

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Template is a program that this PC allows: its absolute path and its arguments. In an
// argument {1} stands for the first value that the server sends, {2} for the second, …;
// an argument that is {*} stands for all of them, each as one argument.
type Template []string

const (
	maxValue  = 1024 // bytes of a value
	maxValues = 100
)

var placeholder = regexp.MustCompile(`\{[1-9][0-9]?\}`)

// check says what is wrong with a template, whatever the values.
func (t Template) check() error {
	if len(t) == 0 || !filepath.IsAbs(t[0]) {
		return errors.New("its first word must be the absolute path of a program")
	}
	if ext := strings.ToLower(filepath.Ext(strings.TrimRight(t[0], ". "))); ext == ".bat" || ext == ".cmd" {
		return errors.New("a script of the Windows shell cannot be given values safely; name the program it starts")
	}
	for _, arg := range t[1:] {
		if strings.Contains(arg, "{*}") && arg != "{*}" {
			return fmt.Errorf("%q: {*} must be an argument of its own", arg)
		}
	}
	return nil
}

// fill puts values into the arguments. What they hold stays in the argument it was put
// into. A value with control characters is refused, and so is one at the beginning of an
// argument that programs would take for an option or a list of arguments, - or @ or,
// on Windows, / first, unless an argument "--" of the template stands before it.
func (t Template) fill(values []string) ([]string, error) {
	if len(values) > maxValues {
		return nil, errors.New("too many values")
	}
	for i, v := range values {
		if err := checkValue(v); err != nil {
			return nil, fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	args := make([]string, 0, len(t))
	free := false // from here on programs take nothing for an option
	for _, arg := range t[1:] {
		free = free || arg == "--"
		if arg == "{*}" {
			for i, v := range values {
				if !free && optionLike(v) {
					return nil, fmt.Errorf("value %d looks like an option", i+1)
				}
			}
			args = append(args, values...)
			continue
		}
		one, err := fillOne(arg, values, free)
		if err != nil {
			return nil, err
		}
		args = append(args, one)
	}
	return args, nil
}

func fillOne(arg string, values []string, free bool) (string, error) {
	var fault error
	first := placeholder.FindStringIndex(arg)
	out := placeholder.ReplaceAllStringFunc(arg, func(p string) string {
		n, _ := strconv.Atoi(p[1 : len(p)-1]) // the expression lets only numbers through
		if n > len(values) {
			fault = fmt.Errorf("the server sent no value for {%d}", n)
			return ""
		}
		return values[n-1]
	})
	if fault == nil && !free && first != nil && first[0] == 0 && optionLike(out) {
		fault = errors.New("a value looks like an option")
	}
	return out, fault
}

func checkValue(v string) error {
	switch {
	case len(v) > maxValue:
		return fmt.Errorf("longer than %d bytes", maxValue)
	case !utf8.ValidString(v):
		return errors.New("not UTF-8")
	case strings.ContainsFunc(v, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
	}):
		return errors.New("it holds control characters")
	}
	return nil
}

func optionLike(arg string) bool {
	return arg != "" && (arg[0] == '-' || arg[0] == '@' || arg[0] == '/' && filepath.Separator == '\\')
}
