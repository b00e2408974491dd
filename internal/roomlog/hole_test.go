package roomlog_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// waitsOf returns how long each call of WaitOrFill took, until the log has no hole.
func waitsOf(t *testing.T, log *fake.Store) []time.Duration {
	t.Helper()
	hole := roomlog.HoleWait{Log: log, Now: time.Now, Age: fake.HoleAge}
	var waits []time.Duration
	for {
		run, err := roomlog.ReadRun(t.Context(), log, "r", 0)
		if err != nil {
			t.Fatal(err)
		}
		if run.Next == nil {
			return waits
		}
		start := time.Now()
		if err := hole.WaitOrFill(t.Context(), run.End, *run.Next); err != nil {
			t.Fatal(err)
		}
		waits = append(waits, time.Since(start))
	}
}

func milliseconds(n ...int) []time.Duration {
	var all []time.Duration
	for _, n := range n {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	return all
}

func TestHoleIsWaitedForThenFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		got := waitsOf(t, log)
		// The last wait ends when the entry after the hole is as old as the age; then the place is filled.
		if want := milliseconds(25, 50, 100, 200, 200, 200, 200, 25, 0); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
		if !log.Entries[2].IsVoid() || log.Entries[2].CreatedAt != chat.Millis(time.Now()) {
			t.Errorf("at 2 there is %+v, want a void of now", log.Entries[2])
		}
	})
}

func TestHoleAtTheBeginningIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore()
		log.Put(time.Now(), 2)
		got := waitsOf(t, log)
		if want := milliseconds(25, 50, 100, 200, 200, 200, 200, 25, 0); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
	})
}

func TestHoleThatIsPlacedMeanwhileIsNotFilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		time.AfterFunc(60*time.Millisecond, func() { log.Put(time.Now(), 2) })
		if got, want := waitsOf(t, log), milliseconds(25, 50); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
		if slices.Contains(log.Calls, "place void at 2") {
			t.Error("the place was filled though its writer was there in time")
		}
	})
}

func TestHoleBeforeAnOldEntryIsFilledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore()
		log.Put(time.Now().Add(-fake.HoleAge), 4)
		if got, want := waitsOf(t, log), milliseconds(0); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
		want := []string{"after 0", "place void at 1", "place void at 2", "place void at 3", "after 0"}
		if !slices.Equal(log.Calls, want) {
			t.Errorf("calls %q, want %q", log.Calls, want)
		}
	})
}

func TestClockAheadDoesNotMakeTheWaitLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now().Add(time.Hour), 3)
		start := time.Now()
		waitsOf(t, log)
		if waited := time.Since(start); waited != fake.HoleAge {
			t.Errorf("waited %v, want %v", waited, fake.HoleAge)
		}
	})
}

func TestEachHoleIsWaitedForAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		log.Put(time.Now().Add(time.Hour), 5) // by a clock that is ahead, so the second wait takes the whole age
		// When the first hole is filled by its writer, the second one's wait begins.
		time.AfterFunc(70*time.Millisecond, func() { log.Put(time.Now(), 2) })
		got := waitsOf(t, log)
		if want := milliseconds(25, 50, 25, 50, 100, 200, 200, 200, 200, 25, 0); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
		if !log.Entries[4].IsVoid() || log.Entries[2].IsVoid() {
			t.Error("want a void at 4 and none at 2")
		}
	})
}

func TestWaitAtHoleEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		start := time.Now()
		hole := roomlog.HoleWait{Log: log, Now: time.Now, Age: fake.HoleAge}
		err := hole.WaitOrFill(ctx, 1, log.Entries[3])
		if chat.CodeOf(err) != chat.CodeUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %s with the cause", err, chat.CodeUnavailable)
		}
		if waited := time.Since(start); waited != 10*time.Millisecond {
			t.Errorf("returned after %v", waited)
		}
		if len(log.Calls) > 0 {
			t.Errorf("calls %q, want none: the context had ended", log.Calls)
		}
	})
}

func TestFillThatFailsIsReported(t *testing.T) {
	log := fake.NewStore(1, 4) // of long ago
	broken := errors.New("broken")
	log.Before = func(call string) error {
		if call == "place void at 3" {
			return broken
		}
		return nil
	}
	hole := roomlog.HoleWait{Log: log, Now: time.Now, Age: fake.HoleAge}
	if err := hole.WaitOrFill(t.Context(), 1, log.Entries[4]); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if !log.Entries[2].IsVoid() {
		t.Error("want a void at 2, which was filled before")
	}
}
