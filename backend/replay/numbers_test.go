package replay

import (
	"regexp"
	"strings"
	"testing"
)

// TestHideNumbers: a number is another one of its length, the same everywhere; the house's
// own stay.
func TestHideNumbers(t *testing.T) {
	k := NewMasker("11.0.0", keepCalldata, func(n string) bool { return n == "00112233" })
	for _, tt := range []struct{ name, in, want string }{
		{"a caller", "CallerIDNum: 0301234567|CallerIDName: Ada Lovelace|ConnectedLineName: <unknown>", `CallerIDNum: (\d{10})|CallerIDName: left-out-\w+|ConnectedLineName: <unknown>`},
		{"a name like markup", "CallerIDName: <b>Ada</b>", `CallerIDName: left-out-\w+`},
		{"the same", "CallerIDNum: 0301234567|ConnectedLineNum: +0301234567|Exten: 0301234567", `CallerIDNum: (\d{10})|ConnectedLineNum: \+(\d{10})|Exten: (\d{10})`},
		{"of another channel", "DestCallerIDNum: 0301234567|OrigTransfererCallerIDName: x", `DestCallerIDNum: (\d{10})|OrigTransfererCallerIDName: left-out-\w+`},
		{"an extension", "CallerIDNum: 201|Exten: 10123", `CallerIDNum: 201|Exten: 10123`},
		{"the house's own", "CallerIDNum: 00112233|Channel: PJSIP/00112233-0000000a", `CallerIDNum: 00112233|Channel: PJSIP/00112233-0000000a`},
		{"Local", "Channel: Local/0301234567@trunk-0000000a;1", `Channel: Local/(\d{10})@trunk-0000000a;1`},
		{"Local, its options", "Interface: Local/0301234567@agents/n", `Interface: Local/(\d{10})@agents/n`},
		{"an ISDN line", "Channel: DAHDI/i1/+0301234567-1", `Channel: DAHDI/i1/\+(\d{10})-1`},
		{"a name with digits", "Channel: SIP/trunk0301234567-0000000a", `Channel: SIP/trunk0301234567-0000000a`},
		{"an address of a phone", "Channel: SIP/0011223344aa-0000000a", `Channel: SIP/0011223344aa-0000000a`},
		{"a member", "MemberName: Ada", `MemberName: left-out-\w+`},
		{"of 1.4", "CallerID: 0301234567|CallerID1: 0301234567", `CallerID: (\d{10})|CallerID1: (\d{10})`},
		{"a service's variable", "Variable: calldata|Value: a 0301234567, 12", `Variable: calldata|Value: a (\d{10}), 12`},
	} {
		event := "Event: Hangup\r\nPrivilege: call,all\r\n"
		if strings.HasPrefix(tt.in, "Variable") {
			event = "Event: VarSet\r\nPrivilege: dialplan,all\r\n"
		}
		out := strings.TrimPrefix(maskAll(t, k, event+strings.ReplaceAll(tt.in, "|", "\r\n")+"\r\n\r\n"), event)
		got := strings.ReplaceAll(strings.TrimSpace(out), "\r\n", "|")
		re := regexp.MustCompile("^" + strings.ReplaceAll(tt.want, "|", `\|`) + "$")
		m := re.FindStringSubmatch(got)
		if m == nil {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
			continue
		}
		for _, n := range m[1:] {
			if n == "0301234567" || n != string(k.numbers([]byte("0301234567"))) {
				t.Errorf("%s: %s", tt.name, got)
			}
		}
	}
}
