package story

import (
	"github.com/asteriskcti/asteriskcti/e2e/lab"
	"github.com/asteriskcti/asteriskcti/e2e/phone"
)

// pickupGroup: 202 takes what rings at 201.
func pickupGroup(s *Stage) { pickup(s, "*8") }

func pickupDirected(s *Stage) { pickup(s, "**201") }

func pickup(s *Stage, number string) {
	s.Helper()
	s.Phone("201")
	c := s.Call("300", "131")
	a := s.Rings("201")
	s.Moment()
	b := s.Call("202", number)
	s.Ended(a)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func parkRetrieve(s *Stage) {
	c := park(s)
	retrieved(s, c)
}

// park: 201 parks the customer, and puts down once he is parked. Asterisk says that the
// transfer is done before it has parked anybody: who puts down that soon ends the call.
func park(s *Stage) *phone.Call {
	s.Helper()
	c, a := s.Served("300", "131")
	s.Must(a.Refer(s.Soon(), "700"))
	s.Event("Event", "ParkedCall", "ParkeeChannel", s.Dev("300"))
	s.settle(a)
	return c
}

func parkAction(s *Stage) {
	c, a := s.Served("300", "131")
	s.Do("Park", "Channel", s.Channel("300"), "TimeoutChannel", s.Channel("201"), "Parkinglot", "default")
	s.Ended(a)
	retrieved(s, c)
}

func retrieved(s *Stage, c *phone.Call) {
	s.Helper()
	space := s.Event("Event", "ParkedCall", "ParkeeChannel", s.Dev("300"))["ParkingSpace"]
	s.Moment()
	b := s.Call("202", space)
	s.Talk("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// parkTimeout: nobody takes the customer, who comes back to 201.
func parkTimeout(s *Stage) {
	c := park(s)
	s.Event("Event", "ParkedCallTimeOut")
	again := s.Answer("201")
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(again)
}

func parkAbandon(s *Stage) {
	c := park(s)
	s.Moment()
	s.HangUp(c)
	s.Event("Event", "ParkedCallGiveUp")
}

func queueFreePBX(s *Stage) {
	c, a := localServed(s)
	s.HangUp(c)
	s.Ended(a)
}

func queueFreePBXTransfer(s *Stage) {
	c, a := localServed(s)
	s.Must(a.Refer(s.Soon(), "202"))
	b := s.Answer("202")
	s.settle(a)
	s.TalkThrough("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

func queueFreePBXAttended(s *Stage) {
	c, a := localServed(s)
	k := consult(s, a, "202")
	b := s.Answer("202")
	s.Talk("201", "202")
	s.Must(a.ReferTo(s.Soon(), k))
	s.settle(a, k)
	s.TalkThrough("300", "202")
	s.HangUp(c)
	s.Ended(b)
}

// queueTransfer: 202 has the call from a queue, and 201 gets it.
func queueTransfer(s *Stage) {
	c, a := queueServed(s)
	s.Must(a.Refer(s.Soon(), "201"))
	b := s.Answer("201")
	s.settle(a)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(b)
}

func queueTransferAttended(s *Stage) {
	c, a := queueServed(s)
	s.Must(a.Hold(s.Soon()))
	k := s.Call("202", "201")
	b := s.Answer("201")
	s.Talk("201", "202")
	s.Must(a.ReferTo(s.Soon(), k))
	s.settle(a, k)
	s.Talk("300", "201")
	s.HangUp(b)
	s.Ended(c)
}

func queueServed(s *Stage) (c, a *phone.Call) {
	s.Helper()
	s.Phone("201")
	s.Phone("202")
	c = s.Call("300", "141")
	a = s.Answer("202")
	s.Talk("300", "202")
	return c, a
}

// localServed: a queue calls 201 and 202 through Local channels, 201 answers.
func localServed(s *Stage) (c, a *phone.Call) {
	s.Helper()
	s.Phone("201")
	s.Phone("202")
	c = s.Call("300", "142")
	other := s.Rings("202")
	a = s.Answer("201")
	s.Ended(other)
	s.TalkThrough("300", "201")
	return c, a
}

// forked: 201 has two telephones, and the second one is answered.
func forked(s *Stage) {
	s.Phone("201")
	second := s.Register("201")
	c := s.Call("300", "133")
	first := s.Rings("201")
	a, err := second.Next(s.Soon())
	s.Must(err)
	s.Must(a.Wait(s.Soon(), phone.Ringing))
	s.Moment()
	s.Must(a.Answer(s.Soon()))
	s.Ended(first)
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// twoCalls: a second customer calls 201, who holds the first.
func twoCalls(s *Stage) {
	c, a := s.Served("300", "131")
	d := s.Call("301", "131")
	k := s.Rings("201")
	s.Must(a.Hold(s.Soon()))
	s.Event("Event", "Hold", "Channel", s.Dev("201"))
	s.Must(k.Answer(s.Soon()))
	s.Talk("301", "201")
	s.HangUp(k)
	s.Ended(d)
	s.Must(a.Unhold(s.Soon()))
	s.Event("Event", "Unhold", "Channel", s.Dev("201"))
	s.Talk("300", "201")
	s.HangUp(c)
	s.Ended(a)
}

// originate has Asterisk call 201 and then the customer.
func originate(s *Stage, timeout string) {
	s.Helper()
	s.Do("Originate", "Channel", s.Dev("201"), "Context", lab.OutboundContext, "Exten", "300", "Priority", "1",
		"CallerID", "Customer <300>", "Timeout", timeout, "Async", "true", "ChannelId", "cti-1")
}

func originateAgentFirst(s *Stage) {
	s.Phone("201")
	s.Phone("300")
	originate(s, "20000")
	a := s.Answer("201")
	c := s.Answer("300")
	s.Talk("300", "201")
	s.HangUp(a)
	s.Ended(c)
}

func originateBusy(s *Stage) {
	s.Phone("201").SetPolicy(phone.Busy())
	originate(s, "20000")
	s.Event("Event", "OriginateResponse", "Response", "Failure")
}

func originateNoAnswer(s *Stage) {
	s.Phone("201")
	originate(s, "2000")
	a := s.Rings("201")
	s.Ended(a)
	s.Event("Event", "OriginateResponse", "Response", "Failure")
}

// originateOffline: no telephone of 204 is there.
func originateOffline(s *Stage) {
	s.Do("Originate", "Channel", s.Dev("204"), "Context", lab.OutboundContext, "Exten", "300", "Priority", "1",
		"Async", "true", "ChannelId", "cti-1")
	s.Event("Event", "OriginateResponse", "Response", "Failure")
}

func originateCustomerBusy(s *Stage) {
	s.Phone("201")
	s.Phone("300").SetPolicy(phone.Busy())
	originate(s, "20000")
	a := s.Answer("201")
	s.Ended(a)
}
