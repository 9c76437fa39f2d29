package locale

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// TestCatalogues: every language has every key of the fallback and no other, no
// text is empty, and the placeholders agree.
func TestCatalogues(t *testing.T) {
	want := catalogues[Fallback]
	for _, l := range Languages() {
		got := catalogues[l]
		for key, text := range want {
			if _, ok := got[key]; !ok {
				t.Errorf("%s: %q is missing", l, key)
				continue
			}
			a, b := placeholder.FindAllString(text, -1), placeholder.FindAllString(got[key], -1)
			slices.Sort(a)
			slices.Sort(b)
			if !slices.Equal(a, b) {
				t.Errorf("%s: %q has placeholders %v, want %v", l, key, b, a)
			}
		}
		for key, text := range got {
			if _, ok := want[key]; !ok {
				t.Errorf("%s: %q is not in the fallback", l, key)
			}
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %q is empty or padded: %q", l, key, text)
			}
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) {
				t.Errorf("%s: %q holds a control character", l, key)
			}
		}
	}
}

// TestTranslated: a catalogue that only copies the fallback is not a translation.
func TestTranslated(t *testing.T) {
	for _, l := range Languages()[1:] {
		same := 0
		for key, text := range catalogues[Fallback] {
			if catalogues[l][key] == text {
				same++
			}
		}
		if same*5 > len(catalogues[Fallback]) {
			t.Errorf("%s: %d of %d texts are those of the fallback", l, same, len(catalogues[Fallback]))
		}
	}
}

// TestFilesAreSorted keeps the catalogues easy to compare line by line, and finds
// a key that is written twice, in a file or in two parts.
func TestFilesAreSorted(t *testing.T) {
	for _, l := range Languages() {
		all, in := 0, map[string]string{}
		for _, part := range parts(t) {
			keys := keysOf(t, part, l)
			if !slices.IsSorted(keys) {
				t.Errorf("%s/%s: keys are not sorted", part, l)
			}
			for _, key := range keys {
				if other, twice := in[key]; twice {
					t.Errorf("%s/%s: %q is in %s as well", part, l, key, other)
				}
				in[key] = part
			}
			all += len(keys)
		}
		if all != len(catalogues[l]) {
			t.Errorf("%s: read %d keys, the catalogue has %d", l, all, len(catalogues[l]))
		}
	}
}

// parts are the folders of the catalogue, each with a file for every language and no other.
func parts(t *testing.T) (names []string) {
	t.Helper()
	folders, err := files.ReadDir("catalogue")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		inside, err := files.ReadDir("catalogue/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if len(inside) != len(languages) {
			t.Errorf("%s: %d files for %d languages", f.Name(), len(inside), len(languages))
		}
		names = append(names, f.Name())
	}
	return names
}

func keysOf(t *testing.T, part string, l Language) (keys []string) {
	t.Helper()
	raw, err := files.ReadFile("catalogue/" + part + "/" + string(l) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	for d.More() {
		tok, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := tok.(string); ok {
			keys = append(keys, key)
			if _, err := d.Token(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return keys
}

func TestKeys(t *testing.T) {
	if !slices.Equal(Keys(), slices.Sorted(maps.Keys(catalogues[Fallback]))) {
		t.Error("Keys is not the sorted fallback")
	}
}

func TestText(t *testing.T) {
	saved := catalogues
	t.Cleanup(func() { catalogues = saved })
	catalogues = map[Language]map[string]string{
		"en": {"hello": "Hello {name} and {other}", "only": "Only here"},
		"it": {"hello": "Ciao {name} e {other}"},
	}
	for _, c := range []struct {
		lang  Language
		key   string
		pairs []string
		want  string
	}{
		{"it", "hello", []string{"name", "Ada", "other", "Bo"}, "Ciao Ada e Bo"},
		{"it", "hello", []string{"name", "{other}", "other", "{name}"}, "Ciao {other} e {name}"},
		{"it", "hello", []string{"name"}, "Ciao {name} e {other}"},
		{"it", "only", nil, "Only here"},
		{"", "only", nil, "Only here"},
		{"xx", "only", nil, "Only here"},
		{"en", "nowhere", nil, "nowhere"},
	} {
		if got := c.lang.Text(c.key, c.pairs...); got != c.want {
			t.Errorf("%s.Text(%q, %q) = %q, want %q", c.lang, c.key, c.pairs, got, c.want)
		}
	}
	if Has("nowhere") || !Has("only") {
		t.Error("Has disagrees with the catalogue")
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]Language{
		"":                                 "en",
		"*":                                "en",
		"it":                               "it",
		"IT-it":                            "it",
		"fr-CA,fr;q=0.9,en;q=0.8":          "fr",
		"ja,de;q=0.5,es;q=0.7":             "es",
		"ja, de ; q = 0.5 , es;q=0.5":      "de",
		"de;q=0,it;q=0.1":                  "it",
		"de;q=0":                           "en",
		"de;q=NaN,it":                      "it",
		"de;q=2,it;q=0.3":                  "it",
		"de;q=-1,it;q=0.3":                 "it",
		"de;v=1,it;q=0.3":                  "it",
		"deutsch,fr":                       "fr",
		",,;q=,es":                         "es",
		"nl;q=1,*;q=0.5,en;q=0.1":          "en",
		strings.Repeat("xx,", 1000) + "fr": "en",
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%.40q) = %q, want %q", header, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fr-CA,fr;q=0.9,en;q=0.8,*;q=0.1")
	f.Add("de;q=1e309,,;;=,it;q=\x00")
	f.Fuzz(func(t *testing.T, header string) {
		if !slices.Contains(languages, Match(header)) {
			t.Errorf("Match(%q) is not offered", header)
		}
	})
}
