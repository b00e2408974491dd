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

func newHoleWaker(log *fake.Store) *fanout.Waker {
	return fanout.NewWaker(log, nil, fanout.WakerOptions{HoleAge: fake.HoleAge, Now: time.Now})
}

func milliseconds(n ...int) []time.Duration {
	var all []time.Duration
	for _, n := range n {
		all = append(all, time.Duration(n)*time.Millisecond)
	}
	return all
}

func TestWakeWaitsAtAHoleAndPushesWhatLiesPastIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		start := time.Now()
		if err := newHoleWaker(log).Wake(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != fake.HoleAge {
			t.Errorf("waited %v, want %v", waited, fake.HoleAge)
		}
		if log.Pushed != 3 || !log.Entries[2].IsVoid() {
			t.Errorf("position is %d, want 3; at 2 there is %+v, want a void", log.Pushed, log.Entries[2])
		}
	})
}

func TestWakeReadsAgainAfterItFilledAHole(t *testing.T) {
	log := fake.NewStore(4) // of long ago
	if err := newHoleWaker(log).Wake(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	want := []string{"position", "after 0", "newest", "place void at 1", "place void at 2", "place void at 3", "position", "after 0",
		"subscribers", "advance to 4"}
	if !slices.Equal(log.Calls, want) {
		t.Errorf("calls %q, want %q", log.Calls, want)
	}
}

func TestWakeAtAHoleEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := newHoleWaker(log).Wake(ctx, "r")
		if chat.CodeOf(err) != chat.CodeUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %s with the cause", err, chat.CodeUnavailable)
		}
		if waited := time.Since(start); waited != 60*time.Millisecond {
			t.Errorf("returned after %v", waited)
		}
		if log.Pushed != 1 || len(log.Entries) != 2 {
			t.Errorf("position is %d with %d entries, want 1 with 2: the hole is still open", log.Pushed, len(log.Entries))
		}
	})
}
