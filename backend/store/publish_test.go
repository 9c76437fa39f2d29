package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

func TestPublish(t *testing.T) {
	s, dir := open(t, t.TempDir()), filepath.Join(t.TempDir(), "published")
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	first, err := s.Publish(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^cti-000001-\d{8}T\d{6}Z\.sqlite$`).MatchString(first) {
		t.Errorf("name %s", first)
	}
	got := readPublished(t, dir, first)
	want, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var a, b strings.Builder
	_, _ = config.WriteXML(&a, got), config.WriteXML(&b, want)
	if a.String() != b.String() || got.Revision != 1 {
		t.Errorf("published revision %d:\n%s\nwant:\n%s", got.Revision, &a, &b)
	}

	// Another configuration is another file, with the next number, and the first
	// stays as it was; brought back, it is a third.
	if _, err := s.Import(t.Context(), seats(t, "two"), nil); err != nil {
		t.Fatal(err)
	}
	second, err := s.Publish(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ImportFile(t.Context(), filepath.Join(dir, first), nil); err != nil {
		t.Fatal(err)
	}
	third, err := s.Publish(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if list := names(t, dir); !slices.Equal(list, []string{first, second, third}) {
		t.Errorf("folder %v", list)
	}
	if got := readPublished(t, dir, second); got.Revision != 2 || got.Seats[0].Description != "two" {
		t.Errorf("%+v", got)
	}
	var c strings.Builder
	if _ = config.WriteXML(&c, readPublished(t, dir, third)); c.String() != a.String() {
		t.Errorf("brought back:\n%s", &c)
	}
	var recorded []publicationRow
	if err := s.read.Order("revision").Find(&recorded).Error; err != nil || len(recorded) != 3 || recorded[1].File != second || recorded[0].Operators != 3 {
		t.Errorf("%+v, %v", recorded, err)
	}
	listed, err := config.ListFolder(t.Context(), dir)
	if err != nil || len(listed) != 3 || listed[0].Name != third || !listed[0].Newest || listed[0].Revision != 3 {
		t.Errorf("%+v, %v", listed, err)
	}

	// A new data folder goes on where the old one's files end.
	other := open(t, t.TempDir())
	if _, err := other.Import(t.Context(), seats(t, "other"), nil); err != nil {
		t.Fatal(err)
	}
	if file, err := other.Publish(t.Context(), dir); err != nil || config.Sequence(file) != 4 {
		t.Errorf("%s, %v", file, err)
	}
}

// TestPublishRefuses: a faulty draft, however it came about, is not published.
func TestPublishRefuses(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.write.Exec("UPDATE services SET context = 'a,b', param_string = '?x={nothing}'").Error; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), dir); len(faults(err)) < 2 {
		t.Errorf("error %v, want its faults", err)
	}
	if err := s.write.Exec("UPDATE services SET context = 'a' || id, param_string = '?x=1', application = 'https://x.example/'").Error; err != nil {
		t.Fatal(err)
	}
	file, err := s.Publish(t.Context(), dir)
	if err != nil || config.Sequence(file) != 1 { // the number of the refused one was not used up
		t.Errorf("%s, %v", file, err)
	}
	if _, err := s.Publish(t.Context(), filepath.Join(dir, file)); err == nil {
		t.Error("published into a file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Publish(ctx, dir); err == nil {
		t.Error("published after the end")
	}
	if list := names(t, dir); len(list) != 1 {
		t.Errorf("left %v", list)
	}
}

// TestPublishNothing: a folder in which nothing was ever edited publishes nothing. An
// empty configuration would sign everybody out; who means it imports one.
func TestPublishNothing(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	if _, err := s.Publish(t.Context(), dir); !errors.Is(err, ErrNothing) {
		t.Errorf("error %v", err)
	}
	if list := names(t, dir); len(list) != 0 {
		t.Errorf("left %v", list)
	}
	if _, err := s.Import(t.Context(), document(t, `<asteriskcti version="1"/>`), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Publish(t.Context(), dir); err != nil {
		t.Error(err)
	}
}

// TestPublishFails: something goes wrong at each step; nothing is left in the folder.
func TestPublishFails(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	for _, step := range []string{"gathered", "built", "verified", "synced"} {
		s.step = func(now string) {
			if now != step {
				return
			}
			left, _ := filepath.Glob(filepath.Join(dir, ".cti-*"))
			for _, path := range left { // as if the disk had lost it
				_ = os.Remove(path)
			}
			if now == "gathered" { // something else has the name
				_ = os.WriteFile(filepath.Join(dir, s.prefix()+config.FileName(1, time.Now())+".tmp"), []byte("x"), 0o600)
			}
		}
		if file, err := s.Publish(t.Context(), dir); err == nil && step != "gathered" {
			t.Errorf("%s: published %s", step, file)
		}
		for _, name := range names(t, dir) {
			if !strings.HasPrefix(name, ".cti-") {
				continue
			}
			if step != "gathered" {
				t.Errorf("%s: left %s", step, name)
			}
		}
	}
}

func TestPublishCleans(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	old := time.Now().Add(-2 * foreignAge)
	for name, at := range map[string]time.Time{
		s.prefix() + "cti-000001-20260101T000000Z.sqlite.tmp":         time.Now(), // ours: nobody else holds the lock
		s.prefix() + "cti-000001-20260101T000000Z.sqlite.tmp-journal": time.Now(),
		".cti-00000000-cti-000001-20260101T000000Z.sqlite.tmp":        time.Now(), // somebody's who may be at it
		".cti-11111111-cti-000001-20260101T000000Z.sqlite.tmp":        old,
		".somebody-elses.tmp": old,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Import(t.Context(), seats(t, "one"), nil); err != nil {
		t.Fatal(err)
	}
	file, err := s.Publish(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".cti-00000000-cti-000001-20260101T000000Z.sqlite.tmp", ".somebody-elses.tmp", file}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("left %v, want %v", got, want)
	}
}

// dieAt names the step at which a child process kills itself while it publishes the
// data folder that is its working directory.
const dieAt = "STORE_TEST_DIE_AT"

func publishAndDie(step string) {
	s, err := Open(context.Background(), ".")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	s.step = func(now string) {
		if now == step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // until it has killed us
		}
	}
	_, err = s.Publish(context.Background(), "published")
	fmt.Fprintln(os.Stderr, "alive:", err)
	os.Exit(4)
}

// TestPublishKilled: whenever the publisher dies, the newest file is whole, either
// the old or the new one; the next publication works and cleans up (T35).
func TestPublishKilled(t *testing.T) {
	for _, step := range []string{"gathered", "created", "built", "verified", "synced", "renamed"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			published := filepath.Join(dir, "published")
			s := open(t, dir)
			if _, err := s.Import(t.Context(), seats(t, "old"), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Publish(t.Context(), published); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Import(t.Context(), seats(t, "new"), nil); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Dir, child.Env = dir, append(os.Environ(), dieAt+"="+step)
			if out, err := child.CombinedOutput(); err == nil || child.ProcessState.ExitCode() != -1 {
				t.Fatalf("not killed: %v\n%s", err, out)
			}

			live := &config.Live{}
			w := config.NewWatcher(config.WatcherOptions{Dir: published, Live: live, Hasher: s.Pepper(), Log: slog.New(slog.DiscardHandler)})
			if err := w.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			want := "old"
			if step == "renamed" {
				want = "new"
			}
			if got := live.Now().Seats[0].Description; got != want || w.Status().Refused != 0 {
				t.Errorf("in use %q, want %q; %+v", got, want, w.Status())
			}
			file, err := s.Publish(t.Context(), published)
			if err != nil || config.Sequence(file) != 3 {
				t.Fatalf("%s, %v", file, err)
			}
			if err := w.Load(t.Context()); err != nil || live.Now().Source != file {
				t.Errorf("in use %s, %v", live.Now().Source, err)
			}
			for _, name := range names(t, published) {
				if strings.HasPrefix(name, ".") {
					t.Errorf("left %s", name)
				}
			}
		})
	}
}

// TestPublishAtOnce: the command line beside the server, both at work. Numbers are
// unique, every file is one of the configurations that were there, whole.
func TestPublishAtOnce(t *testing.T) {
	dir, published := t.TempDir(), t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		s := open(t, dir)
		d := seats(t, fmt.Sprint("desk ", i))
		for j := range 5 { // a second row, to tell halves apart
			d.Seats = append(d.Seats, config.Seat{MAC: fmt.Sprintf("00:11:22:33:55:%02d", j), Extension: fmt.Sprint("SIP/2", j), Description: fmt.Sprint("desk ", i)})
		}
		wg.Go(func() {
			for range 3 {
				if _, err := s.Import(t.Context(), d, nil); err != nil {
					t.Error(err)
				}
				if _, err := s.Publish(t.Context(), published); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	list := names(t, published)
	if len(list) != 12 {
		t.Errorf("%d files: %v", len(list), list)
	}
	for i, name := range list {
		s := readPublished(t, published, name)
		if config.Sequence(name) != int64(i+1) || s.Revision != int64(i+1) || len(s.Seats) != 6 {
			t.Errorf("%s: revision %d, %d seats", name, s.Revision, len(s.Seats))
		}
		for _, seat := range s.Seats {
			if seat.Description != s.Seats[0].Description {
				t.Errorf("%s is of two configurations", name)
			}
		}
	}
}

// TestPublishIsUsed: from Publish to the agents' next look, with the watcher.
func TestPublishIsUsed(t *testing.T) {
	s, dir := open(t, t.TempDir()), t.TempDir()
	if _, err := s.Import(t.Context(), document(t, hashedXML), nil); err != nil {
		t.Fatal(err)
	}
	live := &config.Live{}
	w := config.NewWatcher(config.WatcherOptions{Dir: dir, Live: live, Hasher: s.Pepper(), Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer wg.Wait()
	defer cancel()
	for i := range 3 {
		changed := live.Changed()
		begin := time.Now()
		file, err := s.Publish(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		done := time.Now()
		<-changed
		t.Logf("published in %v, in use %v after that", done.Sub(begin), time.Since(done))
		if now := live.Now(); now.Source != file || now.Revision != int64(i+1) || len(now.ServicesOf("ada")) != 2 {
			t.Errorf("in use %s, want %s", now.Source, file)
		}
	}
}
