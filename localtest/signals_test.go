package main

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatASecondSignalIs(t *testing.T) {
	const soon, later = sameSignal / 2, sameSignal
	for name, c := range map[string]struct {
		signal os.Signal
		after  time.Duration // after the first signal
		want   bool
	}{
		"a second Ctrl-C":             {os.Interrupt, later, true},
		"a second SIGTERM":            {syscall.SIGTERM, later, true},
		"Ctrl-C passed on by make":    {os.Interrupt, soon, false},
		"SIGTERM passed on by make":   {syscall.SIGTERM, soon, false},
		"SIGHUP of the shell":         {syscall.SIGHUP, soon, false},
		"SIGHUP of a shell that lags": {syscall.SIGHUP, later, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals := make(chan os.Signal, 1)
				time.AfterFunc(c.after, func() { signals <- c.signal })
				begun := time.Now()
				if got := secondSignal(signals); got != c.want {
					t.Errorf("it is a second signal: %t, want %t", got, c.want)
				}
				if waited := time.Since(begun); !c.want && waited != hardLimit || c.want && waited != c.after {
					t.Errorf("it took %s", waited) // by the bubble's clock
				}
			})
		})
	}
}
