//go:build !linux

package e2e

import "testing"

func TestHowTheStackEnds(t *testing.T) {
	t.Skip("left out: needs Linux (/proc names the processes that are made to hang, and must end with the stack)")
}
