package asterisk_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// nameless are the events that may tell of a channel by its name, or of none.
var nameless = map[pbx.EventKind]bool{
	pbx.AgentCalled: true, pbx.BlindTransfer: true, pbx.AttendedTransfer: true, pbx.Park: true, pbx.Unpark: true,
	pbx.OptimizeBegin: true, pbx.OptimizeEnd: true, pbx.OriginateResponse: true,
	pbx.QueueMember: true, pbx.QueueMemberRemoved: true, pbx.QueueMemberPaused: true,
}

// FuzzTranslate holds that no bytes make the translation panic, that what is not
// wanted does not come, and that an event always tells of a channel.
func FuzzTranslate(f *testing.F) {
	for _, name := range []string{"1.4-queue", "11-queue", "22-vars-injection"} {
		b, err := os.ReadFile("testdata/" + name + ".ami")
		if err != nil {
			f.Fatal(err)
		}
		for m := range bytes.SplitAfterSeq(b, []byte("\r\n\r\n")) {
			f.Add(m)
		}
	}
	w := &asterisk.Wanted{Variables: map[string]bool{"calldata": true}, Contexts: map[string]bool{"astcti-service": true}}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, w := range []*asterisk.Wanted{nil, w} {
			r := ami.NewReader(bytes.NewReader(in))
			for {
				m, err := r.Next()
				if err != nil {
					break
				}
				for _, e := range asterisk.Translate(m, w, nil) {
					if e.Channel.ID == "" && e.Dest.ID == "" && !nameless[e.Kind] {
						t.Errorf("%s tells of no channel", words(e))
					}
					if w != nil && (e.Kind == pbx.VarSet && e.Variable != "calldata" || e.Kind == pbx.NewExten && e.Channel.Context != "astcti-service") {
						t.Errorf("%s is not wanted", words(e))
					}
				}
			}
		}
	})
}
