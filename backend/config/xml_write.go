package config

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// WriteXML writes the XML form, canonical: one configuration has one text, whatever
// it was read from, so that two exports can be compared line by line. Passwords
// appear as verifiers only.
func WriteXML(w io.Writer, s *Snapshot) error {
	out := &xmlWriter{w: bufio.NewWriter(w)}
	out.text(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<asteriskcti version="1">` + "\n  <services>\n")
	for i := range s.Services {
		out.service(&s.Services[i])
	}
	out.text("  </services>\n  <seats>\n")
	for _, seat := range s.Seats {
		out.element("    <seat", "mac", seat.MAC, "extension", seat.Extension, "description", seat.Description)
		out.text("/>\n")
	}
	out.text("  </seats>\n  <operators>\n")
	for _, o := range s.Operators {
		out.element("    <operator", "username", o.Username, "fullname", o.FullName, "verifier", o.Verifier, "enabled", strconv.FormatBool(o.Enabled))
		out.text("/>\n")
	}
	out.text("  </operators>\n  <pauses>\n")
	for _, reason := range s.PauseReasons {
		out.element("    <pause", "reason", reason)
		out.text("/>\n")
	}
	out.text("  </pauses>\n")
	if l := s.Limits; l != (Limits{}) {
		out.element("  <limits", "after_call", strconv.Itoa(l.AfterCall), "per_minute", strconv.Itoa(l.PerMinute), "per_hour", strconv.Itoa(l.PerHour))
		out.text("/>\n")
	}
	out.text("</asteriskcti>\n")
	if err := out.w.Flush(); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}

// xmlWriter leaves errors to the Flush of its buffer, which keeps the first.
type xmlWriter struct{ w *bufio.Writer }

func (x *xmlWriter) text(s string) { _, _ = x.w.WriteString(s) }

// element writes a start tag without its end, from pairs of name and value.
func (x *xmlWriter) element(start string, pairs ...string) {
	x.text(start)
	for ; len(pairs) >= 2; pairs = pairs[2:] {
		x.text(" " + pairs[0] + `="`)
		_ = xml.EscapeText(x.w, []byte(pairs[1]))
		x.text(`"`)
	}
}

func (x *xmlWriter) service(s *Service) {
	x.element("    <service", "name", s.Name, "context", s.Context, "type", s.Type, "queue", s.Queue,
		"trigger", s.Trigger, "application", s.Application, "param_string", s.ParamString, "target", s.Target,
		"allow_http", strconv.FormatBool(s.AllowHTTP))
	if s.OpenAt != Answer {
		x.element("", "open", s.OpenAt)
	}
	if s.AfterCall != InheritAfterCall {
		x.element("", "after_call", strconv.Itoa(s.AfterCall))
	}
	x.element("", "caller_id", s.CallerID, "enabled", strconv.FormatBool(s.Enabled))
	if len(s.Variables)+len(s.Dispositions)+len(s.Allow)+len(s.Deny)+len(s.Operators) == 0 {
		x.text("/>\n")
		return
	}
	x.text(">\n")
	for _, name := range s.Variables {
		x.element("      <variable", "name", name)
		if label := s.Labels[name]; label != "" {
			x.element("", "label", label)
		}
		x.text("/>\n")
	}
	for _, name := range s.Dispositions {
		x.element("      <disposition", "name", name)
		x.text("/>\n")
	}
	for _, prefix := range s.Allow {
		x.element("      <allow", "prefix", prefix)
		x.text("/>\n")
	}
	for _, prefix := range s.Deny {
		x.element("      <deny", "prefix", prefix)
		x.text("/>\n")
	}
	for _, a := range s.Operators {
		x.element("      <operator", "username", a.Username, "penalty", strconv.Itoa(a.Penalty))
		x.text("/>\n")
	}
	x.text("    </service>\n")
}
