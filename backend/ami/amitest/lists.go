package amitest

import (
	"fmt"
	"strings"
	"time"
)

// begin is the answer that announces a list.
func (n *session) begin(q request, message string) {
	n.put(n.head(q, "Success").add("EventList", "start").add("Message", message).end())
}

// item begins an entry of a list, with the ActionID first as the newer lists have it.
func item(q request, name string) *text {
	t := &text{}
	t.add("Event", name)
	return t.id(q)
}

// id adds the client's ActionID, if it gave one.
func (t *text) id(q request) *text {
	if id := q.get("ActionID"); id != "" {
		t.add("ActionID", id)
	}
	return t
}

// complete ends a list.
func (n *session) complete(q request, name string, items int, more ...string) {
	t := item(q, name).add("EventList", "Complete").int("ListItems", items)
	for i := 0; i+1 < len(more); i += 2 {
		t.add(more[i], more[i+1])
	}
	n.put(t.end())
}

func coreSettings(n *session, q request) {
	n.put(n.head(q, "Success").add("AMIversion", "11.0.0").add("AsteriskVersion", "22.10.1").add("SystemName", strings.TrimSuffix(n.server.x.system, "-")).
		add("CoreMaxCalls", "0").add("CoreMaxLoadAvg", "0.000000").add("CoreRunUser", "").add("CoreRunGroup", "").add("CoreMaxFilehandles", "0").
		add("CoreRealTimeEnabled", "No").add("CoreCDRenabled", "No").add("CoreHTTPenabled", "No").add("SoundsSearchCustomDir", "No").end())
}

func coreStatus(n *session, q request) {
	x := n.server.x
	date, clock := x.started.UTC().Format(time.DateOnly), x.started.UTC().Format(time.TimeOnly)
	n.put(n.head(q, "Success").add("CoreStartupDate", date).add("CoreStartupTime", clock).add("CoreReloadDate", date).add("CoreReloadTime", clock).
		int("CoreCurrentCalls", len(x.channels)).int("CoreProcessedCalls", x.processed).end())
}

func coreShowChannels(n *session, q request) {
	x := n.server.x
	n.begin(q, "Channels will follow")
	for _, ch := range x.channels {
		t := item(q, "CoreShowChannel")
		t.channel("", ch)
		age := seconds(x.clock.Now().Sub(ch.born))
		t.add("Application", ch.app).add("ApplicationData", ch.data).
			add("Duration", fmt.Sprintf("%02d:%02d:%02d", age/3600, age/60%60, age%60)).add("BridgeId", ch.bridge.name())
		n.put(t.end())
	}
	n.complete(q, "CoreShowChannelsComplete", len(x.channels))
}

// name is the bridge's id; "" for none.
func (b *bridge) name() string {
	if b == nil {
		return ""
	}
	return b.id
}

// other is the channel ch is bridged to.
func (ch *channel) other() *channel {
	if ch.bridge == nil {
		return nil
	}
	for _, o := range ch.bridge.channels {
		if o != ch {
			return o
		}
	}
	return nil
}

func status(n *session, q request) {
	x := n.server.x
	channels := x.channels
	if name := q.get("Channel"); name != "" {
		ch := x.channel(name)
		if ch == nil {
			n.fail(q, "No such channel")
			return
		}
		channels = []*channel{ch}
	}
	if n.server.options.Dialect == Asterisk14 {
		legacyStatus(n, q, channels)
		return
	}
	n.begin(q, "Channel status will follow")
	for _, ch := range channels {
		n.put(modernStatus(x, q, ch))
	}
	n.complete(q, "StatusComplete", len(channels), "Items", itoa(len(channels)))
}

func modernStatus(x *exchange, q request, ch *channel) []byte {
	t := &text{}
	t.add("Event", "Status").add("Privilege", "Call")
	t.channel("", ch)
	kind, _, _ := strings.Cut(ch.name, "/")
	t.add("Type", kind).add("DNID", ch.dialled).add("EffectiveConnectedLineNum", orUnknown(ch.peer)).
		add("EffectiveConnectedLineName", orUnknown(ch.peerWho)).add("TimeToHangup", "0").add("BridgeID", ch.bridge.name()).
		add("Application", ch.app).add("Data", ch.data).add("Nativeformats", "(ulaw)").add("Readformat", "ulaw").add("Readtrans", "").
		add("Writeformat", "ulaw").add("Writetrans", "").add("Callgroup", "0").add("Pickupgroup", "0").
		int("Seconds", seconds(x.clock.Now().Sub(ch.born)))
	if truth(q.get("AllVariables")) {
		for _, v := range ch.vars {
			t.add("Variable", v.Name+"="+v.Value)
		}
	} else if names := q.get("Variables"); names != "" {
		for _, name := range strings.Split(names, ",") {
			t.add("Variable", name+"="+ch.get(name))
		}
	}
	return t.id(q).end()
}

func legacyStatus(n *session, q request, channels []*channel) {
	n.ok(q, "Channel status will follow")
	for _, ch := range channels {
		t := &text{}
		t.add("Event", "Status").add("Privilege", "Call").add("Channel", ch.name).add("CallerID", orUnknown(ch.number)).
			add("CallerIDNum", orUnknown(ch.number)).add("CallerIDName", orUnknown(ch.who)).add("Account", ch.account).add("State", stateWords[ch.state])
		if !strings.HasPrefix(ch.data, "(Outgoing") { // only a channel that runs a dialplan has a place in it
			t.add("Context", ch.context).add("Extension", ch.exten).int("Priority", ch.priority).int("Seconds", seconds(n.server.clock.Now().Sub(ch.born)))
		}
		if o := ch.other(); o != nil {
			t.add("Link", o.name)
		}
		n.put(t.add("Uniqueid", ch.id).id(q).end())
	}
	n.put(item(q, "StatusComplete").end())
}

func bridgeList(n *session, q request) {
	n.begin(q, "Bridge listing will follow")
	for _, b := range n.server.x.bridges {
		t := item(q, "BridgeListItem")
		t.bridge(b, len(b.channels))
		n.put(t.end())
	}
	n.complete(q, "BridgeListComplete", len(n.server.x.bridges))
}

func bridgeInfo(n *session, q request) {
	for _, b := range n.server.x.bridges {
		if b.id != q.get("BridgeUniqueid") {
			continue
		}
		n.begin(q, "Bridge channel listing will follow")
		for _, ch := range b.channels {
			t := item(q, "BridgeInfoChannel")
			t.channel("", ch)
			n.put(t.end())
		}
		t := item(q, "BridgeInfoComplete").add("EventList", "Complete").int("ListItems", len(b.channels))
		t.bridge(b, len(b.channels))
		n.put(t.end())
		return
	}
	n.fail(q, "Specified BridgeUniqueid not found")
}

func getVar(n *session, q request) {
	name := q.get("Variable")
	ch := n.server.x.channel(q.get("Channel"))
	switch {
	case name == "":
		n.fail(q, "No variable specified")
	case ch == nil:
		n.fail(q, "No such channel")
	case n.server.options.Dialect == Asterisk14: // its ActionID comes last
		t := &text{}
		n.put(t.add("Response", "Success").add("Variable", name).add("Value", ch.get(name)).id(q).end())
	default:
		n.put(n.head(q, "Success").add("Variable", name).add("Value", ch.get(name)).end())
	}
}

func setVar(n *session, q request) {
	name := q.get("Variable")
	ch := n.server.x.channel(q.get("Channel"))
	switch {
	case name == "":
		n.fail(q, "No variable specified")
	case ch == nil:
		n.fail(q, "No such channel")
	default:
		n.server.x.voice.assign(ch, name, q.get("Value"))
		n.ok(q, "Variable Set")
	}
}

func hangupAction(n *session, q request) {
	ch := n.server.x.channel(q.get("Channel"))
	if ch == nil {
		n.fail(q, "No such channel")
		return
	}
	n.ok(q, "Channel Hungup")
	ch.call.hangup(ch)
}
