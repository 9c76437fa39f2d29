package config

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// form wraps elements in the root.
func form(inside string) string { return `<asteriskcti version="1">` + inside + `</asteriskcti>` }

func TestXMLRoundTrip(t *testing.T) {
	want := siteSnapshot()
	first := text(t, want)
	d, err := ReadXML(strings.NewReader(first), "folder/site.xml")
	if err != nil {
		t.Fatal(err)
	}
	if d.Source != "site.xml" || d.Secrets() != 0 {
		t.Errorf("source %q, secrets %d", d.Source, d.Secrets())
	}
	got, err := d.Resolve(t.Context(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if second := text(t, got); second != first {
		t.Errorf("written:\n%s\nread back:\n%s", first, second)
	}
	for _, part := range []string{
		`<service name="Support" context="astcti-support" type="inbound" queue="astcti-queue" trigger="browser" application="https://crm.example/open" param_string="?data={calldata}&amp;who={callerid_num}" target="pane" allow_http="false" open="ring" after_call="30" caller_id="" enabled="true">`,
		`after_call="3600" caller_id="&#34;Müller &amp; Co, Roma&#34; &lt;+390655512&gt;" enabled="true">
      <disposition name="Reached"/>
      <allow prefix="+39"/>
      <allow prefix="0"/>
      <deny prefix="#"/>
      <deny prefix="+39899"/>
      <operator username="ada" penalty="0"/>`,
		"  <pauses>\n    <pause reason=\"Lunch\"/>\n    <pause reason=\"&#34;Quiet&#34; &lt;work&gt; &amp; über\"/>\n    <pause reason=\"Break\"/>\n  </pauses>\n",
		`target="window" allow_http="false" caller_id="" enabled="true">`, "  </pauses>\n  <limits after_call=\"15\" per_minute=\"4\" per_hour=\"0\"/>\n</asteriskcti>\n",
		`      <variable name="calldata" label="Account = &#34;no.&#34; &lt;&amp;&gt;"/>
      <variable name="account"/>
      <disposition name="Sold"/>
      <disposition name="Rückruf &amp; &lt;mehr&gt;"/>
      <operator username="ada"`, `<operator username="ada" penalty="2"/>`,
		`<seat mac="00:11:22:33:44:66" extension="SIP/202" description="&#34;Desk&#34; &lt;2&gt; &amp; läuft"/>`,
		`<operator username="gone" fullname="" verifier="" enabled="false"/>`,
	} {
		if !strings.Contains(first, part) {
			t.Errorf("lacks %s:\n%s", part, first)
		}
	}
}

// TestXMLDefaults: what the form leaves out.
func TestXMLDefaults(t *testing.T) {
	d, err := ReadXML(strings.NewReader("\ufeff"+form(`<services><service name="S" context="c" type="inbound"><!-- no queue --><operator username="ada"/></service></services>
		<operators><operator username="ada" password="pässword"/><operator username="bob" md5="5EBE2294ECD0E0F08EAB7690D2A6EE69"/></operators>`)), "x.xml")
	if err != nil {
		t.Fatal(err)
	}
	h := &fakeHasher{}
	var progress []int
	s, err := d.Resolve(t.Context(), h, func(done, total int) { progress = append(progress, done, total) })
	if err != nil {
		t.Fatal(err)
	}
	service := s.Services[0]
	if !service.Enabled || service.Trigger != Browser || service.Target != Window || service.AllowHTTP || service.OpenAt != Answer || service.Labels != nil || service.Dispositions != nil || service.AfterCall != InheritAfterCall || s.Limits != (Limits{}) || service.CallerID != "" || service.Allow != nil || service.Deny != nil || service.Template() != nil || service.Operators[0].Penalty != 0 {
		t.Errorf("%+v", service)
	}
	if !slices.Equal(s.PauseReasons, []string{"Break", "Lunch", "Meeting"}) {
		t.Errorf("reasons %q", s.PauseReasons)
	}
	if o, _ := s.Operator("bob"); o.Verifier != verifier || !o.Enabled {
		t.Errorf("%+v", o)
	}
	if d.Secrets() != 2 || h.md5s.Load() != 1 || h.passwords.Load() != 1 || len(progress) != 4 || progress[2] != 2 || progress[3] != 2 {
		t.Errorf("secrets %d, progress %v", d.Secrets(), progress)
	}
	for _, o := range d.Operators {
		if shown := strings.Join([]string{o.String(), o.GoString(), o.LogValue().String()}, " "); strings.Contains(shown, "p") {
			t.Errorf("shows %s", shown)
		}
	}
}

func TestXMLRefuses(t *testing.T) {
	const line2 = "<asteriskcti version=\"1\">\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "holds no configuration"},
		{"only a declaration", `<?xml version="1.0"?>`, "holds no configuration"},
		{"not XML", "hello", "text \"hello\""},
		{"another root", `<html><body/></html>`, "line 1: <html>: unknown element: expected here: asteriskcti"},
		{"no version", `<asteriskcti/>`, `attribute version: "": this program reads version="1"`},
		{"newer version", `<asteriskcti version="2"/>`, `"2": this program reads version="1"`},
		{"two roots", form("") + form(""), "comes a second time"},
		{"two lists", form("<seats/><seats/>"), "<seats>: comes a second time"},
		{"slip in an element", line2 + "<service/></asteriskcti>", "line 2: <service>: unknown element: did you mean services?"},
		{"slip in an attribute", line2 + "\n<seats>\n<seat mac=\"00:11:22:33:44:55\" extensoin=\"SIP/1\" extension=\"SIP/1\"/></seats></asteriskcti>", "line 4: <seat>, attribute extensoin: unknown attribute: did you mean extension?"},
		{"element inside a leaf", form(`<seats><seat mac="00:11:22:33:44:55" extension="SIP/1"><b/></seat></seats>`), "<b>: unknown element: nothing is expected here"},
		{"attribute twice", form(`<seats><seat mac="00:11:22:33:44:55" mac="00:11:22:33:44:56" extension="SIP/1"/></seats>`), "attribute mac: comes twice"},
		{"namespace", `<asteriskcti xmlns="urn:x" version="1"/>`, "<asteriskcti>: unknown element"},
		{"prefixed attribute", form(`<seats><seat x:mac="" mac="00:11:22:33:44:55" extension="SIP/1"/></seats>`), "attribute mac: unknown attribute"},
		{"text", line2 + "<seats>\nhello</seats></asteriskcti>", "text \"hello\""},
		{"CDATA", form(`<seats><![CDATA[x]]></seats>`), "text \"x\""},
		{"processing instruction", form(`<?php echo 1 ?>`), "<?php?>: processing instructions"},
		{"document type", `<!DOCTYPE asteriskcti SYSTEM "http://x/">` + form(""), "document types and entities are refused"},
		{"entity bomb", `<!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>` + form("&b;"), "document types and entities are refused"},
		{"unknown entity", form("&lol;"), "not well-formed XML: invalid character entity &lol;"},
		{"cut", line2 + "<seats>", "line 2: not well-formed XML: unexpected EOF"},
		{"mixed ends", form("<seats></operators>"), "not well-formed XML"},
		{"unquoted", form("<seats a=b/>"), "not well-formed XML"},
		{"NUL", form("<seats>\x00</seats>"), "not well-formed XML"},
		{"bad UTF-8", form("<seats>\xff</seats>"), "not well-formed XML: invalid UTF-8"},
		{"Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?>` + form(""), "save it in UTF-8"},
		{"UTF-16", "\xff\xfe<\x00", "UTF-16: save it in UTF-8"},
		{"XML 1.1", `<?xml version="1.1"?>` + form(""), "version"},
		{"bool", form(`<operators><operator username="a" enabled="maybe" verifier="` + verifier + `"/></operators>`), `attribute enabled: "maybe": write true or false`},
		{"penalty", form(`<services><service name="S" context="c" type="inbound"><operator username="a" penalty="-1"/></service></services><operators><operator username="a" enabled="false"/></operators>`), `attribute penalty: "-1": write a number from 0 to 10000`},
		{"huge penalty", form(`<services><service name="S" context="c" type="inbound"><operator username="a" penalty="99999999999999999999"/></service></services><operators><operator username="a" enabled="false"/></operators>`), "attribute penalty:"},
		{"after-call work", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"inbound\" after_call=\"soon\"/></services></asteriskcti>", `line 3: <service>, attribute after_call: "soon": write a number from 0 to 3600`},
		{"long after-call work", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"inbound\" after_call=\"3601\"/></services></asteriskcti>", `line 3: service "S", after_call: 3601: write 0 to 3600 seconds`},
		{"caller id in plain", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"outbound\" caller_id=\"Acme <1>\"/></services></asteriskcti>", `line 3: not well-formed XML: unescaped < inside quoted string: write &lt; there`},
		{"caller id without number", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"outbound\" caller_id=\"Acme\"/></services></asteriskcti>", `line 3: service "S", caller_id: "Acme": write a number, or a name and a number`},
		{"prefix, with its line", line2 + "<services><service name=\"S\" context=\"c\" type=\"outbound\">\n<deny prefix=\"9\"/>\n<allow prefix=\"x\"/></service></services></asteriskcti>", `line 4: service "S", allow "x": write how the numbers begin`},
		{"prefix twice, with its line", line2 + "<services><service name=\"S\" context=\"c\" type=\"outbound\">\n<deny prefix=\"9\"/>\n<allow prefix=\"9\"/></service></services></asteriskcti>", `line 4: service "S", deny "9": is listed in allow already`},
		{"prefix of an inbound service", line2 + "<services><service name=\"S\" context=\"c\" type=\"inbound\">\n<deny prefix=\"9\"/></service></services></asteriskcti>", `line 3: service "S", deny: "9": only an outbound service dials numbers: remove it`},
		{"moment to open", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"inbound\" open=\"rings\"/></services></asteriskcti>", `line 3: service "S", open: "rings" is none of answer, ring; did you mean ring?`},
		{"opens at ring, calling out", line2 + "<services>\n<service name=\"S\" context=\"c\" type=\"outbound\" open=\"ring\"/></services></asteriskcti>", `line 3: service "S", open: no telephone rings for a call that goes out: write answer, or leave it out`},
		{"disposition without name", form(`<services><service name="S" context="c" type="inbound"><disposition/></service></services>`), `service "S", disposition "": is missing`},
		{"label of a disposition", form(`<services><service name="S" context="c" type="inbound"><disposition name="Sold" label="Sold"/></service></services>`), "<disposition>, attribute label: unknown attribute"},
		{"pause, with its line", line2 + "<pauses><pause reason=\"Tea\"/>\n<pause reason=\"Lunch|Tea\"/></pauses></asteriskcti>", `line 3: pause "Lunch|Tea", reason: holds '|'`},
		{"pause twice", line2 + "<pauses><pause reason=\"Tea\"/>\n<pause reason=\"tea\"/></pauses></asteriskcti>", `line 3: pause "tea", reason: pause "Tea" (line 2) has it as well`},
		{"pause without reason", line2 + "<pauses>\n<pause/></pauses></asteriskcti>", `line 3: pause "", reason: is missing: write why agents pause, for instance Lunch`},
		{"pause of another name", form(`<pauses><pause name="Tea"/></pauses>`), "<pause>, attribute name: unknown attribute"},
		{"limits, with their line", line2 + "<limits per_hour=\"36001\"/></asteriskcti>", "line 2: limits, per_hour: 36001: write 0 to 36000 calls"},
		{"limits without number", line2 + "<limits after_call=\"-1\"/></asteriskcti>", `line 2: <limits>, attribute after_call: "-1": write a number from 0 to 3600`},
		{"limits twice", form("<limits/><limits/>"), "<limits>: comes a second time"},
		{"empty password", form(`<operators><operator username="a" password="" enabled="false"/></operators>`), "attribute password: is empty"},
		{"two secrets", form(`<operators><operator username="a" password="x" verifier="` + verifier + `"/></operators>`), "give one of password, md5 and verifier"},
		{"md5", form(`<operators><operator username="a" md5="5ebe"/></operators>`), "attribute md5: write the 32 hex digits"},
		{"long password", form(`<operators><operator username="a" password="` + strings.Repeat("x", 257) + `"/></operators>`), "longer than 256 bytes"},
		{"deep", form(strings.Repeat("<a>", 100)), "deeper inside one another"},
		{"huge tag", form(`<seats ` + strings.Repeat(`a="" `, 60000) + `/>`), "a tag, comment or text is longer than 256 KiB"},
		{"huge value", form(`<seats a="` + strings.Repeat("a", 300<<10) + `"/>`), "longer than 256 KiB"},
		{"semantic, with its line", line2 + "<seats>\n\n<seat mac=\"x\" extension=\"SIP/1\"/></seats></asteriskcti>", `line 4: seat "SIP/1", mac: "x" is not a MAC`},
		{"semantic, of a member", line2 + "<services><service name=\"S\" context=\"c\" type=\"inbound\">\n<operator username=\"x\"/></service></services></asteriskcti>", `line 3: service "S", operator "x": no such operator`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadXML(strings.NewReader(c.text), "x.xml")
			faults, ok := errors.AsType[Faults](err)
			if !ok || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want one with %q", err, c.want)
			}
			for _, f := range faults {
				if strings.ContainsAny(f.String(), "\r\n\x00") || len(f.String()) > 500 {
					t.Errorf("a fault is not a line: %q", f)
				}
			}
		})
	}
}

// TestXMLTellsAll: unknown things do not hide each other.
func TestXMLTellsAll(t *testing.T) {
	_, err := ReadXML(strings.NewReader(form("<service><x/></service>\n<seats>\n<seat colour='red' mac='1' extension='2'/></seats><operators>text</operators>")), "x.xml")
	faults, _ := errors.AsType[Faults](err)
	if len(faults) != 5 {
		t.Errorf("%d faults:\n%v", len(faults), err)
	}
	for i := 1; i < len(faults); i++ {
		if faults[i].Line < faults[i-1].Line {
			t.Errorf("not in the order of the file:\n%v", err)
		}
	}
}

// tags is markup without end.
type tags struct{}

func (tags) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '<'
	}
	return len(p), nil
}

func TestXMLTooLarge(t *testing.T) {
	n, err := io.Copy(io.Discard, &boundedReader{r: tags{}})
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") || n > MaxFileSize {
		t.Errorf("%d bytes, then %v", n, err)
	}
}

func FuzzReadXML(f *testing.F) {
	s := siteSnapshot()
	var b strings.Builder
	if err := WriteXML(&b, s); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(b.String()))
	f.Add([]byte(form(`<operators><operator username="a" password="b"/><operator username="c" md5="5ebe2294ecd0e0f08eab7690d2a6ee69"/></operators>`)))
	f.Add([]byte(form(`<services><service name="S" context="c" type="outbound" after_call="5" caller_id="A, B &lt;+1&gt;"><allow prefix="+39"/><deny prefix="#1"/></service></services><pauses><pause reason="Tee &amp; Käse"/></pauses>`)))
	f.Add([]byte(form(`<services><service name="S" context="c" type="inbound" open="ring"><variable name="a" label="A = &lt;b&gt;"/><variable name="b"/><disposition name="Sold &amp; gone"/><disposition name="Später"/></service></services>`)))
	f.Add([]byte(form(`<services><service name="S" context="c" type="outbound" caller_id="&quot;&quot; &lt;1&gt;"/></services>`)))
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><asteriskcti version="1">&a;</asteriskcti>`))
	f.Add([]byte("\xef\xbb\xbf<asteriskcti version='1'><seats><seat mac='00-11-22-33-44-55' extension='SIP/1' description='a&#9;b'/></seats></asteriskcti>"))
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := ReadXML(strings.NewReader(string(in)), "x.xml")
		if err != nil {
			if faults, ok := errors.AsType[Faults](err); !ok || len(faults) == 0 {
				t.Fatalf("refused without faults: %v", err)
			}
			return
		}
		// What is accepted can be exported, and reads back as the same.
		resolved, err := d.Resolve(t.Context(), &fakeHasher{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := text(t, resolved)
		again, err := ReadXML(strings.NewReader(out), "x.xml")
		if err != nil {
			t.Fatalf("%v\nwritten: %s", err, out)
		}
		s, err := again.Resolve(t.Context(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if back := text(t, s); back != out {
			t.Fatalf("written:\n%s\nread back:\n%s", out, back)
		}
	})
}
