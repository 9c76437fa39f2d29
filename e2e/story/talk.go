package story

import (
	"strings"

	"github.com/asteriskcti/asteriskcti/e2e/lab"
)

// Talk waits until telephones are in one bridge, and lets people talk for a moment.
func (s *Stage) Talk(users ...string) {
	s.Helper()
	s.talk(users, meet)
}

// TalkThrough is Talk where Local channels stay between them.
func (s *Stage) TalkThrough(users ...string) {
	s.Helper()
	s.talk(users, meetThrough)
}

func (s *Stage) talk(users []string, met func(places map[string]string, devs []string) bool) {
	s.Helper()
	var devs []string
	for _, u := range users {
		devs = append(devs, s.Dev(u)+"-")
	}
	places := map[string]string{} // bridge by channel
	soon := s.Soon()
	for mark := s.mark; ; {
		events := s.Watch.Since(mark)
		mark += len(events)
		for _, e := range events {
			switch e["Event"] {
			case "BridgeEnter":
				places[e["Channel"]] = e["BridgeUniqueid"]
			case "BridgeLeave":
				if places[e["Channel"]] == e["BridgeUniqueid"] {
					delete(places, e["Channel"])
				}
			}
		}
		if met(places, devs) {
			s.Moment()
			return
		}
		if _, _, err := s.Watch.Wait(soon, mark, func(lab.Event) bool { return true }); err != nil {
			s.Fatal("never talked:", users, err)
		}
	}
}

// meet says whether some bridge has a channel of every device.
func meet(places map[string]string, devs []string) bool {
	there := map[string]map[string]bool{} // bridge, device
	for channel, bridge := range places {
		for _, d := range devs {
			if strings.HasPrefix(channel, d) {
				if there[bridge] == nil {
					there[bridge] = map[string]bool{}
				}
				there[bridge][d] = true
			}
		}
	}
	for _, found := range there {
		if len(found) == len(devs) {
			return true
		}
	}
	return false
}

// meetThrough takes bridges that a Local channel joins for one.
func meetThrough(places map[string]string, devs []string) bool {
	joined := map[string]string{}
	for channel, bridge := range places {
		joined[channel] = bridge
	}
	for channel := range places {
		one, isLocal := strings.CutSuffix(channel, ";1")
		if !isLocal {
			continue
		}
		from, to := joined[channel], joined[one+";2"]
		for c, bridge := range joined {
			if bridge == from && to != "" {
				joined[c] = to
			}
		}
	}
	return meet(joined, devs)
}
