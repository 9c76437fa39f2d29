package web

import (
	"encoding/json"
	"testing"
)

func TestTicket(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Origins = []string{"https://crm.example"} })
	b := s.browser()
	ask := func(body string, headers ...header) *response { return b.do("POST", "/api/ticket", body, headers...) }
	ask(`{"origin":"https://crm.example"}`).wants(t, 401, "signed-out")
	b.signIn("ada", "201").wants(t, 200, "")
	ask(`{"origin":"https://evil.example"}`).wants(t, 403, "origin-not-allowed")
	ask(`{"origin":"https://crm.example"}`, with("Origin", "https://crm.example")).wants(t, 403, "cross-origin")
	ask(`{}`).wants(t, 400, "malformed")

	got := ask(`{"origin":"https://CRM.example"}`).wants(t, 200, "")
	var answer ticketJSON
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || answer.Expires != 30 {
		t.Fatalf("%s: %v", got.body, err)
	}
	who, err := s.agents.Redeem(answer.Ticket, "https://crm.example")
	if err != nil || who != signedIn1(s) {
		t.Errorf("%v, %v", who, err)
	}
	for range 20 {
		got = ask(`{"origin":"https://crm.example"}`)
	}
	got.wants(t, 429, "busy")
}
