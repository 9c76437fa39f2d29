package app

import (
	"bytes"
	"fmt"

	"github.com/asteriskcti/asteriskcti/backend/ami/amitest"
)

// traffic is events of a call centre with so many agents, of which some 28 of 100 make
// a message to one agent, which is how the marks are defined: without the variables
// that nobody asks for and the states of devices, half of what Asterisk tells and
// cheap to pass over. No call is in it twice.
func traffic(agents, events int) *amitest.Corpus {
	c := dense(amitest.Traffic{Calls: 80, Agents: agents, Bytes: 24 << 20}.Generate())
	once := *c
	for again := 1; len(c.Ends) < events; again++ {
		// Uniqueids and Linkedids begin with the time of birth, 1760000000 and some 2,000
		// seconds more. The same calls another day are other calls.
		base := len(c.Text)
		c.Text = append(c.Text, bytes.ReplaceAll(once.Text, []byte(": 176000"), fmt.Appendf(nil, ": 176%03d", again))...)
		for _, end := range once.Ends {
			c.Ends = append(c.Ends, base+end)
		}
	}
	return part(c, 0, events)
}

func dense(c *amitest.Corpus) *amitest.Corpus {
	d := &amitest.Corpus{Text: make([]byte, 0, len(c.Text)/2)}
	start := 0
	for _, end := range c.Ends {
		e := c.Text[start:end]
		start = end
		name, rest, _ := bytes.Cut(e[len("Event: "):], []byte("\r\n"))
		switch string(name) {
		case "VarSet":
			if !bytes.Contains(rest, []byte("\r\nVariable: calldata\r\n")) {
				continue
			}
		case "DeviceStateChange", "ExtensionStatus", "QueueMemberStatus":
			continue
		}
		d.Text = append(d.Text, e...)
		d.Ends = append(d.Ends, len(d.Text))
	}
	return d
}

// part is the events from to to of c.
func part(c *amitest.Corpus, from, to int) *amitest.Corpus {
	base := 0
	if from > 0 {
		base = c.Ends[from-1]
	}
	p := &amitest.Corpus{Text: c.Text[base:c.Ends[to-1]], Ends: make([]int, 0, to-from)}
	for _, end := range c.Ends[from:to] {
		p.Ends = append(p.Ends, end-base)
	}
	return p
}
