package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// exportXML sends the draft as XML. It has the verifiers, and is for who may edit them.
func (v *visit) exportXML() error {
	var b bytes.Buffer
	if err := v.a.store.ExportXML(v.req.Context(), &b); err != nil {
		return err
	}
	if err := v.note(v.req.Context(), eventExported, slog.Int("bytes", b.Len())); err != nil {
		return err
	}
	v.Set("Content-Type", "application/xml; charset=utf-8")
	v.Set("Content-Disposition", `attachment; filename="asteriskcti-`+time.Now().UTC().Format("20060102-150405")+`.xml"`)
	v.Set("Cache-Control", "no-store")
	return v.Send(b.Bytes())
}

// transferPage is a file to choose, what is wrong with it, or what it would change.
type transferPage struct {
	*difference
	Expired       bool
	Name          string
	Faults        []faultLine
	MoreFaults    int
	Token, Seen   string
	Holds         string
	Hashed, Short int // passwords in it, and those that are easily guessed
	Meanwhile     bool
	Pending       int
	Whose         []whose
	Upload        *transferProgress
	Problem       string // why no file came
	MaxSize       int    // MiB
}

// transferProgress is how far the taking over is.
type transferProgress struct {
	Token       string
	Name        string
	Done, Total int
	Finished    bool
	Problem     string
	Faults      []faultLine
	Holds       string
	Short       int
	Foreign     int
}

func (v *visit) sendImport(status int, p *transferPage) error {
	p.MaxSize = config.MaxFileSize >> 20
	return v.showTitled(status, "apply", "apply-import", v.t("apply.import"), p)
}

func (v *visit) showTransfer() error {
	token := v.req.URL.Query().Get("token")
	if token == "" {
		return v.sendImport(http.StatusOK, &transferPage{})
	}
	return v.sendUploaded(http.StatusOK, token, false)
}

// sendUploaded shows what an upload would change, or how far it is taken over.
func (v *visit) sendUploaded(status int, token string, meanwhile bool) error {
	u := v.a.uploads.find(v.who.token, token)
	if u == nil {
		return v.sendImport(http.StatusNotFound, &transferPage{Expired: true})
	}
	if p := v.progressOf(u); p != nil {
		return v.sendImport(status, &transferPage{Upload: p})
	}
	ctx, live := v.req.Context(), v.a.opts.Live.Now()
	_, seen, err := v.a.look(ctx, live)
	if err != nil {
		return err
	}
	changes, err := v.a.store.Preview(ctx, u.doc)
	if err != nil {
		return err
	}
	pending, err := v.a.store.Pending(ctx, live)
	if err != nil {
		return err
	}
	p := &transferPage{
		difference: v.differenceOf(changes, nil), Name: u.name, Token: u.token, Seen: seen, Meanwhile: meanwhile, Pending: len(pending),
		Holds:  v.holds(len(u.doc.Services), len(u.doc.Seats), len(u.doc.Operators)),
		Hashed: u.doc.Secrets(), Short: u.doc.Short(),
	}
	if p.Whose, err = v.whoseOf(pending); err != nil {
		return err
	}
	return v.sendImport(status, p)
}

// receive reads a file; nothing is changed by it.
func (v *visit) receive() error {
	_, parts, err := v.a.kit.Form(v.Ctx)
	if err != nil {
		return err
	}
	if parts == nil || len(parts.File["file"]) == 0 || parts.File["file"][0].Size == 0 {
		return v.sendImport(http.StatusUnprocessableEntity, &transferPage{Problem: v.t("apply.import.none")})
	}
	part := parts.File["file"][0]
	name := fileLabel(part.Filename)
	doc, err := v.readUpload(part, name)
	if faults, faulty := errors.AsType[config.Faults](err); faulty {
		p := &transferPage{Name: name, MoreFaults: max(0, len(faults)-maxFaultLines)}
		for _, f := range faults[:min(len(faults), maxFaultLines)] {
			p.Faults = append(p.Faults, v.faultLine(f))
		}
		return v.sendImport(http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	u := &upload{owner: v.who.token, name: name, doc: doc, total: doc.Secrets()}
	v.a.uploads.put(u)
	return v.lead("/admin/apply/import?token=" + u.token)
}

// fileLabel is a name that somebody gives a file, or a service that is not checked, fit for
// people to read.
func fileLabel(name string) string {
	const most = 80
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most])
	}
	return name
}

// readUpload reads an upload. XML, which may hold passwords, stays in memory; SQLite needs a
// file, which lies unfinished in the folder of published files, where its like do.
func (v *visit) readUpload(part *multipart.FileHeader, name string) (*config.Document, error) {
	f, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var start [16]byte
	if _, err := f.ReadAt(start[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if string(start[:]) != "SQLite format 3\x00" {
		return config.ReadXML(f, name)
	}
	path, err := v.spool(f)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := os.Remove(path); err != nil {
			v.a.log.Warn("an upload is left behind", "err", err)
		}
	}()
	s, err := config.ReadSQLite(v.req.Context(), path)
	if err != nil {
		return nil, err
	}
	doc := s.Document()
	doc.Source = name
	return doc, nil
}

// spool writes to a file of mode 0600 whose name no watcher takes for finished, and which
// the next publication clears away should we die.
func (v *visit) spool(from io.Reader) (path string, err error) {
	if err := os.MkdirAll(v.a.opts.Publish, 0o750); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(v.a.opts.Publish, ".cti-upload-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(f, from)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return filepath.Clean(f.Name()), nil
}

// replaceDraft begins to make an upload the draft. Making verifiers of many passwords
// takes minutes, so it goes on behind the page.
func (v *visit) replaceDraft() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	token := values.Get("token")
	u := v.a.uploads.find(v.who.token, token)
	if u == nil {
		return v.sendImport(http.StatusNotFound, &transferPage{Expired: true})
	}
	u.mu.Lock()
	begun := u.begun
	u.mu.Unlock()
	if begun {
		return v.lead("/admin/apply/import?token=" + token)
	}
	live := v.a.opts.Live.Now()
	_, seen, err := v.a.look(v.req.Context(), live)
	if err != nil {
		return err
	}
	if seen != values.Get("seen") {
		return v.sendUploaded(http.StatusConflict, token, true)
	}
	if !v.a.uploads.begin(u) {
		return web.Refuse(http.StatusServiceUnavailable, "busy")
	}
	by := v.editor()
	go v.a.uploads.take(u, func(ctx context.Context, progress func(done, total int)) (err error) {
		u.counts, err = v.a.store.ImportBy(ctx, by, u.doc, still(live, seen), progress)
		return err
	})
	return v.lead("/admin/apply/import?token=" + token)
}

// progressOf is nil while nobody has said that the upload is to be taken over.
func (v *visit) progressOf(u *upload) *transferProgress {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.begun {
		return nil
	}
	p := &transferProgress{Token: u.token, Name: u.name, Done: u.done, Total: u.total, Finished: u.finished}
	if !u.finished {
		return p
	}
	if faults, faulty := errors.AsType[config.Faults](u.err); faulty {
		for _, f := range faults[:min(len(faults), maxFaultLines)] {
			p.Faults = append(p.Faults, v.faultLine(f))
		}
	}
	if errors.Is(u.err, errMeanwhile) {
		p.Problem = v.t("apply.meanwhile")
		return p
	}
	if u.err != nil {
		v.a.log.Error("an import was not taken over", "err", u.err)
		p.Problem = v.t("apply.import.failed")
		return p
	}
	p.Holds = v.holds(u.counts.Services, u.counts.Seats, u.counts.Operators)
	p.Short, p.Foreign = u.counts.Short, u.counts.Foreign
	return p
}

// showProgress is the part of the page that asks until the draft is replaced.
func (v *visit) showProgress() error {
	token := v.req.URL.Query().Get("token")
	u := v.a.uploads.find(v.who.token, token)
	if u == nil {
		return notFound()
	}
	p := v.progressOf(u)
	if p == nil || !v.part() {
		return v.lead("/admin/apply/import?token=" + token)
	}
	return v.sendWithPending("apply-import", "progress", p)
}
