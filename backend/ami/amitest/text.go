package amitest

import (
	"strconv"
	"strings"
)

// text is a message being written: a header a line, an empty line at the end.
// Values go out as they are. A value with a line break forges lines, as it does in
// a real Newexten; a dialect escapes the ones Asterisk escapes.
type text struct{ b []byte }

func (t *text) add(key, value string) *text {
	t.b = append(t.b, key...)
	t.b = append(t.b, ": "...)
	t.b = append(t.b, value...)
	t.b = append(t.b, "\r\n"...)
	return t
}

func (t *text) int(key string, value int) *text { return t.add(key, strconv.Itoa(value)) }

// yes writes 1 or 0.
func (t *text) yes(key string, value bool) *text {
	if value {
		return t.add(key, "1")
	}
	return t.add(key, "0")
}

func (t *text) end() []byte {
	t.b = append(t.b, "\r\n"...)
	return t.b
}

// orUnknown is what Asterisk writes for a caller id it does not have.
func orUnknown(s string) string {
	if s == "" {
		return "<unknown>"
	}
	return s
}

// escapes are the characters ast_escape_c of main/utils.c puts a backslash before,
// and the letter behind it.
var escapes = strings.NewReplacer("\a", `\a`, "\b", `\b`, "\f", `\f`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`,
	`\`, `\\`, `'`, `\'`, `"`, `\"`, `?`, `\?`)

// escapeC is a value as Asterisk 13.5 and later write the ones they escape: names
// of callers and the value of VarSet.
func escapeC(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || strings.ContainsRune(`\'"?`, r) }) < 0 {
		return s
	}
	return escapes.Replace(s)
}

func itoa(n int) string { return strconv.Itoa(n) }
