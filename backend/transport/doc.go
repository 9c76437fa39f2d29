// Package transport is the doors: TCP for the line protocol and WebSocket. It turns
// sockets into session.Conn, whole frames in and out, and knows nothing of what is
// in them.
//
// All that leaves a connection passes through its wire, which writes on the
// caller's goroutine without ever waiting, and has a goroutine of its own only
// while a client is behind.
package transport
