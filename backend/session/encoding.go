package session

import (
	"strconv"
	"sync"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Encoding is how a client is told things.
type Encoding uint8

// JSON and XML are the subprotocols of the WebSocket; a client of the line protocol
// gets XML events between the lines.
const (
	JSON Encoding = iota
	XML
	line
)

// encoder writes each notice once for an encoding, however many clients are told,
// and puts each client's own number behind it. Only one notice is kept: the
// picture tells one after another.
type encoder struct {
	mu     sync.Mutex
	notice *pbx.Notice
	forms  [2]form // by JSON, XML
}

// form is an encoded notice; the number of the last client stands behind body.
type form struct {
	buf  []byte
	body int
	done bool
}

// stage hands n to conn as event number seq.
func (e *encoder) stage(conn Conn, enc Encoding, n *pbx.Notice, seq uint64) error {
	if enc == line {
		enc = XML // byte for byte the same (F1)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.notice != n {
		e.notice = n // kept alive by this, so that no other notice can be in its place
		e.forms[JSON].done, e.forms[XML].done = false, false
	}
	f := &e.forms[enc]
	tail := jsonTail
	if enc == XML {
		tail = xmlTail
	}
	if !f.done {
		if enc == XML {
			f.buf = appendXMLEvent(f.buf[:0], n)
		} else {
			f.buf = appendJSONEvent(f.buf[:0], n)
		}
		f.body, f.done = len(f.buf), true
	}
	f.buf = strconv.AppendUint(f.buf[:f.body], seq, 10)
	f.buf = append(f.buf, tail...)
	return conn.Stage(f.buf)
}
