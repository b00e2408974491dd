package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// fakeDeliverer writes deliveries down, among the calls of the log.
type fakeDeliverer struct {
	log *fakeLog
	got []Delivery
}

func (f *fakeDeliverer) Deliver(_ context.Context, d Delivery) error {
	if err := f.log.call("deliver %d to %d", d.Entries[0].ID, d.Entries[len(d.Entries)-1].ID); err != nil {
		return err
	}
	f.got = append(f.got, d)
	return nil
}

func wakeOnce(t *testing.T, log *fakeLog) (*fakeDeliverer, error) {
	deliverer := &fakeDeliverer{log: log}
	f := NewFanout(log, deliverer, FanoutOptions{HoleAge: testAge, Now: time.Now})
	return deliverer, f.Wake(t.Context(), "r")
}

// TestWake goes through the lines of the fan-out: what is read and written, in this order.
func TestWake(t *testing.T) {
	one := []Subscription{{Room: "r", Connection: "c"}}
	for _, c := range []struct {
		name        string
		ids         []EntryID
		position    EntryID
		subscribers []Subscription
		want        []string
	}{
		{"no news", upToID(3), 3, one, []string{"position", "after 3"}},
		{"an empty log", nil, 0, one, []string{"position", "after 0"}},
		{"news: the log, then the subscriptions, then the push, then the position", upToID(5), 3, one,
			[]string{"position", "after 3", "subscribers", "deliver 4 to 5", "advance to 5"}},
		{"news for nobody", upToID(2), 0, nil, []string{"position", "after 0", "subscribers", "advance to 2"}},
		{"an old hole: what is before it goes first", []EntryID{1, 3}, 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 1", "advance to 1", "newest", "place void at 2",
				"position", "after 1", "subscribers", "deliver 2 to 3", "advance to 3"}},
		{"an old hole at once", []EntryID{2}, 0, one,
			[]string{"position", "after 0", "newest", "place void at 1", "position", "after 0", "subscribers", "deliver 1 to 2", "advance to 2"}},
		{"more than one read", upToID(scanLimit + 1), 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 500", "advance to 500",
				"position", "after 500", "subscribers", "deliver 501 to 501", "advance to 501"}},
		{"exactly one read", upToID(scanLimit), 0, one,
			[]string{"position", "after 0", "subscribers", "deliver 1 to 500", "advance to 500", "position", "after 500"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := newFakeLog(c.ids...)
			log.position, log.subscribers = c.position, c.subscribers
			deliverer, err := wakeOnce(t, log)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(log.calls, c.want) {
				t.Errorf("calls\n%q, want\n%q", log.calls, c.want)
			}
			for _, d := range deliverer.got {
				if d.Room != "r" || !slices.Equal(d.Subscriptions, one) {
					t.Errorf("delivery %+v", d)
				}
			}
		})
	}
}

// TestWakeReadsSubscriptionsForEachRun: who joins during a push gets what comes after it.
func TestWakeReadsSubscriptionsForEachRun(t *testing.T) {
	log := newFakeLog(1, 3)
	log.subscribers = []Subscription{{Connection: "early"}}
	log.before = func(call string) error {
		if call == "deliver 1 to 1" {
			log.subscribers = append(log.subscribers, Subscription{Connection: "late"})
		}
		return nil
	}
	deliverer, err := wakeOnce(t, log)
	if err != nil {
		t.Fatal(err)
	}
	if len(deliverer.got) != 2 || len(deliverer.got[0].Subscriptions) != 1 || len(deliverer.got[1].Subscriptions) != 2 {
		t.Errorf("deliveries %+v", deliverer.got)
	}
}

// TestWakeDoesNotReturnBeforeAnOpenHole: nobody else may ever come for the entry after it.
func TestWakeDoesNotReturnBeforeAnOpenHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newFakeLog(1)
		log.put(time.Now(), 3)
		start := time.Now()
		if _, err := wakeOnce(t, log); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) != testAge || log.position != 3 {
			t.Errorf("returned after %v with position %d", time.Since(start), log.position)
		}
	})
}

// TestWakeEndsInABusyRoom: in a room whose writers always leave a new hole for a moment, a wake waits at those that are
// below what was there when it began. What comes later has a wake of its own.
func TestWakeEndsInABusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newFakeLog(1, 2)
		log.put(time.Now(), 4, 5)
		reads := 0
		log.before = func(call string) error {
			if call == "position" {
				if reads++; reads > 1 { // the first holes are closed, and there are new ones
					log.put(time.Now(), EntryID(3*reads-3), EntryID(3*reads-2), EntryID(3*reads-1), EntryID(3*reads+1))
				}
			}
			return nil
		}
		if _, err := wakeOnce(t, log); err != nil {
			t.Fatal(err)
		}
		if log.position != 5 {
			t.Errorf("returned with position %d, want 5", log.position)
		}
	})
}

// TestWakeStopsAtAFailure: after it nothing more is done, and above all the position stays.
func TestWakeStopsAtAFailure(t *testing.T) {
	broken := errors.New("broken")
	order := []string{"position", "after 0", "subscribers", "deliver 1 to 2", "advance to 2"}
	for i, failing := range order {
		t.Run(failing, func(t *testing.T) {
			log := newFakeLog(1, 2)
			log.subscribers = []Subscription{{Connection: "c"}}
			log.before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			_, err := wakeOnce(t, log)
			if !errors.Is(err, broken) || err.Error() == broken.Error() {
				t.Errorf("got %v, want %v with the operation", err, broken)
			}
			if !slices.Equal(log.calls, order[:i]) || log.position != 0 {
				t.Errorf("calls %q, position %d", log.calls, log.position)
			}
		})
	}
}

// fakeWorkers notes jobs and waits at a barrier until all are there: so it sees whether they run side by side.
type fakeWorkers struct {
	barrier chan PushJob
	release chan error
}

func (f *fakeWorkers) Run(ctx context.Context, job PushJob) error {
	f.barrier <- job
	return <-f.release
}

func subscriptionsOf(n int) []Subscription {
	var all []Subscription
	for i := range n {
		all = append(all, Subscription{Room: "r", Connection: ConnectionID(fmt.Sprint("c", i))})
	}
	return all
}

func TestSpreaderDeliversToFewItself(t *testing.T) {
	for _, n := range []int{1, 3} {
		log := newFakeLog(1, 2)
		self := &fakeDeliverer{log: log}
		d := Delivery{Room: "r", Entries: log.some(9, func(EntryID) bool { return true }, false), Subscriptions: subscriptionsOf(n)}
		if err := NewSpreader(self, nil, 3).Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if len(self.got) != 1 || len(self.got[0].Subscriptions) != n {
			t.Errorf("%d subscriptions: deliveries %+v", n, self.got)
		}
	}
}

func TestSpreaderHasWorkersDeliverToMany(t *testing.T) {
	broken := errors.New("broken")
	for _, failure := range []error{nil, broken} {
		log := newFakeLog(7, 8, 9)
		d := Delivery{Room: "r", Entries: log.some(9, func(EntryID) bool { return true }, false), Subscriptions: subscriptionsOf(7)}
		workers := &fakeWorkers{barrier: make(chan PushJob), release: make(chan error)}
		done := make(chan error)
		go func() { done <- NewSpreader(nil, workers, 3).Deliver(t.Context(), d) }()
		sizes, seen := []int{}, map[ConnectionID]int{}
		for range 3 { // all three are there before any is let go
			job := <-workers.barrier
			if job.Room != "r" || job.After != 6 || job.Last != 9 {
				t.Errorf("job %+v", job)
			}
			sizes = append(sizes, len(job.Subscriptions))
			for _, s := range job.Subscriptions {
				seen[s.Connection]++
			}
		}
		if slices.Sort(sizes); !slices.Equal(sizes, []int{1, 3, 3}) || len(seen) != 7 {
			t.Errorf("parts %v with %d connections", sizes, len(seen))
		}
		workers.release <- failure
		workers.release <- nil
		select {
		case err := <-done:
			t.Fatalf("returned %v while a worker was at work", err)
		default:
		}
		workers.release <- nil
		if err := <-done; !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
	}
}

func TestPushWorker(t *testing.T) {
	for _, c := range []struct {
		name        string
		after, last EntryID
		want        string // "" for no delivery
		missing     bool
	}{
		{"some", 2, 4, "deliver 3 to 4", false},
		{"one", 0, 1, "deliver 1 to 1", false},
		{"longer than one read", 0, scanLimit + 2, "deliver 1 to 502", false},
		{"none", 4, 4, "", false},
		{"past the end", 500, scanLimit + 9, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := newFakeLog(upToID(scanLimit + 5)...)
			deliverer := &fakeDeliverer{log: log}
			err := NewPushWorker(log, deliverer).Run(t.Context(),
				PushJob{Room: "r", After: c.after, Last: c.last, Subscriptions: subscriptionsOf(1)})
			if (err != nil) != c.missing {
				t.Fatalf("got %v", err)
			}
			if c.want == "" {
				if len(deliverer.got) > 0 {
					t.Errorf("delivered %v", idsOf(deliverer.got[0].Entries))
				}
				return
			}
			if last := log.calls[len(log.calls)-1]; last != c.want {
				t.Errorf("last call %q, want %q", last, c.want)
			}
			if got := idsOf(deliverer.got[0].Entries); len(got) != int(c.last-c.after) {
				t.Errorf("delivered %d entries", len(got))
			}
		})
	}
}
