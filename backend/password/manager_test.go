package password

import (
	"bytes"
	"errors"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

func TestCheckManagerPassword(t *testing.T) {
	for _, c := range []struct {
		name, plain, user string
		want              error
	}{
		{"good", "violet tractor", "ada", nil},
		{"twelve", "abcdxyzqwvut", "ada", nil},
		{"eleven", "abcdxyzqwvu", "ada", ErrShort},
		{"twelve characters of four bytes", strings.Repeat("\U0001F600", 12), "ada", nil},
		{"eleven of them", strings.Repeat("\U0001F600", 11), "ada", ErrShort},
		{"none", "", "ada", ErrShort},
		{"128", strings.Repeat("vw", 64), "ada", nil},
		{"129", strings.Repeat("vw", 64) + "x", "ada", ErrLong},
		{"128 of four bytes", strings.Repeat("\U0001F600", 128), "ada", nil},
		{"blanks around, kept", "  violet tr  ", "ada", nil},
		{"no-break space", "violet\u00a0tractor", "ada", nil},
		{"joined emoji", "\U0001F469\u200d\U0001F469\u200d\U0001F467 and tractor", "ada", nil},
		{"NUL", "violet\x00tractor", "ada", ErrChars},
		{"line end", "violet tractor\n", "ada", ErrChars},
		{"C1", "violet\u0085tractor", "ada", ErrChars},
		{"no UTF-8", "violet\xfftractor", "ada", ErrChars},
		{"common", "password1234", "ada", ErrCommon},
		{"common in capitals", "PassWord1234", "ada", ErrCommon},
		{"a longer one that begins so", "password1234 violet", "ada", nil},
		{"user id", "violet Lovelace", "lovelace", ErrUserID},
		{"user id, in capitals", "violet ada tractor", "ADA", ErrUserID},
		{"a short user id may be in it", "violet tractor", "ac", nil},
		{"no user id yet", "violet tractor", "", nil},
	} {
		if err := CheckManagerPassword(c.plain, c.user); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestCommon: every line can be met: it passes the other rules, and is in lower case.
func TestCommon(t *testing.T) {
	if len(common()) < 200 {
		t.Errorf("%d lines", len(common()))
	}
	for word := range common() {
		if n := utf8.RuneCountInString(word); n < MinManagerPassword || word != strings.ToLower(word) || !errors.Is(CheckManagerPassword(word, ""), ErrCommon) {
			t.Errorf("%q", word)
		}
	}
	lines := slices.Collect(strings.Lines(commonText))
	if !slices.IsSorted(lines[1:]) || len(lines)-1 != len(common()) {
		t.Error("the list is not sorted, or has a line twice")
	}
}

// TestManagerVerifier: right is right, and neither kind of verifier is the other's.
func TestManagerVerifier(t *testing.T) {
	p, other := testPepper(), newPepper(bytes.Repeat([]byte{2}, pepperSize))
	const plain = "violet tractor"
	manager := p.HashManager(plain)
	operator, err := p.HashPassword(plain)
	if err != nil {
		t.Fatal(err)
	}
	ofMD5 := p.HashManager(MD5Hex(plain))
	if err := ParseVerifier(manager); err != nil || !p.Made(manager) || manager == p.HashManager(plain) {
		t.Errorf("%v: %s", err, manager)
	}
	gate := NewManagerGate(p, Options{Log: slog.New(slog.DiscardHandler)})
	from := 0
	check := func(verifier, plain string) error {
		from++ // never the same twice: nothing is slowed down
		return gate.Check(t.Context(), "ada", verifier, plain, netip.AddrFrom4([4]byte{192, 0, 2, byte(from)}))
	}
	for _, c := range []struct {
		name, verifier, plain string
		want                  error
	}{
		{"right", manager, plain, nil},
		{"another", manager, plain + " ", ErrWrong},
		{"in another case", manager, "Violet tractor", ErrWrong},
		{"its MD5", manager, MD5Hex(plain), ErrWrong},
		{"an operator's verifier", operator, plain, ErrWrong},
		{"an operator's verifier and the MD5", operator, MD5Hex(plain), ErrWrong},
		{"of the MD5", ofMD5, plain, ErrWrong},
		{"unknown", "", plain, ErrWrong},
		{"another pepper", other.HashManager(plain), plain, ErrWrong},
	} {
		if err := check(c.verifier, c.plain); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if err := NewGate(p, Options{Log: slog.New(slog.DiscardHandler)}).Check(t.Context(), "ada", ofMD5, MD5Hex(plain), netip.Addr{}); !errors.Is(err, ErrWrong) {
		t.Errorf("a manager's verifier lets an operator in: %v", err)
	}
	if stats := gate.Stats(); stats.Right != 1 || stats.Cached != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestManagerGateForgets: a right password is hashed each time, and guessers are slowed.
func TestManagerGateForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testPepper()
		var log strings.Builder
		gate := NewManagerGate(p, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		hashed := 0
		gate.passwords.verify = func(verifier, secret string) bool {
			hashed++
			return verifier == "v:"+secret
		}
		gate.passwords.made = func(string) bool { return true }
		for range 3 {
			if err := gate.Check(t.Context(), "Ada", "v:"+managerDomain+"right", "right", home); err != nil {
				t.Fatal(err)
			}
		}
		if hashed != 3 {
			t.Errorf("hashed %d times, want 3", hashed)
		}
		for i := range freeTries + 1 {
			err := gate.Check(t.Context(), "ada", "v:x", "my typed secret", home)
			if wait := retryAfter(err); (i < freeTries) != errors.Is(err, ErrWrong) || (i == freeTries) != (wait > 0) {
				t.Errorf("try %d: %v", i+1, err)
			}
		}
		if !strings.Contains(log.String(), "manager=ada") || strings.Contains(log.String(), "typed") || strings.Contains(log.String(), "operator") {
			t.Errorf("log:\n%s", &log)
		}
	})
}

// TestCheckCode: wrong codes are slowed by account, and by nothing else.
func TestCheckCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := NewManagerGate(testPepper(), Options{Log: slog.New(slog.DiscardHandler)})
		asked := 0
		try := func(user string, right bool, err error) error {
			return gate.CheckCode(user, func() (bool, error) { asked++; return right, err })
		}
		broken := errors.New("broken")
		for range 2 * freeTries {
			if err := try("ada", false, broken); !errors.Is(err, broken) {
				t.Fatal(err)
			}
		}
		for range 40 { // far more than one network may get wrong
			err := try("ada", false, nil)
			for wait := retryAfter(err); wait > 0; wait = retryAfter(err) {
				if wait > lastDelay {
					t.Fatalf("waits %v", wait)
				}
				before := asked
				if err = try("ADA", true, nil); retryAfter(err) == 0 || asked != before {
					t.Fatalf("asked while it should wait: %v", err)
				}
				pass(wait)
				err = try("ada", false, nil)
			}
			if !errors.Is(err, ErrWrong) {
				t.Fatal(err)
			}
		}
		if err := try("grace", true, nil); err != nil {
			t.Errorf("another account: %v", err)
		}
		pass(lastDelay + time.Second)
		if err := try("ada", true, nil); err != nil {
			t.Error(err)
		}
		for range freeTries {
			if err := try("ada", false, nil); !errors.Is(err, ErrWrong) {
				t.Error(err)
			}
		}
	})
}

// FuzzCheckManagerPassword: what is accepted is as the rule says.
func FuzzCheckManagerPassword(f *testing.F) {
	for _, plain := range []string{"violet tractor", "password1234", "x\x00", strings.Repeat("ä", 128), "\xff\xfe"} {
		f.Add(plain, "ada")
	}
	f.Fuzz(func(t *testing.T, plain, user string) {
		if CheckManagerPassword(plain, user) != nil {
			return
		}
		runes := []rune(plain)
		if len(runes) < 12 || len(runes) > 128 || string(runes) != plain || strings.ContainsAny(plain, "\x00\r\n\x7f") {
			t.Fatalf("%q accepted", plain)
		}
		if len(user) >= shortID && utf8.ValidString(user) && strings.Contains(plain, user) {
			t.Fatalf("%q accepted for %q", plain, user)
		}
	})
}
