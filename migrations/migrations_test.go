package migrations_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/asteriskcti/asteriskcti/migrations"
)

// TestNames: the steps of each database are numbered without a gap.
func TestNames(t *testing.T) {
	name := regexp.MustCompile(`^(\d{4})_[a-z_]+\.sql$`)
	for db, files := range map[string]fs.FS{"working": migrations.Working(), "state": migrations.State(), "managers": migrations.Managers(), "history": migrations.History()} {
		entries, err := fs.ReadDir(files, ".")
		if err != nil || len(entries) == 0 {
			t.Fatalf("%s: %d steps, %v", db, len(entries), err)
		}
		for i, e := range entries {
			m := name.FindStringSubmatch(e.Name())
			want := string([]byte{'0' + byte((i+1)/1000%10), '0' + byte((i+1)/100%10), '0' + byte((i+1)/10%10), '0' + byte((i+1)%10)})
			if m == nil || m[1] != want {
				t.Errorf("%s: step %d is %s", db, i+1, e.Name())
			}
		}
	}
}
