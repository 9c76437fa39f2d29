package dial

// What Reason of OriginateResponse says: numbers of AST_CONTROL frames (include/asterisk/frame.h).
const (
	reasonRinging    = 3
	reasonBusy       = 5
	reasonCongestion = 8
)

// words are the reasons of pbx.Originated. OriginateResponse is of the agent's own telephone
// only: what becomes of the number that is dialled then is told as any call's end is.
var words = map[string]string{
	"busy":        "your telephone is busy",
	"no-answer":   "your telephone did not answer",
	"unreachable": "your telephone cannot be reached",
	"congestion":  "the call to your telephone did not get through",
	"rejected":    "your telephone rejected the call",
	"failed":      "the call to your telephone failed",
}

// outcome is how a call began: nothing when it did, else the reason, and its text.
func (c *call) outcome() (reason, text string) {
	switch {
	case c.OK:
		return "", ""
	case c.lost:
		return "failed", "the link to Asterisk was lost: whether the call was made is not known"
	case !c.answered:
		return "failed", "Asterisk does not say what became of the call"
	}
	reason = c.why()
	return reason, words[reason]
}

// why is the reason of a failure. The cause of the hang-up (Q.850) tells more than Reason,
// but is not always known: chan_pjsip has Reason 0 for a busy telephone, and one that is not
// registered gets no channel that could be hung up.
func (c *call) why() string {
	switch c.cause {
	case 17:
		return "busy"
	case 21:
		return "rejected"
	case 18, 19:
		return "no-answer"
	case 1, 3, 20, 27:
		return "unreachable"
	case 34, 38, 41, 42, 44:
		return "congestion"
	}
	switch {
	case c.reason == reasonRinging:
		return "no-answer"
	case c.reason == reasonBusy:
		return "busy"
	case c.reason == reasonCongestion:
		return "congestion"
	case c.reason == 0 && !c.hungUp:
		return "unreachable"
	}
	return "failed"
}
