package session

import (
	"errors"
	"time"
)

// Conn is a client's connection as a door hands it over: whole frames, a frame
// being one line or one WebSocket text message. ReadFrame is for one goroutine;
// the rest may be called from any, and none of it ever waits for the client.
type Conn interface {
	// ReadFrame waits for a whole frame of at most limit bytes, at most silence long.
	// The frame comes without its line end and is valid until the next call. Errors:
	// ErrTooLong (this frame is lost, the next can be read), ErrSilent, ErrEncoding,
	// ErrSlow, ErrClosed, io.EOF and those of the network.
	ReadFrame(limit int, silence time.Duration) ([]byte, error)
	// Stage appends one frame to what leaves with the next Flush, and keeps no part of
	// it. Errors: ErrSlow, after which only Close remains, and ErrClosed.
	Stage(frame []byte) error
	// Flush makes one attempt to write; what the network does not take now is written
	// as it does. Errors as those of Stage.
	Flush() error
	// Close makes farewell, unless nil, the last frame, lets what is staged leave for
	// a few seconds and ends the connection; ReadFrame returns at once. After ErrSlow
	// the farewell takes the place of all that has not begun to leave. code and reason
	// are those of a WebSocket's close frame. Further calls do nothing.
	Close(farewell []byte, code int, reason string)
	// Known tells the door that this client has proven who it is: it no longer counts
	// as a stranger.
	Known()
}

// Errors of a Conn.
var (
	ErrTooLong  = errors.New("frame too long")
	ErrSilent   = errors.New("client silent")
	ErrEncoding = errors.New("not a text message in UTF-8")
	ErrSlow     = errors.New("client too slow")
	ErrClosed   = errors.New("connection closed")
)
