package ami_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// cpu is the time that this thread has worked: on a busy machine the only honest
// clock. The caller has locked its thread.
func cpu(tb testing.TB) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(t.Nano())
}
