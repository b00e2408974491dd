package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		args     string
		remote   bool
		pictures []string // poll, store delay, post delay, parameters
	}{
		{"", false, []string{"10ms 0s 0s ", "250ms 4ms 8ms "}},
		{"-members 5 -seconds 3", false, []string{"10ms 0s 0s ", "250ms 4ms 8ms "}},
		{"-poll-ms 250,10", false, []string{"250ms 0s 0s ", "10ms 0s 0s "}},
		{"-poll-ms 250 -store-delay 4ms -post-delay 8ms", false, []string{"250ms 4ms 8ms "}},
		{"-post-delay 1ms", false, []string{"10ms 0s 1ms "}},
		{"-parameters A=1", false, []string{"10ms 0s 0s A=1", "250ms 4ms 8ms A=1"}},
		{"", true, []string{"10ms 0s 0s "}},
	} {
		t.Run(c.args, func(t *testing.T) {
			s, err := readSettings(strings.Fields(c.args), c.remote)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range s.pictures {
				got = append(got, fmt.Sprintf("%v %v %v %v", p.Poll, p.StoreDelay, p.PostDelay, &p.Parameters))
			}
			if !slices.Equal(got, c.pictures) {
				t.Errorf("got pictures %q, want %q", got, c.pictures)
			}
		})
	}
}

func TestSettingsThatAreWrong(t *testing.T) {
	for _, args := range []string{
		"-members 0", "-members 5,x", "-in-flight -1", "-store-delay 4", "-parameters A", "8",
	} {
		if s, err := readSettings(strings.Fields(args), false); err == nil {
			t.Errorf("%s: got %+v, want an error", args, s)
		}
	}
}
