//go:build !linux

package childproc_test

import "testing"

func TestAChildOutlivesTheThreadThatAskedForIt(t *testing.T) {
	t.Skip("left out: needs Linux (elsewhere no child's life hangs on a thread)")
}
