// Package session is one client, whichever door it came through: signing in, the
// table of its commands, who may do what, and what it is told, in the line
// protocol of the desktop clients (E1 to E12) or over a WebSocket (F1 to F3).
// docs/protocol.md describes both for those who write clients.
//
// A client costs one goroutine, its reader's. What it is told is encoded once for
// all clients, on the goroutine of the picture, and written without ever waiting.
package session
