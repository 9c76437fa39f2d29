// Package schematest holds what the server and its clients say against the documents
// for integrators: docs/schemas, docs/events.xsd and docs/asyncapi.yaml. For tests only.
package schematest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Side is who says a frame.
type Side int

// The two sides of a connection.
const (
	Server Side = iota
	Client
)

// Documents are the documents of a directory. Safe for concurrent use.
type Documents struct {
	dir   string
	json  [2]*jsonschema.Schema            // by Side
	kinds [2]map[string]*jsonschema.Schema // by Side and type or command
	line  [2][]*jsonschema.Schema          // by Side; one of them has to hold
}

// Load reads the documents in dir. They allow more members in JSON than they know,
// since later versions may add some; with closed they do not.
func Load(dir string, closed bool) (*Documents, error) {
	d := &Documents{dir: dir}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for side, file := range []string{"schemas/server.json", "schemas/commands.json"} {
		doc, err := ReadJSON(filepath.Join(dir, file))
		if err != nil {
			return nil, err
		}
		if closed {
			closeObjects(doc)
		}
		if err := c.AddResource("mem:///"+file, doc); err != nil {
			return nil, err
		}
		if d.json[side], err = c.Compile("mem:///" + file); err != nil {
			return nil, err
		}
		d.kinds[side] = make(map[string]*jsonschema.Schema)
		for _, kind := range d.json[side].OneOf {
			kind = kind.Ref
			d.kinds[side][path.Base(kind.Location)] = kind
		}
	}
	doc, err := ReadYAML(filepath.Join(dir, "asyncapi.yaml"))
	if err != nil {
		return nil, err
	}
	if err := c.AddResource("mem:///asyncapi.yaml", doc); err != nil {
		return nil, err
	}
	for side, messages := range [][]string{{"answer", "notice"}, {"command"}} {
		for _, m := range messages {
			s, err := c.Compile("mem:///asyncapi.yaml#/channels/line/messages/" + m + "/payload")
			if err != nil {
				return nil, err
			}
			d.line[side] = append(d.line[side], s)
		}
	}
	return d, nil
}

// closeObjects makes every object that lists its members refuse others.
func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, sub := range s {
			closeObjects(sub)
		}
	case []any:
		for _, sub := range s {
			closeObjects(sub)
		}
	}
}

// ReadJSON reads a file of JSON as package jsonschema wants it.
func ReadJSON(file string) (any, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return doc, nil
}

// ReadYAML reads a file of YAML as if it were JSON.
func ReadYAML(file string) (any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
}

// Check says of each frame what the documents have against it, nil for nothing. A
// frame is JSON, XML or a line, as its first byte tells. All XML is given to one run of
// xmllint; the last error is that there is none, or of the documents themselves.
func (d *Documents) Check(side Side, frames ...string) ([]error, error) {
	faults := make([]error, len(frames))
	var elements []int // of frames
	for i, frame := range frames {
		switch {
		case strings.HasPrefix(frame, "{"), strings.HasPrefix(frame, "["):
			faults[i] = d.checkJSON(side, frame)
		case strings.HasPrefix(frame, "<"):
			if faults[i] = wholeElement(side, frame); faults[i] == nil {
				elements = append(elements, i)
			}
		default:
			faults[i] = d.checkLine(side, frame)
		}
	}
	return faults, d.lint(frames, elements, faults)
}

func (d *Documents) checkJSON(side Side, frame string) error {
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(frame))
	if err != nil {
		return err
	}
	err = d.json[side].Validate(v)
	if err == nil {
		return nil
	}
	for _, member := range []string{"type", "command"} { // says more than that none of oneOf fits
		name, _ := Pointer(v, "/"+member).(string)
		if kind := d.kinds[side][name]; kind != nil {
			return cmp.Or(kind.Validate(v), err)
		}
	}
	return err
}

func (d *Documents) checkLine(side Side, text string) (err error) {
	for _, s := range d.line[side] {
		if err = s.Validate(text); err == nil {
			return nil
		}
	}
	return err
}

// Collector keeps what is said during many tests, each frame once. The zero value is
// ready. Safe for concurrent use.
type Collector struct {
	mu     sync.Mutex
	frames map[string]bool
}

// Add keeps frames.
func (c *Collector) Add(frames ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames == nil {
		c.frames = make(map[string]bool)
	}
	for _, f := range frames {
		c.frames[f] = true
	}
}

// Check is of all frames that were kept. The error names at most ten of those against
// which the documents of dir have something.
func (c *Collector) Check(dir string, side Side) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.frames) == 0 {
		return nil
	}
	d, err := Load(dir, true)
	if err != nil {
		return err
	}
	frames := slices.Sorted(maps.Keys(c.frames))
	faults, err := d.Check(side, frames...)
	all := []error{err}
	for i, fault := range faults {
		if fault != nil && len(all) <= 10 {
			all = append(all, fmt.Errorf("%s\nis not as documented: %w", frames[i], fault))
		}
	}
	return errors.Join(all...)
}

// Pointer finds what a JSON pointer without escapes ("/a/b") leads to in doc; nil for nothing.
func Pointer(doc any, pointer string) any {
	for _, name := range strings.Split(pointer, "/")[1:] {
		object, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = object[name]
	}
	return doc
}
