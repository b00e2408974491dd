package fanout_test

import (
	"errors"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

func TestChunkedDelivererDeliversToFewItself(t *testing.T) {
	for _, n := range []int{1, 3} {
		log := fake.NewStore(1, 2)
		self := &fake.Deliverer{}
		d := fanout.Delivery{Room: "r", Entries: log.All(), Subscriptions: subscriptionsOf(n)}
		if err := fanout.NewChunkedDeliverer(self, nil, 3).Deliver(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if len(self.Got) != 1 || len(self.Got[0].Subscriptions) != n {
			t.Errorf("%d subscriptions: deliveries %+v", n, self.Got)
		}
	}
}

func TestChunkedDelivererHasWorkersDeliverToMany(t *testing.T) {
	broken := errors.New("broken")
	for _, failure := range []error{nil, broken} {
		log := fake.NewStore(7, 8, 9)
		d := fanout.Delivery{Room: "r", Entries: log.All(), Subscriptions: subscriptionsOf(7)}
		workers := fake.NewWorkers()
		done := make(chan error)
		go func() { done <- fanout.NewChunkedDeliverer(nil, workers, 3).Deliver(t.Context(), d) }()
		sizes, seen := []int{}, map[chat.ConnectionID]int{}
		for range 3 { // all three are there before any is let go
			job := <-workers.Jobs
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
		workers.Results <- failure
		workers.Results <- nil
		select {
		case err := <-done:
			t.Fatalf("returned %v while a worker was at work", err)
		default:
		}
		workers.Results <- nil
		if err := <-done; !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
	}
}
