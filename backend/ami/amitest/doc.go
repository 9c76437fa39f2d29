// Package amitest is a simulated Asterisk that speaks the manager interface (AMI)
// over real sockets. `astcti demo` shows the product with it, tests use it in place
// of an exchange.
//
// Behind the protocol is a small exchange of channels, bridges, queues and phones,
// so that what it tells by events and what it answers to CoreShowChannels, Status
// and QueueStatus agree. It speaks as Asterisk 22 with chan_pjsip does, or as
// Asterisk 1.4 with chan_sip: the same header names in the same order, the same
// sequence of events for a story, the same errors. Telephones obey a NOTIFY within a
// call.
//
// What it leaves out of a real stream, because nobody in this product acts on it:
// the classes security, reporting and test, and the RTPAUDIOQOS variables at
// hangup. Traffic adds them to its load.
//
//	pbx, err := amitest.Listen(amitest.Options{Clock: amitest.Instant()})
//	pbx.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer})
//	pbx.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
//	call, err := pbx.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Talk: time.Minute})
//	<-call.Done()
package amitest
