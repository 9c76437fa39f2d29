package tracker

import "github.com/asteriskcti/asteriskcti/backend/pbx"

// Until Asterisk 11 nothing says for whom a queue rings a phone: there is no Dial and
// no Linkedid, and only the Link ties phone and caller (row B5). But the phone shows
// the caller's number. Where exactly one caller who waits in a queue has it, the phone
// rings for him, in all likelihood: its agent sees the card, and nothing pops until
// the tie is certain. Where several do, he sees nothing before.

// guess looks for whom c rings. l is what its Newstate tells.
func (p *picture) guess(c *channel, l *pbx.Leg) {
	if !c.legacy || len(p.waiting) == 0 || c.phone == nil || c.guess != nil || p.visible(c) {
		return
	}
	if p.stranger(c.phone) {
		return
	}
	for _, o := range c.call.legs {
		if o != c && o.phone != nil {
			return // it rings for o
		}
	}
	number := l.Connected.Number
	if number == "" {
		number = l.CallerID.Number // 1.4 tells the caller's here
	}
	if number == "" {
		return
	}
	var found *call
	for _, k := range p.waiting {
		if k.service == nil || k.callerID.Number != number {
			continue
		}
		if found != nil {
			return
		}
		found = k
	}
	if found == nil {
		return
	}
	c.guess, c.queued = found, true
	found.guests = append(found.guests, c)
	p.reveal(c)
}

// unguess takes c off the call it was thought to ring for.
func (p *picture) unguess(c *channel) {
	k := c.guess
	if k == nil {
		return
	}
	c.guess = nil
	k.guests = without(k.guests, c)
	p.endIfOver(k)
}

// settleGuesses is called when a and b are found to be one call. It replaces what was
// guessed of their channels by what is certain, and returns those that were guessed
// rightly: for their agents nothing changes. A merger with a Local channel says
// nothing yet of who is behind it.
func (p *picture) settleGuesses(win, lose *call) (right []*channel) {
	for _, pair := range [2][2]*call{{lose, win}, {win, lose}} {
		mine, other := pair[0], pair[1]
		for _, c := range mine.legs {
			g := c.guess
			if g == nil {
				continue
			}
			if !other.hasPhone() {
				right = append(right, c) // as likely as before
				continue
			}
			if g == win {
				right = append(right, c)
			} else {
				p.withdraw(c, 0, "")
			}
			p.unguess(c)
		}
	}
	return right
}

func (k *call) hasPhone() bool {
	for _, c := range k.legs {
		if c.phone != nil {
			return true
		}
	}
	return false
}

// dropGuests ends the guesses for a call that was answered: the phones that still ring
// ring for somebody else, or will hang up at once.
func (p *picture) dropGuests(k *call) {
	for i := len(k.guests) - 1; i >= 0; i-- {
		if c := k.guests[i]; c.answered.IsZero() {
			p.withdraw(c, answeredElsewhere, "Answered elsewhere")
			p.unguess(c)
		}
	}
}
