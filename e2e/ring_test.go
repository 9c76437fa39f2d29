package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/e2e/astcti"
	"github.com/asteriskcti/asteriskcti/e2e/client"
	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

// TestRing: a service opens its page while the agent's telephone rings, and not once more when he
// answers.
func TestRing(t *testing.T) {
	for _, version := range []int{22, 16} {
		t.Run(fmt.Sprint("asterisk ", version), func(t *testing.T) {
			t.Parallel()
			stage, c := openStage(t, version, lab.PJSIP)
			server := serve(t, astcti.Options{
				AMI: c.Addr(), User: lab.ManagerUser, Secret: lab.ManagerSecret,
				XML: strings.Replace(notesXML, `target="window"`, `target="window" open="ring"`, 1),
			})
			stage.Must(server.Ready(stage.Soon()))
			page, err := client.Open(stage.Soon(), server.HTTP, "op201", "password of 201", "201", client.JSON)
			stage.Must(err)
			t.Cleanup(page.Close)
			stage.Begin(t)
			stage.Phone("201")
			customer := stage.Call("300", "131")
			agent := stage.Rings("201")
			opens := func(e client.Event) bool { return e.URL != "" }
			e, mark, err := page.Events.Wait(stage.Soon(), 0, opens)
			stage.Must(err)
			if e.ID != "Newstate" || e.State != "Ringing" || e.URL != "http://127.0.0.1:9/c?n=300" {
				t.Errorf("it opens with %s", e.Raw)
			}
			stage.Moment()
			stage.Must(agent.Answer(stage.Soon()))
			stage.Talk("300", "201")
			stage.HangUp(customer)
			stage.Ended(agent)
			_, _, err = page.Events.Wait(stage.Soon(), 0, client.Is("Hangup"))
			stage.Must(err)
			for _, e := range page.Events.Since(mark) {
				if e.ID == "Link" && opens(e) {
					t.Errorf("it opens again with %s", e.Raw)
				}
			}
		})
	}
}
