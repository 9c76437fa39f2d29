package store

import (
	"testing"
	"time"
)

// TestLedger: what is noted is there for the next process, in whatever case it is written.
func TestLedger(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx, since := t.Context(), time.UnixMilli(1_700_000_000_123)
	for _, err := range []error{
		s.PutQueueMember(ctx, "Help", "PJSIP/201", "ada"), s.PutQueueMember(ctx, "help", "pjsip/201", "ada"), s.PutQueueMember(ctx, "sales", "PJSIP/201", "ada"),
		s.PutPause(ctx, "ada", "Lunch", since), s.PutPause(ctx, "Ada", "", since), s.PutPause(ctx, "bob", "Break", since),
		s.DeleteQueueMember(ctx, "SALES", "pjsip/201"), s.DeleteQueueMember(ctx, "none", "PJSIP/201"),
		s.DeletePause(ctx, "BOB"), s.DeletePause(ctx, "nobody"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, dir)
	members, err := again.QueueMembers(ctx)
	if err != nil || len(members) != 1 || members[0].Operator != "ada" || members[0].Added == 0 {
		t.Errorf("%+v, %v", members, err)
	}
	pauses, err := again.Pauses(ctx)
	if err != nil || len(pauses) != 1 || pauses[0].Reason != "" || pauses[0].Since != since.UnixMilli() {
		t.Errorf("%+v, %v", pauses, err)
	}
}
