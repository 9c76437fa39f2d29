package session

import "github.com/asteriskcti/asteriskcti/backend/tracker"

// Agents are those who are signed in, as the picture knows them, in no order.
func (s *Server) Agents() []tracker.Agent {
	all := s.signedIn()
	list := make([]tracker.Agent, len(all))
	for i, in := range all {
		list[i] = in.agent()
	}
	return list
}
