package config

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// logged is a log that several goroutines may write to and read.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logged) count(text string) int { return strings.Count(l.String(), text) }

// bench is a Watcher on a folder of its own.
type bench struct {
	*testing.T
	*Watcher
	dir    string
	live   *Live
	log    *logged
	hasher *fakeHasher
	scans  chan struct{}
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, dir: filepath.Join(t.TempDir(), "published"), live: &Live{}, log: &logged{}, hasher: &fakeHasher{}, scans: make(chan struct{}, 1)}
	b.Watcher = b.again()
	return b
}

// again is a server started anew on the same folder.
func (b *bench) again() *Watcher {
	w := NewWatcher(WatcherOptions{Dir: b.dir, Live: b.live, Hasher: b.hasher, Log: slog.New(slog.NewTextHandler(b.log, nil))})
	w.scanned = func() {
		select {
		case b.scans <- struct{}{}:
		default:
		}
	}
	return w
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// run starts watching; the test's end stops it and waits.
func (b *bench) run() {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := b.Watcher.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	b.Cleanup(func() { cancel(); wg.Wait() })
	<-b.scans
}

// until waits for something to become true after one of the next scans.
func (b *bench) until(what string, true func() bool) {
	b.Helper()
	deadline := time.After(20 * time.Second)
	for !true() {
		select {
		case <-b.scans:
		case <-deadline:
			b.Fatalf("waited for: %s\nstatus %+v\nlog:\n%s", what, b.Status(), b.log)
		}
	}
}

// named is a small valid configuration in XML, told apart by its seat's description.
func named(name string) string {
	return form(`<seats><seat mac="00:11:22:33:44:55" extension="SIP/1" description="` + name + `"/></seats>`)
}

func (b *bench) write(file, content string) {
	b.Helper()
	b.must(os.WriteFile(filepath.Join(b.dir, file), []byte(content), 0o600))
}

// aged writes a file and sets its time so many minutes back.
func (b *bench) aged(file, content string, minutes int) {
	b.Helper()
	b.write(file, content)
	at := time.Now().Add(-time.Duration(minutes) * time.Minute)
	b.must(os.Chtimes(filepath.Join(b.dir, file), at, at))
}

func (b *bench) using() string {
	if s := b.live.Now(); s != nil && len(s.Seats) > 0 {
		return s.Seats[0].Description
	}
	return ""
}

func (b *bench) state(file string) FileStatus {
	for _, f := range b.Status().Files {
		if f.Name == file {
			return f
		}
	}
	return FileStatus{}
}

func TestWatcherHotSwap(t *testing.T) {
	b := newBench(t)
	b.run() // makes the folder
	if b.live.Now() != nil || b.Status().InUse != "" {
		t.Fatal("something is in use")
	}
	begin := time.Now()
	b.write("one.xml", named("one"))
	b.until("one in use", func() bool { return b.using() == "one" })
	t.Logf("in use after %v", time.Since(begin))

	// As the store publishes: a temporary name, then the real one.
	tmp := filepath.Join(b.dir, ".cti-x.tmp")
	two := siteSnapshot()
	two.Revision = 7
	publishTo(t, tmp, two)
	changed := b.live.Changed()
	begin = time.Now()
	b.must(os.Rename(tmp, filepath.Join(b.dir, FileName(7, time.Now()))))
	<-changed
	t.Logf("in use after %v", time.Since(begin))
	if got := b.live.Now(); got.Revision != 7 || !strings.HasPrefix(got.Source, "cti-000007-") {
		t.Errorf("in use: %d, %s", got.Revision, got.Source)
	}
	b.until("status", func() bool { return b.Status().Accepted == 2 })
	if s := b.Status(); s.Refused != 0 || s.InUse != b.live.Now().Source || len(s.Files) != 2 || s.Files[0].State != InUse || b.state("one.xml").State != Older {
		t.Errorf("%+v", s)
	}
}

func TestWatcherRefuses(t *testing.T) {
	b := newBench(t)
	b.run()
	b.write("good.xml", named("good"))
	b.until("good in use", func() bool { return b.using() == "good" })
	b.write("bad.xml", form(`<seats><seat mac="x" extension="SIP/1"/></seats>`))
	b.until("bad refused", func() bool { return b.Status().Refused == 1 })
	if f := b.state("bad.xml"); f.State != Refused || !strings.Contains(f.Reason, `line 1: seat "SIP/1", mac`) {
		t.Errorf("%+v", f)
	}
	if b.using() != "good" || b.Status().InUse != "good.xml" {
		t.Errorf("in use: %q", b.using())
	}
	if n := b.log.count("published configuration refused"); n != 1 || b.log.count(`in_use=good.xml`) != 1 {
		t.Errorf("told %d times:\n%s", n, b.log)
	}
	// Mended in place, it is used; broken in place, what it said before stays in use.
	b.write("bad.xml", named("mended"))
	b.until("mended in use", func() bool { return b.using() == "mended" })
	b.write("bad.xml", "<asteriskcti")
	b.until("refused again", func() bool { return b.Status().Refused == 2 })
	if b.using() != "mended" {
		t.Errorf("in use: %q", b.using())
	}
	b.write("later.xml", named("later"))
	b.until("later in use", func() bool { return b.using() == "later" })
}

// TestWatcherHalfWritten: a copy in progress is waited for, and no fault.
func TestWatcherHalfWritten(t *testing.T) {
	b := newBench(t)
	b.settle = time.Hour // however slowly this test goes on
	b.run()
	b.write("old.xml", named("old"))
	b.until("old in use", func() bool { return b.using() == "old" })

	whole := named("new")
	f, err := os.Create(filepath.Join(b.dir, "new.xml"))
	b.must(err)
	defer f.Close()
	_, err = f.WriteString(whole[:len(whole)/2])
	b.must(err)
	b.until("new pending", func() bool { return b.state("new.xml").State == Pending })
	_, err = f.WriteString(whole[len(whole)/2:])
	b.must(err)
	b.until("new in use", func() bool { return b.using() == "new" })

	// The same with pages of a database.
	src := t.TempDir()
	published, err := os.ReadFile(publishedFile(t, src))
	b.must(err)
	g, err := os.Create(filepath.Join(b.dir, "copy.sqlite"))
	b.must(err)
	defer g.Close()
	_, err = g.Write(published[:3*4096])
	b.must(err)
	b.until("copy pending", func() bool { return b.state("copy.sqlite").State == Pending })
	_, err = g.Write(published[3*4096:])
	b.must(err)
	b.until("copy in use", func() bool { return b.Status().InUse == "copy.sqlite" })
	if n := b.Status().Refused; n != 0 {
		t.Errorf("%d refused:\n%s", n, b.log)
	}
}

func TestWatcherIgnores(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(filepath.Join(b.dir, "folder.xml"), 0o700))
	b.write("valid.xml", named("valid"))
	b.must(os.Symlink(filepath.Join(b.dir, "valid.xml"), filepath.Join(b.dir, "link.xml")))
	b.must(syscall.Mkfifo(filepath.Join(b.dir, "pipe.sqlite"), 0o600))
	for _, name := range []string{".hidden.xml", "x.xml.tmp", "y.xml~", "z.sqlite-journal", "z.sqlite-wal", "w.part"} {
		b.write(name, named(name))
	}
	b.write("README.txt", "hello")
	b.must(b.Load(t.Context()))
	if b.using() != "valid" {
		t.Errorf("in use: %q", b.using())
	}
	for name, want := range map[string]string{"folder.xml": "is a folder", "link.xml": "is a symbolic link", "pipe.sqlite": "is a named pipe", "README.txt": "its name ends neither"} {
		if f := b.state(name); f.State != Ignored || !strings.Contains(f.Reason, want) || b.log.count("file="+name) != 1 {
			t.Errorf("%s: %+v\n%s", name, f, b.log)
		}
	}
	if n := len(b.Status().Files); n != 5 {
		t.Errorf("%d files: %+v", n, b.Status().Files)
	}
}

// TestWatcherStart: the newest valid file, and word of the newer ones that are not.
func TestWatcherStart(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("older.xml", named("older"), 30)
	b.aged("right.xml", named("right"), 20)
	b.aged("worse.xml", "<nothing", 10)
	b.aged("worst.sqlite", "nothing", 5)
	b.must(b.Load(t.Context()))
	if b.using() != "right" {
		t.Errorf("in use: %q", b.using())
	}
	if b.log.count(`newer_but_refused="[worst.sqlite worse.xml]"`) != 1 || b.Status().Refused != 2 || b.state("older.xml").State != Older {
		t.Errorf("%+v\n%s", b.Status(), b.log)
	}
	// Again and again: nothing new is told.
	before := b.log.String()
	b.must(b.Load(t.Context()))
	if after := b.log.String(); after != before || b.Status().Accepted != 1 {
		t.Errorf("told again:\n%s", after[len(before):])
	}
}

// TestWatcherFuture: a file of a wrong clock does not keep out all that come after.
func TestWatcherFuture(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("future.xml", named("future"), -24*60)
	b.must(b.Load(t.Context()))
	if b.using() != "future" || b.log.count("lies in the future") != 1 {
		t.Errorf("in use: %q\n%s", b.using(), b.log)
	}
	b.aged("now.xml", named("now"), 0)
	b.must(b.Load(t.Context()))
	if b.using() != "now" || !strings.Contains(b.state("future.xml").Reason, "in the future") {
		t.Errorf("in use: %q, %+v", b.using(), b.Status())
	}
}

func TestWatcherNothingValid(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("bad.xml", "", 1)
	b.must(b.Load(t.Context()))
	if b.live.Now() != nil || b.log.count("in_use=none") != 1 {
		t.Errorf("%v\n%s", b.live.Now(), b.log)
	}
	b.opts.Dir = filepath.Join(b.dir, "bad.xml") // a file where the folder should be
	if err := b.Load(t.Context()); err == nil {
		t.Error("no folder and no error")
	}
	if err := b.Watcher.Run(t.Context()); err == nil {
		t.Error("no folder and no error")
	}
}

// TestWatcherRemoved: what is in use stays when its file or folder goes, and the
// folder is watched again when it comes back.
func TestWatcherRemoved(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("one.xml", named("one"), 2)
	b.aged("two.xml", named("two"), 1)
	b.run()
	b.until("two in use", func() bool { return b.using() == "two" })
	b.must(os.Remove(filepath.Join(b.dir, "two.xml")))
	b.until("missing", func() bool { return b.Status().Missing })
	if b.using() != "two" || b.log.count("no longer in its folder") != 1 {
		t.Errorf("in use %q:\n%s", b.using(), b.log)
	}
	b.must(os.RemoveAll(b.dir))
	b.until("folder made anew", func() bool {
		entries, err := os.ReadDir(b.dir)
		return err == nil && len(entries) == 0 && len(b.Status().Files) == 0
	})
	b.write("three.xml", named("three"))
	b.until("three in use", func() bool { return b.using() == "three" && !b.Status().Missing })
	if b.state("three.xml").State != InUse {
		t.Errorf("%+v", b.Status())
	}
}

// TestWatcherPasswords: a person's file with passwords in clear is used, with a
// warning, and its passwords are hashed once.
func TestWatcherPasswords(t *testing.T) {
	b := newBench(t)
	operators := func(more string) string {
		return form(`<operators><operator username="ada" password="hunter2"/><operator username="bob" md5="5ebe2294ecd0e0f08eab7690d2a6ee69"/>` + more + `</operators>`)
	}
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("a.xml", operators(""), 3)
	b.must(b.Load(t.Context()))
	ada, ok := b.live.Now().Operator("ada")
	if !ok || !isVerifier(ada.Verifier) {
		t.Errorf("%+v", ada)
	}
	if b.log.count("passwords stand readable in a published file") != 1 || b.log.count("hunter2") != 0 || b.log.count("5ebe22") != 0 {
		t.Errorf("log:\n%s", b.log)
	}
	b.aged("b.xml", operators(`<operator username="eve" password="other"/>`), 2)
	b.must(b.Load(t.Context()))
	if got, _ := b.live.Now().Operator("ada"); got.Verifier != ada.Verifier || len(b.live.Now().Operators) != 3 {
		t.Errorf("%+v", got)
	}
	if p, m := b.hasher.passwords.Load(), b.hasher.md5s.Load(); p != 2 || m != 1 {
		t.Errorf("hashed %d passwords and %d MD5s", p, m)
	}
	// Verifiers of a strange pepper are used, and told of.
	b.aged("c.xml", form(`<operators><operator username="zoe" verifier="`+strings.Replace(verifier, "0123abcd", "99999999", 1)+`"/></operators>`), 1)
	b.must(b.Load(t.Context()))
	if b.log.count("made with another pepper file") != 1 {
		t.Errorf("log:\n%s", b.log)
	}
	w := NewWatcher(WatcherOptions{Dir: b.dir, Live: &Live{}, Log: slog.New(slog.NewTextHandler(b.log, nil))})
	b.must(os.Remove(filepath.Join(b.dir, "c.xml")))
	b.must(w.Load(t.Context()))
	if w.Status().InUse != "" || w.Status().Refused != 2 {
		t.Errorf("without a hasher: %+v", w.Status())
	}
}

// TestWatcherRingsNobody: what an import refuses because it does nothing does no harm in a
// file that was published before, which is in use as if it were not there.
func TestWatcherRingsNobody(t *testing.T) {
	for _, file := range []string{"a.xml", "a.sqlite"} {
		b := newBench(t)
		b.must(os.MkdirAll(b.dir, 0o700))
		want := `warning: line 1: service "Out", open: no telephone rings`
		if file == "a.sqlite" {
			want = "valid"
			publishTo(t, filepath.Join(b.dir, file), siteSnapshot(), "UPDATE services SET open_at = 'ring' WHERE type = 'outbound'")
		} else {
			b.write(file, form(`<services><service name="Out" context="c" type="outbound" open="ring"/></services>`))
		}
		if r := Check(t.Context(), filepath.Join(b.dir, file)); !r[0].OK() || !strings.Contains(r[0].Lines()[0], want) {
			t.Errorf("%q, want %q", r[0].Lines(), want)
		}
		b.must(b.Load(t.Context()))
		if b.Status().InUse != file {
			t.Fatalf("%s is not in use\n%s", file, b.log)
		}
		for _, s := range b.live.Now().Services {
			if s.Type == Outbound && s.OpenAt != Answer {
				t.Errorf("%s: %+v", file, s)
			}
		}
	}
}

// TestWatcherUnreadable: a reason that is not in the file may go away by itself, for
// instance with the mode of the file, and is looked at again with every scan.
func TestWatcherUnreadable(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	b.aged("x.xml", named("x"), 1)
	denied := true
	b.read = func(ctx context.Context, f *file) (*Snapshot, error) {
		if denied {
			return nil, os.ErrPermission
		}
		return b.readFile(ctx, f)
	}
	for range 2 {
		b.must(b.Load(t.Context()))
		if f := b.state("x.xml"); f.State != Refused || !strings.Contains(f.Reason, "permission denied") || b.Status().Refused != 1 {
			t.Errorf("%+v", f)
		}
	}
	denied = false
	b.must(b.Load(t.Context()))
	if b.using() != "x" {
		t.Errorf("in use: %q\n%s", b.using(), b.log)
	}
}

func TestOrder(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	for name, minutes := range map[string]int{
		"cti-000001-20260101T000000Z.sqlite": 1, // restored last
		"cti-000002-20260102T000000Z.sqlite": 50,
		"cti-000010-20260103T000000Z.sqlite": 40,
		"before.xml":                         60,
		"between.xml":                        45,
		"after.xml":                          0,
		"cti-12-odd.sqlite":                  70,
		"from-tomorrow.xml":                  -24 * 60,
	} {
		b.aged(name, "", minutes)
	}
	files, err := list(b.dir)
	b.must(err)
	var got []string
	for _, f := range files {
		got = append(got, f.name)
	}
	want := "after.xml cti-000010-20260103T000000Z.sqlite cti-000002-20260102T000000Z.sqlite cti-000001-20260101T000000Z.sqlite between.xml before.xml cti-12-odd.sqlite from-tomorrow.xml"
	if strings.Join(got, " ") != want {
		t.Errorf("order %v, want %s", got, want)
	}
}

func TestFileName(t *testing.T) {
	at := time.Date(2026, 11, 25, 23, 15, 0, 0, time.FixedZone("", 3600))
	for seq, want := range map[int64]string{7: "cti-000007-20261125T221500Z.sqlite", 1234567: "cti-1234567-20261125T221500Z.sqlite"} {
		if got := FileName(seq, at); got != want || Sequence(got) != seq || unfinished(got) || kindByName(got) != SQLite {
			t.Errorf("FileName(%d) = %s, back %d", seq, got, Sequence(got))
		}
	}
	for _, name := range []string{"", "x.xml", "cti-7-20261125T221500Z.sqlite", "cti-000007.sqlite", "cti-99999999999999999999-20261125T221500Z.sqlite"} {
		if got := Sequence(name); got != 0 {
			t.Errorf("Sequence(%q) = %d", name, got)
		}
	}
}

func TestCheckAndList(t *testing.T) {
	b := newBench(t)
	b.must(os.MkdirAll(b.dir, 0o700))
	in := func(name string) string { return filepath.Join(b.dir, name) }
	good := publishedFile(t, b.dir)
	content, err := os.ReadFile(good)
	b.must(err)
	b.write("disguised.xml", string(content))
	b.write("secret.xml", form(`<operators><operator username="ada" password="hunter2"/></operators>`))
	b.write("bad.xml", form(`<seats><seat mac="x" extension="y"/></seats>`))
	b.write("cut.sqlite", string(content[:5000]))
	b.write("boot.yaml", "data_dir: x")
	b.write("xml-inside.db", "\n"+named("x"))
	reports := Check(t.Context(), good, in("disguised.xml"), in("secret.xml"), in("bad.xml"), in("cut.sqlite"), in("boot.yaml"), in("none"), b.dir, in("xml-inside.db"))
	for i, want := range []string{
		": valid: 4 services, 3 seats, 3 operators", ": valid: 4 services", ": warning: 1 password stands readable", `: line 1: seat "y", mac`, ": is cut off",
		": is neither a published SQLite file nor XML", ": cannot be opened: no such file", ": is a folder, not a file", ": valid: 0 services, 1 seat, 0 operators",
	} {
		r := &reports[i]
		if lines := r.Lines(); !strings.HasPrefix(lines[0], r.Path+want) || r.OK() != (i < 3 || i == 8) || strings.Contains(strings.Join(lines, ""), "hunter2") {
			t.Errorf("%q, want %q", lines, want)
		}
	}
	if r := reports[3]; len(r.Faults) != 2 || len(r.Lines()) != 2 || r.Kind != XML {
		t.Errorf("%+v", r)
	}

	listed, err := ListFolder(t.Context(), b.dir)
	b.must(err)
	valid := map[string]bool{}
	newest := 0
	for _, l := range listed {
		valid[l.Name] = l.Valid
		if l.Valid == (l.Reason != "") || l.Size == 0 || l.Time.IsZero() {
			t.Errorf("%+v", l)
		}
		if l.Newest {
			newest++
		}
		if l.Name == filepath.Base(good) && (l.Revision != 1 || l.Services != 4 || l.Kind != SQLite) {
			t.Errorf("%+v", l)
		}
	}
	if len(listed) != 7 || newest != 1 || !valid["secret.xml"] || valid["boot.yaml"] || valid["cut.sqlite"] || !valid["disguised.xml"] {
		t.Errorf("%d newest in %+v", newest, listed)
	}
	if _, err := ListFolder(t.Context(), in("none")); err == nil {
		t.Error("listed a folder that is not there")
	}
}
