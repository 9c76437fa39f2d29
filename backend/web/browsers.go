package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// maxAge is how long a sign-in of a browser lasts, whatever happens meanwhile: a
// long shift. A restart of the server does not end it, nor does it begin anew.
const maxAge = 12 * time.Hour

// Agents signs agents in; *session.Server does.
type Agents interface {
	// SignIn checks name, password (as its MD5) and seat; it may wait for others
	// whose passwords are being checked.
	SignIn(ctx context.Context, operator, md5hex, seat string, from netip.Addr) (*session.SignedIn, error)
	// Resume signs in anew, without a password, one whom we let in before: the server
	// has restarted since, or no page was open for a while.
	Resume(uid, seat string) (*session.SignedIn, error)
	// Ticket lets a page of another origin, which is allowed, hold who's WebSocket, once.
	Ticket(who *session.SignedIn, origin string) (string, error)
}

// Sessions remembers the sign-ins of browsers, over a restart too; *store.Store does.
// It knows the hash of a token, never the token.
type Sessions interface {
	SaveSession(ctx context.Context, s store.BrowserSession) error
	LoadSession(ctx context.Context, token [sha256.Size]byte) (store.BrowserSession, error)
	DeleteSession(ctx context.Context, token [sha256.Size]byte) error
	// DeleteSessionsOf forgets an operator's sign-ins but for one.
	DeleteSessionsOf(ctx context.Context, uid string, but [sha256.Size]byte) error
	// PurgeSessions forgets those made before created; a zero time is no bound.
	PurgeSessions(ctx context.Context, created, seen time.Time) (int, error)
}

// browsers is who is signed in with which cookie. Safe for concurrent use.
type browsers struct {
	agents Agents
	store  Sessions
	log    *slog.Logger

	lasting  context.Context // of what must be done though a request has ended
	resuming sync.Mutex      // one sign-in at a time comes back after a restart: tabs share a cookie
	watching sync.WaitGroup
	stop     chan struct{}

	mu     sync.Mutex
	closed bool
	held   map[tokenHash]*held
	ended  map[tokenHash]*ending
}

type tokenHash = [sha256.Size]byte

func hashOf(token string) tokenHash { return sha256.Sum256([]byte(token)) }

type held struct {
	who   *session.SignedIn
	until time.Time
}

// ending keeps why a cookie is worth nothing any more, to tell its browser once,
// and so that it does not come back even where the store could not forget it.
type ending struct {
	reason session.Reason
	at     time.Time
	told   bool
}

func newBrowsers(agents Agents, sessions Sessions, log *slog.Logger) *browsers {
	return &browsers{
		agents: agents, store: sessions, log: log, lasting: context.Background(), stop: make(chan struct{}),
		held: map[tokenHash]*held{}, ended: map[tokenHash]*ending{},
	}
}

// purge forgets what is too old to be found again.
func (b *browsers) purge(ctx context.Context) error {
	if _, err := b.store.PurgeSessions(ctx, time.Now().Add(-maxAge), time.Time{}); err != nil {
		return fmt.Errorf("old sign-ins: %w", err)
	}
	return nil
}

// close leaves every sign-in as it is, for the next start to find.
func (b *browsers) close() {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.stop)
	}
	b.mu.Unlock()
	b.watching.Wait()
}

// add makes a token for one who has just signed in. If the store fails he is let in
// all the same: calls are waiting, and only a restart would make him sign in again.
func (b *browsers) add(ctx context.Context, who *session.SignedIn) (token string) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // never fails (Go 1.24)
	token = base64.RawURLEncoding.EncodeToString(raw[:])
	hash, now := hashOf(token), time.Now()
	err := b.store.SaveSession(ctx, store.BrowserSession{Token: hash, Operator: who.Operator, UID: who.UID, Seat: who.Seat.MAC, Created: now})
	if err != nil {
		b.log.Error("sign-in will not survive a restart", "operator", who.Operator, "error", err)
	}
	// A browser that he left without signing out must not bring him back there.
	if err := b.store.DeleteSessionsOf(ctx, who.UID, hash); err != nil {
		b.log.Error("earlier sign-ins not forgotten", "operator", who.Operator, "error", err)
	}
	b.keep(hash, &held{who: who, until: now.Add(maxAge)})
	return token
}

func (b *browsers) keep(hash tokenHash, h *held) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return
	}
	b.held[hash] = h
	b.watching.Go(func() { b.watch(hash, h) })
}

// watch waits for a sign-in to end, here or elsewhere, so that its cookie is
// forgotten at once and a restart does not bring it back.
func (b *browsers) watch(hash tokenHash, h *held) {
	age := time.NewTimer(time.Until(h.until))
	defer age.Stop()
	select {
	case <-h.who.Done():
	case <-age.C:
		h.who.End(session.Reason{Code: session.CodeSignedOut, Text: "signed in for too long, sign in again"})
	case <-b.stop:
		return
	}
	b.end(hash, h)
}

// end forgets a sign-in that is over. Whoever notices first does it; twice is harmless.
func (b *browsers) end(hash tokenHash, h *held) {
	reason := h.who.Reason()
	// After these two the cookie is good for another sign-in, while maxAge lasts.
	resumes := reason.Code == session.CodeRestart || reason.Code == session.CodeIdle
	if !resumes {
		b.forget(hash)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held[hash] != h {
		return
	}
	delete(b.held, hash)
	if resumes {
		return
	}
	now := time.Now()
	for k, e := range b.ended {
		if now.Sub(e.at) > maxAge {
			delete(b.ended, k)
		}
	}
	b.ended[hash] = &ending{reason: reason, at: now}
}

func (b *browsers) forget(hash tokenHash) {
	if err := b.store.DeleteSession(b.lasting, hash); err != nil {
		b.log.Error("sign-in not forgotten", "error", err)
	}
}

// find returns who is signed in with a token. Else a fault says why nobody is;
// asked with tell, it says replaced or removed once, and signed-out from then on.
func (b *browsers) find(ctx context.Context, token string, tell bool) (*session.SignedIn, error) {
	hash := hashOf(token)
	if h, err := b.known(hash, tell); h != nil || err != nil {
		return who(h), err
	}
	b.resuming.Lock()
	defer b.resuming.Unlock()
	if h, err := b.known(hash, tell); h != nil || err != nil {
		return who(h), err
	}
	h, err := b.resume(ctx, hash)
	return who(h), err
}

func who(h *held) *session.SignedIn {
	if h == nil {
		return nil
	}
	return h.who
}

// known looks at the tokens of this run of the server: both nil for one it has not seen.
func (b *browsers) known(hash tokenHash, tell bool) (*held, error) {
	b.mu.Lock()
	h := b.held[hash]
	b.mu.Unlock()
	if h != nil {
		select {
		case <-h.who.Done():
			b.end(hash, h)
		default:
			return h, nil
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.ended[hash]
	if e == nil {
		return nil, nil
	}
	code := e.reason.Code
	if e.told {
		code = session.CodeSignedOut
	}
	e.told = e.told || tell
	return nil, gone(code)
}

// gone is the answer to a cookie that is worth nothing.
func gone(code string) *fault {
	if code != session.CodeReplaced && code != session.CodeRemoved {
		code = session.CodeSignedOut
	}
	return &fault{status: http.StatusUnauthorized, code: code}
}

// resume looks for a sign-in that is remembered and not in use.
func (b *browsers) resume(ctx context.Context, hash tokenHash) (*held, error) {
	saved, err := b.store.LoadSession(ctx, hash)
	if errors.Is(err, store.ErrNoSession) {
		return nil, gone(session.CodeSignedOut)
	}
	if err != nil {
		return nil, fmt.Errorf("load sign-in: %w", err)
	}
	until := saved.Created.Add(maxAge)
	if !time.Now().Before(until) {
		b.forget(hash)
		return nil, gone(session.CodeSignedOut)
	}
	signed, err := b.agents.Resume(saved.UID, saved.Seat)
	if err != nil {
		return nil, b.lost(hash, err)
	}
	h := &held{who: signed, until: until}
	b.keep(hash, h)
	return h, nil
}

// lost reads why a remembered sign-in cannot be taken up again. Only what time will
// not mend ends it.
func (b *browsers) lost(hash tokenHash, err error) error {
	code := session.CodeRemoved
	switch {
	case errors.Is(err, session.ErrRemoved), errors.Is(err, session.ErrSeatUnknown):
	case errors.Is(err, session.ErrSeatTaken), errors.Is(err, session.ErrOperatorUsed):
		code = session.CodeReplaced
	default:
		return signInFault(err)
	}
	b.forget(hash)
	return gone(code)
}

// remove is a sign-out: of this cookie, and of every tab and socket that lives by it.
func (b *browsers) remove(token string, reason session.Reason) {
	hash := hashOf(token)
	b.mu.Lock()
	h := b.held[hash]
	b.mu.Unlock()
	if h == nil {
		b.forget(hash)
		return
	}
	h.who.End(reason)
	b.end(hash, h)
}
