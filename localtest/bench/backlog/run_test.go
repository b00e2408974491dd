package main

import "testing"

// TestRun: the members of a room that is behind get all of it.
func TestRun(t *testing.T) {
	t.Chdir("../../..")
	if err := run(t.Context(), []string{"-members", "3", "-entries", "200", "-seconds", "10"}); err != nil {
		t.Error(err)
	}
}
