package admin

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/boombuler/barcode/qr"

	"github.com/asteriskcti/asteriskcti/backend/password"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// enrolment is what an authenticator needs to know, as a picture, a link and letters.
type enrolment struct {
	Link   template.URL
	Secret []string // in groups of four
	Path   string   // of the picture: squares of one unit
	Size   int      // units, with the quiet zone around it
}

// quiet is the empty zone around the picture, in units (ISO/IEC 18004).
const quiet = 4

// newEnrolment draws an otpauth: address.
func newEnrolment(link string) (*enrolment, error) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || len(link) > 512 {
		return nil, errors.New("not an address of one-time codes")
	}
	code, err := qr.Encode(link, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw one-time code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if r, _, _, _ := code.At(x, y).RGBA(); r == 0 {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	e := &enrolment{Link: template.URL(u.String()), Path: path.String(), Size: size + 2*quiet} //nolint:gosec // its scheme was looked at
	for group := range slices.Chunk([]byte(u.Query().Get("secret")), 4) {
		e.Secret = append(e.Secret, string(group))
	}
	return e, nil
}

// enrol makes a new secret; it holds once one of its codes was typed.
func (v *visit) enrol() error {
	p, err := v.account()
	if err != nil {
		return err
	}
	if p.Who.TOTP {
		return v.sendAccount(http.StatusConflict, p)
	}
	_, link, err := v.a.store.EnrolTOTP(v.req.Context(), v.who.ID)
	if err != nil {
		return err
	}
	if p.Enrol, err = newEnrolment(link); err != nil {
		return err
	}
	return v.sendAccount(http.StatusOK, p)
}

func (v *visit) confirmCode() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	right, err := v.a.store.ConfirmTOTP(v.req.Context(), v.editor(), v.who.ID, values.Get("code"))
	if errors.Is(err, store.ErrNoTOTP) {
		return v.lead("/admin/account")
	}
	if err != nil {
		return err
	}
	if right {
		return v.accountSaved(v.t("account.totp.saved"))
	}
	p, err := v.account()
	if err != nil {
		return err
	}
	if p.Enrol, err = newEnrolment(values.Get("link")); err != nil { // it comes back from the page
		return v.lead("/admin/account")
	}
	p.CodeError = v.t("account.code.wrong")
	return v.sendAccount(http.StatusUnprocessableEntity, p)
}

// dropCode turns the codes off, for who has one.
func (v *visit) dropCode() error {
	values, err := v.form()
	if err != nil {
		return err
	}
	ctx := v.req.Context()
	err = v.a.opts.Gate.CheckCode(v.who.UserID, func() (bool, error) { return v.a.store.CheckTOTP(ctx, v.who.ID, values.Get("code")) })
	switch {
	case err == nil:
		if err := v.a.store.DropTOTP(ctx, v.editor(), v.who.ID); err != nil {
			return err
		}
		return v.accountSaved(v.t("account.totp.dropped"))
	case errors.Is(err, store.ErrNoTOTP):
		return v.lead("/admin/account")
	}
	status, text := v.refusal(err)
	if text == "" {
		return err
	}
	if errors.Is(err, password.ErrWrong) {
		status, text = http.StatusUnprocessableEntity, v.t("account.code.wrong")
	}
	p, err := v.account()
	if err != nil {
		return err
	}
	p.CodeError = text
	return v.sendAccount(status, p)
}
