// Package audit keeps a record of what must be accounted for: calls that agents have made,
// and why others were not (C4), and what managers have changed (I3). It is a file of its own,
// so that a configuration that is taken back takes nothing back here.
//
// The file holds one JSON object per line: "time" (UTC, RFC 3339 with milliseconds), "seq"
// (one more each time), "event", what belongs to the event, and "prev", the SHA-256 of the
// line before in hex, "" in the first. So a line that was altered, put in or taken out is
// found by Verify, unless all lines after it were written anew as well; the last line alone
// has nothing that vouches for it.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// ErrClosed is Log's error after Close.
var ErrClosed = errors.New("audit: closed")

// Log is an open audit file. Its methods may be called from anywhere.
type Log struct {
	path string

	mu     sync.Mutex
	closed bool
	file   *os.File // nil after a failure: the next line opens it anew
	seq    uint64   // of the last line
	prev   string   // its hash
}

// Open opens or makes the file, mode 0600, and goes on where it ends. What a crash has left
// of a line is moved to a file beside it, named as this one with ".torn" behind; the other
// lines stay. A file that does not end like an audit is refused: it is none, or is damaged.
func Open(path string) (*Log, error) {
	l := &Log{path: path}
	if err := l.open(); err != nil {
		return nil, err
	}
	return l, nil
}

// Log writes one line and returns when it is on disk. Without an error it is; with one it
// must be taken for lost, and what it was to account for must not be done. Attributes are of
// any kind but groups; their keys are ASCII letters, different from each other and from the
// file's own.
func (l *Log) Log(ctx context.Context, event string, attrs ...slog.Attr) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if l.closed {
		return ErrClosed
	}
	if err := l.ready(); err != nil {
		return err
	}
	return l.write(event, attrs)
}

// Close closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.drop()
}

func (l *Log) write(event string, attrs []slog.Attr) error {
	line, err := encode(time.Now(), l.seq+1, event, attrs, l.prev)
	if err != nil {
		return err
	}
	before, err := l.file.Stat()
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		if before != nil { // half a line, or a whole one that must not count
			err = errors.Join(err, l.file.Truncate(before.Size()))
		}
		return fmt.Errorf("audit: %w", errors.Join(err, l.drop()))
	}
	l.seq, l.prev = l.seq+1, hash(line)
	return nil
}

// ready sees to it that the next line goes into the file that has the name now: it may have
// been moved away to be archived, or been deleted. The chain goes on in the new one.
func (l *Log) ready() error {
	if l.file != nil {
		named, err := os.Stat(l.path)
		is, lost := l.file.Stat()
		if err == nil && lost == nil && os.SameFile(named, is) {
			return nil
		}
		_ = l.drop() // all that was written to it is on disk
	}
	return l.open()
}

func (l *Log) drop() error {
	f := l.file
	l.file = nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// open opens the file and finds its end.
func (l *Log) open() error {
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := l.resume(f); err != nil {
		f.Close()
		return fmt.Errorf("audit: %s: %w", l.path, err)
	}
	return nil
}

func (l *Log) resume(f *os.File) error {
	is, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !is.Mode().IsRegular():
		return errors.New("not a regular file")
	}
	if is.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return err
		}
	}
	if err := syncDir(filepath.Dir(l.path)); err != nil {
		return err
	}
	last, torn, err := tail(f, is.Size())
	if err != nil {
		return err
	}
	if last != nil {
		l.seq, l.prev = last.seq, last.hash
	}
	l.file = f
	if len(torn) == 0 {
		return nil
	}
	if err := l.setAside(torn, is.Size()-int64(len(torn))); err != nil {
		l.file = nil
		return err
	}
	return l.write("audit.torn", []slog.Attr{slog.Int("bytes", len(torn))})
}

// setAside moves what is torn out of the file. It is never deleted before it is elsewhere.
func (l *Log) setAside(torn []byte, keep int64) error {
	f, err := os.OpenFile(l.path+".torn", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(torn, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(l.path)), l.file.Truncate(keep), l.file.Sync())
}

func hash(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}

// syncDir makes a new name last over a loss of power. Windows cannot open a folder so, and
// needs it not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
