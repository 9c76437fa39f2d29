package config

import (
	"sync/atomic"
	"time"
)

// State is what a Watcher makes of a file in its folder.
type State string

// The states of a file.
const (
	InUse   State = "in use"
	Older   State = "older"   // than the one in use, and therefore not looked at
	Refused State = "refused" // faulty
	Pending State = "pending" // faulty so far: it may be half of a copy
	Ignored State = "ignored" // not a configuration file at all
)

// FileStatus is one file of the folder.
type FileStatus struct {
	Name   string
	Size   int64
	Time   time.Time // last written
	State  State
	Reason string // of Refused, Pending and Ignored; of others a warning, if any
}

// Status is what a Watcher knows, for metrics and for the configurator.
type Status struct {
	Dir      string
	InUse    string // name of the file in use; "" for none
	Missing  bool   // that file is no longer in the folder
	Err      error  // why the folder cannot be read
	Accepted uint64 // files put in use since the start
	Refused  uint64 // files refused since the start
	Files    []FileStatus
}

// maxListed bounds Status.Files; the newest are listed.
const maxListed = 200

// status is the last Status told.
type status struct {
	accepted, refused atomic.Uint64
	last              atomic.Pointer[Status]
}

// Status may be called at any time, by anyone. The caller must not change its Files.
func (w *Watcher) Status() Status {
	if s := w.status.last.Load(); s != nil {
		return *s
	}
	return Status{Dir: w.opts.Dir}
}

// tell publishes the status after a scan.
func (w *Watcher) tell(files []file) {
	s := &Status{
		Dir: w.opts.Dir, Missing: w.missing, Err: w.folder,
		Accepted: w.status.accepted.Load(), Refused: w.status.refused.Load(),
	}
	if w.current != nil {
		s.InUse = w.current.name
	}
	for i := range files[:min(len(files), maxListed)] {
		f, v := &files[i], w.known[files[i].name]
		told := FileStatus{f.name, f.info.Size(), f.info.ModTime(), v.state, v.reason}
		if f.future && told.Reason == "" {
			told.Reason = inFuture
		}
		s.Files = append(s.Files, told)
	}
	w.status.last.Store(s)
}
