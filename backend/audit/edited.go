package audit

import (
	"log/slog"
	"strconv"
	"strings"
)

// Change is a field of what was edited. What is secret is masked by whoever makes it.
type Change struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// String is the change for people.
func (c Change) String() string {
	return c.Field + ": " + strconv.Quote(c.Old) + " -> " + strconv.Quote(c.New)
}

// Bounds of one line: an import may change everything at once, and a byte may take six to be
// written (\u001b).
const (
	maxChanges    = 48 << 10 // bytes of all of them, as they are written
	maxChangeText = 200      // bytes of a value
)

// Edited are the attributes of an edit, the same wherever it was made: who and from where, if
// known; what kind of thing, which one, and what was done to it; and its fields, under
// "fields". Whatever they hold, the line is not too long: values are cut, and of fields that
// have no room "more" says how many they are.
func Edited(by, from, kind, name, action string, fields []Change) []slog.Attr {
	var attrs []slog.Attr
	for _, a := range [...]struct{ key, value string }{{"by", by}, {"from", from}, {"kind", kind}, {"name", name}, {"action", action}} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.key, cut(a.value)))
		}
	}
	var list []Change
	for size := 0; len(list) < len(fields); {
		c := fields[len(list)]
		c = Change{cut(c.Field), cut(c.Old), cut(c.New)}
		text, err := appendJSON(nil, c)
		if size += len(text); err != nil || size > maxChanges {
			break
		}
		list = append(list, c)
	}
	if len(list) > 0 {
		attrs = append(attrs, slog.Any("fields", list))
	}
	if more := len(fields) - len(list); more > 0 {
		attrs = append(attrs, slog.Int("more", more))
	}
	return attrs
}

// cut is s, or its beginning with "…" behind.
func cut(s string) string {
	if len(s) <= maxChangeText {
		return s
	}
	return strings.ToValidUTF8(s[:maxChangeText], "") + "…"
}
