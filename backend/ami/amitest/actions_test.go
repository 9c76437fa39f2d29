package amitest_test

import (
	"bufio"
	"crypto/md5" //nolint:gosec // the protocol's own
	"encoding/hex"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// exchange of bytes: what the client sends, what the server must answer.
type turn struct{ say, hear string }

// TestAnswersByteForByte compares answers with those of real Asterisk, of both
// ages, to the same actions.
func TestAnswersByteForByte(t *testing.T) {
	in22 := turn{"Action: Login\r\nActionID: t-1\r\nUsername: all\r\nSecret: all\r\nEvents: off\r\n\r\n", "Response: Success\r\nActionID: t-1\r\nMessage: Authentication accepted\r\n\r\n"}
	in14 := turn{"Action: Login\r\nUsername: all\r\nSecret: all\r\nEvents: off\r\nActionID: a1\r\n\r\n", "Response: Success\r\nActionID: a1\r\nMessage: Authentication accepted\r\n\r\n"}
	fail := func(id, message string) string {
		return "Response: Error\r\nActionID: " + id + "\r\nMessage: " + message + "\r\n\r\n"
	}
	good := func(id, message string) string {
		return "Response: Success\r\nActionID: " + id + "\r\nMessage: " + message + "\r\n\r\n"
	}
	for _, tt := range []struct {
		name     string
		dialect  amitest.Dialect
		greeting string
		turns    []turn
		closes   bool
	}{
		{"login and logoff", "22", "Asterisk Call Manager/11.0.0\r\n", []turn{
			{"Action: Login\r\nActionID: t-1\r\nUsername: all\r\nSecret: all\r\nEvents: on\r\n\r\n", "Response: Success\r\nActionID: t-1\r\nMessage: Authentication accepted\r\n\r\n" +
				"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 0\r\nLastReload: 0\r\nStatus: Fully Booted\r\n\r\n"},
			{"Action: Ping\r\nActionID: t-2\r\n\r\n", "Response: Success\r\nActionID: t-2\r\nPing: Pong\r\nTimestamp: 1772355600.000000\r\n\r\n"},
			{"Action: Logoff\r\nActionID: t-3\r\n\r\n", "Response: Goodbye\r\nActionID: t-3\r\nMessage: Thanks for all the fish.\r\n\r\n"},
		}, true},
		{"wrong secret", "22", "Asterisk Call Manager/11.0.0\r\n", []turn{
			{"Action: Login\r\nActionID: t-1\r\nUsername: all\r\nSecret: wrong\r\nEvents: on\r\n\r\n", fail("t-1", "Authentication failed")},
		}, true},
		{"wrong user", "1.4", "Asterisk Call Manager/1.0\r\n", []turn{
			{"Action: Login\r\nUsername: nobody\r\nSecret: all\r\nActionID: a1\r\n\r\n", fail("a1", "Authentication failed")},
		}, true},
		{"before login", "22", "Asterisk Call Manager/11.0.0\r\n", []turn{
			{"Action: Ping\r\nActionID: 1\r\n\r\n", fail("1", "Permission denied")},
			{"Action: NoSuch\r\nActionID: 2\r\n\r\n", fail("2", "Permission denied")},
			in22,
			{"Action: Ping\r\n\r\n", "Response: Success\r\nPing: Pong\r\nTimestamp: 1772355600.000000\r\n\r\n"},
		}, false},
		{"before login", "1.4", "Asterisk Call Manager/1.0\r\n", []turn{
			{"Action: Ping\r\nActionID: a1\r\n\r\n", fail("a1", "Authentication Required")},
			{"Action: QueueStatus\r\nActionID: a2\r\n\r\n", fail("a2", "Authentication Required")},
			{"Action: Logoff\r\nActionID: a3\r\n\r\n", good("a3", "See ya")},
		}, true},
		{"misc", "1.4", "Asterisk Call Manager/1.0\r\n", []turn{
			in14,
			{"Action: Ping\r\nActionID: a2\r\n\r\n", "Response: Pong\r\nActionID: a2\r\n\r\n"},
			{"Action: Ping\r\n\r\n", "Response: Pong\r\n\r\n"},
			{"Action: NoSuchAction\r\nActionID: a16\r\n\r\n", fail("a16", "Invalid/unknown command")},
			{"Action: CoreShowChannels\r\nActionID: a3\r\n\r\n", fail("a3", "Invalid/unknown command")},
			{"ActionID: none\r\ngarbage without colon\r\n\r\n", fail("none", "Missing action in request")},
			{"Action: Hangup\r\nChannel: SIP/nothing-00000000\r\nActionID: a17\r\n\r\n", fail("a17", "No such channel")},
			{"Action: GetVar\r\nChannel: SIP/nothing\r\nVariable: calldata\r\nActionID: a8\r\n\r\n", fail("a8", "No such channel")},
			{"Action: Events\r\nEventMask: off\r\nActionID: a19\r\n\r\n", "Response: Events Off\r\nActionID: a19\r\n\r\n"},
			{"Action: Events\r\nEventMask: call\r\nActionID: a20\r\n\r\n", "Response: Events On\r\nActionID: a20\r\n\r\n"},
			{"Action: Events\r\nEventMask: on\r\nActionID: a21\r\n\r\nAction: Status\r\nActionID: a22\r\n\r\n", good("a22", "Channel status will follow") + "Event: StatusComplete\r\nActionID: a22\r\n\r\n"},
			{"Action: Originate\r\nAsync: true\r\nContext: c\r\nExten: 202\r\nPriority: 1\r\nActionID: o1\r\n\r\n", "Response: Error\r\nActionID: o1\r\nMessage: Invalid channel\n\r\n\r\n"},
			{"Action: Originate\r\nChannel: SIP/201\r\nPriority: x\r\nActionID: o2\r\n\r\n", "Response: Error\r\nActionID: o2\r\nMessage: Invalid priority\n\r\n\r\n"},
			{"Action: Originate\r\nChannel: SIP/201\r\nPriority: 1\r\nTimeout: x\r\nActionID: o3\r\n\r\n", "Response: Error\r\nActionID: o3\r\nMessage: Invalid timeout\n\r\n\r\n"},
		}, false},
		{"misc", "22", "Asterisk Call Manager/11.0.0\r\n", []turn{
			in22,
			{"Action: NoSuchAction\r\nActionID: 2\r\n\r\n", fail("2", "Invalid/unknown command: NoSuchAction. Use Action: ListCommands to show available commands.")},
			{"Action: Events\r\nActionID: 3\r\nEventMask: call,agent\r\n\r\n", "Response: Success\r\nActionID: 3\r\nEvents: On\r\n\r\n"},
			{"Action: Events\r\nActionID: 4\r\nEventMask: off\r\n\r\n", "Response: Success\r\nActionID: 4\r\nEvents: Off\r\n\r\n"},
			{"Action: Command\r\nActionID: 5\r\nCommand: no such command\r\n\r\n", "Response: Error\r\nActionID: 5\r\nMessage: Command output follows\r\nOutput: No such command 'no such command' (type 'core show help no such' for other possible commands)\r\n\r\n"},
			{"Action: Filter\r\nActionID: 6\r\nOperation: Add\r\nFilter: !Event: RTCP\r\n\r\n", good("6", "Filter added successfully")},
			{"Action: Filter\r\nActionID: 7\r\nOperation: Add\r\nFilter: (\r\n\r\n", fail("7", "Filter did not compile.  Check the syntax of the filter given.")},
			{"Action: CoreStatus\r\nActionID: 8\r\n\r\n", "Response: Success\r\nActionID: 8\r\nCoreStartupDate: 2026-03-01\r\nCoreStartupTime: 09:00:00\r\nCoreReloadDate: 2026-03-01\r\nCoreReloadTime: 09:00:00\r\nCoreCurrentCalls: 0\r\nCoreProcessedCalls: 0\r\n\r\n"},
			{"Action: CoreShowChannels\r\nActionID: 9\r\n\r\n", "Response: Success\r\nActionID: 9\r\nEventList: start\r\nMessage: Channels will follow\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: 9\r\nEventList: Complete\r\nListItems: 0\r\n\r\n"},
			{"Action: Originate\r\nActionID: oe-3\r\nChannel: PJSIP/202\r\nContext: agents\r\nExten: 88888\r\nPriority: 1\r\nAsync: true\r\n\r\n", fail("oe-3", "Extension does not exist.")},
			{"Action: Originate\r\nActionID: oe-4\r\nContext: agents\r\nExten: 9555\r\nPriority: 1\r\nAsync: true\r\n\r\n", fail("oe-4", "Channel not specified")},
			{"Action: Originate\r\nActionID: oe-6\r\nChannel: PJSIP/202\r\nContext: agents\r\nExten: 9555\r\nPriority: notanumber\r\n\r\n", fail("oe-6", "Invalid priority")},
			{"Action: Originate\r\nActionID: oe-7\r\nChannel: 201\r\nContext: agents\r\nExten: 9555\r\nPriority: 1\r\nAsync: true\r\n\r\n", fail("oe-7", "Invalid channel")},
			{"Action: Originate\r\nActionID: oe-8\r\nChannel: PJSIP/202\r\n\r\n", fail("oe-8", "Originate with 'Exten' requires 'Context' and 'Priority'")},
			{"Action: " + strings.Repeat("x", 9000) + "\r\nActionID: 10\r\nAction: Ping\r\n\r\n", "Response: Success\r\nActionID: 10\r\nPing: Pong\r\nTimestamp: 1772355600.000000\r\n\r\n"},
		}, false},
	} {
		t.Run(string(tt.dialect)+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, amitest.Options{Dialect: tt.dialect, Clock: amitest.Manual(epoch)})
			c := dial(t, s)
			if c.greeting+"\r\n" != tt.greeting {
				t.Fatalf("greeting %q, want %q", c.greeting, tt.greeting)
			}
			for _, turn := range tt.turns {
				if _, err := io.WriteString(c.conn, turn.say); err != nil {
					t.Fatal(err)
				}
				got := make([]byte, len(turn.hear))
				n, err := io.ReadFull(c.r, got)
				if string(got[:n]) != turn.hear {
					t.Fatalf("%v to %q\ngot  %q\nwant %q", err, turn.say, got[:n], turn.hear)
				}
			}
			if !tt.closes {
				return
			}
			if _, err := c.r.ReadByte(); err != io.EOF {
				t.Errorf("after the last answer: %v, want EOF", err)
			}
		})
	}
}

// TestRights: a user with the least rights hears and does only that.
func TestRights(t *testing.T) {
	for _, d := range []amitest.Dialect{amitest.Asterisk22, amitest.Asterisk14} {
		s := listen(t, amitest.Options{Dialect: d, Clock: amitest.Manual(epoch), Users: []amitest.User{{Name: "ro", Secret: "ro", Read: "call"}}})
		s.AddPhone(amitest.Phone{Extension: "201"})
		s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
		c := dial(t, s)
		c.login(amitest.User{Name: "ro", Secret: "ro"})
		for _, action := range []string{"QueueAdd", "QueuePause", "Originate", "Command", "Status", "Hangup", "Setvar"} {
			if r := c.ask(action); r.get("Message") != "Permission denied" {
				t.Errorf("%s %s: %v", d, action, r)
			}
		}
		c.list("QueueStatus") // needs no right at all
		s.Call(amitest.Call{From: "300", To: "101", Digits: "1"})
		s.Clock().Advance(time.Second)
		for _, m := range c.events() {
			if p := m.get("Privilege"); p != "call,all" {
				t.Errorf("%s: heard %v", d, m)
			}
		}
	}
}

// TestFailDelay: 22 waits before it says no.
func TestFailDelay(t *testing.T) {
	clock := amitest.Manual(epoch)
	s := listen(t, amitest.Options{Clock: clock, FailDelay: second})
	c := dial(t, s)
	c.send("Login", "Username: all", "Secret: wrong")
	if r := c.ask("Ping"); r.get("Message") != "Permission denied" { // the barrier: the login has been read
		t.Fatal(r)
	}
	clock.Advance(second)
	if m := c.message(); m.get("Message") != "Authentication failed" {
		t.Error(m)
	}
}

func TestLoginByMD5(t *testing.T) {
	for _, d := range []amitest.Dialect{amitest.Asterisk22, amitest.Asterisk14} {
		for _, secret := range []string{"all", "wrong"} {
			s := listen(t, amitest.Options{Dialect: d})
			c := dial(t, s)
			challenge := c.ask("Challenge", "AuthType: MD5").get("Challenge")
			if len(challenge) < 9 {
				t.Fatalf("challenge %q", challenge)
			}
			sum := md5.Sum([]byte(challenge + secret)) //nolint:gosec // the protocol's own
			r := c.ask("Login", "AuthType: md5", "Username: all", "Key: "+hex.EncodeToString(sum[:]))
			if ok := r.get("Message") == "Authentication accepted"; ok != (secret == "all") {
				t.Errorf("%s with secret %q: %v", d, secret, r)
			}
		}
		s := listen(t, amitest.Options{Dialect: d})
		c := dial(t, s)
		if r := c.ask("Challenge", "AuthType: SHA"); r.get("Message") != "Must specify AuthType" {
			t.Error(r)
		}
		// A key without a challenge proves nothing, not even that of an empty one.
		sum := md5.Sum([]byte("all")) //nolint:gosec // the protocol's own
		if r := c.ask("Login", "AuthType: MD5", "Username: all", "Key: "+hex.EncodeToString(sum[:])); r.get("Response") != "Error" {
			t.Error(r)
		}
	}
}

// TestFilter: an excluding filter keeps events away, an including one all others.
func TestFilter(t *testing.T) {
	s := listen(t, amitest.Options{Clock: amitest.Manual(epoch)})
	s.AddService(amitest.Service{Number: "101", Context: "astcti", Digits: 4, Phones: []string{"201"}})
	c := dial(t, s)
	c.login(everything)
	c.ask("Filter", "Operation: Add", "Filter: !Event: (VarSet|DTMF.*)")
	c.ask("Filter", "Operation: Add", "Filter: Exten: 101")
	call := s.Call(amitest.Call{From: "300", To: "101", Digits: "1234", Abandon: second})
	s.Clock().Advance(time.Minute)
	<-call.Done()
	all := c.events()
	if len(all) == 0 {
		t.Fatal("heard nothing")
	}
	for _, m := range all {
		if e := m.get("Event"); e == "VarSet" || strings.HasPrefix(e, "DTMF") || m.get("Exten") != "101" {
			t.Errorf("heard %v", m)
		}
	}
}

// FuzzActions: whatever a client sends, the server lives and answers a Ping.
func FuzzActions(f *testing.F) {
	f.Add("Action: QueueAdd\r\nQueue: q\r\nInterface: x\r\n\r\n", true)
	f.Add("\r\n\n\x00:\r\n: \r\n\r\nAction: Originate\r\nChannel: /\r\nAsync: 1\r\nApplication: Wait\r\nData: 1e300\r\n\r\n", false)
	f.Add("Action: Status\r\nVariables: ,,\r\n\r\nAction: Events\r\nEventMask: -1\r\n\r\n", true)
	f.Fuzz(func(t *testing.T, said string, old bool) {
		d := amitest.Asterisk22
		if old {
			d = amitest.Asterisk14
		}
		if strings.Contains(strings.ToLower(said), "logoff") || strings.Contains(strings.ToLower(said), "login") {
			t.Skip("may close the connection, and rightly")
		}
		clock := amitest.Manual(epoch)
		s := amitest.InMemory(amitest.Options{Dialect: d, Clock: clock, Users: []amitest.User{everything}})
		defer s.Close()
		s.AddPhone(amitest.Phone{Extension: "201", Does: amitest.Answer})
		s.AddQueue(amitest.Queue{Name: "q"})
		c := dial(t, s)
		c.login(everything)
		read := make(chan bool)
		go func() { // net.Pipe has no buffer: somebody must read
			defer close(read)
			r := bufio.NewReader(c.conn)
			for {
				line, err := r.ReadString('\n')
				if err != nil || strings.Contains(line, "ActionID: the-last") {
					return
				}
			}
		}()
		if _, err := io.WriteString(c.conn, said+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
		if _, err := io.WriteString(c.conn, "Action: Ping\r\nActionID: the-last\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-read
	})
}
