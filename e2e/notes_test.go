package e2e_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/tape"
)

const notesXML = `<?xml version="1.0" encoding="UTF-8"?>
<asteriskcti version="1">
  <services>
    <service name="Sales" context="` + lab.SalesContext + `" type="inbound" trigger="browser" application="http://127.0.0.1:9/c" param_string="n={callerid_num}" target="window" enabled="true" allow_http="true">
      <disposition name="Sold"/>
      <operator username="op201" penalty="0"/>
    </service>
  </services>
  <seats><seat mac="00:11:22:33:02:01" extension="PJSIP/201" description=""/></seats>
  <operators><operator username="op201" fullname="Agent 201" password="password of 201" enabled="true"/></operators>
</asteriskcti>
`

// hooked is what a webhook has brought.
type hooked struct {
	Type string
	Data struct {
		Operator, Uniqueid, Service, Disposition, Text, Outcome string
		Caller                                                  struct{ Number string }
		Note                                                    struct{ Disposition, Text string }
	}
	id    string
	taken bool
}

// receiver is another system, which takes deliveries while open says so.
func receiver(t *testing.T, key []byte) (url, ca string, got *tape.Tape[hooked], open *atomic.Bool) {
	t.Helper()
	got, open = tape.New[hooked](), new(atomic.Bool)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		h := hooked{id: r.Header.Get("Webhook-Id"), taken: open.Load()}
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", h.id, r.Header.Get("Webhook-Timestamp"), body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); err != nil || r.Header.Get("Webhook-Signature") != want {
			t.Errorf("%v is not signed by the server, %v", r.Header, err)
		}
		if err := json.Unmarshal(body, &h); err != nil {
			t.Error(err)
		}
		if got.Add(h); !h.taken {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.URL + "/hook", ca, got, open
}

// TestNotes: an agent talks on real Asterisk 22 and writes a note, also when the call is over. At
// another screen he sees it, and another system is told of it and of the call, though it is out
// of order at first and the server is started anew meanwhile.
func TestNotes(t *testing.T) {
	t.Parallel()
	stage, c := openStage(t, 22, lab.PJSIP)
	key := []byte("a key that nobody else has, so far")
	url, ca, got, open := receiver(t, key)
	server := serve(t, astcti.Options{
		AMI: c.Addr(), User: lab.ManagerUser, Secret: lab.ManagerSecret, XML: notesXML,
		More: fmt.Sprintf("webhook: {url: %q, secret: whsec_%s, ca_file: %q}\n", url, base64.StdEncoding.EncodeToString(key), ca),
	})
	stage.Must(server.Ready(stage.Soon()))
	open201 := func(encoding string) *client.Browser {
		b, err := client.Open(stage.Soon(), server.HTTP, "op201", "password of 201", "201", encoding)
		stage.Must(err)
		t.Cleanup(b.Close)
		return b
	}
	page := open201(client.JSON)
	stage.Begin(t)
	note := func(want, uniqueid, disposition, text string) {
		t.Helper()
		e, err := page.Ask(stage.Soon(), "note", "uniqueid", uniqueid, "disposition", disposition, "text", text)
		stage.Must(err)
		if e.OK != (want == "") || e.Reason != want {
			t.Errorf("note %q: %s", text, e.Raw)
		}
	}
	customer, agent := stage.Served("300", "131")
	link, _, err := page.Events.Wait(stage.Soon(), 0, func(e client.Event) bool { return e.ID == "Link" && e.URL != "" })
	stage.Must(err)
	note("", link.Uniqueid, "Sold", "Two of them,\nto the <new> address")
	note("disposition", link.Uniqueid, "Bought", "")
	note("unknown-call", "1.1", "", "x")
	page.Close()
	stage.Must(page.Reopen(stage.Soon())) // loaded again
	again, _, err := page.Events.Wait(stage.Soon(), 0, client.Is("note"))
	stage.Must(err)
	if !strings.Contains(page.Snapshot, `"notes":true`) || !strings.Contains(again.Raw, `"disposition":"Sold","text":"Two of them,\nto the \u003cnew\u003e address"`) {
		t.Errorf("after a reload: %s", again.Raw)
	}
	stage.HangUp(customer)
	stage.Ended(agent)
	_, _, err = page.Events.Wait(stage.Soon(), 0, client.Is("Hangup"))
	stage.Must(err)
	note("", link.Uniqueid, "Sold", "Three of them") // at once: the call may not be written yet

	stage.Must(server.Stop())
	open.Store(true)
	stage.Must(server.Restart())
	stage.Must(server.Ready(stage.Soon()))
	was := map[string]string{}
	for mark := 0; len(was) < 2; { // the first note is not told any more
		h, next, err := got.Wait(stage.Soon(), mark, func(h hooked) bool { return h.taken })
		stage.Must(err)
		mark = next
		d := h.Data
		if d.Operator != "op201" || d.Uniqueid != link.Uniqueid || d.Service != "Sales" {
			t.Errorf("told %+v", h)
		}
		was[h.id] = fmt.Sprint(h.Type, d.Disposition, d.Text, d.Caller.Number, d.Outcome, d.Note.Disposition)
	}
	told := map[string]bool{}
	for _, what := range was {
		told[what] = true
	}
	for _, want := range []string{"call.notedSoldThree of them", "call.ended300answeredSold"} {
		if !told[want] {
			t.Errorf("%q was not told: %v", want, told)
		}
	}
	page = open201(client.JSON)
	list, err := page.Get(stage.Soon(), "/api/history?q=three%20sold")
	stage.Must(err)
	if !strings.Contains(list, `"note":{"disposition":"Sold","text":"Three of them","at":`) {
		t.Errorf("the history has %s", list)
	}
}
