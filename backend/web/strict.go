package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textField is one member of a request's JSON object.
type textField struct {
	name     string
	into     *string
	max      int  // bytes
	optional bool // may be missing or empty
	opaque   bool // may hold any character: a password
}

// readFields reads a request's body strictly: one flat JSON object in UTF-8 whose
// members are the given texts, none unknown, none twice, nothing behind it. The
// fault names the member to blame.
//
// The media type is asked for because a browser sends forms, but not JSON, to
// other sites without asking them first.
func readFields(r *http.Request, body []byte, fields ...textField) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &fault{status: http.StatusUnsupportedMediaType, code: "media-type"}
	}
	if !utf8.Valid(body) {
		return malformed("malformed", "")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return malformed("malformed", "")
	}
	seen := map[string]bool{}
	for d.More() {
		name, value, err := member(d)
		if err != nil {
			return err
		}
		f := find(fields, name)
		if f == nil || seen[name] {
			return malformed("field-unknown", name)
		}
		seen[name] = true
		if *f.into, err = f.check(value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return malformed("malformed", "")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("malformed", "")
	}
	for _, f := range fields {
		if *f.into == "" && !f.optional {
			return malformed("field-missing", f.name)
		}
	}
	return nil
}

// member reads a name and its value. A nested value is told as what it is, not
// looked into.
func member(d *json.Decoder) (name string, value json.Token, err error) {
	t, err := d.Token()
	name, ok := t.(string)
	if err != nil || !ok {
		return "", nil, malformed("malformed", "")
	}
	if value, err = d.Token(); err != nil {
		return "", nil, malformed("malformed", name)
	}
	return name, value, nil
}

func find(fields []textField, name string) *textField {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func (f *textField) check(value json.Token) (string, error) {
	text, ok := value.(string)
	switch {
	case !ok:
		return "", malformed("field-type", f.name)
	case len(text) > f.max:
		return "", malformed("field-too-long", f.name, "max", strconv.Itoa(f.max))
	case !f.opaque && strings.ContainsFunc(text, unprintable):
		return "", malformed("field-invalid", f.name)
	}
	return text, nil
}

// unprintable is what no name holds: controls, and what an escape that is not a
// character was read as.
func unprintable(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }

func malformed(text, field string, pairs ...string) error {
	field = clip(field, 64)
	return &fault{
		status: http.StatusBadRequest, code: "malformed", text: text, field: field,
		pairs: append(pairs, "field", field),
	}
}
