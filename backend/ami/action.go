package ami

import (
	"crypto/md5" //nolint:gosec // the manager interface's challenge knows nothing else
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// name is the name of a header that is sent. All are constants of this file: none
// is ever made of what somebody typed.
type name string

// Action is a request to Asterisk. Only the constructors below make one, so an
// action a client chose by name cannot be sent (row A6).
type Action struct {
	word   string
	fields []field
}

type field struct {
	name  name
	value string
}

// String is the action's name, without its values: one of them may be a secret.
func (a Action) String() string { return a.word }

// Login signs in with a secret in the clear. Events stay off until Events asks for
// them, so that filters can be set before.
func Login(username, secret string) Action {
	return Action{"Login", []field{{"Username", username}, {"Secret", secret}, {"Events", "off"}}}
}

// LoginMD5 signs in without telling the secret; challenge is the answer to GetChallenge.
func LoginMD5(username, challenge, secret string) Action {
	key := md5.Sum([]byte(challenge + secret)) //nolint:gosec // see above
	return Action{"Login", []field{
		{"AuthType", "MD5"}, {"Username", username}, {"Key", hex.EncodeToString(key[:])}, {"Events", "off"},
	}}
}

// GetChallenge asks for the challenge of LoginMD5. The answer has it in Challenge.
func GetChallenge() Action { return Action{"Challenge", []field{{"AuthType", "MD5"}}} }

// Events asks for the events of these classes ("call", "agent" …); a version that
// does not know a class passes over it. 1.4 may not answer.
func Events(classes ...string) Action {
	return Action{"Events", []field{{"EventMask", strings.Join(classes, ",")}}}
}

// Filter leaves the events out that match an extended regular expression; from 10
// on, and for users who may write class system.
func Filter(exclude string) Action {
	return Action{"Filter", []field{{"Operation", "Add"}, {"Filter", "!" + exclude}}}
}

// Ping asks for a sign of life.
func Ping() Action { return Action{"Ping", nil} }

// Logoff takes leave. Asterisk then closes the connection.
func Logoff() Action { return Action{"Logoff", nil} }

// CoreStatus asks since when Asterisk runs; from 1.6 on.
func CoreStatus() Action { return Action{"CoreStatus", nil} }

// BridgeList lists all bridges; from 12 on.
func BridgeList() Action { return Action{"BridgeList", nil} }

// GetStatus lists all channels. Variables are listed with each channel from 1.6.2
// on; older versions pass over them.
func GetStatus(variables ...string) Action {
	if len(variables) == 0 {
		return Action{"Status", nil}
	}
	return Action{"Status", []field{{"Variables", strings.Join(variables, ",")}}}
}

// Getvar asks for one variable of one channel: how 1.4 tells it.
func Getvar(channel, variable string) Action {
	return Action{"Getvar", []field{{"Channel", channel}, {"Variable", variable}}}
}

// Setvar sets a variable of a channel; "" is as good as none to Asterisk's own.
func Setvar(channel, variable, value string) Action {
	return Action{"Setvar", []field{{"Channel", channel}, {"Variable", variable}, {"Value", value}}}
}

// QueueStatus lists the queues, their members and the callers that wait in them;
// of all queues when queue is "".
func QueueStatus(queue string) Action {
	if queue == "" {
		return Action{"QueueStatus", nil}
	}
	return Action{"QueueStatus", []field{{"Queue", queue}}}
}

// QueueAdd makes a phone ("PJSIP/201") a member of a queue.
func QueueAdd(queue, phone, memberName string, penalty int, paused bool) Action {
	return Action{"QueueAdd", []field{
		{"Queue", queue}, {"Interface", phone}, {"MemberName", memberName},
		{"Penalty", strconv.Itoa(penalty)}, {"Paused", yes(paused)},
	}}
}

// QueueRemove ends what QueueAdd began.
func QueueRemove(queue, phone string) Action {
	return Action{"QueueRemove", []field{{"Queue", queue}, {"Interface", phone}}}
}

// QueuePause pauses a phone or ends its pause; in all its queues when queue is "".
func QueuePause(queue, phone, reason string, paused bool) Action {
	f := []field{{"Interface", phone}, {"Paused", yes(paused)}}
	if queue != "" {
		f = append(f, field{"Queue", queue})
	}
	if reason != "" {
		f = append(f, field{"Reason", reason})
	}
	return Action{"QueuePause", f}
}

// QueuePenalty is a member's penalty from now on; from 1.8 on.
func QueuePenalty(queue, phone string, penalty int) Action {
	return Action{"QueuePenalty", []field{{"Queue", queue}, {"Interface", phone}, {"Penalty", strconv.Itoa(penalty)}}}
}

// Call is what Originate does.
type Call struct {
	Channel   string // what is rung first: "PJSIP/201"
	Exten     string // what is dialled then, in Context at Priority
	Context   string
	Priority  int           // from 1
	CallerID  string        // shown to Channel; "" for none
	Timeout   time.Duration // to ring Channel; 0: Asterisk's 30 s
	ChannelID string        // the Uniqueid Channel is to have; from 12 on, "" for none
}

// Originate calls. It is always asynchronous: Asterisk would serve nothing else on
// this connection until the call is answered.
func Originate(c Call) Action {
	f := []field{
		{"Channel", c.Channel}, {"Exten", c.Exten}, {"Context", c.Context},
		{"Priority", strconv.Itoa(c.Priority)}, {"Async", "true"},
	}
	if c.CallerID != "" {
		f = append(f, field{"CallerID", c.CallerID})
	}
	if c.Timeout > 0 {
		f = append(f, field{"Timeout", strconv.FormatInt(c.Timeout.Milliseconds(), 10)})
	}
	if c.ChannelID != "" {
		f = append(f, field{"ChannelId", c.ChannelID})
	}
	return Action{"Originate", f}
}

// Hangup hangs up one channel, by its name.
func Hangup(channel string) Action { return Action{"Hangup", []field{{"Channel", channel}}} }

// Atxfer presses the keys on a channel with which its phone asks exten before it hands its call
// on; from 1.6.1 on. Exten can be of keys only. Asterisk answers when they are in its queue.
func Atxfer(channel, context, exten string) Action {
	return Action{"Atxfer", []field{{"Channel", channel}, {"Context", context}, {"Exten", exten}}}
}

// CancelAtxfer presses those with which it goes back to its call; from 13.18 on.
func CancelAtxfer(channel string) Action {
	return Action{"CancelAtxfer", []field{{"Channel", channel}}}
}

// PJSIPNotify sends the phone of a channel a NOTIFY in its dialog ("hold" or "talk"), for users who
// may write class system; where res_pjsip_notify is loaded.
func PJSIPNotify(channel, event string) Action {
	return Action{"PJSIPNotify", []field{{"Channel", channel}, {"Variable", "Event=" + event}}}
}

// BlindTransfer has whoever talks with a channel go on in the dialplan, as if its phone had
// handed the call on; from 13 on. Asterisk answers whether it did.
func BlindTransfer(channel, context, exten string) Action {
	return Action{"BlindTransfer", []field{{"Channel", channel}, {"Context", context}, {"Exten", exten}}}
}

// Redirect has a channel itself go on in the dialplan, away from whoever it talks with.
func Redirect(channel, context, exten string) Action {
	return Action{"Redirect", []field{{"Channel", channel}, {"Context", context}, {"Exten", exten}, {"Priority", "1"}}}
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// What Asterisk can read: get_input of main/manager.c gives a line 1,024 bytes with
// its line break, and a message 128 headers (AST_MAX_MANHEADERS).
const (
	maxActionLine    = 1022
	maxActionHeaders = 128
)

// ValueError says that an action was not sent because Asterisk would read it
// otherwise than it was meant. It never holds the value.
type ValueError struct{ Action, Header, Why string }

func (e *ValueError) Error() string {
	return fmt.Sprintf("ami: action %s, header %s: %s", e.Action, e.Header, e.Why)
}

// Append appends a to dst as it is sent, with id as its ActionID. Nothing is ever
// stripped or escaped: what cannot be sent as it is, is refused with a *ValueError.
func (a Action) Append(dst []byte, id string) ([]byte, error) {
	if len(a.fields)+2 > maxActionHeaders {
		return dst, &ValueError{a.word, "-", "too many headers"}
	}
	out := append(dst, "Action: "+a.word+"\r\n"...)
	for _, f := range append([]field{{"ActionID", id}}, a.fields...) {
		if why := bad(f.value); why != "" {
			return dst, &ValueError{a.word, string(f.name), why}
		}
		from := len(out)
		out = append(append(append(append(out, f.name...), ": "...), f.value...), "\r\n"...)
		if len(out)-from > maxActionLine+2 {
			return dst, &ValueError{a.word, string(f.name), "the line is too long"}
		}
	}
	return append(out, "\r\n"...), nil
}

// bad says why a value cannot be sent, "" when it can.
func bad(value string) string {
	for i := range len(value) {
		if value[i] < 0x20 || value[i] == 0x7f {
			return "the value has a control character"
		}
	}
	if !utf8.ValidString(value) {
		return "the value is not UTF-8"
	}
	return ""
}
