package admin

import (
	"context"
	"log/slog"

	"github.com/asteriskcti/asteriskcti/backend/config"
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

// fieldLine is a field of an edit as the audit keeps it.
type fieldLine struct {
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}

// Bounds of one line of the audit: an import may change everything at once.
const (
	maxFields    = 200
	maxFieldText = 200 // bytes
)

// record notes an edit, before it is committed; secrets are masked already.
func (v *visit) record(ctx context.Context, c config.Change) error {
	return v.note(ctx, eventEdited, edited(c)...)
}

// Noted notes edits of the command line.
func Noted(a Auditor) func(context.Context, config.Change) error {
	return func(ctx context.Context, c config.Change) error {
		return a.Log(ctx, eventEdited, append([]slog.Attr{slog.String("from", "command line")}, edited(c)...)...)
	}
}

func edited(c config.Change) []slog.Attr {
	attrs := []slog.Attr{slog.String("kind", c.Kind), slog.String("name", c.Name), slog.String("action", c.Action)}
	fields := make([]fieldLine, 0, min(len(c.Fields), maxFields))
	for _, f := range c.Fields[:min(len(c.Fields), maxFields)] {
		fields = append(fields, fieldLine{f.Field, clip(f.Old), clip(f.New)})
	}
	if len(fields) > 0 {
		attrs = append(attrs, slog.Any("fields", fields))
	}
	if more := len(c.Fields) - len(fields); more > 0 {
		attrs = append(attrs, slog.Int("more", more))
	}
	return attrs
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

func clip(s string) string {
	if len(s) <= maxFieldText {
		return s
	}
	return s[:maxFieldText] + "…"
}
