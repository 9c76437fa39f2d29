package schematest

import (
	"strings"
	"testing"
)

const docs = "../../docs"

func TestCheck(t *testing.T) {
	d, err := Load(docs, true)
	if err != nil {
		t.Fatal(err)
	}
	const bye = `<bye code="slow">too slow</bye>`
	for _, c := range []struct {
		side  Side
		frame string
		want  string // in the fault; "" for none
	}{
		{Server, bye, ""},
		{Server, `<bye code="tired"></bye>`, "'tired' is not an element of the set"},
		{Server, `<bye></bye>`, "'code' is required"},
		{Server, bye + bye, "2 elements"},
		{Server, bye + "x", "text outside"},
		{Server, `<bye code="slow">`, "unexpected EOF"},
		{Server, "<!-- -->" + bye, "xml.Comment"},
		{Server, "<bye code=\"slow\">\n</bye>", "more than one line"},
		{Server, `<command id="1" name="ping"/>`, "not of this side"},
		{Client, `<command id="1" name="ping"/>`, ""},
		{Client, bye, "not of this side"},
		{Server, `{"type":"bye","code":"slow","reason":""}`, ""},
		{Server, `{"type":"bye","code":"slow"}`, "missing property 'reason'"},
		{Server, `{"type":"bye","code":"slow","reason":"","more":1}`, "additional properties 'more'"},
		{Server, `{"id":"1","command":"ping"}`, "oneOf"},
		{Server, `{`, "EOF"},
		{Client, `{"id":"1","command":"ping"}`, ""},
		{Client, `{"id":"","command":"ping"}`, "minLength"},
		{Server, "100 OK", ""},
		{Server, "500 LINK DOWN the cable", ""},
		{Server, "102 KO", "does not match pattern"},
		{Client, "NOOP", ""},
		{Client, "100 OK", "oneOf"},
	} {
		faults, err := d.Check(c.side, c.frame)
		if err != nil {
			t.Fatal(err)
		}
		if fault := faults[0]; (fault == nil) != (c.want == "") || fault != nil && !strings.Contains(fault.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.frame, fault, c.want)
		}
	}
	faults, err := d.Check(Server, bye, `<bye code="a"></bye>`, "100 OK", `<bye></bye>`, bye)
	if err != nil || faults[0] != nil || faults[1] == nil || faults[2] != nil || faults[3] == nil || faults[4] != nil {
		t.Errorf("in one run: %v, %v", faults, err)
	}
}

// TestWithoutXmllint: where it is missing tests fail and say what to do.
func TestWithoutXmllint(t *testing.T) {
	d, err := Load(docs, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := d.Check(Server, `<bye code="slow"></bye>`); err == nil || !strings.Contains(err.Error(), "make install") {
		t.Error(err)
	}
}

func TestCollector(t *testing.T) {
	var c Collector
	if err := c.Check("nowhere", Server); err != nil {
		t.Error(err)
	}
	c.Add("100 OK", `<bye code="slow"></bye>`, "100 OK")
	if err := c.Check(docs, Server); err != nil {
		t.Error(err)
	}
	c.Add(`<bye code="tired"></bye>`, "900")
	err := c.Check(docs, Server)
	if err == nil || strings.Count(err.Error(), "is not as documented") != 2 {
		t.Error(err)
	}
	if err := c.Check("nowhere", Server); err == nil {
		t.Error("documents from nowhere")
	}
}
