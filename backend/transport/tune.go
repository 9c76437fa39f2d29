package transport

import (
	"net"
	"time"
)

// sendBuffer bounds what the kernel keeps for a client that does not read (it
// doubles the figure): left alone, it grows to 4 MiB, unseen by the wire's limit.
const sendBuffer = 128 << 10

// tune sets a client's socket: one whose machine is gone is found within a minute
// when idle, and within 20 s when something was sent to it.
func tune(nc net.Conn) {
	t, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	// None of these is needed to work, so a refusal is no error.
	_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3})
	_ = t.SetWriteBuffer(sendBuffer)
	limitUnacknowledged(t, 20*time.Second)
}
