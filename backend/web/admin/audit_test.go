package admin

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/audit"
)

// auditFile is an audit of a real file with a line of every kind.
func auditFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	log, err := audit.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for _, line := range []struct {
		event string
		attrs []slog.Attr
	}{
		{eventEdited, audit.Edited("ed", "192.0.2.7", "operator", "ada", "changed", []audit.Change{{Field: "fullname", Old: "Ada", New: `Ada <b>`}, {Field: "verifier", Old: "********", New: "********"}})},
		{eventEdited, audit.Edited("ed", "192.0.2.7", "seat", "PJSIP/201", "removed", nil)},
		{eventApplied, []slog.Attr{slog.String("by", "ed")}},
		{eventIn, []slog.Attr{slog.String("by", "vi"), slog.String("from", "192.0.2.9")}},
		{eventRefused, []slog.Attr{slog.String("from", "192.0.2.66"), slog.String("name", "")}},
		{"originate", []slog.Attr{slog.String("operator", "ada"), slog.String("number", "+390551234567"), slog.String("decision", "denied"), slog.String("why", "abroad")}},
		{"a.later.version", []slog.Attr{slog.String("by", "ed"), slog.String("word", "<script>alert(1)</script>")}},
	} {
		if err := log.Log(t.Context(), line.event, line.attrs...); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// TestAuditPage: every line in words; what the reader may not see is masked; filters.
func TestAuditPage(t *testing.T) {
	path := auditFile(t)
	s := newSite(t, func(o *Options) { o.AuditFile = path })
	ed, vi := s.as("editor"), s.as("viewer")
	all := ed.get("/admin/audit").wants(http.StatusOK, "changed the operator ada", "removed the seat PJSIP/201", "applied the configuration", "Sign-in refused",
		"was not allowed to call &#43;390551234567", "a.later.version", "&lt;script&gt;", "Ada &lt;b&gt;", "192.0.2.7")
	if strings.Contains(all.body, "<script>alert") || strings.Contains(all.body, "$cti1$") {
		t.Error("a value stands in the page as it is")
	}
	if masked := vi.get("/admin/audit").wants(http.StatusOK, "39•••••••567"); strings.Contains(masked.body, "390551234567") {
		t.Error("a viewer sees a number")
	}
	one := ed.get("/admin/audit?group=managers&text=192.0.2.9", part).wants(http.StatusOK, "signed in")
	if strings.Contains(one.body, "refused") || strings.Contains(one.body, "<!doctype") {
		t.Errorf("the filter let too much through: %s", one.body)
	}
	ed.get("/admin/audit?text=nothing+holds+this").wants(http.StatusOK, "Nothing matches")
	ed.get("/admin/audit?from=2001-02-30&to=x&before=x&group=x").wants(http.StatusOK, "applied the configuration")
	ed.get("/admin/audit?to=2001-01-01").wants(http.StatusOK, "Nothing matches")
}

// TestAuditExport: a file for a spreadsheet or a program, with the page's filter; who took
// it is in the audit.
func TestAuditExport(t *testing.T) {
	path := auditFile(t)
	s := newSite(t, func(o *Options) { o.AuditFile = path })
	s.as("viewer").get("/admin/audit/export").wants(http.StatusForbidden)
	ed := s.as("editor")
	csv := ed.get("/admin/audit/export?group=calls").wants(http.StatusOK, "originate", "+390551234567")
	if !strings.Contains(csv.Header.Get("Content-Disposition"), `.csv"`) || strings.Contains(csv.body, "applied") {
		t.Errorf("%v %s", csv.Header, csv.body)
	}
	lines := ed.get("/admin/audit/export?form=jsonl").wants(http.StatusOK)
	if n, err := audit.Verify(strings.NewReader(lines.body)); err != nil || n != 7 {
		t.Errorf("%d lines, %v", n, err)
	}
	if !s.audit.has(eventExported, "by=ed", "kind=audit") {
		t.Errorf("%v", s.audit.lines)
	}
}

func TestMaskNumber(t *testing.T) {
	for number, want := range map[string]string{"": "", "201": "•••", "123456": "••••••", "1234567": "123•567", "+390551234567": "+39•••••••567"} {
		if got := maskNumber(number); got != want {
			t.Errorf("maskNumber(%q) = %q, want %q", number, got, want)
		}
	}
}
