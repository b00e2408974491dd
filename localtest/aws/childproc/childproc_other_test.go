//go:build !unix

package childproc_test

import "testing"

func TestAChildDiesWhenItsParentIsKilled(t *testing.T) {
	t.Skip("left out: needs Linux or macOS (here programs have no process groups)")
}
