package desktop

import "time"

// News is what happens, for State.Apply: a Line of the server, or one of the types below.
type News interface{ news() }

type (
	// Connecting says that a connection is being made.
	Connecting struct{}
	// SignedIn says that the agent is signed in; Lines follow.
	SignedIn struct{}
	// Lost says that there is no connection, and the next try is after Retry.
	Lost struct {
		Why   string
		Retry time.Duration
	}
	// Stopped says that there will be no other try.
	Stopped struct{ Why string }
	// Answered says that a command was carried out, or why it was not.
	Answered struct {
		Command Command
		OK      bool
		Text    string
	}
	// Opened says that what a call asked for was opened, or why it was not; Call is its
	// Uniqueid.
	Opened struct {
		Call, What, Fault string
		Waits             bool // until the agent asks for it
	}
)

func (Line) news()       {}
func (Connecting) news() {}
func (SignedIn) news()   {}
func (Lost) news()       {}
func (Stopped) news()    {}
func (Answered) news()   {}
func (Opened) news()     {}
