package asterisk_test

import (
	"os"
	"strings"
	"testing"

	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// TestRecordings translates calls recorded with real Asterisks.
func TestRecordings(t *testing.T) {
	wanted := &asterisk.Wanted{
		Variables: map[string]bool{"calldata": true, "custname": true, "inh": true, "url": true, "a": true, "c": true, "d": true, "empty": true, "glob": true, "inj": true},
		Contexts:  map[string]bool{"astcti-service": true, "astctiq": true, "astctivars": true},
	}
	for _, name := range []string{"1.4-queue", "1.8-hold", "11-queue", "16-queue", "22-vars", "22-vars-injection"} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open("testdata/" + name + ".ami")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, all := translate(t, f, wanted)
			golden(t, name+".txt", lines(all))
		})
	}
}

// snapshot is the part that all channel events have from 13.5 on.
const snapshot = "Channel: PJSIP/201-00000001|ChannelState: 5|ChannelStateDesc: Ringing|CallerIDNum: 201|CallerIDName: O\\'Brien \\\"Bob\\\"|" +
	"ConnectedLineNum: <unknown>|ConnectedLineName: <unknown>|Language: en|AccountCode: |Context: agents|Exten: 102|Priority: 1|Uniqueid: lab-17.1|Linkedid: lab-17.0|"

const (
	leg201  = ` id="lab-17.1" name="PJSIP/201-00000001" linkedid="lab-17.0" number="201" cidname="O'Brien \"Bob\"" context="agents" exten="102" state="Ringing"`
	dest202 = "DestChannel: SIP/202-1|DestChannelState: 0|DestChannelStateDesc: Down|DestCallerIDNum: 202|DestCallerIDName: a\\nb|DestContext: x|DestExten: s|DestUniqueid: 17.2|DestLinkedid: 17.0|"
	leg202  = ` dest.id="17.2" dest.name="SIP/202-1" dest.linkedid="17.0" dest.number="202" dest.cidname="a\nb" dest.context="x" dest.exten="s" dest.state="Down"`
)

func TestTranslate(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"Newchannel", "Event: Newchannel|Privilege: call,all|" + snapshot, "NewChannel" + leg201},
		{"Newchannel 1.4", "Event: Newchannel|Privilege: call,all|Channel: SIP/1|State: Down|CallerIDNum: <unknown>|CallerIDName: <Unknown>|Uniqueid: 1", `NewChannel id="1" name="SIP/1" state="Down"`},
		{"Newstate", "Event: Newstate|Privilege: call,all|" + snapshot, "NewState" + leg201},
		{"Newstate 1.4", "Event: Newstate|Privilege: call,all|Channel: SIP/1|State: Ringing|CallerID: 108|CallerIDName: <unknown>|Uniqueid: 1", `NewState id="1" name="SIP/1" number="108" state="Ringing"`},
		{"Newstate with a state of the future", "Event: Newstate|Privilege: call,all|ChannelState: 77|ChannelStateDesc: Unknown (77)|Uniqueid: 1", `NewState id="1"`},
		{"NewCallerid", "Event: NewCallerid|Privilege: call,all|" + snapshot + "CID-CallingPres: 0 (x)", "NewCallerID" + leg201},
		{"Newcallerid 1.4", "Event: Newcallerid|Privilege: call,all|Channel: SIP/1|CallerID: 108|CallerIDName: <Unknown>|Uniqueid: 1|CID-CallingPres: 0", `NewCallerID id="1" name="SIP/1" number="108"`},
		{"Newexten", "Event: Newexten|Privilege: dialplan,all|" + snapshot + "Extension: 102|Application: Answer|AppData: ", "NewExten" + leg201 + ` app="Answer"`},
		{"Newexten 11", "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1|Context: c|Extension: 101|Priority: 1|Application: Set|AppData: a=1|Uniqueid: 7", `NewExten id="7" name="SIP/1" context="c" exten="101" app="Set" data="a=1"`},
		{"Newexten 11 with channelvars", "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1|Context: c|Extension: 101|Priority: 1|Application: NoOp|AppData: x|Uniqueid: 7|ChanVariable(SIP/1): a=1|ChanVariable(SIP/1): b=", `NewExten id="7" name="SIP/1" context="c" exten="101" app="NoOp" data="x"`},
		{"VarSet 1.8 with channelvars", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: x|Value: 5|Uniqueid: 7|ChanVariable(SIP/" + strings.Repeat("1", 70) + "): x=4", `VarSet id="7" name="SIP/1" variable="x" value="5"`},
		{"VarSet with channelvars", "Event: VarSet|Privilege: dialplan,all|" + snapshot + "ChanVariable: x=4|Variable: x|Value: 5", "VarSet" + leg201 + ` variable="x" value="5"`},
		{"Newexten 12 is of class call", "Event: Newexten|Privilege: call,all|Channel: SIP/1|Context: c|Uniqueid: 7|Extension: 101|Application: Set|AppData: a=1", `NewExten id="7" name="SIP/1" context="c" exten="101" app="Set" data="a=1"`},
		{
			"Newexten 1.4 sets variables", "Event: Newexten|Privilege: call,all|Channel: SIP/1|Context: c|Extension: 101|Priority: 3|Application: Set|AppData: calldata=12345|Uniqueid: 7",
			`VarSet id="7" name="SIP/1" context="c" variable="calldata" value="12345"` + "\n" + `NewExten id="7" name="SIP/1" context="c" exten="101" app="Set" data="calldata=12345"`,
		},
		{"VarSet", "Event: VarSet|Privilege: dialplan,all|" + snapshot + "Variable: url|Value: http://x/\\?a=\\\"b\\\"\\r\\n\\\\n", "VarSet" + leg201 + ` variable="url" value="http://x/?a=\"b\"\r\n\\n"`},
		{"VarSet 1.8 is not escaped", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: __x|Value: C:\\new|Uniqueid: 7", `VarSet id="7" name="SIP/1" variable="x" value="C:\\new"`},
		{"VarSet, empty", "Event: VarSet|Privilege: dialplan,all|" + snapshot + "Variable: _e|Value: ", "VarSet" + leg201 + ` variable="e" value=""`},
		{"VarSet of a global", "Event: VarSet|Privilege: dialplan,all|Channel: none|Uniqueid: none|Variable: glob|Value: g1", ""},
		{"Rename", "Event: Rename|Privilege: call,all|Channel: SIP/1|Newname: SIP/2|Uniqueid: 7", `Rename id="7" name="SIP/2"`},
		{"Rename 1.4", "Event: Rename|Privilege: call,all|Oldname: SIP/1|Newname: SIP/2|Uniqueid: 7", `Rename id="7" name="SIP/2"`},
		{"Hangup", "Event: Hangup|Privilege: call,all|" + snapshot + "Cause: 26|Cause-txt: Answered elsewhere|TechCause: x", "Hangup" + leg201 + ` text="Answered elsewhere" n=26`},
		{"Hangup 1.4", "Event: Hangup|Privilege: call,all|Channel: SIP/1|Uniqueid: 7|Cause: 16|Cause-txt: Normal Clearing", `Hangup id="7" name="SIP/1" text="Normal Clearing" n=16`},
		{"BlindTransfer", "Event: BlindTransfer|Privilege: call,all|Result: Success|TransfererChannel: PJSIP/201-1|TransfererUniqueid: 7|TransfereeChannel: PJSIP/300-0|TransfereeUniqueid: 6|IsExternal: Yes|Context: x|Extension: 202", `BlindTransfer id="7" name="PJSIP/201-1" dest.id="6" dest.name="PJSIP/300-0" text="202" n=1`},
		{"BlindTransfer that failed", "Event: BlindTransfer|Privilege: call,all|Result: Fail|TransfererChannel: PJSIP/201-1|TransfererUniqueid: 7", `BlindTransfer id="7" name="PJSIP/201-1"`},
		{"AttendedTransfer", "Event: AttendedTransfer|Privilege: call,all|Result: Success|OrigTransfererChannel: PJSIP/201-1|OrigTransfererUniqueid: 7|SecondTransfererChannel: PJSIP/201-2|SecondTransfererUniqueid: 8|DestType: Bridge", `AttendedTransfer id="7" name="PJSIP/201-1" dest.id="8" dest.name="PJSIP/201-2" n=1`},
		{"AttendedTransfer of three", "Event: AttendedTransfer|Privilege: call,all|Result: Success|OrigTransfererChannel: PJSIP/201-1|OrigTransfererUniqueid: 7|SecondTransfererChannel: PJSIP/201-1|SecondTransfererUniqueid: 7|DestType: Threeway", `AttendedTransfer id="7" name="PJSIP/201-1" dest.id="7" dest.name="PJSIP/201-1"`},
		{"Transfer 1.8, blind", "Event: Transfer|Privilege: call,all|TransferMethod: SIP|TransferType: Blind|Channel: SIP/201-1|Uniqueid: 7|SIP-Callid: x|TargetChannel: SIP/300-0|TargetUniqueid: 6|TransferExten: 202|TransferContext: x", `BlindTransfer id="7" name="SIP/201-1" dest.id="6" dest.name="SIP/300-0" text="202" n=1`},
		{"Transfer 11, attended", "Event: Transfer|Privilege: call,all|TransferMethod: SIP|TransferType: Attended|Channel: SIP/201-1|Uniqueid: 7|SIP-Callid: x|TargetChannel: SIP/202-3|TargetUniqueid: 9", `AttendedTransfer id="7" name="SIP/201-1" n=1`},
		{"Pickup", "Event: Pickup|Privilege: call,all|Channel: PJSIP/202-2|Uniqueid: 8|TargetChannel: PJSIP/201-1|TargetUniqueid: 7", `Pickup id="8" name="PJSIP/202-2" dest.id="7" dest.name="PJSIP/201-1"`},
		{"ParkedCall", "Event: ParkedCall|Privilege: call,all|ParkeeChannel: PJSIP/300-0|ParkeeUniqueid: 6|ParkerDialString: PJSIP/201|Parkinglot: default|ParkingSpace: 701", `Park id="6" name="PJSIP/300-0" interface="PJSIP/201" n=701`},
		{"ParkedCall 1.8", "Event: ParkedCall|Privilege: call,all|Exten: 701|Channel: SIP/300-0|Parkinglot: default|From: SIP/201-1|Timeout: 45|Uniqueid: 6", `Park id="6" name="SIP/300-0" interface="SIP/201-1" n=701`},
		{"UnParkedCall", "Event: UnParkedCall|Privilege: call,all|ParkeeChannel: PJSIP/300-0|ParkeeUniqueid: 6|RetrieverChannel: PJSIP/202-2|RetrieverUniqueid: 8|ParkingSpace: 701", `Unpark id="6" name="PJSIP/300-0" dest.id="8" dest.name="PJSIP/202-2" n=701`},
		{"LocalOptimizationBegin", "Event: LocalOptimizationBegin|Privilege: call,all|LocalOneChannel: Local/2@x-0;1|LocalOneUniqueid: 4|LocalTwoChannel: Local/2@x-0;2|LocalTwoUniqueid: 5", `OptimizeBegin id="4" name="Local/2@x-0;1" dest.id="5" dest.name="Local/2@x-0;2"`},
		{"OriginateResponse", "Event: OriginateResponse|Privilege: call,all|ActionID: o1|Response: Failure|Channel: PJSIP/201|Context: x|Exten: 1|Reason: 5|Uniqueid: <unknown>|CallerIDNum: 3", `OriginateResponse name="PJSIP/201" value="Failure" text="o1" n=5`},
		{"QueueMemberAdded", "Event: QueueMemberAdded|Privilege: agent,all|Queue: q|MemberName: Ada|Interface: PJSIP/201|StateInterface: PJSIP/201|Membership: dynamic|Penalty: 3|Paused: 1|PausedReason: Lunch", `QueueMember queue="q" interface="PJSIP/201" variable="Ada" value="dynamic" paused text="Lunch" n=3`},
		{"QueueMemberAdded 1.4", "Event: QueueMemberAdded|Privilege: agent,all|Queue: q|Location: SIP/201|MemberName: SIP/201|Membership: dynamic|Penalty: 0|CallsTaken: 0|LastCall: 0|Status: 1|Paused: 0", `QueueMember queue="q" interface="SIP/201" variable="SIP/201" value="dynamic"`},
		{"QueueMemberPaused 11", "Event: QueueMemberPaused|Privilege: agent,all|Queue: q|Location: SIP/201|MemberName: SIP/201|Paused: 1|Reason: Lunch", `QueueMemberPaused queue="q" interface="SIP/201" variable="SIP/201" paused text="Lunch"`},
		{"QueueMemberRemoved", "Event: QueueMemberRemoved|Privilege: agent,all|Queue: q|Interface: PJSIP/201|MemberName: Ada", `QueueMemberRemoved queue="q" interface="PJSIP/201" variable="Ada"`},
		{"DialBegin", "Event: DialBegin|Privilege: call,all|" + snapshot + dest202 + "DialString: 202", "DialBegin" + leg201 + leg202},
		{"DialBegin of an originate", "Event: DialBegin|Privilege: call,all|" + dest202 + "DialString: 202", "DialBegin" + leg202},
		{"DialEnd", "Event: DialEnd|Privilege: call,all|" + snapshot + dest202 + "DialStatus: ANSWER", "DialEnd" + leg201 + leg202 + ` text="ANSWER"`},
		{"Dial 1.4", "Event: Dial|Privilege: call,all|Source: SIP/1|Destination: SIP/2|CallerID: 200|CallerIDName: Z|SrcUniqueID: 7|DestUniqueID: 8", `DialBegin id="7" name="SIP/1" number="200" cidname="Z" dest.id="8" dest.name="SIP/2"`},
		{"Dial 11", "Event: Dial|Privilege: call,all|SubEvent: Begin|Channel: SIP/1|Destination: SIP/2|CallerIDNum: 200|CallerIDName: Z|UniqueID: 7|DestUniqueID: 8|Dialstring: 2", `DialBegin id="7" name="SIP/1" number="200" cidname="Z" dest.id="8" dest.name="SIP/2"`},
		{"Dial 11 ends", "Event: Dial|Privilege: call,all|SubEvent: End|Channel: SIP/1|UniqueID: 7|DialStatus: BUSY", `DialEnd id="7" name="SIP/1" text="BUSY"`},
		{"BridgeEnter", "Event: BridgeEnter|Privilege: call,all|BridgeUniqueid: b1|BridgeType: basic|BridgeNumChannels: 1|" + snapshot, "BridgeEnter" + leg201 + ` bridge="b1"`},
		{"BridgeEnter where all wait", "Event: BridgeEnter|Privilege: call,all|BridgeUniqueid: b1|BridgeType: parking|BridgeTechnology: holding_bridge|" + snapshot, ""},
		{"BridgeLeave", "Event: BridgeLeave|Privilege: call,all|BridgeUniqueid: b1|" + snapshot, "BridgeLeave" + leg201 + ` bridge="b1"`},
		{
			"Link 1.4", "Event: Link|Privilege: call,all|Channel1: SIP/1|Channel2: SIP/2|Uniqueid1: 8|Uniqueid2: 7|CallerID1: 200|CallerID2: <unknown>",
			`BridgeEnter id="8" name="SIP/1" number="200" bridge="7+8"` + "\n" + `BridgeEnter id="7" name="SIP/2" bridge="7+8"`,
		},
		{
			"Unlink", "Event: Unlink|Privilege: call,all|Channel1: SIP/1|Channel2: SIP/2|Uniqueid1: 7|Uniqueid2: 8|CallerID1: 200|CallerID2: 1",
			`BridgeLeave id="7" name="SIP/1" number="200" bridge="7+8"` + "\n" + `BridgeLeave id="8" name="SIP/2" number="1" bridge="7+8"`,
		},
		{
			"Bridge 11", "Event: Bridge|Privilege: call,all|Bridgestate: Link|Bridgetype: core|Channel1: SIP/1|Channel2: SIP/2|Uniqueid1: 7|Uniqueid2: 8",
			`BridgeEnter id="7" name="SIP/1" bridge="7+8"` + "\n" + `BridgeEnter id="8" name="SIP/2" bridge="7+8"`,
		},
		{
			"Bridge 11 ends", "Event: Bridge|Privilege: call,all|Bridgestate: Unlink|Channel1: SIP/1|Channel2: SIP/2|Uniqueid1: 7|Uniqueid2: 8",
			`BridgeLeave id="7" name="SIP/1" bridge="7+8"` + "\n" + `BridgeLeave id="8" name="SIP/2" bridge="7+8"`,
		},
		{"Bridge without ids", "Event: Bridge|Privilege: call,all|Bridgestate: Link|Channel1: SIP/1|Channel2: SIP/2", ""},
		{"Hold", "Event: Hold|Privilege: call,all|" + snapshot + "MusicClass: default", "Hold" + leg201},
		{"Hold 1.8", "Event: Hold|Privilege: call,all|Status: On|Channel: SIP/1|Uniqueid: 7", `Hold id="7" name="SIP/1"`},
		{"Unhold 1.8", "Event: Hold|Privilege: call,all|Status: Off|Channel: SIP/1|Uniqueid: 7", `Unhold id="7" name="SIP/1"`},
		{"Unhold", "Event: Unhold|Privilege: call,all|Channel: SIP/1|Uniqueid: 7", `Unhold id="7" name="SIP/1"`},
		{"QueueCallerJoin", "Event: QueueCallerJoin|Privilege: agent,all|" + snapshot + "Queue: q|Position: 2|Count: 3", "QueueJoin" + leg201 + ` queue="q" n=2`},
		{"Join", "Event: Join|Privilege: call,all|Channel: SIP/1|CallerID: 200|CallerIDName: Z|Queue: q|Position: 1|Count: 1|Uniqueid: 7", `QueueJoin id="7" name="SIP/1" number="200" cidname="Z" queue="q" n=1`},
		{"QueueCallerLeave", "Event: QueueCallerLeave|Privilege: agent,all|" + snapshot + "Queue: q|Position: 2|Count: 3", "QueueLeave" + leg201 + ` queue="q"`},
		{"Leave", "Event: Leave|Privilege: call,all|Channel: SIP/1|Queue: q|Count: 0|Uniqueid: 7", `QueueLeave id="7" name="SIP/1" queue="q"`},
		{"QueueCallerAbandon", "Event: QueueCallerAbandon|Privilege: agent,all|Queue: q|Uniqueid: 7|Position: 1|OriginalPosition: 1|HoldTime: 5", `QueueAbandon id="7" queue="q"`},
		{"AgentCalled", "Event: AgentCalled|Privilege: agent,all|" + snapshot + dest202 + "Queue: q|Interface: PJSIP/202|MemberName: x", "AgentCalled" + leg201 + leg202 + ` queue="q" interface="PJSIP/202"`},
		{
			"AgentCalled 1.4", "Event: AgentCalled|Privilege: agent,all|AgentCalled: SIP/201|AgentName: a|ChannelCalling: SIP/200-1|CallerID: 200|CallerIDName: Z|Context: c|Extension: 105|Priority: 4|Variable: x=1",
			`AgentCalled name="SIP/200-1" number="200" cidname="Z" context="c" exten="105" interface="SIP/201"`,
		},
		{
			"AgentCalled 11", "Event: AgentCalled|Privilege: agent,all|Queue: q|AgentCalled: SIP/201|AgentName: a|ChannelCalling: SIP/200-1|DestinationChannel: SIP/201-2|CallerIDNum: 200|CallerIDName: Z|ConnectedLineNum: unknown|ConnectedLineName: unknown|Context: c|Extension: 105|Priority: 4|Uniqueid: 7",
			`AgentCalled id="7" name="SIP/200-1" number="200" cidname="Z" context="c" exten="105" dest.name="SIP/201-2" queue="q" interface="SIP/201"`,
		},
		{"AgentConnect", "Event: AgentConnect|Privilege: agent,all|" + snapshot + dest202 + "Queue: q|Interface: PJSIP/202|MemberName: x|RingTime: 1|HoldTime: 2", "AgentConnect" + leg201 + leg202 + ` queue="q" interface="PJSIP/202"`},
		{
			"AgentConnect 1.4", "Event: AgentConnect|Privilege: agent,all|Queue: q|Uniqueid: 7|Channel: SIP/202-2|Member: SIP/202|MemberName: x|Holdtime: 7|BridgedChannel: 8|Variable: x=1",
			`AgentConnect id="7" dest.id="8" dest.name="SIP/202-2" queue="q" interface="SIP/202"`,
		},

		{"without Privilege", "Event: Hangup|Uniqueid: 7", ""},
		{"with Privilege elsewhere", "Event: Hangup|Uniqueid: 7|Privilege: call,all", ""},
		{"a Timestamp changes nothing", "Event: Hangup|Privilege: call,all|Timestamp: 1.2|Channel: x|Uniqueid: 7", `Hangup id="7" name="x"`},
		{"nothing to us", "Event: RTCPSent|Privilege: reporting,all|Uniqueid: 7", ""},
		{"no event", "Response: Success|Privilege: call,all|Uniqueid: 7", ""},
		{"no channel", "Event: Hangup|Privilege: call,all|Cause: 16", ""},
		{"Newexten cut short", "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1|Context: c|Extension: 101|Application: NoOp|AppData: x", ""},
		{"VarSet cut short", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: x|Value: y", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.TrimSuffix(lines(one(t, strings.TrimSuffix(tt.in, "|"), nil)), "\n")
			if got != tt.want {
				t.Errorf("\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestForgedHeaders holds that a line break in a value changes nothing of its event.
func TestForgedHeaders(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{
			"AppData of 22", "Event: Newexten|Privilege: dialplan,all|" + snapshot + "Extension: 102|Application: NoOp|AppData: x|Uniqueid: victim|Channel: v|Event: Hangup|Uniqueid: v",
			"NewExten" + leg201 + ` app="NoOp" data="x"`,
		},
		{
			"AppData of 1.8", "Event: Newexten|Privilege: dialplan,all|Channel: SIP/1|Context: c|Extension: 101|Application: NoOp|AppData: x|Uniqueid: victim|Uniqueid: 7",
			`NewExten id="7" name="SIP/1" context="c" exten="101" app="NoOp" data="x"`,
		},
		{
			"AppData of 1.4 sets nothing elsewhere", "Event: Newexten|Privilege: call,all|Channel: SIP/1|Context: c|Extension: 101|Application: Set|AppData: a=x|Uniqueid: victim|Uniqueid: 7",
			`VarSet id="7" name="SIP/1" context="c" variable="a" value="x"` + "\n" + `NewExten id="7" name="SIP/1" context="c" exten="101" app="Set" data="a=x"`,
		},
		{
			"Value of 1.8", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: a|Value: x|Uniqueid: victim|Variable: b|Value: y|Uniqueid: 7",
			`VarSet id="7" name="SIP/1" variable="a" value="x"`,
		},
		{"an Event in Value of 1.8", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: a|Value: x|Event: Hangup|Uniqueid: 7", ""},
		{"no header in Value of 1.8", "Event: VarSet|Privilege: dialplan,all|Channel: SIP/1|Variable: a|Value: x|what|Uniqueid: 7", ""},
	} {
		if got := strings.TrimSuffix(lines(one(t, tt.in, nil)), "\n"); got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// TestAssignments holds how 1.4's Set sets variables (row B3).
func TestAssignments(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{"a=1", "a=1;"},
		{"a=1|b=2", "a=1;b=2;"},
		{"__a=1|_b=2", "a=1;b=2;"},
		{"a=", "a=;"},
		{"a=x=y", "a=x=y;"},
		{"a=1,b=2", "a=1,b=2;"},
		{"CALLERID(name)=x|a=1", "a=1;"},
		{"a=f(1|2)|b=3", "a=f(1|2);b=3;"},
		{`a="x|y"|b=3`, `a=x|y;b=3;`},
		{`a=x\|y|b=3`, `a=x|y;b=3;`},
		{`a=\"x\\y\`, `a="x\y\;`},
		{"a=1|g", ""},
		{"a=1|b=2|x", "a=1;b=2;"},
		{"a=1|b=g", "a=1;b=g;"},
		{"unwanted=1|a=2", "a=2;"},
		{"", ""}, {"=", ""}, {"_=1", ""}, {"|||", ""}, {"a", ""},
	} {
		w := &asterisk.Wanted{Variables: map[string]bool{"a": true, "b": true}, Contexts: map[string]bool{}}
		got := ""
		in := "Event: Newexten\r\nPrivilege: call,all\r\nChannel: SIP/1\r\nContext: c\r\nApplication: Set\r\nAppData: " + tt.data + "\r\nUniqueid: 7"
		_, all := translate(t, strings.NewReader("Asterisk Call Manager/1.0\r\n"+in+"\r\n\r\n"), w)
		if n := len(all); n == 0 || all[n-1].Kind != pbx.NewExten {
			t.Errorf("%q: the step itself is not told", tt.data) // 1.4 tells only there what was dialled
		}
		for _, e := range all[:max(0, len(all)-1)] {
			if e.Kind != pbx.VarSet || e.Channel.ID != "7" {
				t.Error(words(e))
			}
			got += e.Variable + "=" + e.Value + ";"
		}
		if got != tt.want {
			t.Errorf("%q sets %q, want %q", tt.data, got, tt.want)
		}
	}
}

func TestWanted(t *testing.T) {
	w := &asterisk.Wanted{Variables: map[string]bool{"calldata": true}, Contexts: map[string]bool{"astcti": true}}
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"Event: VarSet|Privilege: dialplan,all|Uniqueid: 1|Linkedid: 1|Variable: calldata|Value: 1", 1},
		{"Event: VarSet|Privilege: dialplan,all|Uniqueid: 1|Linkedid: 1|Variable: __calldata|Value: 1", 1},
		{"Event: VarSet|Privilege: dialplan,all|Uniqueid: 1|Linkedid: 1|Variable: CALLDATA|Value: 1", 0},
		{"Event: VarSet|Privilege: dialplan,all|Uniqueid: 1|Linkedid: 1|Variable: other|Value: 1", 0},
		{"Event: Newexten|Privilege: dialplan,all|Context: astcti|Uniqueid: 1|Application: Answer|AppData: ", 1},
		{"Event: Newexten|Privilege: dialplan,all|Context: other|Uniqueid: 1|Application: Answer|AppData: ", 0},
	} {
		if got := len(one(t, tt.in, w)); got != tt.want {
			t.Errorf("%s: %d events, want %d", tt.in, got, tt.want)
		}
		if got := len(one(t, tt.in, &asterisk.Wanted{})); got != 1 {
			t.Errorf("%s: %d events when all are wanted", tt.in, got)
		}
	}
}
