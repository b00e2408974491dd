package fanout_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

func wakeOnce(t *testing.T, log *fake.Store) (*fake.Deliverer, error) {
	deliverer := &fake.Deliverer{Recorder: log.Recorder}
	f := fanout.NewWaker(log, deliverer, fanout.WakerOptions{HoleAge: fake.HoleAge, Now: time.Now})
	return deliverer, f.Wake(t.Context(), "r")
}

// TestWake goes through the lines of the fan-out: what is read and written, in this order.
func TestWake(t *testing.T) {
	one := []chat.Subscription{{Room: "r", Connection: "c"}}
	for _, c := range []struct {
		name        string
		ids         []chat.EntryID
		position    chat.EntryID
		subscribers []chat.Subscription
		want        []string
	}{
		{"no news", fake.UpTo(3), 3, one, []string{"position", "after 3"}},
		{"an empty log", nil, 0, one, []string{"position", "after 0"}},
		{"news: the log, then the subscriptions, then the push, then the position", fake.UpTo(5), 3, one,
			[]string{"position", "after 3", "subscribers", "deliver 4 to 5", "advance to 5"}},
		{"news for nobody", fake.UpTo(2), 0, nil, []string{"position", "after 0", "subscribers", "advance to 2"}},
		{"an old hole: what is before it goes first", []chat.EntryID{1, 3}, 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 1", "advance to 1", "newest", "place void at 2",
				"position", "after 1", "subscribers", "deliver 2 to 3", "advance to 3"}},
		{"an old hole at once", []chat.EntryID{2}, 0, one,
			[]string{"position", "after 0", "newest", "place void at 1", "position", "after 0", "subscribers", "deliver 1 to 2", "advance to 2"}},
		{"more than one read", fake.UpTo(roomlog.ScanLimit + 1), 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 500", "advance to 500",
				"position", "after 500", "subscribers", "deliver 501 to 501", "advance to 501"}},
		{"exactly one read", fake.UpTo(roomlog.ScanLimit), 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 500", "advance to 500", "position", "after 500"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := fake.NewStore(c.ids...)
			log.Pushed, log.Subscribed = c.position, c.subscribers
			deliverer, err := wakeOnce(t, log)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(log.Calls, c.want) {
				t.Errorf("calls\n%q, want\n%q", log.Calls, c.want)
			}
			for _, d := range deliverer.Got {
				if d.Room != "r" || !slices.Equal(d.Subscriptions, one) {
					t.Errorf("delivery %+v", d)
				}
			}
		})
	}
}

// TestWakeReadsSubscriptionsForEachRun: a connection that joins during a push gets what comes after it.
func TestWakeReadsSubscriptionsForEachRun(t *testing.T) {
	log := fake.NewStore(1, 3)
	log.Subscribed = []chat.Subscription{{Connection: "early"}}
	log.Before = func(call string) error {
		if call == "deliver 1 to 1" {
			log.Subscribed = append(log.Subscribed, chat.Subscription{Connection: "late"})
		}
		return nil
	}
	deliverer, err := wakeOnce(t, log)
	if err != nil {
		t.Fatal(err)
	}
	if len(deliverer.Got) != 2 || len(deliverer.Got[0].Subscriptions) != 1 || len(deliverer.Got[1].Subscriptions) != 2 {
		t.Errorf("deliveries %+v", deliverer.Got)
	}
}

// TestWakeDoesNotReturnBeforeAnOpenHole: nobody else may ever come for the entry after it.
func TestWakeDoesNotReturnBeforeAnOpenHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		start := time.Now()
		if _, err := wakeOnce(t, log); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) != fake.HoleAge || log.Pushed != 3 {
			t.Errorf("returned after %v with position %d", time.Since(start), log.Pushed)
		}
	})
}

// TestWakeEndsInABusyRoom: in a room whose writers always leave a new hole for a moment, a wake waits at those that are
// below what was there when it began. What comes later has a wake of its own.
func TestWakeEndsInABusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewBusyStore()
		if _, err := wakeOnce(t, log); err != nil {
			t.Fatal(err)
		}
		if log.Pushed != 5 {
			t.Errorf("returned with position %d, want 5", log.Pushed)
		}
	})
}

// TestWakeStopsAtAFailure: after a failure nothing more is done. Above all, the pushed id stays.
func TestWakeStopsAtAFailure(t *testing.T) {
	broken := errors.New("broken")
	order := []string{"position", "after 0", "subscribers", "deliver 1 to 2", "advance to 2"}
	for i, failing := range order {
		t.Run(failing, func(t *testing.T) {
			log := fake.NewStore(1, 2)
			log.Subscribed = []chat.Subscription{{Connection: "c"}}
			log.Before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			_, err := wakeOnce(t, log)
			if !errors.Is(err, broken) || err.Error() == broken.Error() {
				t.Errorf("got %v, want %v with the operation", err, broken)
			}
			if !slices.Equal(log.Calls, order[:i]) || log.Pushed != 0 {
				t.Errorf("calls %q, position %d", log.Calls, log.Pushed)
			}
		})
	}
}

func subscriptionsOf(n int) []chat.Subscription {
	var all []chat.Subscription
	for i := range n {
		all = append(all, chat.Subscription{Room: "r", Connection: chat.ConnectionID(fmt.Sprint("c", i))})
	}
	return all
}
