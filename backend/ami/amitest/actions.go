package amitest

import (
	"crypto/md5" //nolint:gosec // the protocol's own challenge
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// action is one manager action.
type action struct {
	needs  classes // any of them suffices; 0: nothing
	modern bool    // Asterisk22 has it
	legacy bool    // Asterisk14 has it
	do     func(*session, request)
}

var actions map[string]action

func init() { // not a literal: the actions use the table's own functions
	actions = map[string]action{
		"ping":             {0, true, true, ping},
		"events":           {0, true, true, events},
		"filter":           {classSystem, true, false, addFilter},
		"command":          {classCommand, true, true, command},
		"coresettings":     {classSystem | classReporting, true, false, coreSettings},
		"corestatus":       {classSystem | classReporting, true, false, coreStatus},
		"coreshowchannels": {classSystem | classReporting, true, false, coreShowChannels},
		"status":           {classSystem | classCall | classReporting, true, true, status},
		"getvar":           {classCall | classReporting, true, true, getVar},
		"setvar":           {classCall, true, true, setVar},
		"bridgelist":       {0, true, false, bridgeList},
		"bridgeinfo":       {0, true, false, bridgeInfo},
		"hangup":           {classSystem | classCall, true, true, hangupAction},
		"blindtransfer":    {classCall, true, false, blindTransfer},
		"redirect":         {classCall, true, false, redirect},
		"atxfer":           {classCall, true, false, atxfer},
		"cancelatxfer":     {classCall, true, false, cancelAtxfer},
		"pjsipnotify":      {classSystem, true, false, pjsipNotify},
		"originate":        {classOriginate, true, true, originateAction},
		"queuestatus":      {0, true, true, queueStatus},
		"queueadd":         {classAgent, true, true, queueAdd},
		"queueremove":      {classAgent, true, true, queueRemove},
		"queuepause":       {classAgent, true, true, queuePause},
		"queuepenalty":     {classAgent, true, false, queuePenalty},
	}
}

// act does what a client asks for.
func (n *session) act(q request) {
	old := n.server.options.Dialect == Asterisk14
	name := strings.ToLower(q.get("Action"))
	f := n.server.faults.Load()
	if f.deaf(name) {
		return
	}
	switch {
	case name == "":
		n.fail(q, "Missing action in request")
		return
	case name == "login":
		n.login(q)
		return
	case name == "challenge":
		n.sendChallenge(q)
		return
	case name == "logoff":
		n.logoff(q, old)
		return
	case n.user == nil:
		if old {
			n.fail(q, "Authentication Required")
		} else {
			n.fail(q, "Permission denied")
		}
		return
	}
	a, known := actions[name]
	if old && name == "originate" {
		a.needs = classCall // the class originate came with 1.6
	}
	switch {
	case !known || (old && !a.legacy) || (!old && !a.modern):
		if old {
			n.fail(q, "Invalid/unknown command")
		} else {
			n.fail(q, "Invalid/unknown command: "+q.get("Action")+". Use Action: ListCommands to show available commands.")
		}
	case a.needs != 0 && n.mayWrite&a.needs == 0:
		n.fail(q, "Permission denied")
	default:
		a.do(n, q)
	}
}

// sendChallenge is the first half of a login by MD5.
func (n *session) sendChallenge(q request) {
	if !strings.EqualFold(q.get("AuthType"), "MD5") {
		n.fail(q, "Must specify AuthType")
		return
	}
	if n.challenge == "" {
		n.challenge = strconv.Itoa(100000000 + n.server.x.rng.IntN(900000000))
	}
	n.put(n.head(q, "Success").add("Challenge", n.challenge).end())
}

func (n *session) login(q request) {
	user := n.identify(q)
	if user == nil {
		n.server.log.Info("login refused", "user", q.get("Username"))
		refuse := func() {
			n.fail(q, "Authentication failed")
			n.finish()
		}
		if d := n.server.options.FailDelay; d > 0 {
			n.server.x.after(d, refuse)
		} else {
			refuse()
		}
		return
	}
	again := n.user != nil
	n.user, n.mayRead, n.mayWrite, n.mask = user, parseClasses(user.Read), parseClasses(user.Write), classAll
	if e := q.get("Events"); e != "" {
		n.mask = parseClasses(e)
	}
	n.ok(q, "Authentication accepted")
	f := n.server.faults.Load()
	if f.CloseAfterLogin {
		n.finish()
		return
	}
	if !again {
		n.server.x.listeners = append(n.server.x.listeners, n)
	}
	if n.server.options.Dialect != Asterisk14 {
		up := seconds(n.server.clock.Now().Sub(n.server.x.started))
		t := &text{}
		t.add("Event", "FullyBooted").add("Privilege", "system,all").int("Uptime", up).int("LastReload", up).add("Status", "Fully Booted")
		n.hear(classSystem, t.end())
	}
}

// identify is the user whom a Login proves to be; nil for nobody.
func (n *session) identify(q request) *User {
	for i := range n.server.options.Users {
		u := &n.server.options.Users[i]
		if u.Name != q.get("Username") {
			continue
		}
		if strings.EqualFold(q.get("AuthType"), "MD5") {
			sum := md5.Sum([]byte(n.challenge + u.Secret)) //nolint:gosec // the protocol's own
			if n.challenge != "" && same(q.get("Key"), hex.EncodeToString(sum[:])) {
				return u
			}
		} else if u.Secret != "" && same(q.get("Secret"), u.Secret) {
			return u
		}
	}
	return nil
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func (n *session) logoff(q request, old bool) {
	if old && n.user == nil {
		n.ok(q, "See ya")
	} else {
		n.put(n.head(q, "Goodbye").add("Message", "Thanks for all the fish.").end())
	}
	n.finish()
}

func ping(n *session, q request) {
	if n.server.options.Dialect == Asterisk14 {
		n.put(n.head(q, "Pong").end())
		return
	}
	now := n.server.clock.Now()
	stamp := fmt.Sprintf("%d.%06d", now.Unix(), now.Nanosecond()/1000)
	n.put(n.head(q, "Success").add("Ping", "Pong").add("Timestamp", stamp).end())
}

// events sets what the client hears. 1.4 says nothing when asked for all.
func events(n *session, q request) {
	asked := q.get("EventMask")
	n.mask = parseClasses(asked)
	word := "On"
	if n.mask == 0 {
		word = "Off"
	}
	switch {
	case n.server.options.Dialect != Asterisk14:
		n.put(n.head(q, "Success").add("Events", word).end())
	case n.mask != classAll:
		n.put(n.head(q, "Events "+word).end())
	}
}

func addFilter(n *session, q request) {
	if !strings.EqualFold(q.get("Operation"), "Add") {
		n.fail(q, "Unknown operation")
		return
	}
	expression, exclude := strings.CutPrefix(q.get("Filter"), "!")
	re, err := regexp.Compile(expression)
	if err != nil || expression == "" {
		n.fail(q, "Filter did not compile.  Check the syntax of the filter given.")
		return
	}
	n.filters = append(n.filters, filter{exclude, re})
	n.ok(q, "Filter added successfully")
}

// command refuses: no shell of an exchange is simulated.
func command(n *session, q request) {
	words := strings.Fields(q.get("Command"))
	said := strings.Join(words, " ")
	if n.server.options.Dialect == Asterisk14 {
		t := &text{}
		t.b = append(t.b, "Response: Follows\r\nPrivilege: Command\r\n"...)
		if id := q.get("ActionID"); id != "" {
			t.add("ActionID", id)
		}
		t.b = append(t.b, "No such command '"+said+"' (type 'help' for help)\n--END COMMAND--\r\n\r\n"...)
		n.put(t.b)
		return
	}
	about := strings.Join(words[:min(len(words), 2)], " ")
	n.put(n.head(q, "Error").add("Message", "Command output follows").
		add("Output", "No such command '"+said+"' (type 'core show help "+about+"' for other possible commands)").end())
}
