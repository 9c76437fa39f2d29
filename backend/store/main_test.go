package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/asteriskcti/asteriskcti/backend/config"
)

func TestMain(m *testing.M) {
	if step := os.Getenv(dieAt); step != "" {
		publishAndDie(step)
		return
	}
	goleak.VerifyTestMain(m)
}

// open opens a data folder until the test's end.
func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

const siteXML = `<?xml version="1.0" encoding="UTF-8"?>
<asteriskcti version="1">
  <services>
    <service name="Support" context="astcti-support" type="inbound" queue="astcti-queue" trigger="browser" application="https://crm.example/" param_string="?data={calldata}" after_call="30" enabled="true">
      <variable name="calldata"/><variable name="account"/>
      <operator username="ada" penalty="1"/><operator username="grace"/>
    </service>
    <service name="Out" context="from-internal" type="outbound" caller_id="Acme &lt;+390551234&gt;"><allow prefix="+39"/><allow prefix="0"/><deny prefix="+39899"/><operator username="ada"/></service>
  </services>
  <seats>
    <seat mac="00-11-22-33-44-55" extension="PJSIP/201" description="Desk 1"/>
  </seats>
  <operators>
    <operator username="ada" fullname="Ada Lovelace" password="hunter2-correct-horse"/>
    <operator username="grace" fullname="Grace Hopper" md5="5ebe2294ecd0e0f08eab7690d2a6ee69"/>
    <operator username="gone" enabled="false"/>
  </operators>
  <pauses><pause reason="Lunch"/><pause reason="Coffee"/></pauses>
</asteriskcti>
`

// hashedXML is the same site with its passwords hashed already, by some other pepper:
// tests of other things need not wait for it.
var hashedXML = strings.NewReplacer(
	`password="hunter2-correct-horse"`, `verifier="`+verifier+`"`, `md5="5ebe2294ecd0e0f08eab7690d2a6ee69"`, `verifier="`+verifier+`"`,
).Replace(siteXML)

var verifier = "$cti1$k=0123abcd$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)

// document reads XML that is valid.
func document(t *testing.T, xml string) *config.Document {
	t.Helper()
	d, err := config.ReadXML(strings.NewReader(xml), "test.xml")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// seats is a small valid document, told apart by its seat's description.
func seats(t *testing.T, description string) *config.Document {
	return document(t, `<asteriskcti version="1"><seats><seat mac="00:11:22:33:44:55" extension="SIP/1" description="`+description+`"/></seats></asteriskcti>`)
}

func export(t *testing.T, s *Store) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.ExportXML(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// names lists a folder, hidden files too.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func readPublished(t *testing.T, dir, file string) *config.Snapshot {
	t.Helper()
	s, err := config.ReadSQLite(t.Context(), filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
