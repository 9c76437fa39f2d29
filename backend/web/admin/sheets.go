package admin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// sheet is a module whose records go out to a spreadsheet and come back, as CSV.
type sheet struct {
	module  string
	columns []sheetColumn
	example string
	write   func(io.Writer, *config.Snapshot) error
	// look is the dry run.
	look func(v *visit, file []byte) (*sheetLook, error)
	// take is all or nothing; done is false when the file does not fit any more.
	take func(ctx context.Context, s *store.Store, by store.Editor, u *upload, progress func(done, total int)) (done bool, err error)
}

type sheetColumn struct {
	Name   string
	Needed bool
}

// Bounds of a sheet that comes in: config reads no more.
const (
	maxSheet      = 8 << 20 // bytes
	maxSheetLines = 200     // shown
)

var operatorSheet = sheet{
	module:  "operators",
	columns: []sheetColumn{{"username", true}, {"fullname", false}, {"password", false}, {"enabled", false}},
	example: "username,fullname,password,enabled\nada,Ada Lovelace,engine number one,true\ngrace,\"Hopper, Grace\",,false\n",
	write:   func(w io.Writer, s *config.Snapshot) error { return config.WriteOperatorsCSV(w, s.Operators) },
	look: func(v *visit, file []byte) (*sheetLook, error) {
		r, err := v.a.store.ImportOperators(v.req.Context(), v.editor(), file, true, nil)
		if err != nil {
			return nil, err
		}
		l := lookAt(v, r, func(o *config.ImportedOperator) sheetLine {
			line := sheetLine{Name: o.Username, Text: o.FullName}
			if o.Password != "" {
				line.Badges = append(line.Badges, badge{Text: v.t("apply.password.set"), Tone: "info"})
			}
			if !o.Enabled {
				line.Badges = append(line.Badges, badge{Text: v.t("operators.off"), Tone: "idle"})
			}
			return line
		})
		all := config.Document{}
		for _, row := range r.Rows {
			all.Operators = append(all.Operators, row.Item)
		}
		l.Passwords, l.Short = all.Secrets(), all.Short()
		return l, nil
	},
	take: func(ctx context.Context, s *store.Store, by store.Editor, u *upload, progress func(done, total int)) (bool, error) {
		r, err := s.ImportOperators(ctx, by, u.file, false, progress)
		u.added, u.changed = r.Added, r.Changed
		return r.Done, err
	},
}

var seatSheet = sheet{
	module:  "seats",
	columns: []sheetColumn{{"extension", true}, {"mac", true}, {"description", false}},
	example: "extension,mac,description\nPJSIP/201,00:1b:44:11:3a:b7,\"Ground floor, window\"\nPJSIP/202,00:1b:44:11:3a:b8,\n",
	write:   func(w io.Writer, s *config.Snapshot) error { return config.WriteSeatsCSV(w, s.Seats) },
	look: func(v *visit, file []byte) (*sheetLook, error) {
		r, err := v.a.store.ImportSeats(v.req.Context(), v.editor(), file, true)
		if err != nil {
			return nil, err
		}
		return lookAt(v, r, func(s *config.Seat) sheetLine {
			return sheetLine{Name: s.Extension, Text: s.Description, Mono: s.MAC}
		}), nil
	},
	take: func(ctx context.Context, s *store.Store, by store.Editor, u *upload, _ func(done, total int)) (bool, error) {
		r, err := s.ImportSeats(ctx, by, u.file, false)
		u.added, u.changed = r.Added, r.Changed
		return r.Done, err
	},
}

// mountSheets adds the addresses of both sheets. Passwords come in by them and never go out.
func (a *Admin) mountSheets(r fiber.Router) {
	for _, s := range []*sheet{&operatorSheet, &seatSheet} {
		at := "/" + s.module
		a.get(r, at+"/export", viewer, func(v *visit) error { return v.exportSheet(s) })
		a.get(r, at+"/import", editor, func(v *visit) error { return v.showSheet(s) })
		a.post(r, at+"/import", editor, func(v *visit) error { return v.receiveSheet(s) })
		a.get(r, at+"/import/template", editor, func(v *visit) error { return v.sheetTemplate(s) })
		a.get(r, at+"/import/progress", editor, func(v *visit) error { return v.sheetProgress(s) })
		a.post(r, at+"/import/take", editor, func(v *visit) error { return v.takeSheet(s) })
	}
}

func (v *visit) exportSheet(s *sheet) error {
	draft, err := v.a.store.Export(v.req.Context())
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := s.write(&b, draft); err != nil {
		return err
	}
	name := s.module + "-" + time.Now().UTC().Format("20060102-150405") + ".csv"
	if err := v.note(v.req.Context(), eventExported, slog.String("kind", s.module), slog.String("file", name), slog.Int("bytes", b.Len())); err != nil {
		return err
	}
	return v.sendCSV(name, b.Bytes())
}

// sheetTemplate is a sheet without lines, in which a spreadsheet finds the columns.
func (v *visit) sheetTemplate(s *sheet) error {
	b := []byte("\ufeff")
	for i, c := range s.columns {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, c.Name...)
	}
	return v.sendCSV(s.module+".csv", append(b, '\n'))
}

func (v *visit) sendCSV(name string, body []byte) error {
	v.Set("Content-Type", "text/csv; charset=utf-8")
	v.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	v.Set("Cache-Control", "no-store")
	return v.Send(body)
}

// sheetPage is a file to choose, what its lines would do, or how far its import is.
type sheetPage struct {
	Module  string
	Columns []sheetColumn
	Example string
	MaxSize int // MiB

	Expired   bool
	Problem   string // why no file came
	Name      string // the file's
	Look      *sheetLook
	Token     string
	Meanwhile bool // what it would do is not what was seen
	Progress  *sheetProgress
}

// sheetLook is what a file would do.
type sheetLook struct {
	Lines                     []sheetLine // those with faults first, those that do nothing last
	More                      int         // lines that are not listed
	Added, Changed, Unchanged int
	Bad                       int // lines with faults
	Seen                      string
	Passwords, Short          int // in the file, and those that are easily guessed
}

// Do is how many lines do something.
func (l *sheetLook) Do() int { return l.Added + l.Changed }

type sheetLine struct {
	Line             int
	Action           string // "added", "changed", "same" or "bad"
	Name, Text, Mono string
	Badges           []badge
	Faults           []sheetFault
}

type sheetFault struct{ Column, Text string }

func (v *visit) sheetFaults(faults config.Faults) (list []sheetFault) {
	for _, f := range faults {
		list = append(list, sheetFault{f.Field, v.faultText(f)})
	}
	return list
}

// sheetAction is a sheetLine's.
func sheetAction(action string, faults config.Faults) string {
	switch {
	case len(faults) > 0:
		return "bad"
	case action == "":
		return "same"
	}
	return action // config's
}

// lookAt puts the lines of a file in the order in which they matter; say tells of one.
func lookAt[T any](v *visit, r store.CSVResult[T], say func(*T) sheetLine) *sheetLook {
	l := &sheetLook{}
	add := func(line func() sheetLine) {
		if len(l.Lines) == maxSheetLines {
			l.More++
			return
		}
		l.Lines = append(l.Lines, line())
	}
	for i, f := range r.Faults {
		l.Bad++
		add(func() sheetLine {
			return sheetLine{Line: f.Line, Action: "bad", Faults: v.sheetFaults(r.Faults[i : i+1])}
		})
	}
	var groups [3][]int // lines, as they matter
	seen := fnv.New64a()
	for i, row := range r.Rows {
		group, action := 1, sheetAction(row.Action, row.Faults)
		switch action {
		case "bad":
			l.Bad++
			group = 0
		case "same":
			l.Unchanged++
			group = 2
		case config.Added:
			l.Added++
		case config.Changed:
			l.Changed++
		}
		groups[group] = append(groups[group], i)
		fmt.Fprintln(seen, row.Line, action)
	}
	for _, i := range slices.Concat(groups[:]...) {
		add(func() sheetLine {
			row := &r.Rows[i]
			line := say(&row.Item)
			line.Line, line.Action, line.Faults = row.Line, sheetAction(row.Action, row.Faults), v.sheetFaults(row.Faults)
			return line
		})
	}
	l.Seen = strconv.FormatUint(seen.Sum64(), 16)
	return l
}

func (v *visit) sendSheet(s *sheet, status int, p sheetPage) error {
	p.Module, p.Columns, p.Example, p.MaxSize = s.module, s.columns, s.example, maxSheet>>20
	return v.showTitled(status, s.module, "sheets", v.t("sheets.title."+s.module), p)
}

// sheetUpload finds a sheet of who asks; nil when it is gone, another's or of the other module.
func (v *visit) sheetUpload(s *sheet, token string) *upload {
	if u := v.a.sheets.find(v.who.token, token); u != nil && u.module == s.module {
		return u
	}
	return nil
}

func (s *sheet) address(u *upload) string { return "/admin/" + s.module + "/import?upload=" + u.token }

func (v *visit) showSheet(s *sheet) error {
	token := v.req.URL.Query().Get("upload")
	if token == "" {
		return v.sendSheet(s, http.StatusOK, sheetPage{})
	}
	u := v.sheetUpload(s, token)
	if u == nil {
		return v.sendSheet(s, http.StatusNotFound, sheetPage{Expired: true})
	}
	if p := v.sheetProgressOf(s, u); p != nil {
		return v.sendSheet(s, http.StatusOK, sheetPage{Progress: p})
	}
	look, err := s.look(v, u.file)
	if err != nil {
		return err
	}
	return v.sendSheet(s, http.StatusOK, sheetPage{Name: u.name, Look: look, Token: u.token})
}

// receiveSheet reads a file and tells what its lines would do; nothing is changed. One with
// faults is not kept.
func (v *visit) receiveSheet(s *sheet) error {
	_, parts, err := v.a.kit.Form(v.Ctx)
	if err != nil {
		return err
	}
	if parts == nil || len(parts.File["file"]) == 0 || parts.File["file"][0].Size == 0 {
		return v.sendSheet(s, http.StatusUnprocessableEntity, sheetPage{Problem: v.t("apply.import.none")})
	}
	part := parts.File["file"][0]
	file, err := readSheet(part)
	if err != nil {
		return err
	}
	look, err := s.look(v, file)
	if err != nil {
		return err
	}
	name := fileLabel(part.Filename)
	if look.Bad > 0 {
		return v.sendSheet(s, http.StatusUnprocessableEntity, sheetPage{Name: name, Look: look})
	}
	u := &upload{owner: v.who.token, name: name, module: s.module, file: file, total: look.Passwords}
	v.a.sheets.put(u)
	return v.lead(s.address(u))
}

func readSheet(part *multipart.FileHeader) ([]byte, error) {
	f, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSheet+1)) // config says that one byte more is too many
}

// takeSheet begins to import a file, when its lines do what was seen. Making verifiers of
// many passwords takes minutes, so it goes on behind the page.
func (v *visit) takeSheet(s *sheet) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	u := v.sheetUpload(s, values.Get("token"))
	if u == nil {
		return v.sendSheet(s, http.StatusNotFound, sheetPage{Expired: true})
	}
	if v.sheetProgressOf(s, u) != nil {
		return v.lead(s.address(u))
	}
	look, err := s.look(v, u.file)
	if err != nil {
		return err
	}
	if look.Seen != values.Get("seen") || look.Bad > 0 {
		return v.sendSheet(s, http.StatusConflict, sheetPage{Name: u.name, Look: look, Token: u.token, Meanwhile: true})
	}
	if !v.a.sheets.begin(u) {
		return web.Refuse(http.StatusServiceUnavailable, "busy")
	}
	by := v.editor()
	go v.a.sheets.take(u, func(ctx context.Context, progress func(done, total int)) error {
		done, err := s.take(ctx, v.a.store, by, u, progress)
		if err == nil && !done {
			err = errUnfit
		}
		if err != nil {
			v.a.log.Warn("a sheet was not imported", "sheet", s.module, "err", err)
		}
		return err
	})
	return v.lead(s.address(u))
}

// errUnfit is for a file that has a fault since somebody edited the records.
var errUnfit = errors.New("the file does not fit any more")

// sheetProgress is how far an import is.
type sheetProgress struct {
	Module, Token  string
	Done, Total    int // passwords
	Finished       bool
	Problem        string
	Added, Changed int
}

// sheetProgressOf is nil while nobody has said that the sheet is to be imported.
func (v *visit) sheetProgressOf(s *sheet, u *upload) *sheetProgress {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.begun {
		return nil
	}
	p := &sheetProgress{Module: s.module, Token: u.token, Done: u.done, Total: u.total, Finished: u.finished}
	switch {
	case !u.finished:
	case u.err == nil:
		p.Added, p.Changed = u.added, u.changed
	case errors.Is(u.err, errUnfit):
		p.Problem = v.t("apply.meanwhile")
	default:
		p.Problem = v.t("apply.import.failed")
	}
	return p
}

// sheetProgress is the part of the page that asks until the import is done.
func (v *visit) sheetProgress(s *sheet) error {
	token := v.req.URL.Query().Get("upload")
	u := v.sheetUpload(s, token)
	if u == nil {
		return notFound()
	}
	p := v.sheetProgressOf(s, u)
	if p == nil || !v.part() {
		return v.lead(s.address(u))
	}
	return v.sendWithPending("sheets", "progress", p)
}
