package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// together: events within it make one scan. Copying a file is a burst of them.
	together = 50 * time.Millisecond
	// settle is how long a file must stay as it is before it is refused: until then
	// it may be half of a copy. A complete one is used at once.
	settle = 500 * time.Millisecond
)

// WatcherOptions of a Watcher; Dir and Live are needed.
type WatcherOptions struct {
	Dir    string        // the folder of published files (publish_dir); made when missing
	Live   *Live         // where the configuration in use goes
	Hasher Hasher        // for XML files with passwords in them; without it such files are refused
	Poll   time.Duration // the folder is read anew at least so often; 30 s. Notices do not cross network file systems
	Log    *slog.Logger  // slog.Default
}

// Watcher keeps the newest valid file of a folder in use (J2). A faulty one is
// refused, with its reason in the log and in Status, and what was in use stays. So
// it does when its file is removed: a folder being synchronised may be empty for a
// moment.
type Watcher struct {
	opts WatcherOptions

	mu      sync.Mutex // of a scan
	known   map[string]*verdict
	current *file // in use
	missing bool  // it is no longer in the folder
	memo    memo
	folder  error // why the folder could not be read

	status status

	// Replaced by tests.
	settle  time.Duration
	read    func(context.Context, *file) (*Snapshot, error)
	scanned func() // after each scan
}

// verdict is what became of a file as it was when info was taken.
type verdict struct {
	info   os.FileInfo
	since  time.Time // when it was first seen so
	state  State
	reason string
	again  bool // the reason may go away though the file stays as it is
}

// NewWatcher makes a Watcher; Run or Load set it to work.
func NewWatcher(opts WatcherOptions) *Watcher {
	if opts.Poll <= 0 {
		opts.Poll = 30 * time.Second
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	w := &Watcher{opts: opts, known: map[string]*verdict{}, settle: settle, scanned: func() {}}
	w.read = w.readFile
	return w
}

// Load makes the folder if need be and reads it once, as Run does when it begins: on
// return the newest valid file is in use, if there is any. The error says why the
// folder cannot be used.
func (w *Watcher) Load(ctx context.Context) error {
	for deadline := time.Now().Add(2 * w.settle); ; {
		if err := w.makeFolder(); err != nil {
			return err
		}
		again := w.scan(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		// Something newer may be on its way; wait for it rather than begin with the old.
		if again <= 0 || time.Now().After(deadline) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.folder
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *Watcher) makeFolder() error {
	if err := os.MkdirAll(w.opts.Dir, 0o750); err != nil {
		return fmt.Errorf("folder of published configurations: %w", err)
	}
	return nil
}

// Run watches until ctx ends and returns nil then; an error when the folder cannot
// be made at the beginning. It may follow a Load.
func (w *Watcher) Run(ctx context.Context) error {
	if err := w.makeFolder(); err != nil {
		return err
	}
	n := w.notices()
	defer n.close()
	scan := time.NewTimer(0)
	defer scan.Stop()
	next := time.Now()
	schedule := func(after time.Duration) {
		if at := time.Now().Add(after); next.IsZero() || at.Before(next) {
			next = at
			scan.Reset(after)
		}
	}
	poll := time.NewTicker(n.poll(w.opts.Poll))
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-n.events:
			if n.concerns(e) {
				schedule(together)
			}
		case err := <-n.errors: // for instance, too many events to tell
			w.opts.Log.Warn("notices of the configuration folder", "err", err)
			schedule(together)
		case <-poll.C:
			schedule(0)
		case <-scan.C:
			next = time.Time{}
			if err := w.makeFolder(); err != nil {
				w.opts.Log.Error("configuration folder", "err", err)
			}
			n.renew() // before the scan, so that nothing falls between
			if again := w.scan(ctx); again > 0 {
				schedule(again)
			}
			w.scanned()
		}
	}
}

// scan reads the folder and puts the newest valid file in use. It returns after what
// time to look again at a file that may be half-written; 0 when there is none.
func (w *Watcher) scan(ctx context.Context) (again time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	files, err := list(w.opts.Dir)
	if err != nil {
		if w.folder == nil {
			w.opts.Log.Error("the configuration folder cannot be read; what is in use stays", "dir", w.opts.Dir, "err", err)
		}
		w.folder = fmt.Errorf("folder of published configurations: %w", err)
		w.tell(nil)
		return 0
	}
	w.folder = nil
	w.recall(files)
	var refused []string // newer than what is going to be used
	for i := range files {
		f := &files[i]
		if f.ignored != "" || w.current != nil && f.name != w.current.name && f.rank.compare(w.current.rank) <= 0 {
			continue
		}
		state, wait := w.look(ctx, f, refused)
		if ctx.Err() != nil {
			return 0
		}
		if again = max(again, wait); state == InUse {
			break
		}
		refused = append(refused, f.name)
	}
	w.tell(files)
	return again
}

// look gives its verdict of one file, and puts it in use if it is valid. wait is for
// a Pending one.
func (w *Watcher) look(ctx context.Context, f *file, refused []string) (state State, wait time.Duration) {
	v := w.known[f.name]
	if v.state == InUse || v.state == Refused && !v.again {
		return v.state, 0
	}
	s, err := w.read(ctx, f)
	if err == nil {
		w.use(f, v, s, refused)
		return v.state, 0
	}
	if ctx.Err() != nil {
		return v.state, 0 // the end, and no fault of the file
	}
	if wait = w.settle - time.Since(v.since); wait > 0 {
		v.state, v.reason = Pending, brief(err)
		return v.state, wait
	}
	w.refuse(f, v, err)
	return v.state, 0
}

// recall brings what is known in line with the folder: files that are new or changed
// have no verdict yet, those that went are forgotten.
func (w *Watcher) recall(files []file) {
	found := make(map[string]*verdict, len(files))
	missing := w.current != nil
	for i := range files {
		f := &files[i]
		v := w.known[f.name]
		if v == nil || !sameFile(v.info, f.info) {
			v = &verdict{info: f.info, since: time.Now(), state: Older, reason: f.ignored}
			if f.ignored != "" {
				v.state = Ignored
				w.opts.Log.Warn("ignored in the configuration folder", "file", f.name, "reason", f.ignored)
			} else if f.future {
				w.opts.Log.Warn("in the configuration folder", "file", f.name, "reason", inFuture)
			}
		}
		found[f.name] = v
		if w.current != nil && f.name == w.current.name {
			missing = false
			if v.state == InUse {
				w.current.rank = f.rank
			}
		}
	}
	if missing && !w.missing {
		w.opts.Log.Warn("the configuration in use is no longer in its folder; it stays in use until a newer one comes, but a restart will not find it", "file", w.current.name)
	}
	w.known, w.missing = found, missing
}

func (w *Watcher) use(f *file, v *verdict, s *Snapshot, refused []string) {
	if w.current != nil {
		if old := w.known[w.current.name]; old != nil && old.state == InUse {
			old.state = Older
		}
	}
	v.state, v.reason, v.again = InUse, "", false
	w.current, w.missing = f, false
	w.status.accepted.Add(1)
	w.opts.Live.Set(s)
	args := []any{"file", f.name, "revision", s.Revision, "services", len(s.Services), "seats", len(s.Seats), "operators", len(s.Operators)}
	if len(refused) > 0 {
		args = append(args, "newer_but_refused", refused)
	}
	w.opts.Log.Info("configuration in use", args...)
	w.warnOfPepper(s)
}

func (w *Watcher) refuse(f *file, v *verdict, err error) {
	_, faulty := errors.AsType[Faults](err)
	reason := brief(err)
	if v.state != Refused || v.reason != reason {
		w.status.refused.Add(1)
		stays := "none"
		if w.current != nil {
			stays = w.current.name
		}
		w.opts.Log.Error("published configuration refused", "file", f.name, "reason", reason, "in_use", stays)
	}
	v.state, v.reason, v.again = Refused, reason, !faulty
}

// warnOfPepper tells of operators who cannot sign in although all looks well.
func (w *Watcher) warnOfPepper(s *Snapshot) {
	if w.opts.Hasher == nil {
		return
	}
	n := 0
	for _, o := range s.Operators {
		if o.Enabled && !w.opts.Hasher.Made(o.Verifier) {
			n++
		}
	}
	if n > 0 {
		w.opts.Log.Warn("operators cannot sign in: their passwords were made with another pepper file; bring that file here or set the passwords anew", "operators", n, "file", s.Source)
	}
}

// readFile reads and validates a file, and makes the verifiers of passwords in it.
func (w *Watcher) readFile(ctx context.Context, f *file) (*Snapshot, error) {
	path := filepath.Join(w.opts.Dir, f.name)
	kind, err := sniff(path)
	if err != nil {
		return nil, err
	}
	if kind == SQLite {
		return ReadSQLite(ctx, path)
	}
	d, _, err := readDocument(ctx, path, true)
	if err != nil {
		return nil, err
	}
	if n := d.Secrets(); n > 0 {
		if w.opts.Hasher == nil {
			return nil, broken(flawed("file.passwords", "holds passwords: import it and publish the result"))
		}
		w.opts.Log.Warn("passwords stand readable in a published file: import it, publish the result and delete it", "file", f.name, "operators", n)
	}
	s, err := d.Resolve(ctx, w.memo.begin(w.opts.Hasher), nil)
	if err != nil {
		return nil, err
	}
	if after, err := os.Stat(path); err != nil || !sameFile(f.info, after) {
		return nil, errors.New("was changed while it was read")
	}
	w.memo.keep()
	return s, nil
}

func brief(err error) string {
	if f, ok := errors.AsType[Faults](err); ok {
		return f.brief()
	}
	return err.Error()
}
