package story

import "github.com/asteriskcti/asteriskcti/e2e/phone"

func blindRefer(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Must(a.Refer(s.Soon(), "202"))
	blindTaken(s, c, a)
}

func holdTransfer(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Must(a.Hold(s.Soon()))
	s.Event("Event", "Hold", "Channel", s.Dev("201"))
	s.Moment()
	s.Must(a.Refer(s.Soon(), "202"))
	blindTaken(s, c, a)
}

// blindTaken: 202 takes what 201 has handed on.
func blindTaken(s *Stage, c, a *phone.Call) {
	s.Helper()
	b := s.Answer("202")
	s.settle(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func blindQueue(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Must(a.Refer(s.Soon(), "141"))
	s.settle(a)
	b := s.Answer("202")
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func blindFeature(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Keys(a, "##")
	s.Event("Event", "Hold", "Channel", s.Dev("201"))
	s.Keys(a, "202")
	b := s.Answer("202")
	s.Ended(a)
	s.Talk("300", "202")
	s.HangUp(b)
	s.Ended(c)
}

func blindAction(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Do("BlindTransfer", "Channel", s.Channel("201"), "Context", house, "Exten", "202")
	b := s.Answer("202")
	s.Ended(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func redirect(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Do("Redirect", "Channel", s.Channel("300"), "Context", house, "Exten", "202", "Priority", "1")
	b := s.Answer("202")
	s.Ended(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// blindBusy: the customer hears that 203 is busy, and is gone.
func blindBusy(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("203").SetPolicy(phone.Busy())
	s.Must(a.Refer(s.Soon(), "203"))
	s.Ended(c)
	s.HangUp(a)
}

// blindMissing: there is no such number, so the customer stays.
func blindMissing(s *Stage) {
	c, a := s.Served("300", "131")
	if a.Refer(s.Soon(), "888") == nil {
		if code, err := a.Referred(s.Soon()); err != nil || code == 200 {
			s.Fatal("a transfer to nowhere ended with", code, err)
		}
	}
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

func outboundTransfer(s *Stage) {
	s.Phone("300")
	s.Phone("202")
	a := s.Call("201", "9300")
	c := s.Answer("300")
	s.Talk("300", "201")
	s.Must(a.Refer(s.Soon(), "202"))
	b := s.Answer("202")
	s.settle(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}
