package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// people is a data folder with operators whose full names are these.
func people(t *testing.T, names ...string) *Store {
	t.Helper()
	s := open(t, t.TempDir())
	d := &config.Document{}
	for i, name := range names {
		d.Operators = append(d.Operators, config.ImportedOperator{Operator: config.Operator{Username: fmt.Sprintf("o%03d", i), FullName: name, Verifier: verifier, Enabled: i%2 == 0}})
	}
	if _, err := s.Import(t.Context(), d, nil); err != nil {
		t.Fatal(err)
	}
	return s
}

func found(t *testing.T, s *Store, q ListQuery) (names []string) {
	t.Helper()
	for _, o := range get[List[OperatorItem]](t)(s.Operators(t.Context(), q)).Rows {
		names = append(names, o.FullName)
	}
	return names
}

func TestSearch(t *testing.T) {
	s := people(t, "Étienne Øster", "100% Ångström", "a_b", `back\slash`, "star*", "what?", "[brackets]", "ab", "Straße", "^caret-", "漢字", `"quote'`)
	for search, want := range map[string][]string{
		"étienne":                  {"Étienne Øster"},
		"ØSTER":                    {"Étienne Øster"},
		"ångSTRÖM":                 {"100% Ångström"},
		"%":                        {"100% Ångström"},
		"a_b":                      {"a_b"},
		"_":                        {"a_b"},
		`\`:                        {`back\slash`},
		"*":                        {"star*"},
		"?":                        {"what?"},
		"[":                        {"[brackets]"},
		"]":                        {"[brackets]"},
		"[b":                       {"[brackets]"},
		"[ab]":                     nil,
		"^":                        {"^caret-"},
		"-":                        {"^caret-"},
		"字":                        {"漢字"},
		`"`:                        {`"quote'`},
		"'":                        {`"quote'`},
		"  ab ":                    {"ab"},
		"O007":                     {"ab"}, // the username
		"ab\x00":                   {"ab"},
		"nobody":                   nil,
		"o00":                      {"Étienne Øster", "100% Ångström", "a_b", `back\slash`, "star*", "what?", "[brackets]", "ab", "Straße", "^caret-"},
		strings.Repeat("a", 10000): nil,
	} {
		if got := found(t, s, ListQuery{Search: search}); !slices.Equal(got, want) {
			t.Errorf("%.20q: %q, want %q", search, got, want)
		}
		var like []string
		for _, o := range get[[]OperatorChoice](t)(s.OperatorsLike(t.Context(), search, 100)) {
			like = append(like, o.FullName)
		}
		if !slices.Equal(like, want) {
			t.Errorf("like %.20q: %q, want %q", search, like, want)
		}
	}
	if got := get[[]OperatorChoice](t)(s.OperatorsLike(t.Context(), "", 2)); len(got) != 2 || got[0].Username != "o000" || !got[0].Enabled {
		t.Errorf("%+v", got)
	}
}

// TestSearchByService: operators are found by the names of their services.
func TestSearchByService(t *testing.T) {
	s := site(t)
	for search, want := range map[string]string{"supp": "Ada Lovelace, Grace Hopper", "OUT": "Ada Lovelace", "gone": ""} {
		if got := strings.Join(found(t, s, ListQuery{Search: search}), ", "); got != want {
			t.Errorf("%s: %s", search, got)
		}
	}
	rows := get[List[OperatorItem]](t)(s.Operators(t.Context(), ListQuery{})).Rows
	if !slices.Equal(rows[0].Services, []string{"Out", "Support"}) || rows[0].Password {
		t.Errorf("%+v", rows[0])
	}
}

func TestSortAndPage(t *testing.T) {
	s := people(t, "delta", "Alpha", "charlie", "Bravo")
	for q, want := range map[ListQuery]string{
		{}:                             "delta Alpha charlie Bravo",
		{Desc: true}:                   "Bravo charlie Alpha delta",
		{Sort: "fullname"}:             "Alpha Bravo charlie delta",
		{Sort: "fullname", Desc: true}: "delta charlie Bravo Alpha",
		{Sort: "enabled"}:              "Alpha Bravo delta charlie",
		{Sort: "changed"}:              "delta Alpha charlie Bravo",
		{Sort: "fullname", Search: "a", Size: 2, Page: 2}: "charlie delta",
		{Sort: "verifier"}:               "delta Alpha charlie Bravo", // not in the list's keys
		{Size: 3, Page: 2}:               "Bravo",
		{Size: 3, Page: 99}:              "Bravo",
		{Size: 3, Page: -1}:              "delta Alpha charlie",
		{Size: -1}:                       "delta Alpha charlie Bravo",
		{Search: "o0", Size: 3, Page: 9}: "Bravo",
	} {
		if got := strings.Join(found(t, s, q), " "); got != want {
			t.Errorf("%+v: %s, want %s", q, got, want)
		}
	}
	page := get[List[OperatorItem]](t)(s.Operators(t.Context(), ListQuery{Search: "Bravo", Size: 9999, Page: 3}))
	if page.Total != 1 || page.All != 4 || page.Page != 1 || page.Size != 500 {
		t.Errorf("%+v", page)
	}
	if empty := get[List[OperatorItem]](t)(s.Operators(t.Context(), ListQuery{Search: "x"})); empty.Total != 0 || empty.All != 4 || empty.Page != 1 || len(empty.Rows) != 0 {
		t.Errorf("%+v", empty)
	}
}

// TestManyFound: a search that many match gives the pages that the whole list has.
func TestManyFound(t *testing.T) {
	names := make([]string, 2*maxSize+7)
	for i := range names {
		names[i] = fmt.Sprintf("Person %04d", (i*37)%len(names))
	}
	s := people(t, names...)
	for page := 1; page <= 9; page++ {
		q := ListQuery{Sort: "fullname", Desc: true, Page: page, Size: 125}
		want := found(t, s, q)
		q.Search = "person"
		if got := found(t, s, q); !slices.Equal(got, want) {
			t.Errorf("page %d: %q, want %q", page, got, want)
		}
	}
}

// TestHostileQueries: whatever is asked for is an answer and changes nothing.
func TestHostileQueries(t *testing.T) {
	s := site(t)
	before := export(t, s)
	hostile := []string{
		"'", `"`, "`", ";", "--", "/*", "*/", "\\", "\x00", "\n", "\r\n", "%", "_", "*", "?", "[", "]", "[^", "[]", "[!a]", "[a-", "@pattern", "@ids", "@size", ":x", "$1", "?1", "??", "{}",
		"' OR '1'='1", `" OR ""="`, "1; DROP TABLE operators", "'; DROP TABLE operators; --", "username; DELETE FROM seats", "username DESC, (SELECT 1)", "(SELECT verifier FROM operators)",
		"username--", "1", "0", "-1", "NULL", "random()", "CASE WHEN 1 THEN username END", "username COLLATE NOCASE", "UNION SELECT * FROM operators", "' UNION SELECT verifier FROM operators --",
		"load_extension('x')", "x'00'", "0x31", "\xff\xfe", "\u202e", "\u0000", "é\u0301", "𝔘𝔫𝔦", "\u212a", "ſ", strings.Repeat("%", 5000), strings.Repeat("*a", 5000), strings.Repeat("[", 5000),
		strings.Repeat("é", 149) + "x", "<script>alert(1)</script>", "../../etc/passwd", "${jndi:ldap://x}", "%s%n%x", "username\x00",
	}
	if len(hostile) < 60 {
		t.Fatal(len(hostile))
	}
	for _, h := range hostile {
		for _, q := range []ListQuery{{Search: h}, {Sort: h}, {Search: h, Sort: h, Desc: true, Page: 2, Size: 1}} {
			operators, err := s.Operators(t.Context(), q)
			if err != nil || operators.All != 3 || q.Search == "" && operators.Total != 3 {
				t.Errorf("operators %+v: %+v %v", q, operators, err)
			}
			if seats, err := s.Seats(t.Context(), q); err != nil || seats.All != 1 {
				t.Errorf("seats %+v: %+v %v", q, seats, err)
			}
			if services, err := s.Services(t.Context(), q); err != nil || services.All != 2 {
				t.Errorf("services %+v: %+v %v", q, services, err)
			}
		}
		if _, err := s.OperatorsLike(t.Context(), h, 10); err != nil {
			t.Errorf("like %.40q: %v", h, err)
		}
	}
	if export(t, s) != before {
		t.Error("changed")
	}
}

// FuzzPattern: a pattern finds what holds the text, and no pattern is refused.
func FuzzPattern(f *testing.F) {
	s, err := Open(f.Context(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	for _, seed := range []string{"", "a", "É", "[*?]", "^-]", "\u212a", "ſ"} {
		f.Add(seed, "x"+seed+"y")
	}
	f.Fuzz(func(t *testing.T, search, text string) {
		search, text = searched(search), strings.Map(func(r rune) rune { return max(r, 1) }, strings.ToValidUTF8(text, ""))
		var found bool
		if err := s.read.Raw("SELECT ? GLOB ?", text, pattern(search)).Scan(&found).Error; err != nil {
			t.Fatal(err)
		}
		if want := strings.Contains(text, search); want && !found {
			t.Errorf("%q is not found in %q by %q", search, text, pattern(search))
		}
		if found && !strings.Contains(folded(text), folded(search)) {
			t.Errorf("%q is found in %q by %q", search, text, pattern(search))
		}
	})
}

// folded is one text for all that differ in case only.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
			least = min(least, o)
		}
		return least
	}, s)
}
