package main

import "testing"

// TestRun: each action can still be done.
func TestRun(t *testing.T) {
	t.Chdir("../../..")
	if err := run(t.Context(), []string{"-members", "3", "-times", "1", "-quiet", "100ms"}); err != nil {
		t.Error(err)
	}
}
