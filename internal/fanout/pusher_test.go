package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

var errThrottled = errors.New("429")

func throttled(n int) []error { return slices.Repeat([]error{errThrottled}, n) }

// script is what the gateway and the store answer, and what they were asked.
type script struct {
	posts  map[chat.ConnectionID][]error // what posts return, one after the other; nil when the list is over
	closes map[chat.ConnectionID]error
	fails  error // what removing and marking a subscription return

	mu    sync.Mutex
	calls []string
	at    []time.Time
}

// before answers a call, as fake.Recorder writes it.
func (s *script) before(call string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	s.at = append(s.at, time.Now())
	words := strings.Fields(call)
	id := chat.ConnectionID(words[len(words)-1])
	switch words[0] {
	case "post":
		if len(s.posts[id]) == 0 {
			return nil
		}
		err := s.posts[id][0]
		s.posts[id] = s.posts[id][1:]
		return err
	case "close":
		return s.closes[id]
	}
	return s.fails
}

// deliverOnce delivers two frames to the subscriptions; jitter is 0.5, so that waits are 50, 100, 200, 400 ms.
func deliverOnce(ctx context.Context, s *script, subscriptions ...chat.Subscription) (fanout.Pushed, error) {
	store, gateway := fake.NewStore(), fake.NewGateway()
	store.Recorder = &fake.Recorder{Before: s.before}
	gateway.Recorder = store.Recorder
	for _, sub := range subscriptions {
		gateway.Open(sub.Connection, func([]byte) {}, func() {})
	}
	var pushed fanout.Pushed
	p := fanout.NewPusher(gateway, store, fanout.PusherOptions{
		Parallel: 2,
		Frames:   func(chat.RoomID, []chat.Entry) [][]byte { return [][]byte{[]byte("A"), []byte("B")} },
		Now:      time.Now,
		Jitter:   func() float64 { return 0.5 },
		Observe:  func(_ context.Context, p fanout.Pushed) { pushed = p },
	})
	store.Put(time.Now().Add(-time.Second), 4, 5, 6)
	err := p.Deliver(ctx, fanout.Delivery{
		Room: "r", Entries: store.All(), Subscriptions: subscriptions,
	})
	return pushed, err
}

func TestDeliverToOne(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		gateway *script
		change  func(*chat.Subscription)
		calls   []string
		fails   error
		want    fanout.Pushed
	}{
		{name: "ordinary",
			calls: []string{"post A to c", "post B to c"}, want: fanout.Pushed{Posts: 2, Deliveries: 3}},
		{name: "429, then ok", gateway: &script{posts: map[chat.ConnectionID][]error{"c": throttled(2)}},
			calls: []string{"post A to c", "post A to c", "post A to c", "post B to c"}, want: fanout.Pushed{Posts: 4, Deliveries: 3}},
		{name: "410", gateway: &script{posts: map[chat.ConnectionID][]error{"c": {fanout.ErrGone}}},
			calls: []string{"post A to c", "remove c"}, want: fanout.Pushed{Posts: 1, Gone: 1}},
		{name: "410 in the second frame", gateway: &script{posts: map[chat.ConnectionID][]error{"c": {nil, fanout.ErrGone}}},
			calls: []string{"post A to c", "post B to c", "remove c"}, want: fanout.Pushed{Posts: 2, Gone: 1}},
		{name: "410, and the subscription cannot be removed",
			gateway: &script{posts: map[chat.ConnectionID][]error{"c": {fanout.ErrGone}}, fails: broken},
			calls:   []string{"post A to c", "remove c"}, fails: broken, want: fanout.Pushed{Posts: 1, Gone: 1}},
		{name: "429 for ever: closed, then removed", gateway: &script{posts: map[chat.ConnectionID][]error{"c": throttled(9)}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "remove c"), want: fanout.Pushed{Posts: 5, Closed: 1}},
		{name: "429 for ever, and gone when it is closed",
			gateway: &script{
				posts: map[chat.ConnectionID][]error{"c": throttled(9)}, closes: map[chat.ConnectionID]error{"c": fanout.ErrGone}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "remove c"), want: fanout.Pushed{Posts: 5, Closed: 1}},
		{name: "429 for ever, and it cannot be closed: marked",
			gateway: &script{
				posts: map[chat.ConnectionID][]error{"c": throttled(9)}, closes: map[chat.ConnectionID]error{"c": errThrottled}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "mark c"), want: fanout.Pushed{Posts: 5}},
		{name: "429 for ever, neither closed nor marked: the position must stay",
			gateway: &script{posts: map[chat.ConnectionID][]error{"c": throttled(9)},
				closes: map[chat.ConnectionID]error{"c": errThrottled}, fails: broken},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c", "mark c"), fails: broken, want: fanout.Pushed{Posts: 5}},
		{name: "403: nobody is given up, the position must stay",
			gateway: &script{posts: map[chat.ConnectionID][]error{"c": {fanout.ErrForbidden}}},
			calls:   []string{"post A to c"}, fails: fanout.ErrForbidden, want: fanout.Pushed{Posts: 1}},
		{name: "429 for ever, and 403 for the close: nobody is given up, the position must stay",
			gateway: &script{posts: map[chat.ConnectionID][]error{"c": throttled(9)},
				closes: map[chat.ConnectionID]error{"c": fanout.ErrForbidden}},
			calls: append(slices.Repeat([]string{"post A to c"}, 5), "close c"), fails: fanout.ErrForbidden, want: fanout.Pushed{Posts: 5}},
		{name: "closing, and 403 for the close", change: func(s *chat.Subscription) { s.Closing = true },
			gateway: &script{closes: map[chat.ConnectionID]error{"c": fanout.ErrForbidden}}, calls: []string{"close c"}, fails: fanout.ErrForbidden},
		{name: "closing: no push, closed", change: func(s *chat.Subscription) { s.Closing = true },
			calls: []string{"close c", "remove c"}, want: fanout.Pushed{Closed: 1}},
		{name: "closing: no push, still there", change: func(s *chat.Subscription) { s.Closing = true },
			gateway: &script{closes: map[chat.ConnectionID]error{"c": errThrottled}}, calls: []string{"close c"}},
		{name: "expired: no push, closed", change: func(s *chat.Subscription) { s.ExpiresAt = time.Now().Add(-time.Second) },
			calls: []string{"close c", "remove c"}, want: fanout.Pushed{Closed: 1}},
		{name: "expired, and it cannot be closed", change: func(s *chat.Subscription) { s.ExpiresAt = time.Now().Add(-time.Second) },
			gateway: &script{closes: map[chat.ConnectionID]error{"c": errThrottled}}, calls: []string{"close c", "mark c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := chat.Subscription{Room: "r", Connection: "c", ExpiresAt: time.Now().Add(time.Hour)}
				if c.change != nil {
					c.change(&s)
				}
				if c.gateway == nil {
					c.gateway = &script{}
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
		g := &script{posts: map[chat.ConnectionID][]error{"c": throttled(9)}}
		if _, err := deliverOnce(t.Context(), g, chat.Subscription{Connection: "c", ExpiresAt: time.Now().Add(time.Hour)}); err != nil {
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
		g := &script{posts: map[chat.ConnectionID][]error{"c": throttled(9)}}
		_, err := deliverOnce(ctx, g, chat.Subscription{Connection: "c", ExpiresAt: time.Now().Add(time.Hour)})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if code := chat.CodeOf(err); code != chat.CodeUnavailable {
			t.Errorf("code %s: another try is safe, so it is no defect", code)
		}
		if want := []string{"post A to c", "post A to c"}; !slices.Equal(g.calls, want) {
			t.Errorf("calls %q, want %q", g.calls, want)
		}
	})
}

// TestDeliverToMany: a slow connection holds up no other, at most Parallel are posted to at a time, one failure stops
// no other, and the order of each connection's frames is kept.
func TestDeliverToMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &script{
			posts:  map[chat.ConnectionID][]error{"c0": throttled(9)},
			closes: map[chat.ConnectionID]error{"c0": errThrottled}, fails: errThrottled,
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
			id := chat.ConnectionID(fmt.Sprint("c", i+1))
			a, b := slices.Index(g.calls, fmt.Sprintf("post A to %s", id)), slices.Index(g.calls, fmt.Sprintf("post B to %s", id))
			if a < 0 || b < a || g.at[b] != start {
				t.Errorf("%s: first frame is call %d, second %d, after %v", id, a, b, g.at[max(0, b)].Sub(start))
			}
		}
	})
}
