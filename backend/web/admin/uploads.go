package admin

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// Bounds of uploads: each holds a whole file in memory, maybe with passwords.
const (
	uploadFor  = 15 * time.Minute
	maxUploads = 4
)

// upload is a file that came from a browser: a configuration that may take the place of
// the draft, or a sheet of operators or seats. It is its manager's, as long as he is signed in.
type upload struct {
	token, owner, name string
	doc                *config.Document // nil for a sheet
	module             string           // the sheet's
	file               []byte
	expiry             *time.Timer

	// What came of it, once it is finished.
	counts         store.Counts
	added, changed int

	mu          sync.Mutex
	begun       bool
	done, total int // of the passwords to hash
	err         error
	finished    bool
}

// uploads are those that wait for a decision, or are being taken over.
type uploads struct {
	mu   sync.Mutex
	list []*upload // the oldest first
	work sync.WaitGroup
	end  context.CancelFunc // of the work that goes on
	ctx  context.Context
}

// Close ends what goes on in the background. It comes before the store is closed.
func (a *Admin) Close() {
	a.uploads.close()
	a.sheets.close()
	a.counting.close()
}

func (s *uploads) close() {
	s.mu.Lock()
	s.context()
	s.end()
	for len(s.list) > 0 {
		s.drop(s.list[0])
	}
	s.mu.Unlock()
	s.work.Wait()
}

// context is that of all the work, with s locked.
func (s *uploads) context() context.Context {
	if s.ctx == nil {
		s.ctx, s.end = context.WithCancel(context.Background())
	}
	return s.ctx
}

// put keeps an upload for a while and gives it a token; one more than a few takes the
// place of the oldest.
func (s *uploads) put(u *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= maxUploads {
		s.drop(s.list[0])
	}
	u.token = rand.Text()
	s.list = append(s.list, u)
	u.expiry = time.AfterFunc(uploadFor, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.drop(u)
	})
}

// drop forgets an upload, with s locked. What is being taken over goes on.
func (s *uploads) drop(u *upload) {
	for i, one := range s.list {
		if one == u {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			u.expiry.Stop()
			return
		}
	}
}

// find is the upload of who is signed in as owner; nil when it is gone or another's.
func (s *uploads) find(owner, token string) *upload {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.list {
		if u.token == token && u.owner == owner {
			return u
		}
	}
	return nil
}

// begin tells whether the caller is to take an upload over: the first who asks is, unless
// there is an end to everything.
func (s *uploads) begin(u *upload) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.begun || s.context().Err() != nil {
		return false
	}
	u.begun = true
	s.work.Add(1)
	return true
}

// take does the work of an upload that was begun.
func (s *uploads) take(u *upload, work func(ctx context.Context, progress func(done, total int)) error) {
	defer s.work.Done()
	err := work(s.ctx, func(done, _ int) {
		u.mu.Lock()
		u.done = done
		u.mu.Unlock()
	})
	u.mu.Lock()
	defer u.mu.Unlock()
	u.err, u.finished = err, true
}
