package amitest

import (
	"fmt"
	"time"
)

// deviceWords are the words of DeviceStateChange, and the number and word of
// ExtensionStatus, for each device state.
var deviceWords = map[int]struct {
	state  string
	number int
	text   string
}{
	deviceNotInUse:  {"NOT_INUSE", 0, "Idle"},
	deviceInUse:     {"INUSE", 1, "InUse"},
	deviceRinging:   {"RINGING", 8, "Ringing"},
	deviceRingInUse: {"RINGINUSE", 9, "InUse&Ringing"},
	deviceOnHold:    {"ONHOLD", 16, "Hold"},
}

// deviceState is told as an event of its own only where something watches the
// device, a hint for instance.
func (m *modern) deviceState(p *phone, status int) {
	w, ok := deviceWords[status]
	if !m.x.chatter || !ok {
		return
	}
	m.x.event("DeviceStateChange", "call").add("Device", p.device).add("State", w.state).send()
	m.x.event("ExtensionStatus", "call").add("Exten", p.Extension).add("Context", "internal").add("Hint", p.device).
		int("Status", w.number).add("StatusText", w.text).send()
}

// quality sets the variables chan_pjsip sets about the sound, when a channel of
// two leaves its bridge.
func (m *modern) quality(ch *channel, talked time.Duration) {
	if !m.x.chatter || ch.sipID == "" {
		return
	}
	r := m.x.rng
	packets := int(talked / (20 * time.Millisecond))
	m.varSet(ch, "RTPAUDIOQOS", fmt.Sprintf("ssrc=%d;themssrc=%d;lp=0;rxjitter=0.000%03d;rxcount=%d;txjitter=0.000%03d;txcount=%d;rlp=0;rtt=0.0%05d;rxmes=88.%06d;txmes=87.%06d",
		r.Uint32(), r.Uint32(), r.IntN(1000), packets, r.IntN(1000), packets, r.IntN(100000), r.IntN(1000000), r.IntN(1000000)))
	for _, of := range []string{"JITTER", "LOSS", "RTT", "MES"} {
		m.varSet(ch, "RTPAUDIOQOS"+of, "minrx=000.000000;maxrx=000.002100;avgrx=000.000800;stdevrx=000.000300;mintx=000.000000;maxtx=000.001900;avgtx=000.000600;stdevtx=000.000200;")
	}
}

// rtcpPause is how often a channel with sound sends and receives a report.
const rtcpPause = 5 * time.Second

// reports tells the RTCP reports of both channels while they talk.
func (c *call) reports() {
	c.later(rtcpPause, func() {
		for _, ch := range []*channel{c.caller, c.talk.ch} {
			for _, way := range []string{"RTCPSent", "RTCPReceived"} {
				c.report(way, ch)
			}
		}
		c.reports()
	})
}

func (c *call) report(way string, ch *channel) {
	r := c.x.rng
	sent := seconds(c.x.clock.Now().Sub(c.answered)) * 50
	e := c.x.event(way, "reporting").snapshot("", ch)
	e.add("To", "192.0.2.17:17043").add("From", "192.0.2.9:11871").add("SSRC", fmt.Sprintf("0x%08x", r.Uint32())).add("PT", "200(SR)").
		add("ReportCount", "1").add("SentNTP", "1760000123.123456").int("SentRTP", sent*160).int("SentPackets", sent).int("SentOctets", sent*160).
		add("Report0SourceSSRC", fmt.Sprintf("0x%08x", r.Uint32())).add("Report0FractionLost", "0").add("Report0CumulativeLost", "0").
		int("Report0HighestSequence", r.IntN(65536)).add("Report0SequenceNumberCycles", "0").int("Report0IAJitter", r.IntN(30)).
		int("Report0LSR", r.IntN(1<<30)).add("Report0DLSR", "0.0000").send()
}
