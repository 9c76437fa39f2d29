package asterisk

import "errors"

// Drop ends the link's connection, for tests.
func (l *Link) Drop() { _ = l.session.Load().End(errors.New("dropped by the test")) }
