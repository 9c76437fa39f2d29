package config

import (
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// blindPoll replaces notices where the system gives none.
const blindPoll = 500 * time.Millisecond

// notices are what the system tells of the folder. All of it may be missing: then
// the channels are nil and polling has to do.
type notices struct {
	w      *Watcher
	fs     *fsnotify.Watcher
	folder os.FileInfo // that is being watched
	events chan fsnotify.Event
	errors chan error
}

func (w *Watcher) notices() *notices {
	n := &notices{w: w}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		w.opts.Log.Warn("the system gives no notices of the configuration folder; it is read every half second instead", "err", err)
		return n
	}
	n.fs, n.events, n.errors = fs, fs.Events, fs.Errors
	n.renew()
	return n
}

func (n *notices) poll(every time.Duration) time.Duration {
	if n.folder == nil {
		return min(every, blindPoll)
	}
	return every
}

// renew watches the folder that now has the name: it may have been replaced.
func (n *notices) renew() {
	if n.fs == nil {
		return
	}
	now, err := os.Stat(n.w.opts.Dir)
	if err != nil || n.folder != nil && os.SameFile(n.folder, now) {
		return
	}
	_ = n.fs.Remove(n.w.opts.Dir) // of the folder before; not watched any more, mostly
	if err := n.fs.Add(n.w.opts.Dir); err != nil {
		n.w.opts.Log.Warn("the system gives no notices of the configuration folder", "err", err)
		return
	}
	n.folder = now
}

// concerns tells whether an event is worth a scan.
func (n *notices) concerns(e fsnotify.Event) bool {
	if filepath.Clean(e.Name) == filepath.Clean(n.w.opts.Dir) {
		n.folder = nil // moved or removed: watch anew
		return true
	}
	return !unfinished(filepath.Base(e.Name))
}

func (n *notices) close() {
	if n.fs != nil {
		_ = n.fs.Close() // nothing to lose
	}
}
