//go:build !linux

package transport

import (
	"net"
	"time"
)

// limitUnacknowledged does nothing here: keepalive alone finds the peer gone.
func limitUnacknowledged(*net.TCPConn, time.Duration) {}
