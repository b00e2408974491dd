package fanout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

// waitsOf returns the waits between the reads of the log that a Wake does until it returns.
func waitsOf(t *testing.T, log *fake.Store) []time.Duration {
	var reads []time.Time
	log.Before = func(call string) error {
		if call == "position" {
			reads = append(reads, time.Now())
		}
		return nil
	}
	f := fanout.NewWaker(log, nil, fanout.WakerOptions{HoleAge: fake.HoleAge, Now: time.Now})
	if err := f.Wake(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	var waits []time.Duration
	for i := 1; i < len(reads); i++ {
		waits = append(waits, reads[i].Sub(reads[i-1]))
	}
	return waits
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
		// The last wait ends when the entry after the hole is as old as the age; then the place is filled and the log
		// is read again at once.
		if want := milliseconds(25, 50, 100, 200, 200, 200, 200, 25, 0); !slices.Equal(got, want) {
			t.Errorf("waited %v, want %v", got, want)
		}
		if !log.Entries[2].IsVoid() || log.Entries[2].CreatedAt != chat.Millis(time.Now()) {
			t.Errorf("at 2 there is %+v, want a void of now", log.Entries[2])
		}
		if log.Pushed != 3 {
			t.Errorf("position is %d, want 3", log.Pushed)
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
		want := []string{"position", "after 0", "newest", "place void at 1", "place void at 2", "place void at 3", "position", "after 0",
			"subscribers", "advance to 4"}
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
		log.Put(time.Now(), 3, 5)
		// When the first hole is filled by its writer, the second one's wait begins.
		time.AfterFunc(70*time.Millisecond, func() { log.Put(time.Now(), 2) })
		waits := waitsOf(t, log)
		if want := milliseconds(25, 50, 25, 50, 100); !slices.Equal(waits[:5], want) {
			t.Errorf("waited %v…, want %v…", waits[:5], want)
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
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := fanout.NewWaker(log, nil, fanout.WakerOptions{HoleAge: fake.HoleAge, Now: time.Now}).Wake(ctx, "r")
		if chat.CodeOf(err) != chat.CodeUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %s with the cause", err, chat.CodeUnavailable)
		}
		if waited := time.Since(start); waited != 60*time.Millisecond {
			t.Errorf("returned after %v", waited)
		}
		if len(log.Entries) != 2 {
			t.Error("filled though the context had ended")
		}
	})
}

func TestFillThatFailsIsReported(t *testing.T) {
	log := fake.NewStore(3)
	broken := errors.New("broken")
	log.Before = func(call string) error {
		if call == "place void at 2" {
			return broken
		}
		return nil
	}
	err := fanout.NewWaker(log, nil, fanout.WakerOptions{HoleAge: fake.HoleAge, Now: time.Now}).Wake(t.Context(), "r")
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
