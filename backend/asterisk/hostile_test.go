package asterisk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami"
	"github.com/asteriskcti/asteriskcti/backend/asterisk"
	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Real sockets from here on: peers that misbehave in ways a pipe does not know.

// misbehave is a link to a fake that, when asked for Status, does something else.
func misbehave(t *testing.T, o asterisk.Options, does func(c *client, id string)) *linked {
	f := &fake{t: t, version: "11.0.0", on: map[string]func(*client, map[string]string){
		"Status": func(c *client, h map[string]string) { does(c, h["ActionID"]) },
	}}
	o.Dial = f.listen()
	return start(t, o, calldata, 1000)
}

func TestLongLine(t *testing.T) {
	l := misbehave(t, asterisk.Options{}, func(c *client, _ string) {
		c.raw("Event: VarSet\r\nValue: " + strings.Repeat("x", 10<<20))
	})
	if err := <-l.done; !errors.Is(err, ami.ErrLineTooLong) || !errors.Is(err, asterisk.ErrLost) {
		t.Error(err)
	}
	l.secretSafe()
}

// TestCutMessage holds that an event cut by the end of the connection is not one:
// Asterisk drops a slow client in the middle of a message.
func TestCutMessage(t *testing.T) {
	l := misbehave(t, asterisk.Options{}, func(c *client, id string) {
		c.raw("Event: Newstate\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\nEvent: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\nCause: 16\r\n")
		c.finish()
	})
	if err := <-l.done; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if got := lines(l.until(pbx.LinkDown)); strings.Contains(got, "Hangup") || !strings.Contains(got, "NewState") {
		t.Error(got)
	}
}

// TestStopsInTheMiddle holds that one that stops inside a message is found dead.
func TestStopsInTheMiddle(t *testing.T) {
	f := &fake{t: t, version: "11.0.0", on: map[string]func(*client, map[string]string){
		"Status": func(c *client, _ map[string]string) { c.raw("Event: Hangup\r\nPriv") },
		"Ping":   func(*client, map[string]string) {},
	}}
	l := start(t, asterisk.Options{Dial: f.listen(), Ping: 30 * time.Millisecond}, calldata, 8)
	if err := <-l.done; !errors.Is(err, asterisk.ErrLost) || !strings.Contains(err.Error(), "nothing was heard") {
		t.Error(err)
	}
}

func TestNobodyListens(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	l := start(t, asterisk.Options{Dial: func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", gone.Addr().String())
	}}, calldata, 8)
	if err := <-l.done; !errors.Is(err, asterisk.ErrUnreachable) || !strings.Contains(err.Error(), gone.Addr().String()) {
		t.Error(err)
	}
}

// TestRestart holds row A7 as far as the link goes: after Asterisk has gone and come
// back, the picture is taken anew without being asked for.
func TestRestart(t *testing.T) {
	f := &fake{t: t, version: "11.0.0", status: "Event: Status|Privilege: Call|Channel: a|Uniqueid: 1|ActionID: @"}
	restart := make(chan struct{})
	f.on = map[string]func(*client, map[string]string){"Ping": func(c *client, _ map[string]string) {
		select {
		case <-restart:
			c.finish()
		default:
			c.say("Response: Success|Ping: Pong")
		}
	}}
	l := start(t, asterisk.Options{Dial: f.listen(), Retries: -1, RetryPause: time.Millisecond, Ping: 200 * time.Millisecond}, calldata, 8)
	l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncChannel, pbx.SyncEnd)
	restart <- struct{}{}
	if e := l.next(); e.Kind != pbx.LinkDown || e.Text != "the link to Asterisk was lost" {
		t.Error(words(e))
	}
	l.expect(pbx.LinkUp, pbx.SyncBegin, pbx.SyncChannel, pbx.SyncEnd)
	if s := l.link.Status(); s.Logins != 2 {
		t.Errorf("%+v", s)
	}
	l.stop()
}

// TestFlood is mark P7: events as fast as a socket takes them, and a consumer that
// stands still for 100 ms every 5,000. None is lost, none comes twice, none overtakes.
func TestFlood(t *testing.T) {
	const events, often = 40_000, 5_000
	l := misbehave(t, asterisk.Options{}, func(c *client, id string) {
		go func() {
			c.say("Response: Success|ActionID: " + id + "||Event: StatusComplete|ActionID: " + id)
			for i := 0; i < events; {
				var b strings.Builder
				for range 500 {
					fmt.Fprintf(&b, "Event: Newstate\r\nPrivilege: call,all\r\nChannel: PJSIP/201-00000001\r\nChannelState: 6\r\n"+
						"ChannelStateDesc: Up\r\nCallerIDNum: 201\r\nCallerIDName: x\r\nUniqueid: %d\r\nLinkedid: 1\r\n\r\n", i)
					i++
				}
				c.raw(b.String())
			}
		}()
	})
	l.until(pbx.SyncBegin)
	for i := range events {
		e := l.next()
		if e.Kind == pbx.SyncEnd { // Asterisk goes on while it is asked
			e = l.next()
		}
		if e.Kind != pbx.NewState || string(e.Channel.ID) != strconv.Itoa(i) {
			t.Fatalf("event %d is %s", i, words(e))
		}
		if i%often == often-1 {
			<-time.After(100 * time.Millisecond)
		}
	}
	if s := l.link.Status(); s.Overruns != 0 || s.Logins != 1 {
		t.Errorf("%+v", s)
	}
	l.stop()
}
