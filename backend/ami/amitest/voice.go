package amitest

// voice is how one age of Asterisk tells what happens: which events, in which
// order, with which headers. Where the order of events is bound to a change of a
// channel (the answered phone loses its extension between two events), the voice
// makes the change. It is called with the exchange locked.
type voice interface {
	greeting() string
	device(extension string) string
	channelName(device string) string
	forget(ch *channel)                    // its name may be used again
	separator() string                     // between the arguments of an application
	readArgs(s *Service) []string          // of Read, after the variable
	phoneOptions() string                  // of Dial, when a phone calls
	dialTarget(number string) string       // what Dial is given
	entry(p *phone, s *Service) string     // the context in which a caller arrives
	identify(c *call, p *phone, l *leg)    // gives a called channel its caller id
	born(c *call)                          // the caller's channel appears
	arrived(c *call, s *Service)           // and goes to the service's context
	step(ch *channel, app, data string)    // a step of the dialplan is about to run
	newState(ch *channel)                  //
	assign(ch *channel, name, v string)    // a variable is set
	digit(ch *channel, d string, end bool) //
	dial(c *call, legs []*leg)             // Dial calls phones
	ringing(c *call, legs []*leg)          // they ring
	refused(c *call, l *leg)               // one is busy or declines
	accepted(c *call, l *leg, lost []*leg) // one answers: until both are in a bridge
	unanswered(c *call, o outcome)         // nobody did; the dialplan goes on to Hangup
	abandoned(c *call)                     // the caller hangs up before an answer
	finished(c *call, by *channel)         // one of two who talked hangs up
	hold(c *call, by *channel, on bool)    //
	join(c *call)                          // the caller enters the queue
	ringMembers(c *call, legs []*leg)      // the queue calls members
	gaveUp(c *call, legs []*leg)           // they did not answer in time
	queueLeft(c *call)                     // Queue's limit is over; the dialplan goes on
	deviceState(p *phone, status int)
	memberStatus(q *queue, m *member, status int)
	memberAdded(q *queue, m *member)
	memberRemoved(q *queue, m *member)
	memberPaused(q *queue, m *member)
	memberPenalty(q *queue, m *member)
	originated(c *call)                       // Originate calls its phone
	originateRings(c *call)                   //
	originateUp(c *call, goOn, result func()) // it answered
	originateFailed(c *call, f *fate)         // it did not; the channel hangs up
	originateResult(c *call, f *fate)         // OriginateResponse; f is nil for success
	originateFault(s *session, r request, fault string)
	hangUpAlone(c *call) // an originated channel whose application ended
	busyReason() int     // of OriginateResponse
	checksExten() bool   // Originate looks whether the extension exists
	noChannel() string   // Originate without Channel
}

// causes are the words of ast_cause2str for the causes that occur here.
var causes = map[int]string{
	0: "Unknown", 3: "No route to destination", 16: "Normal Clearing", 17: "User busy", 19: "User alerting, no answer",
	21: "Call Rejected", 26: "Answered elsewhere",
}

// sipCodes are the TechCause of 22 for causes that a SIP response brought.
var sipCodes = map[int]string{3: "404", 17: "486", 19: "480", 21: "603"}
