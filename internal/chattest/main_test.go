package chattest_test

import (
	"flag"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"serverlesschat/localtest/aws/engine/enginetest"
)

func TestMain(m *testing.M) {
	// How long to search is said in seconds, not in runs. A failure is named by its seed alone.
	_ = flag.Set("rapid.checks", "20000")
	_ = flag.Set("rapid.nofailfile", "true")
	enginetest.Main(m)
}

// searchTime is how long a test searches for a violation on one engine. CHECK_SECONDS makes it longer.
func searchTime(t testing.TB, ordinary time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("CHECK_SECONDS")
	if text == "" {
		return ordinary
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 1 {
		t.Fatalf("CHECK_SECONDS must be a whole number above 0, not %q", text)
	}
	return time.Duration(seconds) * time.Second
}

// seedToCheck returns the seed to begin with. only is true when CHECK_SEED asks for that seed and no other.
func seedToCheck(t testing.TB) (seed uint64, only bool) {
	t.Helper()
	text := os.Getenv("CHECK_SEED")
	if text == "" {
		return rand.Uint64N(1e12), false
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("CHECK_SEED must be a whole number, not %q", text)
	}
	return seed, true
}
