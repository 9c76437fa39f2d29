package e2e_test

import (
	"time"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/site"
)

// reasonChanges: who is paused and pauses for another reason is paused for that in Asterisk.
func reasonChanges(f *floor) {
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	f.answers(d, "PAUSE IN Lunch", "300 OK")
	f.answers(d, "PAUSE IN Break", "300 OK")
	f.becomes(lab.AgentsQueue, site.Ada, &member{3, "Break"})
	f.answers(d, "PAUSE OUT", "300 OK")
	f.quit(d, site.Ada)
}

func pauseAfterWork(f *floor) {
	f.Phone(site.Ada.Phone())
	d := f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
	c, a, _ := f.served(d)
	f.answers(d, "PAUSE AFTER Break", "300 OK")
	f.HangUp(a)
	f.Ended(c)
	f.becomes(lab.AgentsQueue, site.Ada, &member{3, "Break"})
	f.answers(d, "PAUSE OUT", "300 OK")
	f.quit(d, site.Ada)
}

func stopsAtOnce(f *floor) {
	for range 4 {
		f.signedIn(site.Ada, lab.AgentsQueue, lab.AgentsSecond)
		began := time.Now()
		f.Must(f.server.Stop())
		if took := time.Since(began); took > 3*time.Second {
			f.t.Errorf("the server needed %v to stop", took)
		}
		f.Must(f.server.Restart())
		f.Must(f.server.Ready(f.Soon()))
	}
}
