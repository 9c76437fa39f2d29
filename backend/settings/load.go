package settings

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

// others are variables that begin as ours do and are no settings: the command line
// reads them.
var others = []string{prefix + "CONFIG", prefix + "HEALTH_URL"}

// Load reads path over the defaults, the environment (as of os.Environ) over that,
// and checks the whole. An empty path means no file. The error lists every fault,
// each with its line or variable; warnings tell of what works and yet is likely a
// mistake.
func Load(path string, environ []string) (s Settings, warnings []string, err error) {
	s = Defaults()
	f := &file{given: map[string]bool{}}
	if path != "" {
		if f, err = readFile(path, &s); err != nil {
			return s, nil, err
		}
		if w := f.readable(); w != "" {
			warnings = append(warnings, w)
		}
	}
	s.given = f.given
	vars, unknown, faults := s.readEnvironment(environ)
	warnings, faults = append(warnings, unknown...), append(f.faults, faults...)
	place := func(key string) string {
		if _, ok := vars[variable(key)]; ok {
			return "environment: " + variable(key) + ": "
		}
		if line := f.lines[key]; line > 0 {
			return fmt.Sprintf("%s:%d: %s: ", path, line, key)
		}
		return key + ": "
	}
	for _, one := range s.check() {
		faults = append(faults, errors.New(place(one.key)+one.text))
	}
	for _, one := range s.doubts() {
		warnings = append(warnings, place(one.key)+one.text)
	}
	return s, warnings, errors.Join(faults...)
}

// readEnvironment sets what the environment says, and returns the variables that are
// ours. One that is there and empty is the empty text: "ASTCTI_METRICS_LISTEN=" is no
// metrics. Numbers, times and switches have no empty value: there it counts as not set.
func (s *Settings) readEnvironment(environ []string) (vars map[string]string, warnings []string, faults []error) {
	vars = map[string]string{}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok && strings.HasPrefix(name, prefix) {
			vars[name] = value
		}
	}
	var known []string
	for key, value := range s.keys() {
		name := variable(key)
		known = append(known, name)
		text, ok := vars[name]
		if !ok || text == "" && value.Kind() != reflect.String && value.Kind() != reflect.Slice {
			continue
		}
		if err := set(value, text); err != nil {
			faults = append(faults, fmt.Errorf("environment: %s: %w", name, err))
		}
		s.given[key] = true
	}
	for name := range vars {
		if !slices.Contains(known, name) && !slices.Contains(others, name) {
			warnings = append(warnings, "environment: "+name+" is not a setting"+didYouMean(name, known))
		}
	}
	slices.Sort(warnings)
	return vars, warnings, faults
}

func didYouMean(word string, known []string) string {
	if near := suggest.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
