package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates hold no words of their own: every text comes from the locale.
var templates = template.Must(template.ParseFS(templateFiles, "templates/*.html"))

// page is what every template gets.
type page struct {
	Lang   locale.Language
	Title  string
	Icon   string   // address of the icon, "" for none
	Theme  string   // address of the script that applies the chosen theme before the first paint, "" for none
	Styles []string // addresses
}

// T is the text of a key in the reader's language.
func (p page) T(key string, pairs ...string) string { return p.Lang.Text(key, pairs...) }

func (s *Server) page(r *http.Request, title, source string) page {
	return page{
		Lang: language(r), Title: title,
		Icon: s.assets.fixed("favicon.svg"), Styles: s.assets.style(source),
	}
}

// agentPage is the shell around the panel: the script does the rest.
type agentPage struct {
	page
	Script string
	Hosts  string // origins that may show the panel in a frame and speak with it there, parted by spaces
}

// showAgent is GET /agent, the same for everybody: the script asks /api/session
// who is there.
func (s *Server) showAgent(c *fiber.Ctx) error {
	r := origin(c)
	if to := s.demoHome(r); to != "" {
		return c.Redirect(to, http.StatusSeeOther)
	}
	if s.opts.Admin != nil {
		if to := s.opts.Admin.Home(r); to != "" {
			return c.Redirect(to, http.StatusSeeOther)
		}
	}
	if s.assets.script(agentSource) == "" {
		return s.showUnbuilt(c)
	}
	p := agentPage{page: s.page(r, language(r).Text("agent.title"), agentSource), Script: s.assets.script(agentSource), Hosts: strings.Join(s.opts.FrameAncestors, " ")}
	p.Theme = s.assets.fixed("theme.js")
	c.Set("Permissions-Policy", permissionsAgent)
	return s.render(c, http.StatusOK, s.agentPolicy(), "agent.html", p)
}

// notice is a page with one thing to say.
type notice struct {
	page
	Text, Detail string
	Home         bool // offer the way to the panel
	Admin        bool // or to the configurator
}

func (s *Server) showUnbuilt(c *fiber.Ctx) error {
	lang := language(origin(c))
	p := notice{page: s.page(origin(c), lang.Text("page.unbuilt.title"), agentSource), Text: lang.Text("page.unbuilt.text", "command", "make build")}
	return s.render(c, http.StatusServiceUnavailable, cspPlain, "notice.html", p)
}

// faultPage is a fault as a page. It is written when something else has failed, so
// it fails into plain words.
func (s *Server) faultPage(r *http.Request, f *fault, lang locale.Language) []byte {
	title := f.message(lang)
	if key := "page." + strconv.Itoa(f.status) + ".title"; locale.Has(key) {
		title = lang.Text(key)
	}
	p := notice{page: s.page(r, title, agentSource), Text: f.message(lang)}
	lost := f.status == http.StatusNotFound || f.status == http.StatusForbidden
	p.Admin = lost && strings.HasPrefix(r.URL.Path, "/admin/")
	p.Home = f.status == http.StatusNotFound && !p.Admin
	p.Lang = lang
	if f.status == http.StatusMisdirectedRequest {
		p.Styles, p.Icon = nil, "" // they would be refused as well
		p.Detail = lang.Text("page.421.host", "host", clip(r.Host, 100))
	}
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "notice.html", p); err != nil {
		s.log.Error("page failed", "page", "notice.html", "error", err)
		return []byte(http.StatusText(f.status))
	}
	return b.Bytes()
}

// clip shortens a text that someone else chose, to n bytes at most.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// render writes a page whole or not at all: into a buffer first.
func (s *Server) render(c *fiber.Ctx, status int, policy, name string, data any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	c.Set("Content-Type", "text/html; charset=utf-8")
	c.Set("Content-Security-Policy", policy)
	c.Set("Cache-Control", "no-store")
	c.Set("Vary", "Accept-Language")
	return c.Status(status).Send(b.Bytes())
}
