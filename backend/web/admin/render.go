package admin

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

//go:embed *.html
var files embed.FS

// source is what the bundler made the pages' script and style of.
const source = "frontend/admin/main.ts"

// policy is the Content-Security-Policy of every page here: nothing inline, nothing from
// elsewhere, in no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// shared are the files that others build on.
var shared = []string{"base.html", "form.html", "list.html", "changes.html", "password.html"}

// parsed are the templates of a file in a language: the shared ones with the file's own on
// top, which may replace theirs. Each is parsed when it is first asked for: all of them
// together are some 40 MB, and a call centre reads one language or two.
var parsed sync.Map // of templateKey to func() (*template.Template, error)

type templateKey struct {
	lang locale.Language
	file string // without .html
}

func templates(lang locale.Language, file string) (*template.Template, error) {
	key := templateKey{lang, file}
	parse, ok := parsed.Load(key)
	if !ok {
		parse, _ = parsed.LoadOrStore(key, sync.OnceValues(func() (*template.Template, error) {
			return template.New(file).Funcs(words(lang)).ParseFS(files, append(shared[:len(shared):len(shared)], file+".html")...)
		}))
	}
	return parse.(func() (*template.Template, error))()
}

// execute writes a template of a file.
func execute(w io.Writer, lang locale.Language, file, name string, data any) error {
	t, err := templates(lang, file)
	if err == nil {
		err = t.ExecuteTemplate(w, name, data)
	}
	if err != nil {
		return fmt.Errorf("page %s %s: %w", file, name, err)
	}
	return nil
}

// words are the functions of templates: t is a text, n one that counts.
func words(lang locale.Language) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, pairs ...any) string { return lang.Text(key, written(pairs)...) },
		"n": func(key string, count int, pairs ...any) string { return counted(lang, key, count, written(pairs)...) },
	}
}

func written(values []any) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprint(v)
	}
	return list
}

// counted is the text key.one or key.many, with the count as {n}. Our five languages have
// no other plural for whole numbers.
func counted(lang locale.Language, key string, count int, pairs ...string) string {
	form := ".many"
	if count == 1 {
		form = ".one"
	}
	return lang.Text(key+form, append(pairs, "n", strconv.Itoa(count))...)
}

// render writes a template of a file. It is made whole before a byte is sent: half a page
// would look like a page.
func (v *visit) render(status int, file, name string, data any) error {
	var b bytes.Buffer
	if err := execute(&b, v.lang, file, name, data); err != nil {
		return err
	}
	v.Set("Content-Type", "text/html; charset=utf-8")
	v.Set("Content-Security-Policy", policy)
	v.Set("Cache-Control", "no-store")
	v.Set("Vary", "HX-Request, Accept-Language, Cookie")
	return v.Status(status).Send(b.Bytes())
}

// head is what stands at the top of every page.
type head struct {
	Lang        locale.Language
	Title       string
	Icon, Theme string
	Styles      []string
	Script      string
	Languages   []choice
}

func (v *visit) head(title string) head {
	h := head{
		Lang: v.lang, Title: title, Icon: v.a.kit.File("favicon.svg"), Theme: v.a.kit.File("theme.js"),
		Styles: v.a.kit.Style(source), Script: v.a.kit.Script(source),
	}
	for _, l := range locale.Languages() {
		h.Languages = append(h.Languages, choice{Code: string(l), Name: v.t("language." + string(l)), Chosen: l == v.lang})
	}
	return h
}

// choice is a language to read the pages in.
type choice struct {
	Code, Name string
	Chosen     bool
}

// page is what base.html shows around a module's content.
type page struct {
	head
	Module   string
	Nav      []navGroup
	Who      *signedIn
	Initials string
	Pending  int
	Status   status
	Content  any
}

type navGroup struct {
	Label string
	Items []navItem
}

type navItem struct {
	Href, Icon, Label string
	Current           bool
}

// modules is the menu bar, in its order (row I3).
var modules = []struct {
	group, key, icon string
	need             role
}{
	{"configuration", "services", "layers", viewer},
	{"configuration", "operators", "users", viewer},
	{"configuration", "seats", "seat", viewer},
	{"configuration", "settings", "settings", viewer},
	{"configuration", "apply", "rocket", viewer},
	{"operation", "live", "activity", viewer},
	{"operation", "audit", "history", viewer},
	{"operation", "managers", "shield", administrator},
}

// show writes the page of a module, or only its content when that is asked for.
func (v *visit) show(status int, module, file string, content any) error {
	return v.showTitled(status, module, file, v.t(module+".title"), content)
}

func (v *visit) showTitled(status int, module, file, title string, content any) error {
	p := page{head: v.head(title), Module: module, Who: v.who, Initials: initials(v.who.FullName), Content: content}
	var err error
	if p.Pending, err = v.a.pending(v.req.Context()); err != nil {
		return err
	}
	p.Status = v.a.status(v.lang)
	for _, m := range modules {
		if !v.may(m.need) {
			continue
		}
		label := v.t("nav." + m.group)
		if n := len(p.Nav); n == 0 || p.Nav[n-1].Label != label {
			p.Nav = append(p.Nav, navGroup{Label: label})
		}
		g := &p.Nav[len(p.Nav)-1]
		g.Items = append(g.Items, navItem{Href: "/admin/" + m.key, Icon: m.icon, Label: v.t(m.key + ".title"), Current: m.key == module})
	}
	return v.render(status, file, "base", p)
}

// front is a page for who is not signed in. An address here may hold a token: the policy
// same-origin, which every answer has, tells it to nobody else. With no-referrer browsers
// would send our own forms with "Origin: null", which is refused, wherever they come by
// plain http.
func (v *visit) front(status int, file, title string, content any) error {
	return v.render(status, file, "front", struct {
		head
		Content any
	}{v.head(title), content})
}

// initials are those of a name, two at most.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	if len(words) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		return string(unicode.ToUpper(first))
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string([]rune{unicode.ToUpper(first), unicode.ToUpper(last)})
}

// sendPart writes a part of a page.
func (v *visit) sendPart(file, name string, data any) error {
	return v.render(http.StatusOK, file, name, data)
}
