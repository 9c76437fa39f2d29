package story

import (
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
)

// Calls that reach somebody else than was called, or by a detour, and others who get at them.

// forwarded: user's telephone has its calls go to a number, behind which to answers.
func forwarded(s *Stage, number, user, towards, to string) {
	s.Helper()
	s.Phone(user).SetPolicy(phone.Forward(towards))
	s.Phone(to)
	c := s.Call("300", number)
	b := s.Answer(to)
	s.TalkThrough("300", to)
	s.HangUp(c)
	s.Ended(b)
}

func forwardTelephone(s *Stage) { forwarded(s, "131", "201", "202", "202") }

func forwardQueue(s *Stage) { forwarded(s, "141", "202", "201", "201") }

func forwardOutside(s *Stage) { forwarded(s, "131", "201", "9301", "301") }

// ringGroup: 201 and 202 ring behind Local channels.
func ringGroup(s *Stage) {
	s.Phone("201")
	s.Phone("202")
	c := s.Call("300", "135")
	other := s.Rings("202")
	a := s.Answer("201")
	s.Ended(other)
	s.TalkThrough("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// followMe: 201 is told that somebody calls, which takes some seconds, and then asked.
func followMe(s *Stage) {
	accepted(s, "136", 25)
}

// confirmed: 201 is asked before he gets the call.
func confirmed(s *Stage) {
	accepted(s, "137", 2)
}

func accepted(s *Stage, number string, moments int) {
	s.Helper()
	s.Phone("201")
	c := s.Call("300", number)
	a := s.Answer("201")
	for range moments {
		s.Moment()
	}
	s.Keys(a, "1")
	s.TalkThrough("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// calledBack has Asterisk call the customer through a Local channel, and then be in the queue.
func calledBack(s *Stage, channel string) *phone.Call {
	s.Helper()
	s.Phone("300")
	s.Phone("201")
	s.Phone("202")
	s.Do("Originate", "Channel", channel, "Context", lab.SupportContext, "Exten", "141", "Priority", "1", "CallerID", "Customer <300>", "Async", "true")
	return s.Answer("300")
}

func callback(s *Stage) {
	c := calledBack(s, "Local/300@customers/n")
	b := s.Answer("202")
	s.TalkThrough("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func callbackAbandoned(s *Stage) {
	c := calledBack(s, "Local/300@customers/n")
	b := s.Rings("202")
	s.Moment()
	s.HangUp(c)
	s.Ended(b)
}

// callbackTransfer: the Local channel is taken out, and 202 hands the customer on.
func callbackTransfer(s *Stage) {
	c := calledBack(s, "Local/300@customers")
	b := s.Answer("202")
	s.Talk("300", "202")
	s.Must(b.Refer(s.Soon(), "201"))
	a := s.Answer("201")
	s.settle(b)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

func callbackAttended(s *Stage) {
	c := calledBack(s, "Local/300@customers/n")
	b := s.Answer("202")
	s.TalkThrough("300", "202")
	s.Must(b.Hold(s.Soon()))
	k := s.Call("202", "201")
	a := s.Answer("201")
	s.Talk("201", "202")
	s.Must(b.ReferTo(s.Soon(), k))
	s.settle(b, k)
	s.TalkThrough("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// originateLocal: a program has 201 called through a Local channel, and then the customer.
func originateLocal(s *Stage) {
	s.Phone("201")
	s.Phone("300")
	s.Do("Originate", "Channel", "Local/201@from-queue/n", "Context", lab.OutboundContext, "Exten", "300", "Priority", "1", "CallerID", "Customer <300>", "Async", "true")
	a := s.Answer("201")
	c := s.Answer("300")
	s.TalkThrough("300", "201")
	s.HangUp(a)
	s.Ended(c)
}

// listenIn: 202 listens to 201 and the customer, and whispers to 201.
func listenIn(s *Stage) {
	s.Phone("202")
	c, a := s.Served("300", "131")
	b := s.Call("202", "*55201")
	s.Event("Event", "ChanSpyStart")
	s.Moment()
	s.HangUp(b)
	s.Moment()
	s.HangUp(c)
	s.Ended(a)
}

// paged: 202 has an announcement for 201 and 203.
func paged(s *Stage) {
	s.Phone("201")
	s.Phone("203")
	c := s.Call("202", "*80")
	a := s.Answer("201")
	b := s.Answer("203")
	s.Moment()
	s.HangUp(c)
	s.Ended(a, b)
}

// conferenceRecorded: the customer waits for 201 in a room that is recorded.
func conferenceRecorded(s *Stage) {
	s.Phone("201")
	c := s.Call("300", "138")
	s.Must(c.Wait(s.Soon(), phone.Up))
	s.Moment()
	a := s.Call("201", "801")
	s.Talk("300", "201")
	s.HangUp(c)
	s.HangUp(a)
}
