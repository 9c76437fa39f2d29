// Package e2e proves AsteriskCTI from outside: the real binary, real Asterisk 22
// and 16, SIP phones, and clients written from the protocol alone.
package e2e
