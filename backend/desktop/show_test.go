package desktop

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestShow(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ASCII", "Rossi & Figli <0550100>", "Rossi & Figli <0550100>"},
		{"letters", "Żółć 北京 Ünal", "Żółć 北京 Ünal"},
		{"clear the screen", "a\x1b[2Jb", "a\uFFFD[2Jb"},
		{"8-bit control sequence", "a\u009b2Jb", "a\uFFFD2Jb"},
		{"lines and tabs", "a\r\nb\tc\u2028d", "a  b c d"},
		{"a bell and a delete", "\a\x7f", "\uFFFD\uFFFD"},
		{"right to left override", "gpj.\u202Eexe", "gpj.\uFFFDexe"},
		{"isolate", "\u2066x\u2069", "\uFFFDx\uFFFD"},
		{"zero width", "a\u200bb\ufeff", "a\uFFFDb\uFFFD"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
		{"an accent", "e\u0301", "e\u0301"},
		{"a tower", "e" + strings.Repeat("\u0301", 50) + "x", "e" + strings.Repeat("\u0301", maxMarks) + "x"},
		{"private use", "\ue000", "\uFFFD"},
	} {
		if got := Show(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// harmless says what a terminal could take amiss in s.
func harmless(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029 {
			t.Errorf("%q holds %U", s, r)
		}
	}
}

func FuzzShow(f *testing.F) {
	f.Add("a\x1b[2J\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		shown := Show(s)
		harmless(t, shown)
		if again := Show(shown); again != shown {
			t.Errorf("%q becomes %q, and then %q", s, shown, again)
		}
	})
}
