package settings

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/asteriskcti/asteriskcti/backend/suggest"
)

const prefix = "ASTCTI_"

// maxFile bounds the boot file: a real one has some forty lines.
const maxFile = 1 << 20

// Load reads path over the defaults, the environment (as of os.Environ) over that,
// and checks the whole. An empty path means no file. The error lists every fault,
// each with its line or variable; warnings tell of variables that look like ours
// and are not.
func Load(path string, environ []string) (s Settings, warnings []string, err error) {
	s = Defaults()
	var doc *ast.File
	if path != "" {
		if doc, err = read(path, &s); err != nil {
			return s, nil, err
		}
	}
	vars := ours(environ)
	if err := env.ParseWithOptions(&s, env.Options{Prefix: prefix, Environment: vars}); err != nil {
		return s, nil, envFaults(err)
	}
	names := variables(reflect.TypeFor[Settings](), prefix)
	for name := range vars {
		if !slices.Contains(names, name) {
			warnings = append(warnings, "environment: "+name+" is not a setting"+didYouMean(name, names))
		}
	}
	slices.Sort(warnings)
	var faults []error
	for _, f := range s.check() {
		faults = append(faults, errors.New(place(path, doc, vars, f.key)+f.text))
	}
	return s, warnings, errors.Join(faults...)
}

func read(path string, into *Settings) (*ast.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are too many for a settings file (limit %d)", path, info.Size(), maxFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, explain(path, err)
	}
	if len(bytes.TrimSpace(text)) == 0 || len(doc.Docs) == 0 || doc.Docs[0].Body == nil {
		return doc, nil
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.Strict()); err != nil {
		return nil, explain(path, err)
	}
	return doc, nil
}

var unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)

// explain gives a YAML error its file and line on one line, and for a key we do
// not know the one that was probably meant.
func explain(path string, err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("%s: %w", path, err)
	}
	text, line := at.GetMessage(), 0
	if tok := at.GetToken(); tok != nil {
		line = tok.Position.Line
	}
	if m := unknownField.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("unknown key %q%s", m[1], didYouMean(m[1], keys(reflect.TypeFor[Settings]())))
	}
	return fmt.Errorf("%s:%d: %s", path, line, text)
}

func didYouMean(word string, known []string) string {
	if near := suggest.Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// place is "file:line: " of a key, or the environment variable that set it.
func place(path string, doc *ast.File, vars map[string]string, key string) string {
	name := prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
	if _, ok := vars[name]; ok {
		return "environment: " + name + ": "
	}
	if doc != nil {
		if p, err := yaml.PathString("$." + key); err == nil {
			if node, err := p.FilterFile(doc); err == nil && node != nil {
				return fmt.Sprintf("%s:%d: %s: ", path, node.GetToken().Position.Line, key)
			}
		}
	}
	return key + ": "
}

func ours(environ []string) map[string]string {
	vars := map[string]string{}
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && strings.HasPrefix(name, prefix) {
			vars[name] = value
		}
	}
	return vars
}

func envFaults(err error) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("environment: %w", err)
	}
	var faults []error
	for _, e := range all.Errors {
		faults = append(faults, fmt.Errorf("environment: %w", e))
	}
	return errors.Join(faults...)
}

// keys lists the YAML names at every depth.
func keys(t reflect.Type) (names []string) {
	for f := range fields(t) {
		names = append(names, f.Tag.Get("yaml"))
		if f.Type.Kind() == reflect.Struct {
			names = append(names, keys(f.Type)...)
		}
	}
	return names
}

// variables lists the environment's names.
func variables(t reflect.Type, prefix string) (names []string) {
	for f := range fields(t) {
		if f.Type.Kind() == reflect.Struct {
			names = append(names, variables(f.Type, prefix+f.Tag.Get("envPrefix"))...)
			continue
		}
		names = append(names, prefix+f.Tag.Get("env"))
	}
	return names
}

func fields(t reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}
