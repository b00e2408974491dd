package queues_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimVariable); dir != "" {
		playVictim(dir)
	}
	goleak.VerifyTestMain(m)
}
