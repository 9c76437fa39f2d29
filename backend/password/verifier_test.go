package password

import (
	"strings"
	"testing"
)

func testPepper() *Pepper { return newPepper([]byte(strings.Repeat("k", pepperSize))) }

func TestVerifier(t *testing.T) {
	p, other := testPepper(), newPepper([]byte(strings.Repeat("o", pepperSize)))
	md5hex := MD5Hex("correct horse")
	v, err := p.Hash(strings.ToUpper(md5hex))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := p.HashPassword("correct horse"); again == v || !p.verify(again, md5hex) {
		t.Errorf("two verifiers of one password: %s and %s", v, again)
	}
	if err := ParseVerifier(v); err != nil {
		t.Errorf("%v: %s", err, v)
	}
	if !p.Made(v) || other.Made(v) {
		t.Errorf("Made: own %v, other %v", p.Made(v), other.Made(v))
	}
	for name, c := range map[string]struct {
		p           *Pepper
		v, md5hex   string
		want, parse bool
	}{
		"right":          {p, v, md5hex, true, true},
		"wrong password": {p, v, MD5Hex("Correct horse"), false, true},
		"other pepper":   {other, v, md5hex, false, true},
		"unknown":        {p, "", md5hex, false, false},
		"bare md5":       {p, md5hex, md5hex, false, false},
		"its md5 twice":  {p, v, MD5Hex(md5hex), false, true},
		"other id":       {p, strings.Replace(v, p.ID(), other.ID(), 1), md5hex, false, true},
	} {
		if got := c.p.verify(c.v, c.md5hex); got != c.want {
			t.Errorf("%s: verify = %v", name, got)
		}
		if err := ParseVerifier(c.v); (err == nil) != c.parse {
			t.Errorf("%s: ParseVerifier: %v", name, err)
		}
	}
	if _, err := p.Hash("no md5"); err == nil {
		t.Error("Hash took no MD5")
	}
}

func TestParseVerifierRefuses(t *testing.T) {
	v, err := testPepper().HashPassword("x")
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"more memory":     strings.Replace(v, "m=19456", "m=4194304", 1),
		"fewer passes":    strings.Replace(v, "t=2", "t=1", 1),
		"argon2i":         strings.Replace(v, "argon2id", "argon2i", 1),
		"phc without us":  strings.TrimPrefix(v, "$cti1$k="+testPepper().ID()),
		"upper-case id":   strings.Replace(v, testPepper().ID(), strings.ToUpper(testPepper().ID())[:7]+"G", 1),
		"cut":             v[:len(v)-1],
		"padded":          v + "=",
		"further field":   v + "$x",
		"line end":        v[:len(v)-1] + "\n",
		"trailing bits":   v[:len(v)-1] + "B",
		"leading blank":   " " + v,
		"NUL":             v[:20] + "\x00" + v[21:],
		"bcrypt":          "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"only the prefix": "$cti1$k=",
	} {
		if ParseVerifier(bad) == nil {
			t.Errorf("%s accepted: %q", name, bad)
		}
	}
}

func FuzzVerifier(f *testing.F) {
	f.Add(parsed{pepper: "0123abcd"}.String())
	f.Add("$cti1$k=0123abcd$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parse(s)
		if err == nil && v.String() != s {
			t.Fatalf("%q is read as %q: one verifier has two spellings", s, v)
		}
	})
}
