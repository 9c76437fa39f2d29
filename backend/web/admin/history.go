package admin

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// publishedLine is one publication.
type publishedLine struct {
	File, By, Href         string
	At                     time.Time
	Changes                string
	Holds                  string
	InUse, Missing, Latest bool
}

// status is that of the folder; the zero one where nobody watches it.
func (a *Admin) watched() config.Status {
	if a.opts.Watcher == nil {
		return config.Status{}
	}
	return a.opts.Watcher.Status()
}

// used is the name of the file in use, "" for none.
func (a *Admin) used() string {
	if s := a.opts.Live.Now(); s != nil {
		return s.Source
	}
	return ""
}

func (v *visit) published(p store.Publication, names map[string]string) publishedLine {
	return publishedLine{
		File: p.File, Href: url.QueryEscape(p.File), At: p.At, By: v.nameOf(names, p.By, p.At),
		Changes: counted(v.lang, "apply.changes", p.Changes), Holds: v.holds(p.Services, p.Seats, p.Operators),
		InUse: p.File == v.a.used(), Missing: !p.There,
	}
}

// holds counts what a configuration has.
func (v *visit) holds(services, seats, operators int) string {
	return counted(v.lang, "apply.holds.services", services) + ", " +
		counted(v.lang, "apply.holds.seats", seats) + ", " + counted(v.lang, "apply.holds.operators", operators)
}

// inUse is what agents work by; nil for nothing.
func (v *visit) inUse(names map[string]string) (*inUse, error) {
	live := v.a.opts.Live.Now()
	if live == nil {
		return nil, nil
	}
	u := &inUse{Services: len(live.Services), Seats: len(live.Seats), Operators: len(live.Operators)}
	list, err := v.a.store.History(v.req.Context(), v.a.opts.Publish)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(p store.Publication) bool { return p.File == live.Source }); i >= 0 {
		u.publishedLine = v.published(list[i], names)
	} else { // put into the folder by hand, or published from elsewhere
		u.publishedLine = publishedLine{File: live.Source, Holds: v.holds(u.Services, u.Seats, u.Operators)}
	}
	u.At = live.Loaded
	return u, nil
}

// refused is a file that would be in use if it were not faulty, and why.
func (v *visit) refused() (file, why string) {
	for _, f := range v.a.watched().Files {
		switch f.State {
		case config.Refused:
			return f.Name, f.Reason
		case config.InUse, config.Older:
			return "", ""
		}
	}
	return "", ""
}

// applyState is the server's answer to a publication.
type applyState struct {
	publishedLine
	Is     string // "waiting", "late", "used", "refused" or "older"
	Reason string // of "refused"; of others a warning, if any
	Since  time.Time
}

// lateAfter is after how long it is said that nobody has read a publication.
const lateAfter = 10 * time.Second

// stateOf is nil for a file that was not published from here.
func (v *visit) stateOf(file string) (*applyState, error) {
	list, err := v.a.store.History(v.req.Context(), v.a.opts.Publish)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(p store.Publication) bool { return p.File == file })
	if i < 0 {
		return nil, nil
	}
	names, err := v.a.managerNames(v.req.Context())
	if err != nil {
		return nil, err
	}
	s := &applyState{publishedLine: v.published(list[i], names)}
	s.judge(time.Now(), v.a.watched(), v.a.opts.Live.Now())
	return s, nil
}

// judge tells what became of a publication.
func (s *applyState) judge(now time.Time, folder config.Status, live *config.Snapshot) {
	s.Is = "waiting"
	if now.Sub(s.At) > lateAfter {
		s.Is = "late"
	}
	for _, f := range folder.Files {
		if f.Name != s.File {
			continue
		}
		switch s.Reason = f.Reason; f.State {
		case config.InUse:
			s.Is = "used"
		case config.Refused:
			s.Is = "refused"
		case config.Older:
			s.Is = "older"
		}
	}
	if live != nil && live.Source == s.File {
		s.Is, s.Since = "used", live.Loaded
	}
}

// showState is the part of the page that asks until the answer is there.
func (v *visit) showState() error {
	file := v.req.URL.Query().Get("file")
	state, err := v.stateOf(file)
	switch {
	case err != nil:
		return err
	case state == nil:
		return notFound()
	case !v.part():
		return v.Redirect("/admin/apply?file="+url.QueryEscape(file), http.StatusSeeOther)
	}
	return v.sendWithPending("apply", "state", state)
}

// historyPage lists the publications, the newest first.
type historyPage struct {
	MayEdit bool
	Lines   []publishedLine
}

func (v *visit) showPublications() error {
	ctx := v.req.Context()
	list, err := v.a.store.History(ctx, v.a.opts.Publish)
	if err != nil {
		return err
	}
	names, err := v.a.managerNames(ctx)
	if err != nil {
		return err
	}
	p := historyPage{MayEdit: v.may(editor)}
	for _, one := range list {
		p.Lines = append(p.Lines, v.published(one, names))
	}
	return v.showTitled(http.StatusOK, "apply", "apply-history", v.t("apply.history"), p)
}

// comparePage is a difference that is looked at: of a publication and the one before, or of
// a file that may take the place of the draft.
type comparePage struct {
	*difference
	Of      *publishedLine
	Ask     bool // whether to apply Of again
	Seen    string
	Whose   []whose // changes that would be lost
	Pending int
	Noted   string // what became of the last try
}

// publication reads one that is in the history; its file's name is never one that a
// browser made up.
func (v *visit) publication(file string) (list []store.Publication, at int, s *config.Snapshot, err error) {
	if list, err = v.a.store.History(v.req.Context(), v.a.opts.Publish); err != nil {
		return nil, 0, nil, err
	}
	at = slices.IndexFunc(list, func(p store.Publication) bool { return p.File == file && p.There })
	if at < 0 {
		return nil, 0, nil, notFound()
	}
	s, err = config.ReadSQLite(v.req.Context(), filepath.Join(v.a.opts.Publish, list[at].File))
	return list, at, s, err
}

// showDifference is what a publication changed.
func (v *visit) showDifference() error {
	list, at, s, err := v.publication(v.req.URL.Query().Get("file"))
	if err != nil {
		return v.unreadable(err)
	}
	var before *config.Snapshot
	if at+1 < len(list) {
		if before, err = config.ReadSQLite(v.req.Context(), filepath.Join(v.a.opts.Publish, list[at+1].File)); err != nil {
			return v.unreadable(err)
		}
	}
	return v.sendCompare(http.StatusOK, list[at], config.Diff(before, s), &comparePage{})
}

// unreadable: a file that was there is spoilt or has just gone; other errors stay.
func (v *visit) unreadable(err error) error {
	if _, faulty := errors.AsType[config.Faults](err); faulty || errors.Is(err, fs.ErrNotExist) {
		return notFound()
	}
	return err
}

func (v *visit) sendCompare(status int, of store.Publication, changes []config.Change, p *comparePage) error {
	names, err := v.a.managerNames(v.req.Context())
	if err != nil {
		return err
	}
	line := v.published(of, names)
	p.Of, p.difference = &line, v.differenceOf(changes, names)
	return v.showTitled(status, "apply", "apply-compare", v.t("apply.history"), p)
}

// askAgain shows what applying an earlier configuration again makes of the draft.
func (v *visit) askAgain() error {
	return v.sendAgain(http.StatusOK, v.req.URL.Query().Get("file"), "")
}

func (v *visit) sendAgain(status int, file, noted string) error {
	list, at, s, err := v.publication(file)
	if err != nil {
		return v.unreadable(err)
	}
	ctx, live := v.req.Context(), v.a.opts.Live.Now()
	p := &comparePage{Ask: true, Noted: noted}
	if _, p.Seen, err = v.a.look(ctx, live); err != nil {
		return err
	}
	changes, err := v.a.store.Preview(ctx, s.Document())
	if err != nil {
		return err
	}
	pending, err := v.a.store.Pending(ctx, live)
	if err != nil {
		return err
	}
	if p.Pending = len(pending); p.Pending > 0 {
		if p.Whose, err = v.whoseOf(pending); err != nil {
			return err
		}
	}
	return v.sendCompare(status, list[at], changes, p)
}

// applyAgain makes an earlier configuration the draft, and publishes it.
func (v *visit) applyAgain() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	v.a.applying.Lock()
	defer v.a.applying.Unlock()
	file, wanted := values.Get("file"), values.Get("seen")
	if made, ok := v.a.applying.done(wanted + file); ok {
		return v.applied(made)
	}
	list, at, s, err := v.publication(file)
	if err != nil {
		return v.unreadable(err)
	}
	live := v.a.opts.Live.Now()
	_, seen, err := v.a.look(v.req.Context(), live)
	if err != nil {
		return err
	}
	if seen != wanted {
		return v.sendAgain(http.StatusConflict, file, v.t("apply.meanwhile"))
	}
	made, err := digest(nil, s)
	if err != nil {
		return err
	}
	err = v.publish(config.Diff(live, s), seen+file, func(ctx context.Context) error {
		_, err := v.a.store.ImportBy(ctx, v.editor(), s.Document(), still(live, seen), nil)
		return err
	}, still(nil, made), slog.String("again", list[at].File))
	if errors.Is(err, errMeanwhile) {
		return v.sendAgain(http.StatusConflict, file, v.t("apply.meanwhile"))
	}
	return err
}
