package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/locale"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// eventLost is a password that somebody says he has lost. Its name is there when it is
// one of ours: what else was typed may be a password.
const eventLost = "manager.password-lost"

// How often a password may be lost within an hour.
const (
	lostByAddress = 10
	lostByAccount = 3
)

// lost is what waits to be answered by mail. It is answered later and elsewhere, so that
// neither the page nor its time tells whether there is such an account.
type lost struct {
	asked           chan lostAsk
	address, person *limiter
}

type lostAsk struct {
	user, from string
	lang       locale.Language
}

func newLost() lost {
	return lost{asked: make(chan lostAsk, 100), address: newLimiter(lostByAddress), person: newLimiter(lostByAccount)}
}

func (a *Admin) mountLost(r fiber.Router) {
	a.get(r, "/lost", nobody, func(v *visit) error { return v.sendLost(http.StatusOK, lostPage{}) })
	a.post(r, "/lost", nobody, (*visit).askLost)
	a.get(r, "/reset", nobody, (*visit).showReset)
	a.post(r, "/reset", nobody, (*visit).reset)
}

// lostPage asks for the user id, or says what happens now. Mail is whether a link can be
// sent at all.
type lostPage struct {
	Mail, Sent bool
	Error      string
	Minutes    string
}

func (v *visit) sendLost(status int, p lostPage) error {
	p.Mail, p.Minutes = v.a.opts.Post != nil, minutes(store.ResetTokenTTL)
	return v.front(status, "lost", v.t("lost.title"), p)
}

func minutes(d time.Duration) string { return strconv.Itoa(int(d / time.Minute)) }

func (v *visit) askLost() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	if v.a.opts.Post == nil {
		return v.sendLost(http.StatusOK, lostPage{})
	}
	from := v.a.kit.Client(v.req)
	if !v.a.lost.address.take(network(from), time.Now()) {
		return v.sendLost(http.StatusTooManyRequests, lostPage{Error: v.t("lost.throttled")})
	}
	select {
	case v.a.lost.asked <- lostAsk{values.Get("user"), from.String(), v.lang}:
	default:
		v.a.log.Warn("too many lost passwords at once: one is not answered")
	}
	return v.sendLost(http.StatusOK, lostPage{Sent: true})
}

// Run answers lost passwords until ctx ends.
func (a *Admin) Run(ctx context.Context) error {
	for {
		select {
		case q := <-a.lost.asked:
			if err := a.answerLost(ctx, q); err != nil && ctx.Err() == nil {
				a.log.Error("a lost password is not answered", "err", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *Admin) answerLost(ctx context.Context, q lostAsk) error {
	m, err := a.store.ManagerByUserID(ctx, q.user)
	if err != nil && !errors.Is(err, store.ErrGone) {
		return err
	}
	if err := a.opts.Audit.Log(ctx, eventLost, slog.String("from", q.from), slog.String("name", m.UserID)); err != nil {
		return err
	}
	if !m.Enabled || m.Email == "" || !a.lost.person.take(m.UserID, time.Now()) {
		return nil
	}
	token, err := a.store.NewResetToken(ctx, store.Editor{Record: a.recordFrom(q.from)}, m.ID)
	if err != nil {
		return err
	}
	return a.opts.Post(m.Email, q.lang.Text("letter.reset.subject"),
		letter(q.lang, "reset", a.resetLink(token), "name", m.FullName, "user", m.UserID, "minutes", minutes(store.ResetTokenTTL), "from", q.from))
}

// letter is the text of a letter about a link.
func letter(l locale.Language, kind, link string, pairs ...string) string {
	return strings.Join([]string{l.Text("letter.hello", pairs...), l.Text("letter."+kind+".why", pairs...), link, l.Text("letter."+kind+".end", pairs...)}, "\n\n") + "\n"
}

// resetLink leads where the settings say, whatever name a request came by.
func (a *Admin) resetLink(token string) string {
	return a.opts.Address() + "/admin/reset?token=" + token
}

// recordFrom notes the edit of somebody who is not signed in.
func (a *Admin) recordFrom(from string) func(context.Context, config.Change) error {
	return func(ctx context.Context, c config.Change) error {
		return a.opts.Audit.Log(ctx, eventEdited, append([]slog.Attr{slog.String("by", c.By), slog.String("from", from)}, edited(c)...)...)
	}
}

// recordOwn is recordFrom of who makes the request.
func (v *visit) recordOwn(ctx context.Context, c config.Change) error {
	return v.a.recordFrom(v.a.kit.Client(v.req).String())(ctx, c)
}

// resetPage is the form of a new password, or says that the link is of no use, or that
// it is done.
type resetPage struct {
	Done, Mail  bool
	User, Token string
	Form        *form
}

func (v *visit) resetForm() *form {
	return &form{Fields: []*field{
		{Name: "password", Type: "password", Label: v.t("account.password.new"), Hint: v.t("account.password.rule"), Required: true, Max: 512, complete: "new-password"},
	}}
}

func (v *visit) sendReset(status int, p resetPage) error {
	p.Mail = v.a.opts.Post != nil
	if p.Form != nil {
		p.Form.forget()
		p.Form.focus()
	}
	return v.front(status, "reset", v.t("reset.title"), p)
}

// showReset uses nothing up: a mail scanner may look at it.
func (v *visit) showReset() error {
	token := v.token(v.req.URL.Query().Get("token"))
	m, err := v.a.store.PeekResetToken(v.req.Context(), token)
	if errors.Is(err, store.ErrResetToken) {
		return v.resetOver()
	}
	if err != nil {
		return err
	}
	v.keepToken(token)
	return v.sendReset(http.StatusOK, resetPage{User: m.UserID, Token: token, Form: v.resetForm()})
}

func (v *visit) resetOver() error {
	v.dropToken()
	return v.sendReset(http.StatusGone, resetPage{})
}

// reset gives the new password, once. Nobody is signed in by it: the code is asked for as
// well, where there is one.
func (v *visit) reset() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx, token := v.req.Context(), v.token(values.Get("token"))
	f := v.resetForm()
	f.fill(values)
	m, err := v.a.store.UseResetToken(ctx, store.Editor{Record: v.recordOwn}, token, f.at("password").Value)
	if faults, ok := errors.AsType[config.Faults](err); ok {
		v.blame(f, faults)
		m, err = v.a.store.PeekResetToken(ctx, token)
		if err == nil {
			return v.sendReset(http.StatusUnprocessableEntity, resetPage{User: m.UserID, Token: token, Form: f})
		}
	}
	if errors.Is(err, store.ErrResetToken) {
		return v.resetOver()
	}
	if err != nil {
		return err
	}
	v.dropToken()
	v.tellChanged(m)
	return v.sendReset(http.StatusOK, resetPage{Done: true, User: m.UserID})
}

// tellChanged writes to a manager that his password is another one: it may not have been he.
func (v *visit) tellChanged(m store.Manager) {
	if v.a.opts.Post == nil || m.Email == "" {
		return
	}
	text := letter(v.lang, "changed", v.a.opts.Address()+"/admin/lost", "name", m.FullName, "user", m.UserID, "from", v.a.kit.Client(v.req).String())
	if err := v.a.opts.Post(m.Email, v.t("letter.changed.subject"), text); err != nil {
		v.a.log.Error("a manager is not told that his password was changed", "manager", m.UserID, "err", err)
	}
}
