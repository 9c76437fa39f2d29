package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds the boot file: a real one has some forty lines.
const maxFile = 1 << 20

// file is a boot file being read.
type file struct {
	path   string
	keys   map[string]reflect.Value // by path
	names  []string                 // of keys, in order
	lines  map[string]int           // of the keys that the file sets
	given  map[string]bool          // of these, the ones with a value
	faults []error
}

// readFile sets what a boot file says. Faults of single keys are collected; the
// error is of a file that cannot be read at all.
func readFile(path string, into *Settings) (*file, error) {
	f := &file{path: path, keys: map[string]reflect.Value{}, lines: map[string]int{}, given: map[string]bool{}}
	for name, value := range into.keys() {
		f.keys[name], f.names = value, append(f.names, name)
	}
	text, err := f.text()
	if err != nil {
		return nil, err
	}
	doc, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, f.syntax(err)
	}
	for i, d := range doc.Docs {
		if d.Body == nil {
			continue
		}
		if i > 0 {
			f.fault(d.Body, "", "a second YAML document: put everything into the first, without ---")
			break
		}
		f.group(d.Body, "")
	}
	return f, nil
}

func (f *file) text() ([]byte, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return nil, f.unreadable(err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err != nil {
		return nil, f.unreadable(err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s: larger than %d KiB, which no settings file is", f.path, maxFile>>10)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil // a mark that some editors write
}

// unreadable puts the file before its error, once.
func (f *file) unreadable(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return fmt.Errorf("%s: cannot be read: %w", f.path, err)
}

// syntax gives an error of the YAML itself its file and line on one line.
func (f *file) syntax(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return fmt.Errorf("%s:%d: %s", f.path, at.GetToken().Position.Line, at.GetMessage())
}

func (f *file) fault(at ast.Node, key, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if key != "" {
		text = key + ": " + text
	}
	f.faults = append(f.faults, fmt.Errorf("%s:%d: %s", f.path, at.GetToken().Position.Line, text))
}

// group reads the keys below a path, "" for the whole file.
func (f *file) group(node ast.Node, path string) {
	var values []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	case *ast.NullNode, *ast.CommentGroupNode:
		return // "http:" with nothing below it: as if it were not there
	default:
		f.fault(node, path, "keys are expected here: %s", strings.Join(f.below(path), ", "))
		return
	}
	for _, v := range values {
		name := v.Key.GetToken().Value
		full := strings.TrimPrefix(path+"."+name, ".")
		value, leaf := f.keys[full]
		switch {
		case leaf:
			f.lines[full] = v.Key.GetToken().Position.Line
			f.value(v.Value, full, value)
		case len(f.below(full)) > 0:
			f.group(v.Value, full)
		default:
			f.fault(v.Key, path, "unknown key %q%s", name, f.meant(name, path))
		}
	}
}

// below lists the keys and groups directly below a path.
func (f *file) below(path string) (names []string) {
	for _, full := range f.names {
		rest, ok := strings.CutPrefix(full, path+".")
		if path == "" {
			rest, ok = full, true
		}
		name, _, _ := strings.Cut(rest, ".")
		if ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// meant suggests a key of the same group, else one that stands in another.
func (f *file) meant(name, path string) string {
	if hint := didYouMean(name, f.below(path)); hint != "" {
		return hint
	}
	for _, full := range f.names {
		if full[strings.LastIndex(full, ".")+1:] == name {
			return fmt.Sprintf("; did you mean %q?", full)
		}
	}
	return didYouMean(name, f.names)
}

func (f *file) value(node ast.Node, key string, value reflect.Value) {
	text, ok := scalar(node)
	if list, is := node.(*ast.SequenceNode); is && value.Kind() == reflect.Slice {
		items := make([]string, len(list.Values))
		ok = true
		for i, item := range list.Values {
			one, single := scalar(item)
			items[i], ok = one, ok && single
		}
		text = strings.Join(items, ",")
	}
	if _, null := node.(*ast.NullNode); null {
		return // "secret:" with nothing behind it: as if it were not there
	}
	if !ok {
		f.fault(node, key, "one value is expected here, without anchor or tag")
		return
	}
	if err := set(value, text); err != nil {
		f.fault(node, key, "%v", err)
	}
	f.given[key] = true
}

// scalar is a single value as it is written: a secret of digits stays what it is.
func scalar(node ast.Node) (text string, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// readable warns of a secret that everybody on the machine can read.
func (f *file) readable() (warning string) {
	info, err := os.Stat(f.path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o004 == 0 {
		return ""
	}
	for _, secret := range []string{"ami.secret", "smtp.password", "webhook.secret"} {
		if f.lines[secret] > 0 {
			return fmt.Sprintf("%s: holds %s and can be read by everybody on this machine: chmod 640 it", f.path, secret)
		}
	}
	return ""
}
