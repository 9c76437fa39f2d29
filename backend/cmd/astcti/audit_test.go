package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/audit"
)

// TestAuditVerify: an audit in one file or two is in order until somebody alters it.
func TestAuditVerify(t *testing.T) {
	data := t.TempDir()
	path := filepath.Join(data, "audit.jsonl")
	l, err := audit.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range 4 {
		if i == 3 {
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Log(t.Context(), "originate", slog.String("number", "0550")); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("ASTCTI_CONFIG", file(t, "a.yaml", "ami: {username: a, secret: b}\ndata_dir: "+data+"\n"))
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "1 line, all in order\n"},
		{[]string{path + ".1"}, "3 lines, all in order\n"},
		{[]string{path + ".1", path}, "4 lines, all in order\n"},
	} {
		if r := command(t, append([]string{"audit", "verify"}, c.args...)...); r.status != 0 || r.out != c.want {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
	text, err := os.ReadFile(path + ".1")
	if err != nil {
		t.Fatal(err)
	}
	forged := file(t, "forged.jsonl", string(bytes.Replace(text, []byte("0550"), []byte("0551"), 1)))
	if r := command(t, "audit", "verify", forged); r.status != 1 || r.out != "" || !strings.Contains(r.err, "1 line in order, then: line 2 does not follow") {
		t.Errorf("%+v", r)
	}
	if r := command(t, "audit", "verify", path, path+".1"); r.status != 1 {
		t.Errorf("the wrong order: %+v", r)
	}
}
