package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeGateway answers posts from a list per connection, and writes down what it and the subscriptions are told.
type fakeGateway struct {
	FanoutSubscriptions // nil: who subscribes is not asked

	mu     sync.Mutex
	posts  map[ConnectionID][]error // what posts return, one after the other; nil when the list is over
	closes map[ConnectionID]error
	fails  error // what RemoveSubscription and MarkClosing return
	calls  []string
	at     []time.Time
}

func (g *fakeGateway) call(format string, args ...any) {
	g.calls = append(g.calls, fmt.Sprintf(format, args...))
	g.at = append(g.at, time.Now())
}

func (g *fakeGateway) Post(ctx context.Context, id ConnectionID, frame []byte) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.call("post %s to %s", frame, id)
	if len(g.posts[id]) == 0 {
		return nil
	}
	err := g.posts[id][0]
	g.posts[id] = g.posts[id][1:]
	return err
}

func (g *fakeGateway) Close(_ context.Context, id ConnectionID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.call("close %s", id)
	return g.closes[id]
}

func (g *fakeGateway) RemoveSubscription(_ context.Context, s Subscription) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.call("remove %s", s.Connection)
	return g.fails
}

func (g *fakeGateway) MarkClosing(_ context.Context, s Subscription) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.call("mark %s", s.Connection)
	return g.fails
}

var errThrottled = errors.New("429")

func throttled(n int) []error { return slices.Repeat([]error{errThrottled}, n) }

// deliverOnce delivers two frames to the subscriptions; jitter is 0.5, so that waits are 50, 100, 200, 400 ms.
func deliverOnce(ctx context.Context, g *fakeGateway, subscriptions ...Subscription) (Pushed, error) {
	var pushed Pushed
	p := NewPusher(g, g, PusherOptions{
		Parallel: 2,
		Frames:   func(RoomID, []Entry) [][]byte { return [][]byte{[]byte("A"), []byte("B")} },
		Now:      time.Now,
		Jitter:   func() float64 { return 0.5 },
		Observe:  func(_ context.Context, p Pushed) { pushed = p },
	})
	log := newFakeLog()
	log.put(time.Now().Add(-time.Second), 4, 5, 6)
	err := p.Deliver(ctx, Delivery{
		Room: "r", Entries: log.some(9, func(EntryID) bool { return true }, false), Subscriptions: subscriptions,
	})
	return pushed, err
}

func TestDeliverToOne(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		gateway *fakeGateway
		change  func(*Subscription)
		calls   []string
		fails   error
		want    Pushed
	}{
		{name: "ordinary",
			calls: []string{"post A to c", "post B to c"}, want: Pushed{Posts: 2, Deliveries: 3}},
		{name: "429, then ok", gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": throttled(2)}},
			calls: []string{"post A to c", "post A to c", "post A to c", "post B to c"}, want: Pushed{Posts: 4, Deliveries: 3}},
		{name: "410", gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": {ErrGone}}},
			calls: []string{"post A to c", "remove c"}, want: Pushed{Posts: 1, Gone: 1}},
		{name: "410 in the second frame", gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": {nil, ErrGone}}},
			calls: []string{"post A to c", "post B to c", "remove c"}, want: Pushed{Posts: 2, Gone: 1}},
		{name: "410, and the subscription cannot be removed",
			gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": {ErrGone}}, fails: broken},
			calls:   []string{"post A to c", "remove c"}, fails: broken, want: Pushed{Posts: 1, Gone: 1}},
		{name: "429 for ever: closed, then removed", gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": throttled(9)}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "remove c"), want: Pushed{Posts: 5, Closed: 1}},
		{name: "429 for ever, and gone when it is closed",
			gateway: &fakeGateway{
				posts: map[ConnectionID][]error{"c": throttled(9)}, closes: map[ConnectionID]error{"c": ErrGone}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "remove c"), want: Pushed{Posts: 5, Closed: 1}},
		{name: "429 for ever, and it cannot be closed: marked",
			gateway: &fakeGateway{
				posts: map[ConnectionID][]error{"c": throttled(9)}, closes: map[ConnectionID]error{"c": errThrottled}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "mark c"), want: Pushed{Posts: 5}},
		{name: "429 for ever, neither closed nor marked: the position must stay",
			gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": throttled(9)},
				closes: map[ConnectionID]error{"c": errThrottled}, fails: broken},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "mark c"), fails: broken, want: Pushed{Posts: 5}},
		{name: "403: nobody is given up, the position must stay",
			gateway: &fakeGateway{posts: map[ConnectionID][]error{"c": {ErrForbidden}}},
			calls:   []string{"post A to c"}, fails: ErrForbidden, want: Pushed{Posts: 1}},
		{name: "closing: no push, closed", change: func(s *Subscription) { s.Closing = true },
			calls: []string{"close c", "remove c"}, want: Pushed{Closed: 1}},
		{name: "closing: no push, still there", change: func(s *Subscription) { s.Closing = true },
			gateway: &fakeGateway{closes: map[ConnectionID]error{"c": errThrottled}}, calls: []string{"close c"}},
		{name: "expired: no push, closed", change: func(s *Subscription) { s.ExpiresAt = time.Now().Add(-time.Second) },
			calls: []string{"close c", "remove c"}, want: Pushed{Closed: 1}},
		{name: "expired, and it cannot be closed", change: func(s *Subscription) { s.ExpiresAt = time.Now().Add(-time.Second) },
			gateway: &fakeGateway{closes: map[ConnectionID]error{"c": errThrottled}}, calls: []string{"close c", "mark c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Subscription{Room: "r", Connection: "c", ExpiresAt: time.Now().Add(time.Hour)}
				if c.change != nil {
					c.change(&s)
				}
				if c.gateway == nil {
					c.gateway = &fakeGateway{}
				}
				got, err := deliverOnce(t.Context(), c.gateway, s)
				if !errors.Is(err, c.fails) {
					t.Errorf("error %v, want %v", err, c.fails)
				}
				if !slices.Equal(c.gateway.calls, c.calls) {
					t.Errorf("calls %q, want %q", c.gateway.calls, c.calls)
				}
				if len(got.Latencies) != 3 || got.Latencies[0] < time.Second {
					t.Errorf("latencies %v, want one per entry", got.Latencies)
				}
				if got.Latencies = nil; fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Errorf("counted %+v, want %+v", got, c.want)
				}
			})
		})
	}
}

func TestPostWaitsLongerEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{posts: map[ConnectionID][]error{"c": throttled(9)}}
		if _, err := deliverOnce(t.Context(), g, Subscription{Connection: "c", ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		var waits []time.Duration
		for i := 1; i < len(g.at); i++ {
			waits = append(waits, g.at[i].Sub(g.at[i-1]))
		}
		if want := milliseconds(50, 100, 200, 400, 0, 0); !slices.Equal(waits, want) {
			t.Errorf("waits %v, want %v", waits, want)
		}
	})
}

// TestPostThatIsOver: when the invocation's time is over nothing may be closed for it: the connection is not at fault.
func TestPostThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 120*time.Millisecond)
		defer cancel()
		g := &fakeGateway{posts: map[ConnectionID][]error{"c": throttled(9)}}
		_, err := deliverOnce(ctx, g, Subscription{Connection: "c", ExpiresAt: time.Now().Add(time.Hour)})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if want := []string{"post A to c", "post A to c"}; !slices.Equal(g.calls, want) {
			t.Errorf("calls %q, want %q", g.calls, want)
		}
	})
}

// TestDeliverToMany: a slow connection holds up no other, at most Parallel are posted to at a time, one failure stops no
// other, and the order of each connection's frames is kept.
func TestDeliverToMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &fakeGateway{
			posts:  map[ConnectionID][]error{"c0": throttled(9)},
			closes: map[ConnectionID]error{"c0": errThrottled}, fails: errThrottled,
		}
		subscriptions := subscriptionsOf(20)
		for i := range subscriptions {
			subscriptions[i].ExpiresAt = time.Now().Add(time.Hour)
		}
		start := time.Now()
		got, err := deliverOnce(t.Context(), g, subscriptions...)
		if !errors.Is(err, errThrottled) {
			t.Errorf("error %v", err)
		}
		if got.Deliveries != 19*3 || got.Posts != 5+19*2 {
			t.Errorf("counted %+v", got)
		}
		for i := range 19 {
			id := ConnectionID(fmt.Sprint("c", i+1))
			a, b := slices.Index(g.calls, fmt.Sprintf("post A to %s", id)), slices.Index(g.calls, fmt.Sprintf("post B to %s", id))
			if a < 0 || b < a || g.at[b] != start {
				t.Errorf("%s: first frame is call %d, second %d, after %v", id, a, b, g.at[max(0, b)].Sub(start))
			}
		}
	})
}

func TestForEachBoundsWhatRunsSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		running, most := 0, 0
		err := forEach(t.Context(), make([]int, 10), 3, func(context.Context, int) error {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return nil
		})
		if err != nil || most != 3 {
			t.Errorf("%d at a time, %v", most, err)
		}
	})
}
