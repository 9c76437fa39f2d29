package ami

import (
	"bytes"
	"strings"
)

// Key is the name of a header this program reads, whatever its letters' case:
// "UniqueID" of Asterisk 1.6 and "Uniqueid" of 13 are one Key. Event and Response
// are themselves only.
type Key uint8

// The headers. All others are Unknown and their values cannot be asked for.
const (
	Unknown Key = iota
	Event
	Response
	ActionID
	Text // "Message"
	Privilege
	Challenge
	Channel
	ChannelState
	ChannelStateDesc
	State
	CallerIDNum
	CallerIDName
	CallerID // the number, in 1.4
	ConnectedLineNum
	ConnectedLineName
	Context
	Exten
	Extension
	Uniqueid
	Linkedid
	Application
	AppData
	Data
	Variable
	Value
	DestChannel
	DestChannelState
	DestChannelStateDesc
	DestCallerIDNum
	DestCallerIDName
	DestConnectedLineNum
	DestConnectedLineName
	DestContext
	DestExten
	DestUniqueid
	DestLinkedid
	SubEvent
	Source
	SrcUniqueid
	Destination
	DialStatus
	Bridgestate
	BridgeUniqueid
	BridgeTechnology
	BridgeID
	BridgedChannel
	BridgedUniqueid
	Link
	Channel1
	Channel2
	Uniqueid1
	Uniqueid2
	CallerID1
	CallerID2
	Queue
	Position
	Interface
	Location
	Member
	AgentCalled
	ChannelCalling
	DestinationChannel
	Status
	Newname
	Cause
	CauseTxt
	Reason
	Result
	TransfererChannel
	TransfererUniqueid
	TransfereeChannel
	TransfereeUniqueid
	OrigTransfererChannel
	OrigTransfererUniqueid
	SecondTransfererChannel
	SecondTransfererUniqueid
	TransferType
	DestType
	TransferExten
	TargetChannel
	TargetUniqueid
	ParkeeChannel
	ParkeeUniqueid
	ParkerDialString
	ParkingSpace
	RetrieverChannel
	RetrieverUniqueid
	From
	LocalOneChannel
	LocalOneUniqueid
	LocalTwoChannel
	LocalTwoUniqueid
	MemberName
	Membership
	Penalty
	Paused
	PausedReason
	Seconds
	Wait
	CoreStartupDate
	CoreStartupTime
	ChanVariable // also "ChanVariable(SIP/201-00000001)", as it is spelled until 11
	numKeys
)

// names are the keys as Asterisk 22 spells them, or the last version that sent
// them. The reader meets other spellings and learns them.
var names = [numKeys]string{
	"", "Event", "Response", "ActionID", "Message", "Privilege", "Challenge",
	"Channel", "ChannelState", "ChannelStateDesc", "State", "CallerIDNum", "CallerIDName", "CallerID",
	"ConnectedLineNum", "ConnectedLineName", "Context", "Exten", "Extension", "Uniqueid", "Linkedid",
	"Application", "AppData", "Data", "Variable", "Value",
	"DestChannel", "DestChannelState", "DestChannelStateDesc", "DestCallerIDNum", "DestCallerIDName",
	"DestConnectedLineNum", "DestConnectedLineName", "DestContext", "DestExten", "DestUniqueid", "DestLinkedid",
	"SubEvent", "Source", "SrcUniqueID", "Destination", "DialStatus",
	"Bridgestate", "BridgeUniqueid", "BridgeTechnology", "BridgeID", "BridgedChannel", "BridgedUniqueid", "Link",
	"Channel1", "Channel2", "Uniqueid1", "Uniqueid2", "CallerID1", "CallerID2",
	"Queue", "Position", "Interface", "Location", "Member", "AgentCalled", "ChannelCalling", "DestinationChannel",
	"Status", "Newname", "Cause", "Cause-txt", "Reason",
	"Result", "TransfererChannel", "TransfererUniqueid", "TransfereeChannel", "TransfereeUniqueid",
	"OrigTransfererChannel", "OrigTransfererUniqueid", "SecondTransfererChannel", "SecondTransfererUniqueid",
	"TransferType", "DestType", "TransferExten", "TargetChannel", "TargetUniqueid",
	"ParkeeChannel", "ParkeeUniqueid", "ParkerDialString", "ParkingSpace", "RetrieverChannel", "RetrieverUniqueid", "From",
	"LocalOneChannel", "LocalOneUniqueid", "LocalTwoChannel", "LocalTwoUniqueid",
	"MemberName", "Membership", "Penalty", "Paused", "PausedReason",
	"Seconds", "Wait", "CoreStartupDate", "CoreStartupTime",
	"ChanVariable",
}

// String is the header's name.
func (k Key) String() string {
	if k < numKeys && k != Unknown {
		return names[k]
	}
	return "?"
}

// maxName is the longest name that is looked up; the longest of ours has 24 bytes.
const maxName = 64

// byFolded finds a key by its name in small letters.
var byFolded = func() map[string]Key {
	m := make(map[string]Key, numKeys)
	for k := Event; k < numKeys; k++ {
		m[strings.ToLower(names[k])] = k
	}
	return m
}()

var chanVariable = []byte("ChanVariable(")

// keyOf is the key of a header's name, Unknown for a name that is not ours. Event and
// Response, which begin a message, must be spelled as Asterisk spells them: a filter
// that keeps forged events away looks for that spelling only.
func keyOf(name []byte) Key {
	if bytes.HasPrefix(name, chanVariable) {
		return ChanVariable
	}
	if len(name) > maxName {
		return Unknown
	}
	var folded [maxName]byte
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[i] = c
	}
	k := byFolded[string(folded[:len(name)])]
	if (k == Event || k == Response) && string(name) != names[k] {
		return Unknown
	}
	return k
}
