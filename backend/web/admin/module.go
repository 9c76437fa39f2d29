package admin

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// module is a kind of records with a list, forms and their removal. What all of them have
// in common is here; a module knows its own fields.
type module interface {
	// key is its address below /admin and the beginning of its texts.
	key() string
	icon() string
	// need is who may edit; everybody may look.
	need() role
	// list fills in columns, rows and counts for the list's query.
	list(v *visit, l *list) error
	// form is the form of a record, 0 for a new one; store.ErrGone when there is none.
	form(v *visit, id int64) (*form, error)
	// save stores what a form holds. Faults, *store.Taken and *store.Conflict are told at
	// the form; name is what the record is called now.
	save(v *visit, f *form) (id int64, name string, err error)
	// uses tells where records are in use: before they are removed.
	uses(v *visit, ids []int64) ([]store.Use, error)
	remove(v *visit, ids []int64) error
}

// restricted is a module that not everybody may look at.
type restricted interface{ look() role }

// told is an error of a module's that the form says as it is, in the reader's language.
type told string

func (t told) Error() string { return string(t) }

// mountModule adds the addresses of a module.
func (a *Admin) mountModule(r fiber.Router, m module) {
	at, look := "/"+m.key(), viewer
	if h, ok := m.(restricted); ok {
		look = h.look()
	}
	a.get(r, at, look, func(v *visit) error { return v.showList(m) })
	a.get(r, at+"/new", m.need(), func(v *visit) error { return v.showForm(m, 0) })
	a.post(r, at+"/new", m.need(), func(v *visit) error { return v.saveForm(m, 0) })
	a.get(r, at+"/remove", m.need(), func(v *visit) error { return v.askRemove(m, v.req.URL.Query()["ids"]) })
	a.post(r, at+"/remove", m.need(), func(v *visit) error { return v.removeAll(m) })
	a.get(r, at+"/:id<int>", look, func(v *visit) error { return v.showForm(m, v.id()) })
	a.post(r, at+"/:id<int>", m.need(), func(v *visit) error { return v.saveForm(m, v.id()) })
}

// id is the record of the address, -1 for none.
func (v *visit) id() int64 {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil || id < 1 {
		return -1
	}
	return id
}

func (v *visit) showList(m module) error {
	l, err := v.listOf(m, v.req.URL.Query())
	if err != nil {
		return err
	}
	if v.part() {
		return v.sendPart("list", "list", l)
	}
	return v.show(http.StatusOK, m.key(), "list", l)
}

func (v *visit) listOf(m module, query url.Values) (*list, error) {
	l := &list{Module: m.key(), Icon: m.icon(), MayEdit: v.may(m.need()), Query: listQuery(query)}
	if err := m.list(v, l); err != nil {
		return nil, err
	}
	l.finish()
	return l, nil
}

func (v *visit) showForm(m module, id int64) error {
	f, err := v.formOf(m, id)
	if err != nil {
		return gone(err)
	}
	f.focus()
	return v.sendForm(m, http.StatusOK, f)
}

func (v *visit) formOf(m module, id int64) (*form, error) {
	f, err := m.form(v, id)
	if err != nil {
		return nil, err
	}
	f.Module, f.ID, f.ReadOnly = m.key(), id, !v.may(m.need())
	if f.Title == "" {
		f.Title = v.t(m.key() + map[bool]string{true: ".new", false: ".edit"}[id == 0])
	}
	if f.ReadOnly && !f.Fixed {
		f.Title = v.t("form.view")
	}
	f.Save = v.t(map[bool]string{true: "form.add", false: "form.save"}[id == 0])
	return f, nil
}

// file is that of a module's form: its own, or the one of all.
func (v *visit) file(m module) string {
	if _, err := fs.Stat(files, m.key()+".html"); err == nil {
		return m.key()
	}
	return "form"
}

func (v *visit) sendForm(m module, status int, f *form) error {
	f.forget()
	if v.part() {
		v.Set("HX-Retarget", "#dialog-body")
		v.Set("HX-Reswap", "innerHTML")
		return v.render(status, v.file(m), "form", f)
	}
	return v.showTitled(status, m.key(), v.formPage(m), f.Title, f)
}

// formPage is the file whose content is a form alone.
func (v *visit) formPage(m module) string { return v.file(m) }

func gone(err error) error {
	if errors.Is(err, store.ErrGone) {
		return notFound()
	}
	return err
}

func (v *visit) saveForm(m module, id int64) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	f, err := v.formOf(m, id)
	if err != nil {
		return gone(err)
	}
	f.fill(values)
	saved, name, err := m.save(v, f)
	if err != nil {
		return v.refuseForm(m, f, err)
	}
	return v.saved(m, v.t(m.key()+map[bool]string{true: ".added", false: ".saved"}[id == 0], "name", name), saved)
}

// refuseForm shows the form again with what is wrong and all that was typed.
func (v *visit) refuseForm(m module, f *form, err error) error {
	status := http.StatusUnprocessableEntity
	var taken *store.Taken
	var other *store.Conflict
	var no told
	faults, faulty := errors.AsType[config.Faults](err)
	switch {
	case faulty:
		v.blame(f, faults)
	case errors.As(err, &taken):
		f.at(taken.Field).Error = v.t(m.key() + ".taken." + taken.Field)
	case errors.As(err, &other):
		status = http.StatusConflict
		theirs, err := v.formOf(m, f.ID)
		if err != nil {
			return gone(err)
		}
		v.compare(f, theirs)
		f.Version = theirs.Version // to save again is to overwrite knowingly
		f.Conflict = &conflict{By: v.called(other.By)}
	case errors.Is(err, store.ErrGone):
		f.Summary = v.t("form.gone")
		status = http.StatusConflict
	case errors.As(err, &no):
		f.Summary = string(no)
	default:
		return err
	}
	f.focus()
	return v.sendForm(m, status, f)
}

// saved answers with the list anew and tells the page what was done.
func (v *visit) saved(m module, message string, id int64) error {
	if !v.part() {
		return v.Redirect("/admin/"+m.key(), http.StatusSeeOther)
	}
	l, err := v.listOf(m, v.here().Query())
	if err != nil {
		return err
	}
	v.Set("HX-Retarget", "#list")
	v.Set("HX-Reswap", "outerHTML")
	said := map[string]any{"message": message}
	if id > 0 {
		said["row"] = "row-" + strconv.FormatInt(id, 10)
	}
	v.tell(map[string]any{"cti:saved": said})
	return v.sendWithPending("list", "list", l)
}

// sendWithPending sends a part of a page and, out of its band, the number of changes that
// wait to be applied.
func (v *visit) sendWithPending(file, name string, data any) error {
	waiting, err := v.a.pending(v.req.Context())
	if err != nil {
		return err
	}
	if err := v.sendPart(file, name, data); err != nil {
		return err
	}
	part := string(v.Response().Body())
	if err := v.sendPart("base", "pending-oob", waiting); err != nil {
		return err
	}
	return v.SendString(part + string(v.Response().Body()))
}

// removal asks before records are removed, and says where they are in use.
type removal struct {
	Module, Title, Summary, Used, More string
	Items                              []store.Use
}

func (v *visit) askRemove(m module, texts []string) error {
	ids := idsOf(texts)
	if len(ids) == 0 {
		return v.lead("/admin/" + m.key())
	}
	return v.sendRemoval(m, http.StatusOK, ids, "")
}

func (v *visit) sendRemoval(m module, status int, ids []int64, why string) error {
	uses, err := m.uses(v, ids)
	if err != nil {
		return gone(err)
	}
	if len(uses) == 0 {
		return notFound()
	}
	r := removal{Module: m.key(), Items: uses, Summary: why, Used: v.t(m.key() + ".used")}
	r.Title = counted(v.lang, m.key()+".remove", len(uses), "name", uses[0].Name)
	if v.part() {
		v.Set("HX-Retarget", "#dialog-body")
		v.Set("HX-Reswap", "innerHTML")
		return v.render(status, "form", "remove", r)
	}
	return v.showTitled(status, m.key(), "remove", r.Title, r)
}

func (v *visit) removeAll(m module) error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ids := idsOf(values["ids"])
	uses, err := m.uses(v, ids)
	if err != nil {
		return gone(err)
	}
	var no told
	switch err := m.remove(v, ids); {
	case errors.As(err, &no):
		return v.sendRemoval(m, http.StatusUnprocessableEntity, ids, string(no))
	case err != nil && !errors.Is(err, store.ErrGone): // gone is what was wished
		return err
	}
	name := ""
	if len(uses) > 0 {
		name = uses[0].Name
	}
	return v.saved(m, counted(v.lang, m.key()+".removed", len(ids), "name", name), 0)
}

// idsOf reads ids; what is none is left out. It is never nil.
func idsOf(texts []string) []int64 {
	ids := []int64{}
	for _, text := range texts {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids
}
