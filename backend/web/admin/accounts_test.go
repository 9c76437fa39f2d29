package admin

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/asteriskcti/asteriskcti/backend/store"
)

const public = "https://cti.example"

// letters are what a site posts.
type letters chan [3]string

func posting(o *Options, l letters) {
	o.Address = func() string { return public }
	o.Post = func(to, subject, text string) error {
		l <- [3]string{to, subject, text}
		return nil
	}
}

func addressed(o *Options) { o.Address = func() string { return public } }

// run answers lost passwords until the test ends.
func (s *site) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.admin.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

var linkToken = regexp.MustCompile(regexp.QuoteMeta(public) + `/admin/(?:reset|setup)\?token=([\w-]+)`)

func tokenIn(t *testing.T, text string) string {
	t.Helper()
	m := linkToken.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no link in %.900q", text)
	}
	return m[1]
}

func first(token string) url.Values {
	return url.Values{"token": {token}, "fullname": {"Rosa Marín"}, "username": {"rosa"}, "email": {"rosa@example.com"}, "password": {"a garden of thoughts"}}
}

// TestSetup: only by the link, once, and nothing leads anywhere else before.
func TestSetup(t *testing.T) {
	s := emptySite(t, addressed)
	v := s.visitor()
	for _, path := range []string{"/admin", "/admin/sign-in", "/admin/operators", "/admin/managers", "/agent"} {
		if a := v.get(path); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/admin/setup" {
			t.Errorf("%s: %d to %q", path, a.StatusCode, a.Header.Get("Location"))
		}
	}
	v.get("/admin/setup").wants(http.StatusForbidden, "astcti manager create")
	link, err := s.admin.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	old := tokenIn(t, link)
	if link, err = s.admin.SetupLink(t.Context()); err != nil {
		t.Fatal(err)
	}
	token := tokenIn(t, link)
	for _, wrong := range []string{old, "x", strings.Repeat("x", 5000)} {
		v.get("/admin/setup?token="+wrong).wants(http.StatusForbidden, "not valid")
		v.post("/admin/setup", first(wrong)).wants(http.StatusForbidden, "not valid")
	}
	if a := v.get("/admin/setup?token="+token).wants(http.StatusOK, `name="token" value="`+token); a.Header.Get("Referrer-Policy") != "same-origin" {
		t.Error(a.Header)
	}
	v.get("/admin/setup").wants(http.StatusOK, `name="password"`) // loaded again, without the token in the address
	bad := first(token)
	bad.Set("password", "short")
	if a := v.post("/admin/setup", bad).wants(http.StatusUnprocessableEntity, "at least 12 characters", `value="rosa"`); strings.Contains(a.body, `"short"`) {
		t.Error("the page holds the password")
	}
	if a := v.post("/admin/setup", first(token)).wants(http.StatusSeeOther); a.Header.Get("Location") != "/admin" {
		t.Error(a.Header)
	}
	v.get("/admin/managers").wants(http.StatusOK, "Rosa Marín") // signed in, as administrator
	v.get("/admin/setup?token=" + token).wants(http.StatusGone)
	s.visitor().post("/admin/setup", first(token)).wants(http.StatusGone)
	if link, err := s.admin.SetupLink(t.Context()); link != "" || err != nil {
		t.Errorf("%q, %v", link, err)
	}
	if !s.audit.has(eventEdited, "by=rosa", "kind=manager", "action=added") || !s.audit.has(eventIn, "by=rosa") {
		t.Errorf("%q", s.audit.lines)
	}
	if s.audit.has(token) || s.audit.has("garden") {
		t.Error("a secret is in the audit")
	}
}

// TestSetupAtOnce: of many one is the first.
func TestSetupAtOnce(t *testing.T) {
	s := emptySite(t, addressed)
	link, err := s.admin.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	got := make(chan int, 4)
	for range cap(got) {
		v := s.visitor()
		wg.Go(func() { got <- v.post("/admin/setup", first(tokenIn(t, link))).StatusCode })
	}
	wg.Wait()
	close(got)
	made := 0
	for status := range got {
		switch status {
		case http.StatusSeeOther:
			made++
		case http.StatusGone, http.StatusForbidden:
		default:
			t.Errorf("%d", status)
		}
	}
	if made != 1 {
		t.Errorf("%d first managers", made)
	}
}

// TestSetupGuessing: after many wrong tokens not even the right one opens.
func TestSetupGuessing(t *testing.T) {
	s := emptySite(t, addressed)
	link, err := s.admin.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range setupTries {
		s.visitor().get("/admin/setup?token=guess").wants(http.StatusForbidden)
	}
	s.visitor().get("/admin/setup?token=" + tokenIn(t, link)).wants(http.StatusTooManyRequests)
}

// TestLost: the same page for everybody; a link by the settings' address, for one use.
func TestLost(t *testing.T) {
	post := make(letters, 10)
	s := newSite(t, func(o *Options) { posting(o, post) })
	s.run(t)
	ed, err := s.store.ManagerByUserID(t.Context(), "ed")
	if err != nil {
		t.Fatal(err)
	}
	draft, err := s.store.Manager(t.Context(), ed.ID)
	if err != nil {
		t.Fatal(err)
	}
	draft.Email = "ed@example.com"
	if _, err := s.store.SaveManager(t.Context(), store.Editor{}, draft); err != nil {
		t.Fatal(err)
	}
	signedIn := s.as("editor")
	v := s.visitor()
	lost := func(user string) string {
		return v.post("/admin/lost", url.Values{"user": {user}}, func(r *http.Request) { r.Host = "localhost:1"; r.Header.Set("Accept-Language", "de") }).wants(http.StatusOK).body
	}
	known := lost("ed")
	for _, user := range []string{"nobody", "vi", "", "ed'; --", strings.Repeat("x", 3000)} {
		if got := lost(user); got != known {
			t.Errorf("another page for %q", user)
		}
	}
	letter := <-post
	if letter[0] != "ed@example.com" || !strings.Contains(letter[2], "Guten Tag Ed Itor,") || strings.Contains(letter[2], "localhost") {
		t.Errorf("%q", letter)
	}
	token := tokenIn(t, letter[2])

	v.get("/admin/reset?token=" + token).wants(http.StatusOK)
	v.get("/admin/reset").wants(http.StatusOK, `name="token" value="`+token) // looking uses nothing up
	form := url.Values{"token": {token}, "password": {"thirteen"}}
	v.post("/admin/reset", form).wants(http.StatusUnprocessableEntity, "at least 12 characters")
	form.Set("password", "ed is a good editor")
	v.post("/admin/reset", form).wants(http.StatusOK)
	if a := signedIn.get("/admin/operators"); a.StatusCode != http.StatusSeeOther {
		t.Errorf("his sign-ins go on: %d", a.StatusCode)
	}
	v.get("/admin/operators").wants(http.StatusSeeOther) // nobody is signed in by it
	v.get("/admin/reset?token=" + token).wants(http.StatusGone)
	v.post("/admin/reset", form).wants(http.StatusGone)
	v.get("/admin/reset?token=x").wants(http.StatusGone)
	if told := <-post; told[0] != "ed@example.com" || strings.Contains(told[2], token) {
		t.Errorf("%q", told)
	}
	for _, want := range [][]string{{eventLost, "name=ed"}, {eventEdited, "name=ed", "reset_link"}, {eventEdited, "by=ed", "name=ed", "password"}} {
		if !s.audit.has(want...) {
			t.Errorf("%q is not in %q", want, s.audit.lines)
		}
	}
	for _, secret := range []string{token, "good editor", "nobody"} {
		if s.audit.has(secret) {
			t.Errorf("%q is in the audit", secret)
		}
	}
	for range lostByAddress - 6 {
		lost("nobody")
	}
	v.post("/admin/lost", url.Values{"user": {"ed"}}).wants(http.StatusTooManyRequests)
}

// TestLostWithoutMail: the page says who helps, and nothing is made.
func TestLostWithoutMail(t *testing.T) {
	s := newSite(t, addressed)
	v := s.visitor()
	v.get("/admin/lost").wants(http.StatusOK, "astcti manager reset-link USER")
	v.post("/admin/lost", url.Values{"user": {"ed"}}).wants(http.StatusOK, "astcti manager reset-link USER")
	if s.audit.has(eventLost) {
		t.Error(s.audit.lines)
	}
}

// TestSignInTellsNothing: a wrong password and an unknown name get the same page.
func TestSignInTellsNothing(t *testing.T) {
	s := newSite(t)
	page := func(user string) string {
		a := s.visitor().post("/admin/sign-in", url.Values{"user": {user}, "password": {"wrong"}}).wants(http.StatusUnauthorized)
		return strings.ReplaceAll(a.body, `value="`+user+`"`, "")
	}
	if page("ann") != page("nobody") {
		t.Error("the pages differ")
	}
	if !s.audit.has(eventRefused, "name=ann") || s.audit.has("nobody") || s.audit.has("wrong") {
		t.Errorf("%q", s.audit.lines)
	}
}

var hiddenField = regexp.MustCompile(`name="(id|link)" value="([^"]+)"`)

// TestCodes: set up by a code, asked for at the sign-in, each good once, and turned off.
func TestCodes(t *testing.T) {
	s := newSite(t)
	ed := s.as("editor")
	a := ed.post("/admin/account/codes", nil, part).wants(http.StatusOK, `class="qr"`, "otpauth://totp/AsteriskCTI:ed?")
	link, err := url.Parse(strings.ReplaceAll(hiddenField.FindStringSubmatch(a.body)[2], "&amp;", "&"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	code := func(at time.Time) string {
		text, err := totp.GenerateCode(link.Query().Get("secret"), at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	ed.post("/admin/account/codes/confirm", url.Values{"link": {link.String()}, "code": {"12"}}, part).wants(http.StatusUnprocessableEntity, `class="qr"`, "not valid")
	ed.post("/admin/account/codes/confirm", url.Values{"link": {"javascript:alert(1)"}, "code": {"12"}}).wants(http.StatusSeeOther)
	ed.post("/admin/account/codes/confirm", url.Values{"link": {link.String()}, "code": {code(now)}}, part).wants(http.StatusOK, "Turn off")
	ed.post("/admin/account/codes/off", url.Values{"code": {"000000x"}}, part).wants(http.StatusUnprocessableEntity, "not valid")

	v := s.visitor()
	half := func() string {
		a := v.post("/admin/sign-in", url.Values{"user": {"ed"}, "password": {managers["editor"]}, "next": {"/admin/seats"}}).wants(http.StatusOK, "one-time-code")
		return hiddenField.FindStringSubmatch(a.body)[2]
	}
	id := half()
	v.get("/admin/seats").wants(http.StatusSeeOther) // not in yet
	v.post("/admin/sign-in/code", url.Values{"id": {id}, "code": {code(now)}}).wants(http.StatusUnauthorized, "can be used once")
	next := code(now.Add(30 * time.Second))
	if a := v.post("/admin/sign-in/code", url.Values{"id": {id}, "code": {next}}).wants(http.StatusSeeOther); a.Header.Get("Location") != "/admin/seats" {
		t.Error(a.Header)
	}
	v.get("/admin/seats").wants(http.StatusOK)
	v.post("/admin/sign-in/code", url.Values{"id": {id}, "code": {next}}).wants(http.StatusUnauthorized, "once more")
	id = half()
	for range halfTries {
		v.post("/admin/sign-in/code", url.Values{"id": {id}, "code": {next}}, part).wants(http.StatusUnauthorized, "can be used once", `hx-post="/admin/sign-in/code"`)
	}
	v.post("/admin/sign-in/code", url.Values{"id": {id}, "code": {next}}, part).wants(http.StatusUnauthorized, "once more", `hx-post="/admin/sign-in"`)

	m, err := s.store.ManagerByUserID(t.Context(), "ed")
	if err != nil {
		t.Fatal(err)
	}
	s.as("administrator").post("/admin/managers/"+itoa(m.ID)+"/codes-off", nil, part).wants(http.StatusOK)
	s.as("editor").get("/admin/seats").wants(http.StatusOK)
	for _, want := range [][]string{{eventEdited, "by=ed", "totp"}, {eventRefused, "name=ed", "reason=code"}, {eventEdited, "by=ann", "totp"}} {
		if !s.audit.has(want...) {
			t.Errorf("%q is not in %q", want, s.audit.lines)
		}
	}
	if s.audit.has(next) || s.audit.has(link.Query().Get("secret")) {
		t.Error("a secret is in the audit")
	}
}

func itoa(id int64) string { return (&form{ID: id}).Path() }

func TestHalfway(t *testing.T) {
	var h halfway
	now := time.Unix(1e9, 0)
	id := h.put(store.Manager{UserID: "ed"}, "/admin", now)
	if _, ok := h.try(id, now.Add(halfFor-time.Second)); !ok {
		t.Error("ended too soon")
	}
	if _, ok := h.try(id, now.Add(halfFor)); ok {
		t.Error("never ends")
	}
	for range 2 * halfMost {
		h.put(store.Manager{}, "", now)
	}
	if len(h.of) > halfMost {
		t.Errorf("%d are kept", len(h.of))
	}
}

func TestLimiter(t *testing.T) {
	l, now := newLimiter(2), time.Unix(1e9, 0)
	for i, want := range []bool{true, true, false} {
		if l.take("a", now) != want {
			t.Errorf("try %d", i)
		}
	}
	if !l.take("b", now) || l.full("b", now) || !l.full("a", now.Add(time.Hour-time.Second)) || !l.take("a", now.Add(time.Hour)) {
		t.Error("keys or hours are mixed up")
	}
	for i := range 2 * limiterKeys {
		l.take(itoa(int64(i+1)), now)
	}
	if len(l.at) > limiterKeys {
		t.Errorf("%d keys", len(l.at))
	}
}

// TestAccount: own name, e-mail and password, and what asks for the present one.
func TestAccount(t *testing.T) {
	post := make(letters, 10)
	s := newSite(t, func(o *Options) { posting(o, post) })
	vi, other := s.as("viewer"), s.as("viewer")
	vi.get("/admin/account").wants(http.StatusOK, "Vi Ewer", "This browser", "Sign out everywhere else")
	m, err := s.store.ManagerByUserID(t.Context(), "vi")
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.store.Manager(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	profile := url.Values{"version": {itoa(d.Version)}, "fullname": {"Vivian Ewer"}, "email": {"vi@example.com"}, "role": {"administrator"}}
	vi.post("/admin/account", profile, part).wants(http.StatusUnprocessableEntity, "not your present password")
	profile.Set("present", managers["viewer"])
	vi.post("/admin/account", profile, part).wants(http.StatusOK, `value="Vivian Ewer"`)
	vi.post("/admin/account", profile, part).wants(http.StatusUnprocessableEntity, "has saved this meanwhile")
	if m, err = s.store.ManagerByUserID(t.Context(), "vi"); err != nil || m.Role != store.RoleViewer || m.Email != "vi@example.com" {
		t.Errorf("%+v, %v", m, err)
	}
	change := url.Values{"current": {"wrong"}, "password": {"a lynx of fifteen"}}
	vi.post("/admin/account/password", change, part).wants(http.StatusUnprocessableEntity, "not your present password")
	change.Set("current", managers["viewer"])
	change.Set("password", "vivid vi vi vi")
	vi.post("/admin/account/password", change, part).wants(http.StatusOK)
	if letter := <-post; letter[0] != "vi@example.com" {
		t.Errorf("%q", letter)
	}
	vi.get("/admin/account").wants(http.StatusOK, "nowhere else")
	other.get("/admin/account").wants(http.StatusSeeOther)
	if s.audit.has("vivid") || s.audit.has(managers["viewer"]) || !s.audit.has(eventRefused, "name=vi", "present password") {
		t.Errorf("%q", s.audit.lines)
	}
}

func TestSignOutOthers(t *testing.T) {
	s := newSite(t)
	vi, other := s.as("viewer"), s.as("viewer")
	vi.post("/admin/account/sign-out-others", nil).wants(http.StatusSeeOther)
	other.get("/admin/account").wants(http.StatusSeeOther)
	vi.get("/admin/account").wants(http.StatusOK)
	if !s.audit.has(eventOut, "by=vi", "which=all others") {
		t.Errorf("%q", s.audit.lines)
	}
}

// TestManagers: who sees them, links that are shown once, and who cannot be removed.
func TestManagers(t *testing.T) {
	post := make(letters, 10)
	s := newSite(t, func(o *Options) { posting(o, post) })
	ann := s.as("administrator")
	for _, role := range []string{"viewer", "editor"} {
		if a := s.as(role).get("/admin/live").wants(http.StatusOK); strings.Contains(a.body, `href="/admin/managers"`) {
			t.Errorf("the menu of an %s leads to the managers", role)
		}
	}
	manager := func(changes ...string) url.Values {
		v := url.Values{"fullname": {"Mo Nitor"}, "username": {"mo"}, "email": {"mo@example.com"}, "role": {"viewer"}, "enabled": {"true"}}
		for i := 0; i < len(changes); i += 2 {
			v.Set(changes[i], changes[i+1])
		}
		return v
	}
	ann.post("/admin/managers/new", manager("username", "ED"), part).wants(http.StatusUnprocessableEntity, "Another manager has this user id")
	ann.post("/admin/managers/new", manager("email", "mo", "fullname", "x"), part).wants(http.StatusUnprocessableEntity, "not an e-mail address")
	ann.post("/admin/managers/new", manager("fullname", " "), part).wants(http.StatusUnprocessableEntity, "Enter the full name")
	ann.post("/admin/managers/new", manager("role", "root"), part).wants(http.StatusUnprocessableEntity, "Choose one of the roles")
	ann.post("/admin/managers/new", manager(), part).wants(http.StatusOK, "Mo Nitor", "No password")
	mo, err := s.store.ManagerByUserID(t.Context(), "mo")
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/managers/" + itoa(mo.ID)
	ann.get(at, part).wants(http.StatusOK, "Make a reset link", "Send a link by e-mail")
	one := tokenIn(t, ann.post(at+"/link", nil, part).wants(http.StatusOK).body)
	ann.post(at+"/link", url.Values{"by": {"mail"}}, part).wants(http.StatusOK, "mo@example.com")
	two := tokenIn(t, (<-post)[2])
	s.visitor().get("/admin/reset?token=" + one).wants(http.StatusGone) // a newer one took its place
	s.visitor().get("/admin/reset?token=" + two).wants(http.StatusOK)
	if s.audit.has(one) || s.audit.has(two) || !s.audit.has(eventEdited, "by=ann", "name=mo", "reset_link") {
		t.Errorf("%q", s.audit.lines)
	}

	own, err := s.store.ManagerByUserID(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	self := "/admin/managers/" + itoa(own.ID)
	demoted := manager("username", "ann", "fullname", "Ann", "role", "viewer", "version", "1")
	ann.post(self, demoted, part).wants(http.StatusUnprocessableEntity, "your own account")
	ann.post("/admin/managers/remove", url.Values{"ids": {itoa(own.ID)}}, part).wants(http.StatusUnprocessableEntity, "your own account")
	if a := ann.get(self, part).wants(http.StatusOK); strings.Contains(a.body, `name="password"`) {
		t.Error("the own password can be changed without the present one")
	}
	ann.post("/admin/managers/remove", url.Values{"ids": {itoa(mo.ID)}}, part).wants(http.StatusOK, "ann")
	ann.get(at, part).wants(http.StatusNotFound)
}

// TestChangedByAnother: whose password an administrator changes is told so.
func TestChangedByAnother(t *testing.T) {
	sent := make(letters, 2)
	s := newSite(t, func(o *Options) { posting(o, sent) })
	v := s.as("administrator")
	form := url.Values{"version": {"0"}, "fullname": {"Neo"}, "username": {"neo"}, "email": {"neo@example.com"}, "enabled": {"true"}, "role": {"viewer"}, "password": {"a garden of thoughts"}}
	v.post("/admin/managers/new", form, part).wants(http.StatusOK)
	neo, err := s.store.ManagerByUserID(t.Context(), "neo")
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/managers/" + strconv.FormatInt(neo.ID, 10)
	form.Set("version", strconv.FormatInt(neo.Version, 10))
	form.Set("password", "a forest of thoughts")
	v.post(at, form, part).wants(http.StatusOK)
	if len(sent) != 1 {
		t.Fatalf("%d letters", len(sent))
	}
	if l := <-sent; l[0] != "neo@example.com" || !strings.Contains(l[2], "was changed") || strings.Contains(l[2], "forest") {
		t.Errorf("%q", l)
	}
}

// TestOwnWayIn: an administrator's own address, link and codes are no matter of the list,
// which asks for no password: a browser left open is not the account.
func TestOwnWayIn(t *testing.T) {
	s := newSite(t, addressed)
	v := s.as("administrator")
	ann, err := s.store.ManagerByUserID(t.Context(), "ann")
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/managers/" + strconv.FormatInt(ann.ID, 10)
	if strings.Contains(v.get(at, part).wants(http.StatusOK).body, `name="email"`) {
		t.Error("the own address is in the form")
	}
	form := url.Values{"version": {strconv.FormatInt(ann.Version, 10)}, "fullname": {"Ann B."}, "username": {"ann"}, "email": {"evil@example.com"}, "enabled": {"true"}, "role": {"administrator"}}
	v.post(at, form, part).wants(http.StatusOK)
	if now, err := s.store.ManagerByUserID(t.Context(), "ann"); err != nil || now.Email != "" || now.FullName != "Ann B." {
		t.Errorf("%+v, %v", now, err)
	}
	for _, act := range []string{"/link", "/codes-off"} {
		if a := v.post(at+act, nil).wants(http.StatusSeeOther); a.Header.Get("Location") != "/admin/account" {
			t.Error(act, a.Header)
		}
	}
	if s.audit.has("reset_link") || s.audit.has("totp") {
		t.Errorf("%q", s.audit.lines)
	}
}

func TestBrowser(t *testing.T) {
	for agent, want := range map[string]string{
		"": "", "curl/8.5": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0": "Edge · Windows",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                "Firefox · Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1":                 "Safari · iPhone",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%q: %q", agent, got)
		}
	}
}
