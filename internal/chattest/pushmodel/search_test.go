package pushmodel

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func text(events []Event) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString("\t" + e.String() + "\n")
	}
	return b.String()
}

// holds searches a configuration in which nothing may be broken.
func holds(t *testing.T, c Config) (states int) {
	t.Helper()
	begin := time.Now()
	r := Search(c, NoMistake)
	t.Logf("%-36s %9d states, %5d ms", c.Name, r.States, time.Since(begin).Milliseconds())
	if r.Broken != "" {
		t.Errorf("%s: %s, after\n%s", c.Name, r.Broken, text(r.Trace))
	}
	return r.States
}

// raceDetector reports whether the race detector is on. A search has one goroutine: there is nothing for the detector
// to find, and it makes the search some 15 times as slow.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// TestAllHolds searches every order of a few senders, fan-outs and jobs. CHECK_SECONDS makes it search larger
// configurations, as long as it says.
func TestAllHolds(t *testing.T) {
	states := 0
	all := small()
	if !raceDetector() {
		all = append(all, ordinary()...)
	}
	for _, c := range all {
		states += holds(t, c)
	}
	if seconds, err := strconv.Atoi(os.Getenv("CHECK_SECONDS")); err == nil {
		end := time.Now().Add(time.Duration(seconds) * time.Second)
		for _, c := range larger() {
			if time.Now().After(end) {
				t.Logf("%-36s no time", c.Name)
				continue
			}
			states += holds(t, c)
		}
	}
	t.Logf("%d states", states)
}
