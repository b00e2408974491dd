package main

import "testing"

// TestRun: the chat is measured as people use it: so what is new in it does not stop the benchmark.
func TestRun(t *testing.T) {
	t.Chdir("../..")
	if err := run(t.Context(), []string{"-members", "3", "-in-flight", "2", "-seconds", "1", "-poll-ms", "10"}); err != nil {
		t.Error(err)
	}
}
