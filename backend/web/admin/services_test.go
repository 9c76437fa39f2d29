package admin

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// sales is a form of a service that can be saved.
func sales(changes ...string) url.Values {
	f := url.Values{
		"name": {"Sales"}, "type": {"inbound"}, "context": {"from-sales"}, "queue": {"sales"}, "enabled": {"true"},
		"trigger": {"browser"}, "application": {"https://crm.example/show"}, "param_string": {"id={calldata}&n={callerid_num}"}, "target": {"pane"}, "open": {"ring"},
		"variables": {"calldata\r\nlanguage = Language = spoken\r\n"}, "dispositions": {"Sold\r\nCall back\r\n"}, "after_mode": {"seconds"}, "after_call": {"20"}, "operators": {"ada 5 Ada Lovelace\r\n"},
	}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
	}
	return f
}

// staffed is a site with the operators ada and grace.
func staffed(t *testing.T, changes ...change) *site {
	t.Helper()
	s := newSite(t, changes...)
	for _, o := range []store.OperatorDraft{
		{Username: "ada", FullName: "Ada Lovelace", Password: "a good password", Enabled: true},
		{Username: "grace", FullName: "Grace Hopper", Password: "a good password", Enabled: true},
	} {
		if _, err := s.store.SaveOperator(t.Context(), store.Editor{}, o); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *site) onlyService() store.ServiceDraft {
	s.t.Helper()
	found, err := s.store.Services(s.t.Context(), store.ListQuery{})
	if err != nil || len(found.Rows) != 1 {
		s.t.Fatal(found.Rows, err)
	}
	d, err := s.store.Service(s.t.Context(), found.Rows[0].ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func TestServiceIsSavedAndListed(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	v.get("/admin/services").wants(200, "No services yet")
	v.get("/admin/services/new", part).wants(200, "What opens", "{callerid_num}", "The caller’s number")
	v.post("/admin/services/new", sales(), part).wants(200, "Sales", "Inbound", "from-sales", "In the panel")
	d := s.onlyService()
	got := fmt.Sprint(d.Name, d.Context, d.Type, d.Queue, d.Trigger, d.Target, d.Application, d.ParamString, d.OpenAt, d.AfterCall, d.Variables, d.Labels, d.Dispositions, d.Enabled, d.Operators)
	want := fmt.Sprint("Sales", "from-sales", "inbound", "sales", "browser", "pane", "https://crm.example/show", "id={calldata}&n={callerid_num}", "ring", 20,
		[]string{"calldata", "language"}, map[string]string{"language": "Language = spoken"}, []string{"Sold", "Call back"}, true, []store.AssignmentDraft{{OperatorID: d.Operators[0].OperatorID, Penalty: 5, Username: "ada", FullName: "Ada Lovelace"}})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !s.audit.has("config.edited", "name=Sales", "by=ed") {
		t.Error(s.audit.lines)
	}
	form := v.get("/admin/services/"+strconv.FormatInt(d.ID, 10), part).wants(200, "Edit service", "ada 5 Ada Lovelace", "calldata\nlanguage = Language = spoken", "Sold\nCall back", `<option value="ring" selected>`)
	if strings.Contains(form.body, "services.") {
		t.Error("a text is missing:", form.body)
	}
	v.get(fmt.Sprintf("/admin/services/new?copy=%d", d.ID), part).wants(200, "Copy of Sales", "ada 5 Ada Lovelace", "language = Language = spoken", `action="/admin/services/new"`)
	v.get(fmt.Sprintf("/admin/services/remove?ids=%d", d.ID), part).wants(200, "Remove Sales?", "In use. Served by:", "ada")
}

func TestServiceLeavesOutWhatDoesNotConcernIt(t *testing.T) {
	everything := []string{"caller_id", "Acme <+390551234>", "allow", "+39", "deny", "+39899", "allow_http", "true"}
	for _, c := range []struct {
		name string
		form []string
		want config.Service
	}{
		{"inbound", nil, config.Service{Type: "inbound", Queue: "sales", Trigger: "browser", Target: "pane", AllowHTTP: true, OpenAt: "ring"}},
		{"outbound", []string{"type", "outbound"}, config.Service{
			Type: "outbound", Trigger: "browser", Target: "pane", AllowHTTP: true, OpenAt: "answer",
			CallerID: "Acme <+390551234>", Allow: []string{"+39"}, Deny: []string{"+39899"},
		}},
		{"a program", []string{"trigger", "application", "application", "crm.exe"}, config.Service{Type: "inbound", Queue: "sales", Trigger: "application", Target: "window", OpenAt: "ring"}},
		{"nothing", []string{"trigger", "none"}, config.Service{Type: "inbound", Queue: "sales", Trigger: "browser", Target: "window", OpenAt: "answer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &visit{a: &Admin{}, lang: "en", req: &http.Request{Method: http.MethodPost}}
			f, err := services{}.form(v, 0)
			if err != nil {
				t.Fatal(err)
			}
			f.fill(sales(append(everything[:len(everything):len(everything)], c.form...)...))
			s := serviceOf(f)
			got := config.Service{
				Type: s.Type, Queue: s.Queue, Trigger: s.Trigger, Target: s.Target, AllowHTTP: s.AllowHTTP, OpenAt: s.OpenAt, CallerID: s.CallerID, Allow: s.Allow, Deny: s.Deny,
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			if c.name == "nothing" && s.Application+s.ParamString != "" {
				t.Error(s.Application, s.ParamString)
			}
		})
	}
}

func TestServiceFaultsStandAtTheirFields(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	long := strings.Repeat("x", 10_000)
	for _, c := range []struct{ field, value, says string }{
		{"name", "", "Enter a name for the service."},
		{"name", long, "Shorten it to 80"},
		{"name", "a\u202eb", "turns the reading direction"},
		{"name", "a\x07b", "invisible character U+0007"},
		{"type", "sideways", "Choose one of: inbound, outbound"},
		{"context", "", "Write the context of the dialplan"},
		{"context", "a b", "Write the context of the dialplan"},
		{"queue", "a,b", "cannot have , in it"},
		{"trigger", "drums", "Choose one of: browser, application"},
		{"target", "moon", "Choose one of: window"},
		{"application", "", "There is no variable"}, // see below
		{"application", "javascript:alert(1)", "must begin with https://"},
		{"application", "http://crm.example/", "without encryption"},
		{"application", "https://{calldata}/", "names no server"},
		{"application", "https://crm.example/" + long, "Shorten it to 2048"},
		{"param_string", "id={calldta}", "Did you mean “calldata”?"},
		{"variables", "1st", "is not a variable’s name"},
		{"variables", "a\na", "is listed twice"},
		{"variables", "calldata = " + strings.Repeat("ж", 61), "has 61 characters. Shorten it to 60"},
		{"variables", "= Account", "is not a variable’s name"},
		{"open", "later", "Choose one of: answer, ring"},
		{"dispositions", "Sold\nsold", "“sold” is listed twice"},
		{"dispositions", strings.Repeat("x", 61), "has 61 characters. Shorten it to 60"},
		{"dispositions", "a\u202eb", "turns the reading direction"},
		{"dispositions", strings.Repeat("x\n", 33), "There are 33. At most 32"},
		{"after_call", "", "Enter a number from 1 to 3600."},
		{"after_call", "-1", "Enter a number from 1 to 3600."},
		{"after_call", "soon", "Enter a number from 1 to 3600."},
		{"after_call", "3601", "Enter a number from 1 to 3600."},
		{"operators", "nobody 1", "There is no operator “nobody”"},
		{"operators", "ada Ada", "the penalty is a number from 0 to 10000"},
		{"operators", "ada 1\nADA 2", "is listed twice"},
	} {
		f := sales(c.field, c.value)
		if c.field == "application" && c.value == "" {
			f.Set("param_string", "")
			c.says = "The address is empty."
		}
		a := v.post("/admin/services/new", f, part).wants(http.StatusUnprocessableEntity, "Nothing was saved.")
		_, at, _ := strings.Cut(a.body, `name="`+c.field+`"`)
		at, _, _ = strings.Cut(at, `name="`) // up to the next field
		if !strings.Contains(html.UnescapeString(at), c.says) || !strings.Contains(at, `class="error" id="f-`+c.field+`-hint"`) {
			t.Errorf("%s %.40q: %q does not stand there: %.900s", c.field, c.value, c.says, at)
		}
		if !strings.Contains(a.body, "from-sales") && c.field != "context" {
			t.Errorf("%s: what was typed is lost", c.field)
		}
	}
	for _, c := range []struct{ field, value, says string }{
		{"caller_id", "Acme", "Write a number"}, {"allow", "abc", "does not begin a number"}, {"deny", "+39\n+39", "is listed already"},
	} {
		v.post("/admin/services/new", sales("type", "outbound", c.field, c.value), part).wants(http.StatusUnprocessableEntity, c.says, `id="f-`+c.field+`-hint"`)
	}
	german := func(r *http.Request) { r.Header.Set("Accept-Language", "de") }
	v.post("/admin/services/new", sales("name", ""), part, german).wants(http.StatusUnprocessableEntity, "Nichts wurde gespeichert")
	found, err := s.store.Services(t.Context(), store.ListQuery{})
	if err != nil || found.All != 0 {
		t.Error(found.All, err)
	}
}

func TestServiceTaken(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	v.post("/admin/services/new", sales(), part).wants(200)
	v.post("/admin/services/new", sales("context", "other", "queue", ""), part).wants(http.StatusUnprocessableEntity, "Another service has this name.")
	v.post("/admin/services/new", sales("name", "Two", "queue", ""), part).wants(http.StatusUnprocessableEntity, "Another enabled service has this context")
	v.post("/admin/services/new", sales("name", "Two", "context", "other"), part).wants(http.StatusUnprocessableEntity, "Another enabled service has this queue")
}

func TestTwoManagersEditOneService(t *testing.T) {
	s := staffed(t)
	ann, ed := s.as("administrator"), s.as("editor")
	ed.post("/admin/services/new", sales(), part).wants(200)
	d := s.onlyService()
	path := fmt.Sprintf("/admin/services/%d", d.ID)
	version := strconv.FormatInt(d.Version, 10)
	ann.post(path, sales("version", version, "queue", "hers", "operators", "grace 1 Grace Hopper"), part).wants(200)
	a := ed.post(path, sales("version", version, "queue", "his"), part).
		wants(http.StatusConflict, "Ann Admin has saved this meanwhile", `value="his"`, `data-value="hers"`, "grace 1 Grace Hopper", "ada 5 Ada Lovelace")
	if got := s.onlyService(); got.Queue != "hers" {
		t.Error(got.Queue)
	}
	_, again, _ := strings.Cut(a.body, `name="version" value="`)
	again, _, _ = strings.Cut(again, `"`)
	ed.post(path, sales("version", again, "queue", "his"), part).wants(200)
	if got := s.onlyService(); got.Queue != "his" || got.Operators[0].Username != "ada" {
		t.Error(got)
	}
}

func TestServiceOfHostileTexts(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	nasty := `<script>alert(1)</script>"'></textarea>`
	for _, field := range []string{"name", "context", "queue", "application", "param_string", "open", "variables", "dispositions", "caller_id", "allow", "deny", "operators", "after_call", "after_mode"} {
		for _, a := range []*answer{
			v.post("/admin/services/new", sales(field, nasty, "type", "outbound"), part),
			v.post("/admin/services/check", sales(field, nasty), part),
			v.post("/admin/services/test", sales(field, nasty), part),
		} {
			if strings.Contains(a.body, "<script>alert") {
				t.Errorf("%s of %s: %s", field, a.Request.URL.Path, a.body)
			}
		}
	}
	found := v.get("/admin/services/operators?find="+url.QueryEscape(nasty), part).wants(200, "No operator matches")
	if strings.Contains(found.body, "<script>alert") {
		t.Error(found.body)
	}
}

func TestViewerLooksAtServicesOnly(t *testing.T) {
	s := staffed(t)
	s.as("editor").post("/admin/services/new", sales(), part).wants(200)
	path := fmt.Sprintf("/admin/services/%d", s.onlyService().ID)
	v := s.as("viewer")
	v.get("/admin/services").wants(200, "Sales")
	form := v.get(path, part).wants(200, "You may look at this", "ada 5 Ada Lovelace")
	for _, not := range []string{`type="submit"`, "/admin/services/check", "/admin/services/test"} {
		if strings.Contains(form.body, not) {
			t.Error("a viewer is shown", not)
		}
	}
	for _, post := range []string{path, "/admin/services/new", "/admin/services/check", "/admin/services/test", "/admin/services/testpop", "/admin/services/remove"} {
		v.post(post, sales(), part).wants(http.StatusForbidden)
	}
	v.get("/admin/services/operators?find=a", part).wants(http.StatusForbidden)
}

func TestServiceIsCheckedAsTyped(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	check := func(changes ...string) *answer {
		return v.post("/admin/services/check", sales(changes...), part).wants(200)
	}
	check().wants(200, "https://crm.example/show?id=12345&amp;n=%2B390551234567", `rel="noopener noreferrer"`, `target="_blank"`)
	check("sample-calldata", "a&b=c d").wants(200, "id=a%26b%3Dc%20d&amp;n=")
	check("param_string", "id={nothing}").wants(200, "There is no variable “nothing”", `data-fault="param_string"`)
	check("application", "", "param_string", "").wants(200, "Enter what is to open")
	check("trigger", "application", "application", "crm", "param_string", `--id {calldata} "{callerid_name}" {channel}`).
		wants(200, "<code>crm</code>", "<code>--id</code>", "<code>12345</code>", "<code>Ada Lovelace</code>", "empty")
	check("name", "", "context", "", "dispositions", "a\na", "variables", "calldata = "+strings.Repeat("x", 99)).
		wants(200, "https://crm.example/show") // of what opens, no more
}

func TestOperatorsAreFound(t *testing.T) {
	s := staffed(t)
	v := s.as("editor")
	v.get("/admin/services/operators?find=LOVE", part).wants(200, "Ada Lovelace", `data-user="ada"`)
	if a := v.get("/admin/services/operators?find=", part).wants(200); strings.TrimSpace(a.body) != "" {
		t.Error(a.body)
	}
	for i := range maxFound {
		if _, err := s.store.SaveOperator(t.Context(), store.Editor{}, store.OperatorDraft{Username: fmt.Sprintf("a%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	a := v.get("/admin/services/operators?find=a", part).wants(200, "There are more.")
	if n := strings.Count(a.body, "<li"); n != maxFound {
		t.Error(n, "rows")
	}
}

// tested is a Tester with two agents, of whom grace is on a call.
type tested struct {
	sent []string
	fail error
}

func (*tested) Agents(context.Context) ([]Agent, error) {
	return []Agent{{Operator: "grace", FullName: "Grace Hopper", Phone: "PJSIP/202", Busy: true}, {Operator: "ada", FullName: "Ada <i>Lovelace", Phone: "PJSIP/201"}}, nil
}

func (t *tested) TestPop(_ context.Context, operator, service string, a *pbx.Action) error {
	t.sent = append(t.sent, fmt.Sprintln(operator, service, *a))
	return t.fail
}

func TestServiceIsShownToAnAgent(t *testing.T) {
	shown := &tested{}
	s := staffed(t, func(o *Options) { o.Tester = shown })
	v := s.as("editor")
	v.post("/admin/services/test", sales(), part).
		wants(200, `name="sample-calldata" type="text" value="12345"`, `name="sample-callerid_num"`, "Ada &lt;i&gt;Lovelace · PJSIP/201", "on a call")
	send := func(changes ...string) *answer { return v.post("/admin/services/testpop", sales(changes...), part) }

	send("agent", "ada", "sample-calldata", "7").wants(200, "Sent to Ada &lt;i&gt;Lovelace.")
	if want := "ada Sales {browser https://crm.example/show?id=7&n=%2B390551234567 pane  []}\n"; len(shown.sent) != 1 || shown.sent[0] != want {
		t.Errorf("got  %s\nwant [%s]", shown.sent, want)
	}
	if !s.audit.has("service.tested", "by=ed", "service=Sales", "operator=ada", "opens=https://crm.example/show?id=7") {
		t.Error(s.audit.lines)
	}
	send("agent", "ada", "trigger", "application", "application", "crm", "param_string", "{calldata}").wants(200)
	if last := shown.sent[1]; last != "ada Sales {application   crm [12345]}\n" {
		t.Error(last)
	}
	send("agent", "ada", "name", "a\r\nb"+strings.Repeat("c", 100_000)).wants(200)
	if last := shown.sent[2]; !strings.HasPrefix(last, "ada abccc") || len(last) > 200 {
		t.Errorf("an agent gets %d bytes: %.200q", len(last), last)
	}

	for _, c := range []struct{ field, value, says string }{
		{"agent", "grace", "This agent is on a call"},
		{"agent", "nobody", "This agent is not signed in any more."},
		{"sample-calldata", "a\x00b", "invisible character U&#43;0000"},
		{"sample-calldata", "a\r\nb", "invisible character U&#43;000D"},
		{"sample-calldata", strings.Repeat("9", 10_000), "Shorten it to 256"},
		{"application", "javascript:alert(1)", "must begin with https://"},
		{"trigger", "none", "Enter what is to open"},
	} {
		f := sales("agent", "ada")
		f.Set(c.field, c.value)
		a := v.post("/admin/services/testpop", f, part).wants(http.StatusUnprocessableEntity, c.says)
		if strings.HasPrefix(c.field, "sample-") && !strings.Contains(a.body, `class="error" id="f-`+c.field+`-hint"`) {
			t.Errorf("%s: not at its field: %s", c.field, a.body)
		}
	}
	if len(shown.sent) != 3 {
		t.Error("something was sent all the same:", shown.sent[3:])
	}
	shown.fail = errors.New("gone")
	send("agent", "ada").wants(http.StatusUnprocessableEntity, "This agent is not signed in any more.")
	s.audit.mu.Lock()
	s.audit.fail = errors.New("disk full")
	s.audit.mu.Unlock()
	shown.sent = nil
	if a := send("agent", "ada"); a.StatusCode != http.StatusInternalServerError || shown.sent != nil {
		t.Error("sent without being noted:", a.StatusCode, shown.sent)
	}
}
