package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/audit"
	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/web"
)

func (a *Admin) mountAudit(r fiber.Router) {
	a.get(r, "/audit", viewer, (*visit).showAudit)
	a.get(r, "/audit/export", editor, (*visit).exportAudit)
}

// auditGroups are what a reader can ask for; the beginnings of the events in each.
var auditGroups = []struct {
	key    string
	events []string
}{
	{"configuration", []string{"config.edited", "service."}},
	{"applied", []string{"config.applied", "config.published", "config.exported"}},
	{"managers", []string{"manager."}},
	{"calls", []string{"originate"}},
}

// auditPage is what was done, the newest first.
type auditPage struct {
	Text, From, To, Group string
	Groups                []option
	Entries               []auditEntry
	Older, Exports        string    // addresses below /admin/; "" for none
	Back                  time.Time // how far the search has come, where that is not all
	Filtered              bool
}

// auditEntry is a line of the audit in words.
type auditEntry struct {
	At                    time.Time
	Seq                   uint64
	Icon, Tone, Who, What string
	By                    string // user id of a manager
	Where                 string
	Details               []auditDetail
}

type auditDetail struct {
	Label, Old, New string
	Changed         bool // from Old to New; else New is the value
}

// maxExport bounds an export in memory, in bytes.
const maxExport = 64 << 20

// auditFilter reads the filter of an address. Days are those of UTC, whole.
func (v *visit) auditFilter(p *auditPage) audit.Filter {
	q := v.req.URL.Query()
	p.Text, p.From, p.To, p.Group = q.Get("text"), q.Get("from"), q.Get("to"), q.Get("group")
	f := audit.Filter{Text: p.Text}
	var err error
	if f.From, err = time.Parse(time.DateOnly, p.From); err != nil {
		p.From = ""
	}
	if f.To, err = time.Parse(time.DateOnly, p.To); err != nil {
		p.To = ""
	} else {
		f.To = f.To.AddDate(0, 0, 1)
	}
	p.Groups = []option{{Value: "", Label: v.t("audit.group.all"), Chosen: true}}
	for _, g := range auditGroups {
		chosen := g.key == p.Group
		if chosen {
			f.Events, p.Groups[0].Chosen = g.events, false
		}
		p.Groups = append(p.Groups, option{Value: g.key, Label: v.t("audit.group." + g.key), Chosen: chosen})
	}
	p.Filtered = p.Text != "" || p.From != "" || p.To != "" || len(f.Events) > 0
	return f
}

// query is the filter as an address.
func (p *auditPage) query(more ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	for name, value := range map[string]string{"text": p.Text, "from": p.From, "to": p.To, "group": p.Group} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values.Encode()
}

func (v *visit) showAudit() error {
	p := &auditPage{}
	f := v.auditFilter(p)
	f.Before, _ = strconv.ParseInt(v.req.URL.Query().Get("before"), 10, 64)
	found, err := audit.Read(v.a.opts.AuditFile, f)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, e := range found.Entries {
		line := v.auditEntry(e)
		if by := line.By; by != "" {
			if names[by] == "" {
				names[by] = v.called(by)
			}
			line.Who = names[by]
		}
		p.Entries = append(p.Entries, line)
	}
	if found.Next > 0 {
		p.Older = "audit?" + p.query("before", strconv.FormatInt(found.Next, 10))
		p.Back = found.Back
	}
	if v.may(editor) {
		p.Exports = "audit/export?" + p.query()
	}
	if v.part() {
		return v.sendPart("audit", "entries", p)
	}
	return v.show(http.StatusOK, "audit", "audit", p)
}

// auditEntry puts a line into words.
func (v *visit) auditEntry(e audit.Entry) auditEntry {
	out := auditEntry{At: e.Time, Seq: e.Seq, Icon: "info", Tone: "idle"}
	if e.Damaged != "" {
		out.Icon, out.Tone, out.What = "warning", "bad", v.t("audit.damaged")
		out.Details = []auditDetail{{New: e.Damaged}}
		return out
	}
	values := map[string]string{}
	for _, one := range e.Fields {
		values[one.Key] = one.Value
	}
	out.By, out.Who, out.Where = values["by"], values["operator"], values["from"]
	out.Icon, out.Tone = auditLook(e.Event, values)
	out.What = v.auditSentence(e.Event, values)
	for _, one := range e.Fields {
		switch {
		case one.Key == "fields" && one.JSON:
			out.Details = append(out.Details, v.auditChanges(values["kind"], one.Value)...)
		case one.Key == "number" && !v.may(editor):
			out.Details = append(out.Details, auditDetail{Label: v.auditLabel(one.Key), New: maskNumber(one.Value)})
		case one.Key != "by" && one.Key != "from" && one.Key != "kind" && one.Key != "action" && one.Value != "":
			out.Details = append(out.Details, auditDetail{Label: v.auditLabel(one.Key), New: one.Value})
		}
	}
	return out
}

// auditSentence says what was done, without who did it.
func (v *visit) auditSentence(event string, values map[string]string) string {
	number := values["number"]
	if !v.may(editor) {
		number = maskNumber(number)
	}
	if event == eventEdited {
		kind, action := "audit.kind."+values["kind"], "audit.edited."+values["action"]
		if locale.Has(kind) && locale.Has(action) {
			return v.t(action, "kind", v.t(kind), "name", values["name"])
		}
	}
	key := "audit.event." + event
	if decision := values["decision"]; decision != "" && locale.Has(key+"."+decision) {
		key += "." + decision
	}
	if !locale.Has(key) {
		return event
	}
	return v.t(key, "name", values["name"], "number", number, "service", values["service"], "file", values["file"])
}

func auditLook(event string, values map[string]string) (icon, tone string) {
	switch {
	case event == "manager.refused", values["decision"] == "denied":
		return "lock", "warn"
	case event == "originate":
		return "phone-out", "call"
	case event == eventApplied, event == eventPublished:
		return "rocket", "info"
	case event == eventExported:
		return "download", "idle"
	case strings.HasPrefix(event, "manager."):
		return "key", "idle"
	case strings.HasPrefix(event, "audit."):
		return "warning", "bad"
	case values["action"] == "added":
		return "plus", "ok"
	case values["action"] == "removed":
		return "trash", "bad"
	}
	return "edit", "info"
}

func (v *visit) auditLabel(key string) string {
	if locale.Has("audit.field." + key) {
		return v.t("audit.field." + key)
	}
	return key
}

// auditChanges reads the fields of an edit, as record writes them.
func (v *visit) auditChanges(kind, text string) (list []auditDetail) {
	var fields []struct{ Field, Old, New string }
	if json.Unmarshal([]byte(text), &fields) != nil {
		return []auditDetail{{New: text}}
	}
	for _, f := range fields {
		list = append(list, auditDetail{Label: v.fieldLabel(kind, f.Field), Old: f.Old, New: f.New, Changed: true})
	}
	return list
}

// maskNumber hides the middle of a telephone number.
func maskNumber(number string) string {
	const shown = 3
	if len(number) <= 2*shown {
		return strings.Repeat("•", len(number))
	}
	return number[:shown] + strings.Repeat("•", len(number)-2*shown) + number[len(number)-shown:]
}

// exportAudit sends what the filter wants as a file.
func (v *visit) exportAudit() error {
	f := v.auditFilter(&auditPage{})
	form, kind := audit.CSV, "text/csv; charset=utf-8"
	if v.req.URL.Query().Get("form") == string(audit.JSONL) {
		form, kind = audit.JSONL, "application/jsonl; charset=utf-8"
	}
	if err := v.note(v.req.Context(), eventExported, slog.String("kind", "audit")); err != nil {
		return err
	}
	b := &bounded{most: maxExport}
	err := audit.Export(v.req.Context(), b, v.a.opts.AuditFile, f, form)
	if errors.Is(err, errTooLong) {
		return web.Refuse(http.StatusUnprocessableEntity, "export-too-long")
	}
	if err != nil {
		return err
	}
	v.Set("Content-Type", kind)
	v.Set("Content-Disposition", `attachment; filename="asteriskcti-audit-`+time.Now().UTC().Format("20060102-150405")+"."+string(form)+`"`)
	v.Set("Cache-Control", "no-store")
	return v.Send(b.Bytes())
}

var errTooLong = errors.New("too long")

// bounded is a buffer that takes no more than most bytes.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}
