package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

// TestRoundTrip: whatever valid configuration is imported, the working database, the
// published file and the XML of both say the same.
func TestRoundTrip(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	random := rand.New(rand.NewPCG(4, 2))
	for i := range 20 {
		d := anyDocument(random)
		if faults := d.Validate(); len(faults) > 0 {
			t.Fatalf("%d: the test's own document: %v", i, faults)
		}
		want, err := d.Resolve(t.Context(), s.Pepper(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import(t.Context(), d, nil); err != nil {
			t.Fatal(err)
		}
		file, err := s.Publish(t.Context(), filepath.Join(dir, "published"))
		if err != nil {
			t.Fatal(err)
		}
		xml := asXML(t, want)
		read, err := config.ReadXML(strings.NewReader(xml), "x.xml")
		if err != nil {
			t.Fatalf("%v\n%s", err, xml)
		}
		again, err := read.Resolve(t.Context(), s.Pepper(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]string{
			"working": export(t, s), "published": asXML(t, readPublished(t, filepath.Join(dir, "published"), file)), "XML": asXML(t, again),
		} {
			if got != xml {
				t.Fatalf("%d, %s:\n%s\nwant:\n%s", i, name, got, xml)
			}
		}
	}
}

func asXML(t *testing.T, s *config.Snapshot) string {
	t.Helper()
	var b bytes.Buffer
	if err := config.WriteXML(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// anyDocument is valid and awkward: markup, quotes and far alphabets wherever there may be any.
func anyDocument(r *rand.Rand) *config.Document {
	letters := []rune(`aZ0 <>&"'\$%{}[]()/:=*#@!?~^` + "`ßжé漢🙂\u00a0\u0301")
	text := func(most int, without string) string {
		b := []rune{'x'}
		for range r.IntN(most - 1) {
			if c := letters[r.IntN(len(letters))]; !strings.ContainsRune(without, c) {
				b = append(b, c)
			}
		}
		return string(append(b, 'x'))
	}
	number := func() string {
		b := []byte([]string{"", "+"}[r.IntN(2)])
		for range 1 + r.IntN(24) {
			b = append(b, "0123456789*#"[r.IntN(12)])
		}
		return string(b)
	}
	d := &config.Document{}
	for i := range r.IntN(4) {
		d.Operators = append(d.Operators, config.ImportedOperator{Operator: config.Operator{Username: fmt.Sprint("Op.", i), FullName: text(40, ""), Verifier: verifier, Enabled: r.IntN(2) == 0}})
		d.Seats = append(d.Seats, config.Seat{MAC: fmt.Sprintf("00:00:00:00:00:%02x", i), Extension: fmt.Sprint("PJSIP/", i), Description: text(40, "")})
	}
	for i := range r.IntN(6) {
		s := config.Service{
			Name: fmt.Sprint(text(15, ""), i), Context: fmt.Sprint("c", i), Type: config.Inbound, Queue: fmt.Sprint(text(15, ""), i),
			AfterCall: r.IntN(config.MaxAfterCall+2) - 1, Enabled: r.IntN(2) == 0, Variables: []string{"b", "a"}[:r.IntN(3)],
			OpenAt: []string{config.Answer, config.Ring}[r.IntN(2)], Labels: map[string]string{},
		}
		for _, name := range s.Variables[:r.IntN(len(s.Variables)+1)] {
			s.Labels[name] = text(60, "")
		}
		for i := range r.IntN(config.MaxDispositions + 1) {
			s.Dispositions = append(s.Dispositions, fmt.Sprint(i, text(58, "")))
		}
		if r.IntN(2) == 0 {
			s.Type, s.Queue, s.CallerID = config.Outbound, "", text(15, `"<>\`)+" <"+number()+">"
			used := map[string]bool{}
			for range r.IntN(20) {
				p := number()
				switch to := r.IntN(2); {
				case used[p]:
				case to == 0:
					s.Allow = append(s.Allow, p)
				default:
					s.Deny = append(s.Deny, p)
				}
				used[p] = true
			}
		}
		for _, o := range d.Operators {
			if r.IntN(2) == 0 {
				s.Operators = append(s.Operators, config.Assignment{Username: o.Username, Penalty: r.IntN(config.MaxPenalty + 1)})
			}
		}
		d.Services = append(d.Services, s)
	}
	if r.IntN(2) == 0 {
		d.Limits = config.Limits{AfterCall: r.IntN(config.MaxAfterCall + 1), PerMinute: r.IntN(config.MaxPerMinute + 1), PerHour: r.IntN(config.MaxPerHour + 1)}
	}
	for i := range r.IntN(config.MaxReasons + 1) {
		d.PauseReasons = append(d.PauseReasons, fmt.Sprint(i, text(14, "")))
	}
	return d
}
