package fanout_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

const (
	// readTime and postTime are the bounds of promise 6.
	readTime = 3 * time.Second
	postTime = time.Second
)

// removals is a push world whose subscriptions end one after the other while it is pushed to. It sees when each post
// begins.
type removals struct {
	*pushWorld
	slow time.Duration // how long a read of subscriptions takes, half of it before what is read is what is there

	mu      sync.Mutex
	ended   map[chat.ConnectionID]time.Time
	reads   int           // of pages
	rereads int           // of subscriptions that were read before
	failing int           // how many of the next of those fail
	latest  time.Duration // from the end of a subscription to a post to it
	late    int           // posts that began later than they may
	long    int           // posts that may take longer than they may
}

func newRemovals(t *testing.T) *removals {
	r := &removals{pushWorld: newPushWorld(t), ended: map[chat.ConnectionID]time.Time{}}
	r.poster, r.subscriptions = watchedPoster{r.gateway, r}, watchedStore{r.store, r}
	return r
}

// endOne ends a subscription.
func (r *removals) endOne(id chat.ConnectionID) {
	r.store.EndSubscription(id)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[id] = time.Now()
}

// endSome ends a random subscription each time "every" has passed, half of them at most, until the context ends.
func (r *removals) endSome(ctx context.Context, members []fanout.Recipient, every time.Duration) {
	for range len(members) / 2 {
		if chat.Sleep(ctx, every) != nil {
			return
		}
		r.endOne(members[int(r.random()*float64(len(members)))].Connection)
	}
}

// expect checks the promise, and that all others have what they should have. It returns how many have ended.
func (r *removals) expect(last chat.EntryID, but ...chat.ConnectionID) int {
	r.Helper()
	for id := range r.ended {
		if !slices.Contains(but, id) {
			delete(r.members, id)
		}
	}
	r.gotAll(last, but...)
	r.Logf("%d ended in %v, the latest post to one of them began %v after that; %d pages read, %d times read again",
		len(r.ended), r.elapsed(), r.latest, r.reads, r.rereads)
	if r.late > 0 {
		r.Errorf("%d posts to members began more than %v after their end, the latest %v after it", r.late, readTime, r.latest)
	}
	if r.long > 0 {
		r.Errorf("%d posts may take longer than %v", r.long, postTime)
	}
	return len(r.ended)
}

type watchedPoster struct {
	*fake.Gateway
	r *removals
}

func (p watchedPoster) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	r, now := p.r, time.Now()
	r.mu.Lock()
	if deadline, ok := ctx.Deadline(); !ok || deadline.Sub(now) > postTime {
		r.long++
	}
	if at, ok := r.ended[id]; ok {
		since := now.Sub(at)
		if r.latest = max(r.latest, since); since > readTime {
			r.late++
		}
	}
	r.mu.Unlock()
	return p.Gateway.Post(ctx, id, frame)
}

// watchedStore has reads that take a while.
type watchedStore struct {
	*fake.Store
	r *removals
}

func (s watchedStore) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	began := time.Now()
	if err := s.r.read(ctx, &s.r.reads); err != nil {
		return fanout.Page{}, err
	}
	page, err := s.Store.Subscribers(ctx, room, from, limit)
	page.ReadAt = began
	return page, firstError(err, chat.Sleep(ctx, s.r.slow/2))
}

func (s watchedStore) Current(
	ctx context.Context, room chat.RoomID, subscriptions []chat.Subscription,
) ([]chat.Subscription, error) {
	if err := s.r.read(ctx, &s.r.rereads); err != nil {
		return nil, err
	}
	if s.r.fails() {
		return nil, errors.New("the store is down")
	}
	current, err := s.Store.Current(ctx, room, subscriptions)
	return current, firstError(err, chat.Sleep(ctx, s.r.slow/2))
}

func (r *removals) read(ctx context.Context, count *int) error {
	r.mu.Lock()
	*count++
	r.mu.Unlock()
	return chat.Sleep(ctx, r.slow/2)
}

func (r *removals) fails() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing--
	return r.failing >= 0
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// pushAll pushes the room's entries up to last as jobs do, one after the other until all is pushed.
func (r *removals) pushAll(last chat.EntryID, late func() time.Duration) {
	workers := &processes{pushWorld: r.pushWorld, log: &log{}, late: late}
	waker := fanout.NewWaker(watchedStore{r.store, r}, r.chunked(r.pusher(), workers), &fake.Jobs{}, fanout.WakerOptions{
		Frames: oneByOne, HoleAge: fake.HoleAge, NewLease: func() roomlog.Lease { return me }, Now: time.Now,
	})
	for try := 0; r.store.Top.PushedID < last; try++ {
		ctx, cancel := context.WithTimeout(r.Context(), 55*time.Second)
		_ = waker.Finish(ctx, "r", time.Second)
		cancel()
		time.Sleep(time.Second)
		if try == 50 {
			r.Fatalf("the pushed id is %d after %d jobs", r.store.Top.PushedID, try)
		}
	}
}

// TestNoPostBeginsLongAfterItsSubscriptionWasRead is promise 6: whatever makes a push slow, no post begins more than 3 s
// after its subscription has ended.
func TestNoPostBeginsLongAfterItsSubscriptionWasRead(t *testing.T) {
	for _, c := range []struct {
		name    string
		members int
		last    chat.EntryID
		every   time.Duration // between two that end
		late    time.Duration // up to which a worker is late
		begin   func(*removals, []fanout.Recipient)
	}{
		{"a slow gateway", 500, 20, 50 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			r.gateway.Take(900 * time.Millisecond)
		}},
		{"a gateway that becomes slow", 1500, 4, 20 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			time.AfterFunc(50*time.Millisecond, func() { r.gateway.Take(800 * time.Millisecond) })
		}},
		{"a low rate, in steps", 200, 12, 200 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			r.rate = 40
		}},
		{"a rate that is used up", 300, 6, 50 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			r.rate = 200
			r.gateway.Limit(80, 20)
		}},
		{"429 to all for a while", 300, 5, 50 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			time.AfterFunc(30*time.Millisecond, func() { r.gateway.Be(fake.Throttling) })
			time.AfterFunc(9*time.Second, func() { r.gateway.Be(fake.Serving) })
		}},
		{"429 to some", 300, 5, 10 * time.Millisecond, 0, func(r *removals, members []fanout.Recipient) {
			for _, m := range members[:20] {
				r.gateway.Refuse(m.Connection, 6, 0)
			}
		}},
		{"posts that hang for a while", 300, 5, 50 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			time.AfterFunc(30*time.Millisecond, func() { r.gateway.Be(fake.Hanging) })
			time.AfterFunc(9*time.Second, func() { r.gateway.Be(fake.Serving) })
		}},
		{"many pages", 3000, 3, 10 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			r.rate = 1000
			r.gateway.Limit(400, 100)
		}},
		{"workers that begin late", 5000, 3, 5 * time.Millisecond, 6 * time.Second, func(*removals, []fanout.Recipient) {}},
		{"workers that begin late, a slow gateway", 5000, 3, 5 * time.Millisecond, 6 * time.Second, func(r *removals, _ []fanout.Recipient) {
			r.gateway.Take(200 * time.Millisecond)
		}},
		{"a slow store and a slow gateway", 400, 4, 50 * time.Millisecond, 0, func(r *removals, _ []fanout.Recipient) {
			r.slow = 2 * time.Second
			r.gateway.Take(800 * time.Millisecond)
		}},
		{"workers that begin late, and a slow store", 5000, 3, 5 * time.Millisecond, 6 * time.Second, func(r *removals, _ []fanout.Recipient) {
			r.slow = 2 * time.Second
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRemovals(t)
				members := r.room("r", c.members)
				r.store.Put(time.Now(), fake.UpTo(c.last)...)
				r.store.Top = roomlog.Head{Seq: c.last, Lease: roomlog.StreamLease}
				c.begin(r, members)
				ctx, cancel := context.WithCancel(t.Context())
				var ending sync.WaitGroup
				ending.Go(func() { r.endSome(ctx, members, c.every) })
				r.pushAll(c.last, func() time.Duration { return time.Duration(r.random() * float64(c.late)) })
				cancel()
				ending.Wait()
				if ended := r.expect(c.last); ended == 0 {
					t.Error("nobody's subscription has ended")
				}
			})
		})
	}
}

// TestNothingIsReadAgainInTheOrdinaryCase: neither by the process itself nor by workers.
func TestNothingIsReadAgainInTheOrdinaryCase(t *testing.T) {
	for _, members := range []int{1, 200, 2000, 50_000} {
		synctest.Test(t, func(t *testing.T) {
			r := newRemovals(t)
			r.room("r", members)
			r.store.Put(time.Now(), fake.UpTo(3)...)
			r.store.Top = roomlog.Head{Seq: 3, Lease: roomlog.StreamLease}
			r.pushAll(3, nil)
			r.expect(3)
			if r.rereads > 0 {
				t.Errorf("%d members: read again %d times", members, r.rereads)
			}
		})
	}
}

// TestWhoLeavesInDoubtIsLeftAlone: a connection that refuses everything, whose subscription ends, gets no post more, and
// is not closed. That is no failure.
func TestWhoLeavesInDoubtIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemovals(t)
		members := r.room("r", 50)
		gone := members[0].Connection
		r.gateway.Refuse(gone, -1, 0)
		time.AfterFunc(time.Millisecond, func() { r.endOne(gone) })
		d := fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: members, ReadAt: time.Now()}
		if rest, err := r.pusher().Deliver(t.Context(), d); err != nil {
			t.Errorf("%d left: %v", len(rest), err)
		}
		r.expect(1, gone)
		if r.rereads != 1 || r.gateway.Counts().Closed > 0 {
			t.Errorf("read again %d times, closed %d, want 1 and 0", r.rereads, r.gateway.Counts().Closed)
		}
	})
}

// TestReadingAgain goes through what it can come to, for recipients of whom nobody knows when they were read.
func TestReadingAgain(t *testing.T) {
	for _, c := range []struct {
		name    string
		quick   bool
		failing int
		rereads int
		left    int
		took    time.Duration // at most
	}{
		{"it works", false, 0, 1, 0, 100 * time.Millisecond},
		{"it works, for a sender", true, 0, 1, 0, 100 * time.Millisecond},
		{"it fails twice", false, 2, 3, 0, 500 * time.Millisecond},
		{"it fails for a sender, who waits for nothing", true, 1, 1, 8, 0},
		{"it fails until the time is over", false, 1000, 0, 8, 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRemovals(t)
				members := r.room("r", 10)
				r.endOne(members[3].Connection)
				closing := members[5].Connection // another process has marked it meanwhile
				r.store.Subscribed[4].Closing = true
				r.failing = c.failing
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				d := fanout.Delivery{Room: "r", Frames: frames(1, 2), Recipients: members, Quick: c.quick}
				rest, err := r.pusher().Deliver(ctx, d)
				if c.left > 0 {
					if len(rest) != len(members) || chat.CodeOf(err) != chat.CodeUnavailable || r.pushed.Posts > 0 {
						t.Errorf("%d left, after %d posts: %v", len(rest), r.pushed.Posts, err)
					}
				} else if len(rest) > 0 || err != nil {
					t.Errorf("%d left: %v", len(rest), err)
				} else if r.expect(2, closing); r.members[closing].ended == 0 || r.members[closing].last > 0 {
					t.Errorf("the one that is to be closed: %+v", *r.members[closing])
				}
				if c.rereads > 0 && r.rereads != c.rereads || r.elapsed() > c.took {
					t.Errorf("read again %d times in %v, want %d in %v", r.rereads, r.elapsed(), c.rereads, c.took)
				}
			})
		})
	}
}

// TestAClockThatIsAhead: what another process read, it cannot have read later than now.
func TestAClockThatIsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemovals(t)
		members := r.room("r", 200)
		r.gateway.Take(900 * time.Millisecond)
		r.rate = 20
		ctx, cancel := context.WithCancel(t.Context())
		var ending sync.WaitGroup
		ending.Go(func() { r.endSome(ctx, members, 50*time.Millisecond) })
		d := fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: members, ReadAt: time.Now().Add(time.Hour)}
		if rest, err := r.pusher().Deliver(t.Context(), d); err != nil {
			t.Errorf("%d left: %v", len(rest), err)
		}
		cancel()
		ending.Wait()
		r.expect(1)
	})
}

// TestASenderReadsSlowly: it has a second in all.
func TestASenderReadsSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRemovals(t)
		members := r.room("r", 100)
		r.store.Put(time.Now(), 1)
		r.store.Top = roomlog.Head{Seq: 1, Lease: me}
		r.slow = 800 * time.Millisecond
		r.gateway.Take(300 * time.Millisecond)
		time.AfterFunc(500*time.Millisecond, func() { r.endOne(members[0].Connection) })
		fanout.NewDirect(watchedStore{r.store, r}, r.pusher(), fanout.DirectOptions{Frames: oneByOne, Now: time.Now}).
			Push(t.Context(), roomlog.Appended{Room: "r", Me: me, Own: 1, Head: r.store.Top, Placed: 1})
		if r.elapsed() > time.Second || r.late > 0 || r.latest > time.Second {
			t.Errorf("took %v, the latest post %v after the end", r.elapsed(), r.latest)
		}
	})
}
