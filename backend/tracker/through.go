package tracker

// A Local channel is a pipe: who talks with one half hears whoever talks with the other.
// A queue whose members are Local channels may find two of them answered at once, and
// takes one. So a phone's answer counts when its way through the pipes ends at a channel
// that is none; while it ends in the dark, nothing pops (row B6).

// through says whether c talks with a phone or a line. Who began the call always does.
func (p *picture) through(c *channel) bool {
	p.walk++
	return c.begins() || p.reaches(c)
}

// reaches looks at everybody whom c hears.
func (p *picture) reaches(c *channel) bool {
	c.walk = p.walk
	if o := p.channels[c.answeredTo]; o != nil && p.leads(o) {
		return true
	}
	if c.bridge == nil {
		return false
	}
	for _, o := range c.bridge.members {
		if o != c && o.call == c.call && p.leads(o) {
			return true
		}
	}
	return false
}

// leads says whether o is a phone or a line, or the way to one. Of a pipe whose other half
// was never seen that is taken for granted; one whose other half is gone leads nowhere.
func (p *picture) leads(o *channel) bool {
	if o.phone != nil || o.half == "" {
		return true
	}
	half := p.channels[o.half]
	return half != nil && half.walk != p.walk && p.reaches(half)
}
