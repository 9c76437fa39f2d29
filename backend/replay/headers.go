package replay

import (
	"bytes"
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// headerKind says what is done to a header's value. 0: its name is none we know, and may
// be somebody's text.
type headerKind uint8

const (
	kept     headerKind = iota + 1
	channel             // kept: of a channel or of a phone
	number              // kept: a telephone number
	person              // kept: somebody's name
	words               // Asterisk's own, or somebody's
	variable            // a variable's name
	assigned            // a variable's value
	given               // what an application is given
	left                // left out
)

// kinds are the headers that are known, by their names in small letters: all those that the
// picture is made of (ami.Key), for each of the channels that an event can tell of, and
// some that help who reads a recording.
var kinds = func() map[string]headerKind {
	m := map[string]headerKind{}
	add := func(kind headerKind, names string) {
		for name := range strings.FieldsSeq(strings.ToLower(names)) {
			m[name] = kind
		}
	}
	for k := ami.Event; k < ami.ChanVariable; k++ {
		add(kept, k.String())
	}
	add(kept, "BridgeType BridgeCreator BridgeNumChannels HoldTime RingTime TalkTime Count OriginalPosition IsExternal LocalOptimization "+
		"ParkingTimeout ParkingDuration EventList ListItems")
	for _, of := range channels {
		for _, to := range []struct {
			kind  headerKind
			names string
		}{
			{kept, "ChannelState ChannelStateDesc Context Priority Uniqueid Linkedid"},
			{channel, "Channel"},
			{number, "CallerIDNum ConnectedLineNum Exten"},
			{person, "CallerIDName ConnectedLineName"},
			{left, "AccountCode Language"},
		} {
			for name := range strings.FieldsSeq(to.names) {
				add(to.kind, of+name)
			}
		}
	}
	add(channel, "Channel1 Channel2 Source Destination Link BridgedChannel ChannelCalling DestinationChannel Newname From "+
		"Interface Location Member AgentCalled ParkerDialString")
	add(number, "CallerID CallerID1 CallerID2 Extension TransferExten")
	add(person, "MemberName")
	add(words, "Message")
	add(variable, "Variable")
	add(assigned, "Value")
	add(given, "AppData Data")
	add(left, "ActionID Challenge Reason PausedReason DialString BridgeName Output")
	return m
}()

// channels are what the headers of each channel of an event begin with.
var channels = []string{
	"", "Dest", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer", "TransferTarget", "Parkee", "Parker", "Retriever", //nolint:misspell // Asterisk's word
	"LocalOne", "LocalTwo", "Source", "Target",
}

// chanVariable says whether a line is one of those that channelvars in manager.conf puts
// into events: "ChanVariable(SIP/201-00000001)" until 11, "DestChanVariable" and the like
// later.
func chanVariable(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(":"))
	of, rest, found := bytes.Cut(name, []byte("ChanVariable"))
	if !ok || !found || len(rest) > 0 && (rest[0] != '(' || rest[len(rest)-1] != ')' || !plain(strings.ReplaceAll(string(rest[1:len(rest)-1]), "/", ""))) {
		return false
	}
	for _, c := range channels {
		if c == string(of) {
			return true
		}
	}
	return false
}
