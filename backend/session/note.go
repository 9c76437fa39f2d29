package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/control"
	"github.com/asteriskcti/asteriskcti/backend/dial"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

const (
	maxNote      = 4000                   // bytes of a note's text
	noteEvery    = 200 * time.Millisecond // one note of an agent in the long run: each is a write to the disk
	noteBurst    = 2 * time.Second
	notePatience = 10 * time.Second // for the disk
)

// The errors of Notes that are the agent's affair.
var (
	ErrUnknownCall = errors.New("you have no such call")
	ErrDisposition = errors.New("the call's service has no such disposition")
)

// note keeps what the agent has written of one of his calls, and tells it to all his screens.
func note(ctx context.Context, c *client, m request, r *reply) {
	if c.srv.opts.Notes == nil {
		r.code, r.text = refusedNoNotes, "nothing is noted here"
		return
	}
	if r.text = noteFault(m.Text); r.text != "" {
		r.code = refusedMalformed
		return
	}
	n := pbx.Note{Uniqueid: pbx.ChannelID(m.Uniqueid), Disposition: m.Disposition, Text: m.Text}
	err := c.who.notes(ctx, func(ctx context.Context, pace *pace) ([]pbx.Note, error) {
		if ahead := pace.ahead(time.Now()); ahead > 0 {
			<-time.After(ahead)
		}
		n, err := c.srv.keep(ctx, c.who, n)
		return []pbx.Note{n}, err
	})
	switch {
	case err == nil:
	case errors.Is(err, ErrUnknownCall):
		r.code, r.text = control.UnknownCall, err.Error()
	case errors.Is(err, ErrDisposition):
		r.code, r.text = refusedDisposition, err.Error()
	default:
		c.srv.opts.Log.Warn("a note could not be kept", "operator", c.who.Operator, "err", err)
		r.code, r.text = dial.Refused, "it could not be kept, try again"
	}
}

// noteFault is what is wrong with the text of a note; "" for nothing.
func noteFault(text string) string {
	switch {
	case len(text) > maxNote:
		return fmt.Sprintf("the text is longer than %d bytes", maxNote)
	case !utf8.ValidString(text):
		return "the text is not UTF-8"
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return "the text holds a control character that is no newline and no tab"
	}
	return ""
}

// keep keeps n, whose call is in progress, or over.
func (s *Server) keep(ctx context.Context, who *SignedIn, n pbx.Note) (pbx.Note, error) {
	part, is, err := s.opts.Picture.PartOf(ctx, who.Operator, who.Generation, pbx.CallID(n.Uniqueid))
	if err != nil {
		return n, err
	}
	if is {
		n.Call, n.Uniqueid, n.Service = part.Call, part.Uniqueid, part.Service
	}
	return s.opts.Notes.Note(ctx, who.agent(), n, s.disposes)
}

// disposes says whether a service has a disposition.
func (s *Server) disposes(service, disposition string) bool {
	cfg := s.opts.Config.Now()
	return cfg != nil && slices.ContainsFunc(cfg.Services, func(one config.Service) bool {
		return one.Name == service && slices.Contains(one.Dispositions, disposition)
	})
}

// notes runs f, which reads or writes notes of the agent, and tells what it returns to all his
// screens. One after the other: what is told last is what is true. It does not end with ctx once
// it has begun, lest something is kept that nobody is told.
func (in *SignedIn) notes(ctx context.Context, f func(context.Context, *pace) ([]pbx.Note, error)) error {
	var p pace
	select {
	case p = <-in.noting:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { in.noting <- p }()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), notePatience)
	defer cancel()
	list, err := f(ctx, &p)
	if err != nil {
		return err
	}
	for i := range list {
		if err := in.srv.opts.Picture.Post(ctx, in.Operator, in.Generation, &pbx.Notice{ID: pbx.NoticeNote, Note: &list[i]}); err != nil {
			return fmt.Errorf("tell: %w", err)
		}
	}
	return nil
}

// recall has the notes of the calls that were in progress at the snapshot told. Other screens of
// the agent are told them again, which is no harm.
func (c *client) recall(ctx context.Context) {
	calls := c.calls
	if c.calls = nil; len(calls) == 0 || c.srv.opts.Notes == nil {
		return
	}
	c.ask(func() {
		err := c.who.notes(ctx, func(ctx context.Context, _ *pace) ([]pbx.Note, error) {
			return c.srv.opts.Notes.Notes(ctx, c.who.agent(), calls)
		})
		if err != nil && ctx.Err() == nil {
			c.srv.opts.Log.Warn("notes could not be read", "operator", c.who.Operator, "err", err)
		}
	})
}
