package store

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/migrations"
)

// uids are those of the operators in the draft, by user name.
func uids(t *testing.T, s *Store) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, o := range get[*config.Snapshot](t)(s.Export(t.Context())).Operators {
		m[o.Username] = o.UID
	}
	return m
}

// fresh says whether a uid is that of one who was never there before.
func fresh(uid string, before ...map[string]string) bool {
	for _, b := range before {
		if slices.Contains(slices.Collect(maps.Values(b)), uid) {
			return false
		}
	}
	return len(uid) > 20 && !config.ValidUsername(uid)
}

func renameOperator(t *testing.T, s *Store, from, to string) {
	t.Helper()
	d := get[OperatorDraft](t)(s.Operator(t.Context(), operatorID(t, s, from)))
	d.Username = to
	get[OperatorDraft](t)(s.SaveOperator(t.Context(), Editor{}, d))
}

func removeOperator(t *testing.T, s *Store, username string) {
	t.Helper()
	if err := s.RemoveOperators(t.Context(), Editor{}, []int64{operatorID(t, s, username)}); err != nil {
		t.Fatal(err)
	}
}

func addOperator(t *testing.T, s *Store, username string) {
	t.Helper()
	get[OperatorDraft](t)(s.SaveOperator(t.Context(), Editor{}, OperatorDraft{Username: username}))
}

// TestIdentity: whatever is done to an operator, who he is stays; who gets his name, whichever
// way, is another.
func TestIdentity(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *Store)
		want map[string]string // by user name; "new" for one who was not there before
	}{
		{"as imported first", func(*testing.T, *Store) {}, map[string]string{"ada": "ada", "grace": "grace", "gone": "gone"}},
		{"renamed", func(t *testing.T, s *Store) { renameOperator(t, s, "ada", "countess") }, map[string]string{"countess": "ada", "grace": "grace", "gone": "gone"}},
		{"her name given away", func(t *testing.T, s *Store) {
			renameOperator(t, s, "ada", "countess")
			renameOperator(t, s, "grace", "ada")
		}, map[string]string{"countess": "ada", "ada": "grace", "gone": "gone"}},
		{"her name for a new one", func(t *testing.T, s *Store) {
			renameOperator(t, s, "ada", "countess")
			addOperator(t, s, "ada")
		}, map[string]string{"countess": "ada", "ada": "new", "grace": "grace", "gone": "gone"}},
		{"removed and made anew", func(t *testing.T, s *Store) {
			removeOperator(t, s, "ada")
			addOperator(t, s, "ada")
		}, map[string]string{"ada": "new", "grace": "grace", "gone": "gone"}},
		{"a password, and the case of the name", func(t *testing.T, s *Store) {
			d := get[OperatorDraft](t)(s.Operator(t.Context(), operatorID(t, s, "ada")))
			d.Username, d.Password = "ADA", "a long enough password"
			get[OperatorDraft](t)(s.SaveOperator(t.Context(), Editor{}, d))
		}, map[string]string{"ADA": "ada", "grace": "grace", "gone": "gone"}},
		{"CSV", func(t *testing.T, s *Store) {
			renameOperator(t, s, "grace", "hopper")
			if r, err := s.ImportOperators(t.Context(), Editor{}, []byte("username,fullname,enabled\nADA,Ada King,yes\ngrace,Another,no\n"), false, nil); err != nil || !r.Done {
				t.Fatal(r, err)
			}
		}, map[string]string{"ADA": "ada", "hopper": "grace", "grace": "new", "gone": "gone"}},
		{"XML", func(t *testing.T, s *Store) {
			renameOperator(t, s, "grace", "hopper")
			d := document(t, hashedXML)
			if changes := lines(get[[]config.Change](t)(s.Preview(t.Context(), d))); !slices.Equal(changes, []string{
				"service Support changed by  never", "operator grace added by  never", "operator hopper removed by  never",
			}) {
				t.Errorf("previewed %q", changes)
			}
			if _, err := s.Import(t.Context(), d, nil); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"ada": "ada", "grace": "new", "gone": "gone"}},
		{"XML into what was emptied", func(t *testing.T, s *Store) {
			for _, name := range []string{"ada", "grace", "gone"} {
				removeOperator(t, s, name)
			}
			if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"ada": "new", "grace": "new", "gone": "new"}},
		{"an earlier publication", func(t *testing.T, s *Store) {
			dir := t.TempDir()
			file := get[string](t)(s.Publish(t.Context(), dir))
			renameOperator(t, s, "ada", "x")
			renameOperator(t, s, "grace", "ada")
			renameOperator(t, s, "x", "grace")
			removeOperator(t, s, "gone")
			addOperator(t, s, "gone")
			if _, err := s.ImportFile(t.Context(), filepath.Join(dir, file), nil); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"ada": "ada", "grace": "grace", "gone": "gone"}},
		{"one of format 4", func(t *testing.T, s *Store) {
			removeOperator(t, s, "ada")
			addOperator(t, s, "ada")
			if _, err := s.ImportFile(t.Context(), filepath.Join("..", "config", "testdata", "format4.sqlite"), nil); err != nil {
				t.Fatal(err)
			}
		}, map[string]string{"ada": "ada", "grace": "grace", "gone": "gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := site(t)
			before := uids(t, s)
			c.do(t, s)
			got := uids(t, s)
			for name, uid := range got {
				if c.want[name] == "new" && fresh(uid, before) {
					got[name] = "new"
				}
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
			// What is published says the same.
			dir := t.TempDir()
			published := readPublished(t, dir, get[string](t)(s.Publish(t.Context(), dir)))
			if changes := config.Diff(published, get[*config.Snapshot](t)(s.Export(t.Context()))); len(changes) > 0 {
				t.Errorf("%+v", changes)
			}
		})
	}
}

// TestAnotherOfTheName: that a name is another's is a change to apply, and to go back from, even
// where nothing else differs.
func TestAnotherOfTheName(t *testing.T) {
	s := site(t)
	inUse := get[*config.Snapshot](t)(s.Export(t.Context()))
	removeOperator(t, s, "gone")
	addOperator(t, s, "gone")
	pendingIs(t, s, inUse, "operator gone changed by")
	if err := s.RevertDraft(t.Context(), Editor{}, inUse, nil); err != nil {
		t.Fatal(err)
	}
	pendingIs(t, s, inUse)
}

// TestOlderIdentity: operators who were there before have their names for uids, so that their
// history and their sign-ins stay theirs.
func TestOlderIdentity(t *testing.T) {
	dir := t.TempDir()
	token := sha256.Sum256([]byte("token"))
	older(t, filepath.Join(dir, "working.db"), migrations.Working(), 5, "INSERT INTO operators (username) VALUES ('Ada'), ('grace')")
	older(t, filepath.Join(dir, "state.db"), migrations.State(), 3, fmt.Sprintf("INSERT INTO browser_sessions (token, operator, seat, created, seen) VALUES (x'%x', 'Ada', '00:11:22:33:44:55', 1, 1)", token))
	s := open(t, dir)
	if got, want := uids(t, s), map[string]string{"Ada": "ada", "grace": "grace"}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	want := BrowserSession{Token: token, Operator: "Ada", UID: "ada", Seat: "00:11:22:33:44:55", Created: time.UnixMilli(1), Seen: time.UnixMilli(1)}
	if got := get[BrowserSession](t)(s.LoadSession(t.Context(), token)); got != want {
		t.Errorf("%+v", got)
	}
}
