package session

import (
	"context"
	"errors"

	"github.com/asteriskcti/asteriskcti/backend/config"
	"github.com/asteriskcti/asteriskcti/backend/password"
)

// lineCommand is a command of the line protocol.
type lineCommand struct {
	act     act
	args    int    // parameters, exactly
	more    bool   // or more of them
	usage   string // told when they are wrong
	refusal string // the token of its refusals
	run     func(v *conversation, ctx context.Context, args [][]byte) answer
}

// lineCommands is the line protocol, entire (E2 to E9).
var lineCommands map[string]lineCommand

func init() { // not a literal: the commands reach the table through the conversation
	lineCommands = map[string]lineCommand{
		"USER":     {actSignIn, 1, false, "USER name", refused, (*conversation).user},
		"PASS":     {actSignIn, 1, false, "PASS md5hex", refused, (*conversation).pass},
		"MAC":      {actSignIn, 1, false, "MAC 00:11:22:33:44:55", refused, (*conversation).mac},
		"NOOP":     {actPing, 0, false, "NOOP", refused, (*conversation).noop},
		"QUIT":     {actLeave, 0, false, "QUIT", refused, (*conversation).quit},
		"ORIG":     {actOriginate, 3, false, "ORIG exten context priority", refused, (*conversation).orig},
		"PAUSE":    {actPause, 1, true, pauseUsage, pauseFailed, (*conversation).pause},
		"READY":    {actWork, 0, false, "READY", refused, (*conversation).ready},
		"MORE":     {actWork, 0, false, "MORE", refused, (*conversation).moreTime},
		"REASONS":  {actAsk, 0, false, "REASONS", refused, (*conversation).reasons},
		"CONTEXTS": {actAsk, 0, false, "CONTEXTS", refused, (*conversation).contexts},
	}
}

const (
	pauseUsage      = "PAUSE IN [reason], PAUSE AFTER [reason] or PAUSE OUT"
	alreadySignedIn = "already signed in"
)

// user keeps the name. Whether it exists is not told (E2).
func (v *conversation) user(_ context.Context, args [][]byte) answer {
	if v.uid != "" {
		return v.fault(alreadySignedIn)
	}
	name := string(args[0])
	if !config.ValidUsername(name) {
		return v.fault("not a name: letters, digits and . _ @ - are")
	}
	v.name = name
	return answer{token: ok}
}

// pass checks the password, and signs in if the seat is known already. A refusal
// leaves everything as it was: name and seat stay.
func (v *conversation) pass(ctx context.Context, args [][]byte) answer {
	switch {
	case v.uid != "":
		return v.fault(alreadySignedIn)
	case v.name == "":
		return v.fault("send USER first")
	}
	md5hex, err := password.ParseMD5Hex(string(args[0]))
	if err != nil {
		return v.fault(err.Error())
	}
	uid, err := v.srv.authenticate(ctx, v.name, md5hex, v.from)
	if err != nil {
		return v.refuse(err)
	}
	a := answer{token: passwordOK}
	if v.seat != "" {
		if a = v.signIn(ctx, uid, v.seat, passwordOK); a.token != "" {
			return a
		}
	}
	v.uid = uid
	v.conn.Known()
	return a
}

// mac says which seat, and signs in if the password is known already.
func (v *conversation) mac(ctx context.Context, args [][]byte) answer {
	if v.who != nil {
		return v.fault(alreadySignedIn)
	}
	seat, err := config.ParseMAC(string(args[0]))
	if err != nil {
		return v.fault(err.Error())
	}
	if v.uid != "" {
		return v.signIn(ctx, v.uid, seat, ok)
	}
	cfg, err := v.srv.ready()
	if err != nil {
		return v.refuse(err)
	}
	if _, known := cfg.Seat(seat); !known {
		return v.refuse(ErrSeatUnknown)
	}
	v.seat = seat
	return answer{token: ok}
}

// signIn makes the client an agent. welcome answers the command that did it: it is
// staged in the very turn of the picture in which the watch begins, so that every
// event after it is told, and none before. Then the zero answer is returned.
func (v *conversation) signIn(ctx context.Context, uid, seat, welcome string) answer {
	in, err := v.srv.claim(claim{uid: uid, seat: seat, replace: !v.srv.opts.Refuse})
	if err != nil {
		return v.refuse(err)
	}
	defer in.release()
	if err := in.attach(&v.client); err != nil {
		v.leave(in.Reason()) // ended before it began
		return answer{}
	}
	v.who, v.first = in, []byte(welcome)
	if v.stop, err = v.watch(ctx); err != nil {
		v.unwatched(err)
	}
	return answer{}
}

func (v *conversation) noop(context.Context, [][]byte) answer { return answer{token: ok} }

// quit makes its answer the last line.
func (v *conversation) quit(context.Context, [][]byte) answer {
	v.depart(ReasonSignedOut, []byte(goodbye), ReasonSignedOut.closeCode())
	return answer{}
}

// refuse puts an error of signing in into words. Those that are no fault of the
// client do not count against it.
func (v *conversation) refuse(err error) answer {
	a := answer{token: refused, fault: true}
	var throttled *password.Throttled
	var notReady *NotReady
	switch {
	case errors.Is(err, password.ErrWrong), errors.Is(err, ErrRemoved):
		a.text = password.ErrWrong.Error()
	case errors.As(err, &throttled):
		a.text = throttled.Error()
	case errors.Is(err, ErrSeatUnknown), errors.Is(err, ErrSeatTaken), errors.Is(err, ErrOperatorUsed):
		a.text = err.Error()
	case errors.Is(err, password.ErrBusy):
		a.text, a.fault = password.ErrBusy.Error(), false
	case errors.As(err, &notReady):
		a.text, a.fault = notReady.Error(), false
	default:
		v.srv.opts.Log.Error("sign-in failed", "operator", v.name, "from", v.from, "err", err)
		a.text, a.fault = "the server could not do it, try again", false
	}
	return a
}
