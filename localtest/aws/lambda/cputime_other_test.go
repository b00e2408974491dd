//go:build !unix

package lambda

import (
	"testing"
	"time"
)

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	b.Skip("left out: needs Linux or macOS (getrusage)")
	return 0
}
