//go:build unix

package lambda

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime is what this process has used: unlike the clock it does not depend on what else the machine does, and it
// leaves out the functions.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
