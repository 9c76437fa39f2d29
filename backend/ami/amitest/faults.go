package amitest

import (
	"bytes"
	"context"
	"strings"
	"time"
)

// Faults is what goes wrong with a Server. The zero value is a healthy one.
type Faults struct {
	Banner          string        // sent instead of the greeting, as it is: "SSH-2.0-OpenSSH_9.2\r\n"
	Silent          bool          // no greeting at all
	Mute            bool          // half-open: reads, but writes nothing until it is taken back
	Deaf            []string      // actions that are never answered: "Ping"
	Drip            bool          // each write is one byte
	DripPause       time.Duration // told time after each write
	CloseAfterLogin bool          // a login is accepted, then the connection closed
}

func (f *Faults) deaf(action string) bool {
	for _, d := range f.Deaf {
		if strings.EqualFold(d, action) {
			return true
		}
	}
	return false
}

// SetFaults changes what goes wrong from now on. Of a connection that is open,
// Banner and Silent no longer change anything.
func (s *Server) SetFaults(f Faults) {
	s.faults.Store(&f)
	for _, n := range s.all() {
		n.mu.Lock()
		n.changed.Broadcast()
		n.mu.Unlock()
	}
}

func (n *session) greeting() string {
	f := n.server.faults.Load()
	switch {
	case f.Silent:
		return ""
	case f.Banner != "":
		return f.Banner
	}
	return n.server.x.voice.greeting()
}

// Inject writes bytes as they are to every client that has signed in, after all
// that was told before. It returns when they are written.
func (s *Server) Inject(ctx context.Context, b []byte) error {
	return s.Play(ctx, &Recording{Text: b}, Pace{})
}

// Cut writes the first half of an event to every client that has signed in and
// closes the connection in the middle of a line.
func (s *Server) Cut(ctx context.Context) error {
	const half = "Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/201-000000ff\r\nChannelState: 6\r\nUniqueid: 1"
	err := s.Inject(ctx, []byte(half))
	for _, n := range s.loggedIn() {
		n.close()
	}
	return err
}

// LongLine is a Newexten whose AppData has size bytes, all in one line.
func LongLine(size int) []byte {
	var b bytes.Buffer
	b.WriteString("Event: Newexten\r\nPrivilege: dialplan,all\r\nChannel: PJSIP/300-000000ff\r\nUniqueid: 1.999\r\nApplication: Set\r\nAppData: x=")
	b.Write(bytes.Repeat([]byte("A"), size))
	b.WriteString("\r\n\r\n")
	return b.Bytes()
}
