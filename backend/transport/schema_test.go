package transport

import (
	"regexp"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/schematest"
)

// noCommand is what is answered to what is no command, or one without what it needs.
var noCommand = regexp.MustCompile(`code"?[=:]"(malformed|unknown-command)"|KO (usage: |unknown command|not a name|the line )`)

// TestConversationsAreDocumented: all that is said in the conversations, which the
// server is held to, is as docs/schemas, docs/events.xsd and docs/asyncapi.yaml have
// it. So are the client's commands that the server carries out, and those that it does
// not understand are not.
func TestConversationsAreDocumented(t *testing.T) {
	d, err := schematest.Load("../../docs", true)
	if err != nil {
		t.Fatal(err)
	}
	var server, understood, not []string
	for _, c := range conversations(t) {
		for i, s := range c.steps {
			switch {
			case s.who == "" || strings.HasPrefix(s.text, "(closed"):
			case s.who[0] == 'S':
				server = append(server, s.text)
			case noCommand.MatchString(answerTo(c, i)):
				not = append(not, s.text)
			case !strings.Contains(answerTo(c, i), " KO "):
				understood = append(understood, s.text)
			}
		}
	}
	if len(not) == 0 {
		t.Error("no conversation has a command that is none")
	}
	for _, said := range []struct {
		side  schematest.Side
		texts []string
		fine  bool
	}{{schematest.Server, server, true}, {schematest.Client, understood, true}, {schematest.Client, not, false}} {
		faults, err := d.Check(said.side, said.texts...)
		if err != nil {
			t.Fatal(err)
		}
		for i, fault := range faults {
			if (fault == nil) != said.fine {
				t.Errorf("%s\nagainst the documents: %v", said.texts[i], fault)
			}
		}
	}
}

// answerTo is what the server says next to who says step i.
func answerTo(c conversation, i int) string {
	for _, s := range c.steps[i+1:] {
		if s.who == "S"+c.steps[i].who[1:] {
			return s.text
		}
	}
	return ""
}
