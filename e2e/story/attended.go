package story

import "github.com/asteriskcti/asteriskcti/e2e/phone"

// consult: 201 holds the customer and calls a number.
func consult(s *Stage, a *phone.Call, number string) *phone.Call {
	s.Helper()
	s.Must(a.Hold(s.Soon()))
	s.Event("Event", "Hold", "Channel", s.Dev("201"))
	return s.Call("201", number)
}

func attendedRefer(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	k := consult(s, a, "202")
	b := s.Answer("202")
	attendedDone(s, c, a, k, b)
}

func attendedQueue(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	k := consult(s, a, "141")
	b := s.Answer("202")
	attendedDone(s, c, a, k, b)
}

func attendedDone(s *Stage, c, a, k, b *phone.Call) {
	s.Helper()
	s.Talk("201", "202")
	s.Must(a.ReferTo(s.Soon(), k))
	s.settle(a, k)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// chain: blind to 202, who asks 203 and hands on.
func chain(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Phone("203")
	s.Must(a.Refer(s.Soon(), "202"))
	b := s.Answer("202")
	s.settle(a)
	s.Talk("300", "202")
	s.Must(b.Hold(s.Soon()))
	k := s.Call("202", "203")
	d := s.Answer("203")
	s.Talk("202", "203")
	s.Must(b.ReferTo(s.Soon(), k))
	s.settle(b, k)
	s.Talk("300", "203")
	s.HangUp(c)
	s.Ended(d)
}

// semiAttended: 202 still rings when 201 hands on.
func semiAttended(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	k := consult(s, a, "202")
	b := s.Rings("202")
	s.Must(k.Wait(s.Soon(), phone.Ringing))
	s.Moment()
	s.Must(a.ReferTo(s.Soon(), k))
	s.settle(a)
	s.Ended(k) // of itself: a telephone that takes it back may be faster than chan_sip, and 202 rings no more
	s.Must(b.Answer(s.Soon()))
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// featureConsult: 201 asks for 202 by keys.
func featureConsult(s *Stage, a *phone.Call) {
	s.Helper()
	s.Phone("202")
	s.Keys(a, "*2")
	s.Event("Event", "Hold", "Channel", s.Dev("201"))
	s.Keys(a, "202")
}

func attendedFeature(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Answer("202")
	s.TalkThrough("201", "202")
	s.HangUp(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func attendedAction(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	s.Do("Atxfer", "Channel", s.Channel("201"), "Context", house, "Exten", "202")
	b := s.Answer("202")
	s.TalkThrough("201", "202")
	s.HangUp(a)
	s.Talk("300", "202")
	s.HangUp(b)
	s.Ended(c)
}

// featureSemi: 201 puts down while 202 still rings.
func featureSemi(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Rings("202")
	s.Moment()
	s.HangUp(a)
	s.Event("Event", "AttendedTransfer")
	s.Moment()
	s.Must(b.Answer(s.Soon()))
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// featureRecall: the same, but 202 does not answer, and 201 is called back.
func featureRecall(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Rings("202")
	s.Moment()
	s.HangUp(a)
	s.Ended(b)
	again := s.Answer("201")
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(again)
}

// attendedAborted: 201 has asked 202 and goes back to the customer.
func attendedAborted(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Answer("202")
	s.TalkThrough("201", "202")
	s.Keys(a, "*1")
	s.Ended(b)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// attendedDeclined: 202 has listened and puts down.
func attendedDeclined(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Answer("202")
	s.TalkThrough("201", "202")
	s.HangUp(b)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

func attendedNoAnswer(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Rings("202")
	s.Ended(b)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// consultAborted: the same as attendedAborted with the telephone's own keys.
func consultAborted(s *Stage) {
	c, a := s.Served("300", "131")
	s.Phone("202")
	k := consult(s, a, "202")
	b := s.Answer("202")
	s.Talk("201", "202")
	s.HangUp(k)
	s.Ended(b)
	s.Must(a.Unhold(s.Soon()))
	s.Event("Event", "Unhold", "Channel", s.Dev("201"))
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// conferenceThree: 201 asks 202, then all three talk; 201 goes first.
func conferenceThree(s *Stage) {
	c, a := s.Served("300", "131")
	featureConsult(s, a)
	b := s.Answer("202")
	s.TalkThrough("201", "202")
	s.Keys(a, "*3")
	s.Talk("300", "201", "202")
	s.HangUp(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// conferenceRoom: 201 takes the customer to a room, where 202 comes too.
func conferenceRoom(s *Stage) {
	c, a := s.Served("300", "131")
	s.Do("Redirect", "Channel", s.Channel("300"), "Context", house, "Exten", "800", "Priority", "1",
		"ExtraChannel", s.Channel("201"), "ExtraContext", house, "ExtraExten", "800", "ExtraPriority", "1")
	s.Talk("300", "201")
	b := s.Call("202", "800")
	s.Talk("300", "201", "202")
	s.HangUp(a)
	s.HangUp(c)
	s.HangUp(b)
}
