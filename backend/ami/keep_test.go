package ami_test

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// TestStrings holds that strings live on when their message does not, however many
// come, and that what comes again soon is the same piece of memory.
func TestStrings(t *testing.T) {
	const messages = 5000
	var b strings.Builder
	id := func(n int) string { return fmt.Sprintf("pbx-%d.%d", 1760000000+n/7, n) }
	value := func(n int) string { return strings.Repeat(string(rune('a'+n%26)), n%200) }
	for n := range messages {
		fmt.Fprintf(&b, "Event: VarSet\r\nUniqueid: %s\r\nLinkedid: %s\r\nValue: %s\r\n\r\n", id(n), id(n), value(n))
	}
	r := ami.NewReader(strings.NewReader(b.String()))
	ids, values := make([]string, messages), make([]string, messages)
	for n := range messages {
		m, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		ids[n] = m.String(ami.Uniqueid)
		if again := m.String(ami.Linkedid); unsafe.StringData(again) != unsafe.StringData(ids[n]) {
			t.Fatalf("%q is kept twice", again)
		}
		values[n] = m.String(ami.Value)
	}
	for n := range messages {
		if ids[n] != id(n) || values[n] != value(n) {
			t.Fatalf("message %d: %q, %q", n, ids[n], values[n])
		}
	}
}
