package app

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/settings"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// Asterisk is the connection to Asterisk as an administrator sees and sets it; the pages
// know it by an interface of theirs. What the boot file gives wins over what is stored.
// Where it gives username and secret it gives all, its defaults too: its secret goes to no
// address that was typed into a page. Any goroutine may call it; its caller sees to it
// that only an administrator does.
type Asterisk struct {
	store    *store.Store
	settings settings.Settings
	link     *asterisk.Link
	log      *slog.Logger

	saving sync.Mutex // what is stored last is used last
	trying sync.Mutex
}

// CodeBusy is the code of a trial that was refused: another one is under way.
const CodeBusy = "busy"

// Asterisk is the connection in use, and how it fares.
func (a *Asterisk) Asterisk(ctx context.Context) (store.AsteriskState, error) {
	link, _, err := a.effective(ctx)
	if err != nil {
		return store.AsteriskState{}, err
	}
	s := a.link.Status()
	return store.AsteriskState{
		Link: link, Fixed: a.fixed(), State: string(s.State), Since: s.Since, Code: asterisk.Code(s.Err), Reason: asterisk.Plain(s.Err),
		Version: s.Version, Guarded: s.Guarded,
	}, nil
}

// SetAsterisk stores a connection, as store.SetAsteriskLink does and with its errors, and
// uses it at once. Fields that the boot file gives stay as they are there; where it gives
// all, the error is a config.Faults of code "asterisk.fixed".
func (a *Asterisk) SetAsterisk(ctx context.Context, ed store.Editor, link store.AsteriskLink, secret string) (store.AsteriskLink, error) {
	if a.whole() {
		return store.AsteriskLink{}, config.Faults{{
			Kind: store.KindAsterisk, Code: "asterisk.fixed", Where: "connection to Asterisk",
			Message: "the boot file or the environment of the server gives it: change it there, or take ami.username and ami.secret away",
		}}
	}
	link, err := a.over(link)
	if err != nil {
		return store.AsteriskLink{}, err
	}
	a.saving.Lock()
	defer a.saving.Unlock()
	saved, err := a.store.SetAsteriskLink(ctx, ed, link, secret)
	if err != nil || saved.Version == link.Version {
		return saved, err
	}
	c, err := a.connection(context.WithoutCancel(ctx)) // it is stored: it has to be used as well
	if err != nil {
		return saved, err
	}
	a.link.Reconfigure(c)
	return saved, nil
}

// TryAsterisk tries a connection without storing it, within five seconds; secret "" is the
// stored one, where SetAsterisk would keep it. That it is tried is noted with ed first.
// Where the boot file gives all, that is tried. Errors are config.Faults, and those of
// store and audit; what is wrong with Asterisk is in the trial.
func (a *Asterisk) TryAsterisk(ctx context.Context, ed store.Editor, link store.AsteriskLink, secret string) (store.AsteriskTrial, error) {
	if !a.trying.TryLock() {
		return store.AsteriskTrial{Code: CodeBusy, Reason: "another connection is being tried"}, nil
	}
	defer a.trying.Unlock()
	var err error
	if a.whole() {
		link, secret, err = a.effective(ctx)
	} else if link, err = a.over(link); err == nil {
		link, secret, err = a.store.CheckAsteriskLink(ctx, link, secret)
	}
	if err != nil {
		return store.AsteriskTrial{}, err
	}
	c, err := a.connect(link, secret)
	if err != nil {
		return store.AsteriskTrial{}, err
	}
	if ed.Record != nil {
		if err := ed.Record(ctx, config.Change{Kind: store.KindAsterisk, Action: Tried, By: ed.By, At: time.Now(), Fields: []config.FieldChange{
			{Field: "address", New: link.Address}, {Field: "username", New: link.Username}, {Field: "tls", New: strconv.FormatBool(link.TLS)},
		}}); err != nil {
			return store.AsteriskTrial{}, err
		}
	}
	version, err := asterisk.Try(ctx, c)
	trial := store.AsteriskTrial{Version: version, Code: asterisk.Code(err)}
	if tried, ok := errors.AsType[*asterisk.TryError](err); ok {
		trial.Reason, trial.Missing = tried.Error(), tried.Missing
	}
	return trial, nil
}

// Tried is the Change.Action of a connection that is only tried.
const Tried = "tried"

// whole says whether the boot file gives all.
func (a *Asterisk) whole() bool { return a.settings.AMI.Username != "" }

// fixed lists the fields that the boot file gives.
func (a *Asterisk) fixed() []string {
	if a.whole() {
		return []string{"address", "username", "secret", "tls", "ca", "auth"}
	}
	var list []string
	for _, f := range []struct{ field, key string }{{"address", "ami.address"}, {"tls", "ami.tls"}, {"ca", "ami.ca_file"}, {"auth", "ami.auth"}} {
		if a.settings.Given(f.key) {
			list = append(list, f.field)
		}
	}
	return list
}

// over puts what the boot file gives over a link.
func (a *Asterisk) over(link store.AsteriskLink) (store.AsteriskLink, error) {
	s := a.settings.AMI
	for _, field := range a.fixed() {
		switch field {
		case "address":
			link.Address = s.Address
		case "username":
			link.Username, link.HasSecret = s.Username, true
		case "tls":
			link.TLS = s.TLS
		case "ca":
			pem, err := authorities(s)
			if err != nil {
				return link, err
			}
			link.CAPEM = string(pem)
		case "auth":
			link.Auth = s.Auth
		}
	}
	return link, nil
}

// effective is the connection in use, with its secret. A stored secret that cannot be
// opened is as good as none.
func (a *Asterisk) effective(ctx context.Context) (store.AsteriskLink, string, error) {
	if a.whole() {
		link, err := a.over(store.AsteriskLink{})
		return link, a.settings.AMI.Secret.Reveal(), err
	}
	link, secret, err := a.store.AsteriskSecret(ctx)
	if errors.Is(err, password.ErrSealed) {
		a.log.Error("the secret of Asterisk has to be given anew", "err", err)
		err = nil
	}
	if err != nil {
		return link, "", err
	}
	link.HasSecret = secret != ""
	if link.Version == 0 {
		link.Address = a.settings.AMI.Address // the default, to begin with
	}
	link, err = a.over(link)
	return link, secret, err
}

// connection is what the link is to use: one without a Dial while username and secret are
// not given.
func (a *Asterisk) connection(ctx context.Context) (asterisk.Connection, error) {
	link, secret, err := a.effective(ctx)
	if err != nil || secret == "" {
		return asterisk.Connection{}, err
	}
	return a.connect(link, secret)
}

func (a *Asterisk) connect(link store.AsteriskLink, secret string) (asterisk.Connection, error) {
	dial, err := dialer(link.Address, link.TLS, []byte(link.CAPEM))
	if err != nil {
		return asterisk.Connection{}, err
	}
	c := asterisk.Connection{Dial: dial, Username: link.Username, Secret: secret, Auth: link.Auth, Retries: -1}
	if a.whole() {
		c.Retries = a.settings.AMI.Retries // what is stored can be mended while the server runs
	}
	return c, nil
}
