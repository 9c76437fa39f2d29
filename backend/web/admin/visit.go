package admin

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/store"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

// visit is one request of a page and who makes it.
type visit struct {
	*fiber.Ctx
	a    *Admin
	req  *http.Request
	lang locale.Language
	who  *signedIn // nil: nobody
}

// part tells whether htmx asks for a part of a page. A page that the browser takes from
// its history is asked for whole.
func (v *visit) part() bool {
	return v.req.Header.Get("HX-Request") != "" && v.req.Header.Get("HX-Request-Type") != "full"
}

// t is a text in the reader's language.
func (v *visit) t(key string, pairs ...string) string { return v.lang.Text(key, pairs...) }

// may tells whether who makes the request may do what a role may.
func (v *visit) may(need role) bool { return v.who != nil && v.who.role >= need }

// editor is he to the store: what he changes is written in the audit with his name and
// address, before it is done.
func (v *visit) editor() store.Editor {
	return store.Editor{By: v.who.UserID, Record: v.record}
}

// form reads the form of a POST.
func (v *visit) form() (url.Values, error) {
	values, _, err := v.a.kit.Form(v.Ctx)
	return values, err
}

// here is the address, without host, of the page that htmx asks from; "" when it is
// none of ours.
func (v *visit) here() *url.URL {
	u, err := url.Parse(v.req.Header.Get("HX-Current-URL"))
	if err != nil || !strings.HasPrefix(u.Path, "/admin") {
		return &url.URL{}
	}
	return u
}

// lead leads the browser to another page after a POST.
func (v *visit) lead(to string) error {
	if v.part() {
		v.Set("HX-Redirect", to)
		return v.SendStatus(http.StatusNoContent)
	}
	return v.Redirect(to, http.StatusSeeOther)
}

// tell sends events to the page along with the answer.
func (v *visit) tell(events map[string]any) { v.Set("HX-Trigger", web.Trigger(events)) }

// notFound is the answer for what is not there any more.
func notFound() error { return web.Refuse(http.StatusNotFound, "not-found") }
