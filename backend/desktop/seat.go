package desktop

import (
	"fmt"
	"net"
)

// Seat is a place that this PC may be: one of its network cards.
type Seat struct {
	MAC  string // 00:11:22:33:44:55
	Card string // the system's name of it
}

// Seats are the network cards of this PC. Those whose addresses were made up by software
// (bridges, tunnels, virtual machines) are left out, if there are others.
func Seats() ([]Seat, error) {
	cards, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("network cards of this PC: %w", err)
	}
	return seatsOf(cards), nil
}

// madeUp is the bit of a MAC that says that no maker of cards gave it.
const madeUp = 0x02

func seatsOf(cards []net.Interface) []Seat {
	var real, soft []Seat
	for _, c := range cards {
		a := c.HardwareAddr
		if len(a) != 6 || c.Flags&(net.FlagLoopback|net.FlagPointToPoint) != 0 || a.String() == "00:00:00:00:00:00" {
			continue
		}
		if s := (Seat{a.String(), Show(c.Name)}); a[0]&madeUp == 0 {
			real = append(real, s)
		} else {
			soft = append(soft, s)
		}
	}
	if len(real) > 0 {
		return real
	}
	return soft
}
