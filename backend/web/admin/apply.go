package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// mountApply adds what concerns the draft as a whole: rows J1 to J4.
func (a *Admin) mountApply(r fiber.Router) {
	a.get(r, "/apply", viewer, (*visit).showApply)
	a.post(r, "/apply", editor, (*visit).apply)
	a.get(r, "/apply/state", viewer, (*visit).showState)
	a.get(r, "/apply/discard", editor, (*visit).askDiscard)
	a.post(r, "/apply/discard", editor, (*visit).discard)
	a.get(r, "/apply/history", viewer, (*visit).showPublications)
	a.get(r, "/apply/difference", viewer, (*visit).showDifference)
	a.get(r, "/apply/again", editor, (*visit).askAgain)
	a.post(r, "/apply/again", editor, (*visit).applyAgain)
	a.get(r, "/apply/export", editor, (*visit).exportXML)
	a.get(r, "/apply/import", administrator, (*visit).showTransfer)
	a.post(r, "/apply/import", administrator, (*visit).receive)
	a.get(r, "/apply/import/progress", administrator, (*visit).showProgress)
	a.post(r, "/apply/import/replace", administrator, (*visit).replaceDraft)
}

// FolderWatcher tells which of the published files is in use; *config.Watcher does.
type FolderWatcher interface{ Status() config.Status }

// applying lets one person apply at a time, and remembers what the last one did: a
// second click on the same button applies nothing.
type applying struct {
	sync.Mutex
	seen, file string
	at         time.Time
}

// twice is how soon the same again is a second click, and not a second try.
const twice = 10 * time.Second

// done tells, locked, what has just come of the same.
func (a *applying) done(seen string) (file string, ok bool) {
	return a.file, seen == a.seen && a.file != "" && time.Since(a.at) < twice
}

// applyPage is what is in use, what is not yet, and what is wrong with that.
type applyPage struct {
	*difference
	MayEdit, MayImport bool
	Seen               string // of the draft that is shown
	Meanwhile          bool   // it is another than the one that was to be applied
	Faults             []faultLine
	MoreFaults         int
	Unused             bool   // no configuration is in use
	Refused, Why       string // a file newer than the one in use, and what is wrong with it
	InUse              *inUse
	State              *applyState // of what was just applied
}

// inUse is the configuration that agents work by.
type inUse struct {
	publishedLine
	Services, Seats, Operators int
}

// showApply is the page, and after applying the server's answer to it.
func (v *visit) showApply() error {
	if file := v.req.URL.Query().Get("file"); file != "" {
		state, err := v.stateOf(file)
		if err != nil {
			return err
		}
		if state != nil {
			return v.showTitled(http.StatusOK, "apply", "apply", v.t("apply.title"), &applyPage{State: state})
		}
	}
	return v.sendApply(http.StatusOK, false)
}

func (v *visit) sendApply(status int, meanwhile bool) error {
	ctx, live := v.req.Context(), v.a.opts.Live.Now()
	// The number before the changes: who edits in between makes it the wrong one.
	draft, seen, err := v.a.look(ctx, live)
	if err != nil {
		return err
	}
	changes, err := v.a.store.Pending(ctx, live)
	if err != nil {
		return err
	}
	names, err := v.a.managerNames(ctx)
	if err != nil {
		return err
	}
	p := &applyPage{
		difference: v.differenceOf(changes, names), MayEdit: v.may(editor), MayImport: v.may(administrator),
		Seen: seen, Meanwhile: meanwhile, Unused: live == nil,
	}
	if len(changes) > 0 {
		faults := draft.Validate()
		if p.Faults, err = v.faultLines(faults); err != nil {
			return err
		}
		p.MoreFaults = len(faults) - len(p.Faults)
	}
	if p.InUse, err = v.inUse(names); err != nil {
		return err
	}
	p.Refused, p.Why = v.refused()
	return v.showTitled(status, "apply", "apply", v.t("apply.title"), p)
}

// look reads the draft and tells it from every other: who applies says by it what he has
// looked at. So does the configuration in use, for the two make the difference.
func (a *Admin) look(ctx context.Context, live *config.Snapshot) (draft *config.Snapshot, seen string, err error) {
	if draft, err = a.store.Export(ctx); err != nil {
		return nil, "", err
	}
	seen, err = digest(live, draft)
	return draft, seen, err
}

// digest tells a draft and a configuration in use from all others.
func digest(live, draft *config.Snapshot) (string, error) {
	hash := sha256.New()
	if live != nil {
		fmt.Fprintf(hash, "%d %q\n", live.Revision, live.Source)
	}
	if err := config.WriteXML(hash, draft); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)[:16]), nil
}

// errMeanwhile says that what is about to be published, or replaced, was not looked at.
var errMeanwhile = errors.New("the draft was edited meanwhile")

// apply publishes the draft, when it is the one that was looked at.
func (v *visit) apply() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	v.a.applying.Lock()
	defer v.a.applying.Unlock()
	wanted := values.Get("seen")
	if file, ok := v.a.applying.done(wanted); ok {
		return v.applied(file)
	}
	live := v.a.opts.Live.Now()
	draft, seen, err := v.a.look(v.req.Context(), live)
	if err != nil {
		return err
	}
	changes, err := v.a.store.Pending(v.req.Context(), live)
	switch {
	case err != nil:
		return err
	case seen != wanted:
		return v.sendApply(http.StatusConflict, true)
	case len(changes) == 0:
		return v.sendApply(http.StatusOK, false)
	case len(draft.Validate()) > 0:
		return v.sendApply(http.StatusUnprocessableEntity, false)
	}
	return v.publish(changes, seen, nil, still(live, seen))
}

// still checks, where nothing comes between any more, that a draft is the one that was
// looked at.
func still(live *config.Snapshot, seen string) func(draft *config.Snapshot) error {
	return func(draft *config.Snapshot) error {
		if now, err := digest(live, draft); err != nil || now != seen {
			return errors.Join(errMeanwhile, err)
		}
		return nil
	}
}

// publish writes the draft as a new file and says so in the audit before. prepare, which
// may be nil, makes the draft what is to be published, after the audit has been told; check,
// which may be nil, has the last word on it.
func (v *visit) publish(changes []config.Change, seen string, prepare func(context.Context) error, check func(*config.Snapshot) error, attrs ...slog.Attr) error {
	// Who closes the browser now must not leave half of it undone.
	ctx := context.WithoutCancel(v.req.Context())
	n := map[string]int{}
	for _, c := range changes {
		n[c.Action]++
	}
	attrs = append(attrs, slog.Int("changes", len(changes)), slog.Int("added", n[config.Added]), slog.Int("changed", n[config.Changed]), slog.Int("removed", n[config.Removed]))
	if err := v.note(ctx, eventApplied, attrs...); err != nil {
		return err
	}
	if prepare != nil {
		if err := prepare(ctx); err != nil {
			return errors.Join(err, v.note(ctx, eventPublished, slog.String("error", clip(err.Error()))))
		}
	}
	file, err := v.a.store.PublishBy(ctx, v.a.opts.Publish, v.who.UserID, check)
	if file == "" {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		if noted := v.note(ctx, eventPublished, slog.String("error", clip(err.Error()))); noted != nil {
			return errors.Join(err, noted)
		}
		if _, faulty := errors.AsType[config.Faults](err); faulty { // of an edit just now
			return v.sendApply(http.StatusUnprocessableEntity, true)
		}
		if errors.Is(err, errMeanwhile) {
			return v.sendApply(http.StatusConflict, true)
		}
		return err
	}
	if err != nil { // published, and that is what counts
		v.a.log.Error("a publication is not in the history", "file", file, "err", err)
	}
	v.a.applying.seen, v.a.applying.file, v.a.applying.at = seen, file, time.Now()
	if err := v.note(ctx, eventPublished, slog.String("file", file)); err != nil {
		v.a.log.Error("the name of a publication is not in the audit", "file", file, "err", err)
	}
	return v.applied(file)
}

func (v *visit) applied(file string) error { return v.lead("/admin/apply?file=" + file) }

// discarding is the dialog before all changes are thrown away.
type discarding struct {
	Title, Seen string
	Whose       []whose
}

// whose is how many of the changes are somebody's.
type whose struct {
	Name, Count string
	You         bool
}

// whoseOf counts changes by who made them, in the order of their first.
func (v *visit) whoseOf(changes []config.Change) ([]whose, error) {
	names, err := v.a.managerNames(v.req.Context())
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	var order []string
	for _, c := range changes {
		if n[c.By]++; n[c.By] == 1 {
			order = append(order, c.By)
		}
	}
	list := make([]whose, 0, len(order))
	for _, by := range order {
		i := slices.IndexFunc(changes, func(c config.Change) bool { return c.By == by })
		w := whose{Name: v.nameOf(names, by, changes[i].At), Count: counted(v.lang, "apply.changes", n[by]), You: by == v.who.UserID}
		if w.Name == "" {
			w.Name = v.t("apply.command-line")
		}
		list = append(list, w)
	}
	return list, nil
}

func (v *visit) askDiscard() error {
	live := v.a.opts.Live.Now()
	_, seen, err := v.a.look(v.req.Context(), live)
	if err != nil {
		return err
	}
	changes, err := v.a.store.Pending(v.req.Context(), live)
	if err != nil {
		return err
	}
	if live == nil || len(changes) == 0 { // nothing to go back to, or nothing to throw away
		return v.lead("/admin/apply")
	}
	d := discarding{Title: counted(v.lang, "apply.discard", len(changes)), Seen: seen}
	if d.Whose, err = v.whoseOf(changes); err != nil {
		return err
	}
	if v.part() {
		return v.sendPart("apply-discard", "discard", d)
	}
	return v.showTitled(http.StatusOK, "apply", "apply-discard", d.Title, d)
}

func (v *visit) discard() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	v.a.applying.Lock()
	defer v.a.applying.Unlock()
	live := v.a.opts.Live.Now()
	if live == nil {
		return v.lead("/admin/apply")
	}
	_, seen, err := v.a.look(v.req.Context(), live)
	if err != nil {
		return err
	}
	if seen != values.Get("seen") {
		return v.sendApply(http.StatusConflict, true)
	}
	err = v.a.store.RevertDraft(v.req.Context(), v.editor(), live, still(live, seen))
	if errors.Is(err, errMeanwhile) {
		return v.sendApply(http.StatusConflict, true)
	}
	if err != nil {
		return err
	}
	return v.lead("/admin/apply")
}

// faultLine is what is wrong with a configuration, and a link to where it is mended.
type faultLine struct {
	Line                    int // of a file
	Item, Name, Field, Text string
	Where                   string // where there is no item: as the file has it
	Href                    string
}

// maxFaultLines is how many faults a page lists.
const maxFaultLines = 200

func (v *visit) faultLine(f config.Fault) faultLine {
	l := faultLine{Line: f.Line, Text: v.faultText(f), Where: f.Where}
	if k, ok := kinds[f.Kind]; ok {
		l.Where, l.Name = "", f.Name
		l.Item = v.t("apply.item." + f.Kind)
		if f.Field != "" {
			l.Field = v.fieldLabel(f.Kind, f.Field)
		}
		if k.single {
			l.Name = ""
		}
	}
	return l
}

// faultLines are the faults of the draft; each of the first leads to the form of its record.
func (v *visit) faultLines(faults config.Faults) ([]faultLine, error) {
	const looked = 50
	list := make([]faultLine, 0, min(len(faults), maxFaultLines))
	for i, f := range faults[:min(len(faults), maxFaultLines)] {
		l := v.faultLine(f)
		if i < looked {
			var err error
			if l.Href, err = v.a.recordOf(v.req.Context(), f.Kind, f.Name); err != nil {
				return nil, err
			}
		}
		list = append(list, l)
	}
	return list, nil
}

// recordOf is the address of a record that has a name, "" when there is none.
func (a *Admin) recordOf(ctx context.Context, kind, name string) (string, error) {
	q := store.ListQuery{Search: name, Size: 500}
	var id int64
	switch kind {
	case config.KindService:
		found, err := a.store.Services(ctx, q)
		if err != nil {
			return "", err
		}
		for _, s := range found.Rows {
			if s.Name == name {
				id = s.ID
			}
		}
	case config.KindOperator:
		found, err := a.store.Operators(ctx, q)
		if err != nil {
			return "", err
		}
		for _, o := range found.Rows {
			if o.Username == name {
				id = o.ID
			}
		}
	case config.KindSeat:
		found, err := a.store.Seats(ctx, q)
		if err != nil {
			return "", err
		}
		for _, s := range found.Rows {
			if s.Extension == name {
				id = s.ID
			}
		}
	case config.KindPause, config.KindLimits:
		return "/admin/settings", nil
	}
	if id == 0 {
		return "", nil
	}
	return fmt.Sprintf("/admin/%s/%d", kinds[kind].module, id), nil
}
