package app

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
	"github.com/asteriskcti/asteriskcti/backend/session"
	"github.com/asteriskcti/asteriskcti/backend/tracker"
	"github.com/asteriskcti/asteriskcti/backend/web/admin"
)

// tester shows agents what a service opens, for managers who set one up (row I3).
type tester struct {
	clients *session.Server
	picture *tracker.Tracker
}

func (t tester) Agents(ctx context.Context) ([]admin.Agent, error) {
	floor, err := t.picture.Floor(ctx)
	if err != nil {
		return nil, err
	}
	busy := make(map[string]bool)
	for _, a := range floor.Agents {
		busy[a.Operator] = a.Call != "" || a.State == pbx.AgentOnCall || a.State == pbx.AgentHeld || a.State == pbx.AgentRinging
	}
	signedIn := t.clients.Agents()
	list := make([]admin.Agent, len(signedIn))
	for i, a := range signedIn {
		list[i] = admin.Agent{Operator: a.Operator, FullName: a.FullName, Phone: a.Extension, Busy: busy[a.Operator]}
	}
	return list, nil
}

var errSignedOut = errors.New("the agent is not signed in any more")

// TestPop tells of a call that is answered and over in the same moment. An action pops at
// the answer of a call and at nothing else, so it takes the way of a real one; and no card
// of a call that never ends stays behind. The agent's state and telephone are untouched.
func (t tester) TestPop(ctx context.Context, operator, service string, action *pbx.Action) error {
	for _, a := range t.clients.Agents() {
		if a.Operator == operator {
			return t.pop(ctx, a, service, action)
		}
	}
	return errSignedOut
}

// testCaller is who calls in a test, in every language of the panel.
const testCaller = "Test"

func (t tester) pop(ctx context.Context, a tracker.Agent, service string, action *pbx.Action) error {
	now := time.Now()
	id := "test-" + strconv.FormatInt(now.UnixNano(), 36)
	answered := pbx.Call{
		ID: pbx.CallID(id), Uniqueid: pbx.ChannelID(id), Linkedid: pbx.ChannelID(id), Channel: a.Extension + "-test",
		State: pbx.Up, Phase: pbx.PhaseTalking, Direction: pbx.Inbound, Caller: pbx.CallerID{Name: testCaller}, Service: service,
		Started: now, Since: now, Answered: now, Action: action,
	}
	ended := answered
	ended.Phase, ended.Cause, ended.CauseText = pbx.PhaseEnded, 16, testCaller
	for _, n := range []*pbx.Notice{
		{ID: pbx.NoticeLink, Call: &answered, Action: action},
		{ID: pbx.NoticeHangup, Call: &ended},
	} {
		if err := t.picture.Post(ctx, a.Operator, a.Generation, n); err != nil {
			return err
		}
	}
	return nil
}
