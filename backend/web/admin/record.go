package admin

import (
	"context"
	"log/slog"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/audit"
	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/store"
)

// Auditor writes what must be accounted for; *audit.Log is one. A line is on disk when it
// returns.
type Auditor interface {
	Log(ctx context.Context, event string, attrs ...slog.Attr) error
}

// Events of the audit that are written here. Each has "by", the user id, and "from", the
// address, where they are known.
const (
	eventEdited    = "config.edited"
	eventApplied   = "config.applied"   // before: it may still fail
	eventPublished = "config.published" // after: with the file's name, or why not
	eventExported  = "config.exported"
	eventIn        = "manager.signed-in"
	eventRefused   = "manager.refused"
	eventOut       = "manager.signed-out"
)

// record notes an edit, before it is committed; secrets are masked already.
func (v *visit) record(ctx context.Context, c config.Change) error {
	return v.note(ctx, eventEdited, edited(c)...)
}

// Noted notes edits of the command line.
func Noted(a Auditor) func(context.Context, config.Change) error {
	return func(ctx context.Context, c config.Change) error {
		from := slog.String("from", "command line")
		if c.Action == store.ActionApplied {
			return a.Log(ctx, eventPublished, from, slog.String("file", c.Name))
		}
		return a.Log(ctx, eventEdited, append([]slog.Attr{from}, edited(c)...)...)
	}
}

func edited(c config.Change) []slog.Attr {
	fields := make([]audit.Change, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = audit.Change{Field: f.Field, Old: f.Old, New: f.New}
	}
	return audit.Edited("", "", c.Kind, c.Name, c.Action, fields)
}

// note writes a line of who makes the request.
func (v *visit) note(ctx context.Context, event string, attrs ...slog.Attr) error {
	all := make([]slog.Attr, 0, len(attrs)+2)
	if v.who != nil {
		all = append(all, slog.String("by", v.who.UserID))
	}
	all = append(all, slog.String("from", v.a.kit.Client(v.req).String()))
	return v.a.opts.Audit.Log(ctx, event, append(all, attrs...)...)
}

// clip shortens a text that somebody chose to what a line of the audit has room for.
func clip(s string) string {
	const most = 200 // bytes
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
