package story

import "github.com/asteriskcti/asteriskcti/e2e/phone"

// Story is one way a call can go.
type Story struct {
	Name     string
	Play     func(*Stage)
	SIP      bool // chan_sip tells it too
	Contacts int  // telephones of one account that it needs; 0 is one
}

// All are the stories. 300 and 301 are customers, 201 is the agent who has the call
// first, 202 who gets it; from second-queue it is the other way round.
var All = []Story{
	{Name: "xfer-blind-refer", Play: blindRefer, SIP: true},
	{Name: "xfer-blind-feature", Play: blindFeature},
	{Name: "xfer-blind-ami", Play: blindAction},
	{Name: "xfer-blind-queue", Play: blindQueue},
	{Name: "xfer-blind-busy", Play: blindBusy},
	{Name: "xfer-blind-missing", Play: blindMissing},
	{Name: "hold-transfer", Play: holdTransfer},
	{Name: "redirect-ami", Play: redirect},
	{Name: "xfer-attended-refer", Play: attendedRefer, SIP: true},
	{Name: "xfer-attended-feature", Play: attendedFeature},
	{Name: "xfer-attended-ami", Play: attendedAction},
	{Name: "xfer-attended-queue", Play: attendedQueue},
	{Name: "xfer-semi-attended", Play: semiAttended, SIP: true},
	{Name: "xfer-feature-semi", Play: featureSemi},
	{Name: "xfer-feature-recall", Play: featureRecall},
	{Name: "xfer-attended-aborted", Play: attendedAborted},
	{Name: "xfer-attended-declined", Play: attendedDeclined},
	{Name: "xfer-attended-no-answer", Play: attendedNoAnswer},
	{Name: "consult-aborted", Play: consultAborted},
	{Name: "xfer-chain", Play: chain},
	{Name: "pickup-group", Play: pickupGroup, SIP: true},
	{Name: "pickup-directed", Play: pickupDirected},
	{Name: "park-retrieve", Play: parkRetrieve, SIP: true},
	{Name: "park-ami", Play: parkAction},
	{Name: "park-timeout", Play: parkTimeout},
	{Name: "park-abandon", Play: parkAbandon},
	{Name: "queue-freepbx", Play: queueFreePBX},
	{Name: "queue-freepbx-transfer", Play: queueFreePBXTransfer},
	{Name: "queue-freepbx-attended", Play: queueFreePBXAttended},
	{Name: "queue-transfer", Play: queueTransfer},
	{Name: "queue-transfer-attended", Play: queueTransferAttended},
	{Name: "ringall-forked", Play: forked, Contacts: 2},
	{Name: "two-calls-one-agent", Play: twoCalls},
	{Name: "conference-three", Play: conferenceThree},
	{Name: "conference-room", Play: conferenceRoom},
	{Name: "outbound-transfer", Play: outboundTransfer},
	{Name: "forward-telephone", Play: forwardTelephone},
	{Name: "forward-queue", Play: forwardQueue},
	{Name: "forward-outside", Play: forwardOutside},
	{Name: "ring-group", Play: ringGroup},
	{Name: "follow-me", Play: followMe},
	{Name: "confirmed", Play: confirmed},
	{Name: "callback", Play: callback},
	{Name: "callback-abandoned", Play: callbackAbandoned},
	{Name: "callback-transfer", Play: callbackTransfer},
	{Name: "callback-attended", Play: callbackAttended},
	{Name: "listen-in", Play: listenIn},
	{Name: "paged", Play: paged},
	{Name: "conference-recorded", Play: conferenceRecorded},
	{Name: "originate-agent-first", Play: originateAgentFirst},
	{Name: "originate-local", Play: originateLocal},
	{Name: "originate-busy", Play: originateBusy},
	{Name: "originate-no-answer", Play: originateNoAnswer},
	{Name: "originate-offline", Play: originateOffline},
	{Name: "originate-customer-busy", Play: originateCustomerBusy},
}

const house = "from-phones" // where telephones' calls, and transfers, begin

// settle waits until a transfer by telephone is done, and puts the receiver down.
func (s *Stage) settle(calls ...*phone.Call) {
	s.Helper()
	if code, err := calls[0].Referred(s.Soon()); err != nil || code != 200 {
		s.Fatal("the transfer ended with", code, err)
	}
	s.HangUp(calls...)
}
