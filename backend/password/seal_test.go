package password

import (
	"bytes"
	"errors"
	"testing"
)

func TestSeal(t *testing.T) {
	p, other := newPepper(bytes.Repeat([]byte{1}, pepperSize)), newPepper(bytes.Repeat([]byte{2}, pepperSize))
	for _, plain := range []string{"", "s", "a secret that is looked for", string(make([]byte, 4096))} {
		sealed := p.Seal("a", []byte(plain))
		if again := p.Seal("a", []byte(plain)); bytes.Equal(again, sealed) || len(sealed) != len(plain)+44 {
			t.Errorf("%d bytes for %d, twice the same: %v", len(sealed), len(plain), bytes.Equal(again, sealed))
		}
		if len(plain) > 1 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%q is in what was sealed", plain)
		}
		if got, err := p.Open("a", sealed); err != nil || string(got) != plain {
			t.Errorf("%q opened as %q, %v", plain, got, err)
		}
		for name, open := range map[string]func() ([]byte, error){
			"another purpose": func() ([]byte, error) { return p.Open("b", sealed) },
			"another pepper":  func() ([]byte, error) { return other.Open("a", sealed) },
		} {
			if got, err := open(); !errors.Is(err, ErrSealed) || got != nil {
				t.Errorf("%s opens %q: %q, %v", name, plain, got, err)
			}
		}
	}
}

// TestSealDamaged: no byte can be changed, left out or added.
func TestSealDamaged(t *testing.T) {
	p := newPepper(make([]byte, pepperSize))
	sealed := p.Seal("a", []byte("secret"))
	refused := func(what string, at int, damaged []byte) {
		if got, err := p.Open("a", damaged); !errors.Is(err, ErrSealed) || got != nil {
			t.Errorf("%s at %d: opened as %q, %v", what, at, got, err)
		}
	}
	for i := range sealed {
		flipped := bytes.Clone(sealed)
		flipped[i] ^= 1
		refused("changed", i, flipped)
		refused("cut", i, sealed[:i])
	}
	refused("longer", len(sealed), append(bytes.Clone(sealed), 0))
}

func FuzzOpen(f *testing.F) {
	p := newPepper(make([]byte, pepperSize))
	f.Add([]byte("cti1"))
	f.Add(p.Seal("b", []byte("x")))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if got, err := p.Open("a", sealed); err == nil {
			t.Fatalf("%x opens as %q", sealed, got)
		}
	})
}
