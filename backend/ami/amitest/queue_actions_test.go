package amitest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// TestQueueConversation says what a client said to a real Asterisk and compares
// every answer and every event.
func TestQueueConversation(t *testing.T) {
	for _, tt := range []struct {
		dialect amitest.Dialect
		file    string
		setup   func(*amitest.Server)
		not     []string // actions that are not simulated
	}{
		{"22", "queue-members", func(s *amitest.Server) {
			s.AddQueue(amitest.Queue{Name: "static-queue", RingInUse: true, Members: []amitest.Member{{Interface: "PJSIP/201", Name: "Agent 201"}, {Interface: "PJSIP/202", Name: "Agent 202", Penalty: 1}}})
			s.AddQueue(amitest.Queue{Name: "astcti-queue"})
			s.AddQueue(amitest.Queue{Name: "rna-queue", Strategy: amitest.Linear})
		}, []string{"QueueSummary", "QueueReset", "QueueLog"}},
		{"1.4", "queue-actions", func(s *amitest.Server) {
			s.AddPhone(amitest.Phone{Extension: "209", Does: amitest.Unregistered})
			for _, q := range []string{"astcti-queue-strict", "astcti-queue-ev", "astcti-queue"} {
				s.AddQueue(amitest.Queue{Name: q})
			}
		}, nil},
	} {
		t.Run(string(tt.dialect), func(t *testing.T) {
			s := listen(t, amitest.Options{Dialect: tt.dialect, Clock: amitest.Manual(epoch)})
			s.AddPhone(amitest.Phone{Extension: "201"})
			s.AddPhone(amitest.Phone{Extension: "202"})
			tt.setup(s)
			c := dial(t, s)
			c.login(everything)
			c.events()
			sent, err := os.ReadFile(filepath.Join("testdata", string(tt.dialect), tt.file+".sent.txt"))
			if err != nil {
				t.Fatal(err)
			}
			var got, left []string
			for _, action := range parse(string(sent)) {
				if slices.Contains(tt.not, action.get("Action")) {
					left = append(left, action.get("ActionID"))
					continue
				}
				var headers []string
				for _, h := range action[1:] {
					headers = append(headers, h.name+": "+h.value)
				}
				_, _ = c.conn.Write([]byte("Action: " + action[0].value + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"))
			}
			for _, m := range c.events() {
				got = append(got, plain(m))
			}
			var want []string
			for _, m := range readCut(t, tt.dialect, tt.file) {
				if !slices.Contains(left, m.get("ActionID")) {
					want = append(want, plain(m))
				}
			}
			// Members and queues stand in a hash there: within the lists the order is its own.
			slices.Sort(want)
			slices.Sort(got)
			diff(t, "messages", want, got)
		})
	}
}

// plain is a message without what depends on the hour and on calls before.
func plain(m message) string {
	var b strings.Builder
	for _, h := range m {
		switch h.name {
		case "LoginTime", "LastPause", "Holdtime", "Completed", "Abandoned":
			if h.value != "0" {
				h.value = "n"
			}
			if h.name != "LastPause" {
				h.value = "any"
			}
		}
		b.WriteString(h.name + ": " + h.value + "|")
	}
	return b.String()
}
