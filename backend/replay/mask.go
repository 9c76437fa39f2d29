package replay

import (
	"bytes"

	"github.com/asteriskcti/asteriskcti/backend/ami"
)

// LeftOut stands where a value was.
const LeftOut = "(left out)"

// Mask appends a message as it may be given to others: without the values of variables
// that nobody configured, of which some hold secrets. Which it keeps, keep says, by the
// name without its "_". Callers' names and numbers stay: without them a recording shows
// little.
func Mask(dst []byte, m *ami.Message, keep func(variable string) bool) []byte {
	variable, app, cut := "", string(m.Get(ami.Application)), false
	if m.Event() != nil && string(m.Event()) == "VarSet" {
		variable = string(bytes.TrimLeft(m.Get(ami.Variable), "_"))
	}
	newexten := string(m.Event()) == "Newexten"
	for line := range bytes.SplitAfterSeq(m.Bytes(), []byte("\n")) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		switch {
		case !ok:
			dst = append(dst, line...)
		case variable != "" && string(name) == "Value" && !keep(variable):
			dst = left(dst, name, "")
		case newexten && string(name) == "AppData":
			dst, cut = appData(dst, app, name, bytes.TrimSpace(value), line, keep)
		case cut && !bytes.EqualFold(name, []byte("Uniqueid")):
			// the rest of a value with line breaks in it
		case bytes.HasPrefix(name, []byte("ChanVariable")):
			v, _, _ := bytes.Cut(bytes.TrimSpace(value), []byte("="))
			if keep(string(v)) {
				dst = append(dst, line...)
			} else {
				dst = left(dst, name, string(v)+"=")
			}
		default:
			dst = append(dst, line...)
		}
	}
	return dst
}

func left(dst, name []byte, before string) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, before...)
	return append(dst, LeftOut+"\r\n"...)
}

// appData is what a step of the dialplan is told to do: of an assignment the value, of
// anything else nothing, for it may hold a password as well (an URL of CURL, a System).
// Where a call is dialled to is kept.
func appData(dst []byte, app string, name, value, line []byte, keep func(string) bool) ([]byte, bool) {
	switch app {
	case "Dial", "Queue", "Answer", "Hangup", "Goto", "Read", "Park", "ParkedCall", "Pickup", "ConfBridge", "Wait", "AppDial", "AppQueue", "AppDial2":
		return append(dst, line...), false
	case "Set", "MSet":
		v, _, _ := bytes.Cut(value, []byte("="))
		if v = bytes.TrimLeft(v, "_"); keep(string(v)) {
			return append(dst, line...), false
		}
		return left(dst, name, string(v)+"="), true
	}
	if len(value) == 0 {
		return append(dst, line...), false
	}
	return left(dst, name, ""), true
}
