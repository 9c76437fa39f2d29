package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/asteriskcti/asteriskcti/migrations"
)

// TestAfterCallStays: what a service had before there were limits stays its own, there and
// back; whoever has none of his own then has none at all.
func TestAfterCallStays(t *testing.T) {
	dir := t.TempDir()
	db, err := connect(filepath.Join(dir, "working.db"), pragmas, 1)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := goose.NewProvider(goose.DialectSQLite3, pool, migrations.Working(), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	add := func(name string, afterCall int) error {
		return db.Exec("INSERT INTO services (name, context, type, after_call) VALUES (?, ?, 'inbound', ?)", name, name, afterCall).Error
	}
	if _, err := steps.UpTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(add("none", 0), add("long", 3600)); err != nil {
		t.Fatal(err)
	}
	if _, err := steps.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(add("inherits", -1), db.Exec("INSERT INTO limits VALUES (1, 30, 6, 60)").Error); err != nil {
		t.Fatal(err)
	}
	for _, beyond := range []string{
		"UPDATE services SET after_call = -2", "UPDATE services SET after_call = 3601", "INSERT INTO limits VALUES (2, 0, 0, 0)",
		"UPDATE limits SET after_call = -1", "UPDATE limits SET per_minute = 601", "UPDATE limits SET per_hour = 36001",
	} {
		if err := db.Exec(beyond).Error; err == nil || !strings.Contains(err.Error(), "CHECK") {
			t.Errorf("%s: %v", beyond, err)
		}
	}
	if _, err := steps.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := readAll(db)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{-1, 3600, 0} { // by name
		if s := got.Services[i]; s.AfterCall != want {
			t.Errorf("%s: %d, want %d", s.Name, s.AfterCall, want)
		}
	}
	if got.AfterCall(&got.Services[0]) != 30 || got.Limits.PerMinute != 6 || got.Limits.PerHour != 60 {
		t.Errorf("%+v", got.Limits)
	}
	if _, err := steps.DownTo(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	var before []int
	if err := errors.Join(db.Raw("SELECT after_call FROM services ORDER BY name").Scan(&before).Error, closeDB(db)); err != nil {
		t.Fatal(err)
	}
	if len(before) != 3 || before[0] != 0 || before[1] != 3600 || before[2] != 0 {
		t.Errorf("back again: %v", before)
	}
}
