// Package desktop is the client on an agent's PC (row H1): it speaks the line protocol
// of docs/protocol.md, keeps what the agent sees, opens pages and starts the programs
// that this PC allows. It is written from the protocol alone and shares nothing with
// the server it talks to.
//
// Nothing the server sends is trusted: callers choose much of it. What is shown has
// been through [Show], where it came in; what is opened goes through [Opener.Open].
package desktop
