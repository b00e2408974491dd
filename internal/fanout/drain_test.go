package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

// drained is a gateway whose connections are asked to move. It has the table of them, and the queue of jobs.
type drained struct {
	*testing.T
	gateway *fake.Gateway
	drainer *fanout.Drainer
	ids     []chat.ConnectionID
	scans   int
	failAt  int // the scan that fails; 0 for none

	mu     sync.Mutex
	after  map[chat.ConnectionID][]time.Duration // what each was told
	at     map[chat.ConnectionID]time.Time
	jobs   []fanout.Drain
	closed int
	pushed fanout.Pushed
}

func newDrained(t *testing.T, connections int, rate float64) *drained {
	d := &drained{
		T: t, gateway: fake.NewGateway(), after: map[chat.ConnectionID][]time.Duration{}, at: map[chat.ConnectionID]time.Time{},
	}
	for i := range connections {
		id := chat.ConnectionID(fmt.Sprint("c", i))
		d.ids = append(d.ids, id)
		d.gateway.Open(id, func(frame []byte) { d.heard(id, frame) }, func() { d.closed++ })
	}
	random := rand.New(rand.NewPCG(1, 2))
	d.drainer = fanout.NewDrainer(d.gateway, d, d, fanout.DrainerOptions{
		Goodbye: func(g chat.Goodbye) []byte {
			if g.Code != chat.GoodbyeShutdown || !g.Reconnect {
				t.Errorf("goodbye %+v", g)
			}
			return []byte(g.After.String())
		},
		Parallel: 64, PostRate: rate, Now: time.Now,
		Jitter: func() float64 {
			d.mu.Lock()
			defer d.mu.Unlock()
			return random.Float64()
		},
		Observe: func(_ context.Context, p fanout.Pushed) {
			d.pushed.Posts += p.Posts
			d.pushed.Gone += p.Gone
			d.pushed.Throttled += p.Throttled
		},
	})
	return d
}

func (d *drained) heard(id chat.ConnectionID, frame []byte) {
	after, err := time.ParseDuration(string(frame))
	if err != nil {
		d.Error(err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.after[id] = append(d.after[id], after)
	d.at[id] = time.Now()
}

var errScan = errors.New("cannot scan")

// OpenConnections has pages of limit rows, every second one of which is no connection's.
func (d *drained) OpenConnections(
	_ context.Context, before time.Time, cursor string, limit int,
) ([]chat.ConnectionID, string, error) {
	if d.scans++; d.scans == d.failAt {
		return nil, "", errScan
	}
	if before.IsZero() {
		d.Error("a scan without a time")
	}
	from, _ := strconv.Atoi(cursor)
	to := min(from+limit/2, len(d.ids))
	next := ""
	if to < len(d.ids) {
		next = strconv.Itoa(to)
	}
	return d.ids[from:to], next, nil
}

func (d *drained) DrainLater(ctx context.Context, drain fanout.Drain) error {
	if ctx.Err() != nil {
		d.Error("the job is sent in a context that is over")
	}
	d.jobs = append(d.jobs, drain)
	return nil
}

// run does a job and those that it sends, each with a minute, and returns how many there were.
func (d *drained) run(drain fanout.Drain) (jobs int) {
	d.jobs = append(d.jobs, drain)
	for ; len(d.jobs) > 0; jobs++ {
		next := d.jobs[0]
		d.jobs = d.jobs[1:]
		ctx, cancel := context.WithTimeout(d.Context(), time.Minute)
		if err := d.drainer.Drain(ctx, next); err != nil {
			d.Error(err)
		}
		if ctx.Err() != nil {
			d.Error("a job took all of its time")
		}
		cancel()
	}
	return jobs
}

// inABubble runs a test in simulated time.
func inABubble(t *testing.T, test func(t *testing.T)) { t.Helper(); synctest.Test(t, test) }

// Everybody is told once, with a slot of its own, spread evenly, at no more than the rate; by as many jobs as it takes.
func TestDrain(t *testing.T) {
	inABubble(t, func(t *testing.T) {
		d := newDrained(t, 10_000, 100)
		start := time.Now()
		jobs := d.run(fanout.Drain{Spread: 10 * time.Minute})
		if took := time.Since(start); took < 99*time.Second || took > 110*time.Second || jobs != 3 {
			t.Errorf("%d jobs told 10,000 connections at 100 a second in %v", jobs, took)
		}
		var tenths [10]int
		for _, id := range d.ids {
			if len(d.after[id]) != 1 || d.after[id][0] < 0 || d.after[id][0] >= 10*time.Minute {
				t.Fatalf("%s was told %v", id, d.after[id])
			}
			tenths[d.after[id][0]/time.Minute]++
		}
		for minute, n := range tenths {
			if n < 850 || n > 1150 {
				t.Errorf("%d of 10,000 move in minute %d", n, minute)
			}
		}
		if d.closed > 0 {
			t.Errorf("%d connections were closed", d.closed)
		}
	})
}

// A connection that is gone is passed over, and one that cannot be reached is left alone.
func TestDrainPassesOver(t *testing.T) {
	inABubble(t, func(t *testing.T) {
		d := newDrained(t, 300, 8000)
		d.gateway.Lose("c7")
		d.gateway.Refuse("c8", -1, -1)
		d.gateway.Refuse("c9", 1, 0)
		d.gateway.Hang("c10")
		d.run(fanout.Drain{Spread: time.Second})
		if len(d.after) != 297 || len(d.after["c9"]) != 1 || d.closed > 0 {
			t.Errorf("%d were told, c9 %v, %d closed; want 297, once, none", len(d.after), d.after["c9"], d.closed)
		}
		if p := d.pushed; p.Gone != 1 || p.Throttled != 3 {
			t.Errorf("counted %+v", p)
		}
	})
}

// What happens in a job that fails: at once, or after it has come some way.
func TestDrainGoesOnAfterAFailure(t *testing.T) {
	inABubble(t, func(t *testing.T) {
		d := newDrained(t, 300, 8000)
		d.failAt = 1
		if err := d.drainer.Drain(t.Context(), fanout.Drain{}); !errors.Is(err, errScan) || len(d.jobs) > 0 {
			t.Errorf("a first page that fails: %v, jobs %v", err, d.jobs)
		}
		d.scans, d.failAt = 0, 2
		began := time.Now().Add(-time.Hour)
		if err := d.drainer.Drain(t.Context(), fanout.Drain{Began: began, Spread: time.Second}); err != nil {
			t.Error(err)
		}
		want := fanout.Drain{Began: began, Spread: time.Second, Cursor: "125"}
		if len(d.jobs) != 1 || d.jobs[0] != want || len(d.after) != 125 {
			t.Errorf("after a second page that failed: jobs %v, want %v; %d were told", d.jobs, want, len(d.after))
		}
		if err := d.drainer.Drain(t.Context(), fanout.Drain{Spread: -1}); err == nil {
			t.Error("a spread below 0")
		}
	})
}

// A page of which nobody can be reached is the gateway's fault, unless the gateway says otherwise.
func TestDrainAsksWhoseFaultItIs(t *testing.T) {
	inABubble(t, func(t *testing.T) {
		d := newDrained(t, 3, 8000)
		for _, id := range d.ids {
			d.gateway.Refuse(id, -1, -1)
		}
		if err := d.drainer.Drain(t.Context(), fanout.Drain{}); err != nil {
			t.Errorf("three clients that do not read: %v", err)
		}
		d.gateway.Be(fake.Failing)
		if err := d.drainer.Drain(t.Context(), fanout.Drain{}); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("a gateway that does not work: %v", err)
		}
		d.gateway.Be(fake.Forbidding)
		if err := d.drainer.Drain(t.Context(), fanout.Drain{}); !errors.Is(err, fanout.ErrForbidden) {
			t.Errorf("a right that is missing: %v", err)
		}
	})
}

// A job whose time is over in its first page has failed for no defect: it comes again.
func TestADrainWhoseTimeIsOver(t *testing.T) {
	inABubble(t, func(t *testing.T) {
		d := newDrained(t, 100, 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := d.drainer.Drain(ctx, fanout.Drain{})
		if chat.CodeOf(err) != chat.CodeUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %s, with the cause", err, chat.CodeUnavailable)
		}
	})
}
