package password

import (
	"strings"
	"testing"
)

func TestMD5Hex(t *testing.T) {
	for _, c := range []struct{ plain, want string }{
		{"", "d41d8cd98f00b204e9800998ecf8427e"},
		{"secret", "5ebe2294ecd0e0f08eab7690d2a6ee69"},
		{"caf\u00e9", "07117fe4a1ebd544965dc19573183da2"},
		{"cafe\u0301", "07117fe4a1ebd544965dc19573183da2"}, // the same word, decomposed
	} {
		if got := MD5Hex(c.plain); got != c.want {
			t.Errorf("MD5Hex(%q) = %s, want %s", c.plain, got, c.want)
		}
	}
}

func TestParseMD5Hex(t *testing.T) {
	const good = "5ebe2294ecd0e0f08eab7690d2a6ee69"
	for _, s := range []string{good, strings.ToUpper(good)} {
		if got, err := ParseMD5Hex(s); err != nil || got != good {
			t.Errorf("ParseMD5Hex(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "5ebe", good + "0", good[:31], good[:31] + "g", good[:31] + "\n", " " + good[:31], good[:30] + "é", "0x" + good[:30]} {
		if got, err := ParseMD5Hex(s); err == nil {
			t.Errorf("ParseMD5Hex(%q) = %q, want an error", s, got)
		}
	}
}

func FuzzMD5Hex(f *testing.F) {
	f.Add("5ebe2294ecd0e0f08eab7690d2a6ee69")
	f.Add("5EBE2294ECD0E0F08EAB7690D2A6EE6g")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseMD5Hex(s)
		if err != nil {
			return
		}
		if len(got) != 32 || strings.Trim(got, "0123456789abcdef") != "" || !strings.EqualFold(got, s) {
			t.Fatalf("ParseMD5Hex(%q) = %q", s, got)
		}
		if again, err := ParseMD5Hex(got); err != nil || again != got {
			t.Fatalf("not stable: %q, %q, %v", got, again, err)
		}
		if made := MD5Hex(s); len(made) != 32 {
			t.Fatalf("MD5Hex(%q) = %q", s, made)
		}
	})
}
