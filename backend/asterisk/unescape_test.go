package asterisk

import "testing"

// escape is ast_escape_c of Asterisk's main/utils.c, as we know it.
func escape(s string) string {
	var b []byte
next:
	for i := range len(s) {
		for j := 0; j < len(escapes); j += 2 {
			if s[i] == escapes[j+1] {
				b = append(b, '\\', escapes[j])
				continue next
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func TestUnescape(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain", "plain"},
		{`O\'Brien`, "O'Brien"},
		{`\"\?\\\a\b\f\n\r\t\v`, "\"?\\\a\b\f\n\r\t\v"},
		{`C:\xy\`, `C:\xy\`},
		{`\\n`, `\n`},
		{`one\r\nEvent: Hangup\r\n\r\ntwo\ttab\\back`, "one\r\nEvent: Hangup\r\n\r\ntwo\ttab\\back"},
	} {
		if got := unescape(tt.in); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzUnescape holds that unescape undoes escape, and that no bytes harm it.
func FuzzUnescape(f *testing.F) {
	f.Add(`O\'Brien "x" \`)
	f.Add("\r\n\x00\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if got := unescape(escape(s)); got != s {
			t.Errorf("%q comes back as %q", s, got)
		}
		if got := unescape(s); len(got) > len(s) {
			t.Errorf("%q grows to %q", s, got)
		}
	})
}
