package tracker

import (
	"strings"

	"github.com/asteriskcti/asteriskcti/backend/pbx"
)

// Until Asterisk 11 a call is moved by a masquerade: two channels change places behind
// their Uniqueids, which is told by three Renames (ast_do_masquerade in main/channel.c):
//
//	A: X -> X<MASQ>           A is whoever is moved, a caller or a phone,
//	B: Y -> X                 B what he is moved into;
//	A: X<MASQ> -> Y<ZOMBIE>   from now on he is B, and A is nobody and hangs up.
//
// From 12 on names and Uniqueids stay together.
const (
	masq   = "<MASQ>"
	zombie = "<ZOMBIE>"
)

// rename is the channel's new name, by which another phone may get it.
func (p *picture) rename(c *channel, name string) {
	if name == "" || name == c.name {
		return
	}
	before, rang := c.name, pickedFrom(c)
	c.name = cut(name, maxName)
	if c.call.origin.id == c.id {
		c.call.origin.name = c.name
	}
	if strings.HasSuffix(name, zombie) {
		p.die(c, strings.TrimSuffix(before, masq))
		return
	}
	if c.phone == nil || local(c.name) || strings.EqualFold(pbx.Device(c.name), c.phone.device) {
		return
	}
	picked := c.answered.IsZero() && !c.begins()
	if picked {
		p.withdraw(c, answeredElsewhere, "Answered elsewhere")
		c.transfer, c.handed = rang, "" // from now on it is the phone that picks up
	} else {
		p.withdraw(c, 0, "")
	}
	p.touch(c)
	old := c.phone
	old.remove(c)
	p.dropPhone(old)
	p.phoneOf(pbx.Device(c.name)).add(c)
	c.was = old.device
	if c.call.origin.id == c.id {
		c.call.origin.device = c.phone.device
	}
	p.touch(c)
	if o := p.byName(name + masq); picked && o != nil && o.state == pbx.Up {
		p.setState(c, pbx.Up)
	}
	p.reveal(c)
}

// die makes c a zombie. Whoever c was is the channel that has its name now.
func (p *picture) die(c *channel, name string) {
	if c.zombie {
		return
	}
	p.withdraw(c, 0, "")
	p.touch(c)
	heir := p.byName(name)
	c.zombie = true
	if ph := c.phone; ph != nil {
		ph.remove(c)
		c.phone = nil
		p.dropPhone(ph)
	}
	if heir == nil || heir == c {
		return
	}
	heir.callerID = c.callerID
	from := heir.call
	if from != c.call {
		p.attended(c.call, from, heir.was)
	}
	k := p.merge(c.call, from)
	if k.origin.id == c.id {
		k.origin = origin{id: heir.id, name: heir.name}
		if heir.phone != nil {
			k.origin.device = heir.phone.device
		}
	}
	p.placeAll(k)
}
