package main

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// crowd is the members of the room.
type crowd struct{ members []*member }

// enter connects a user and joins the room.
func (b *backlog) enter(ctx context.Context, user string) (*member, error) {
	token, err := b.target.Token(user)
	if err != nil {
		return nil, err
	}
	m, err := dial(ctx, b.target.WebSocket, token)
	if err != nil {
		return nil, err
	}
	if err := m.join(ctx, b.room); err != nil {
		m.drop()
		return nil, err
	}
	return m, nil
}

func user(i int) string { return fmt.Sprintf("user-%d", i) }

// openCrowd lets the members enter, some at a time. Each needs two open files, one at either end.
func (b *backlog) openCrowd(ctx context.Context) (*crowd, error) {
	c, joined := &crowd{make([]*member, b.members)}, atomic.Int64{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range c.members {
		group.Go(func() (err error) {
			c.members[i], err = b.enter(ctx, user(i))
			progress("joining members: %d", joined.Add(1))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *crowd) close() {
	for _, m := range c.members {
		if m != nil {
			m.drop()
		}
	}
}

// tally is what all members have seen.
type tally struct {
	entries, repeats, disorders, gaps int64
	slowest, fastest                  int64 // the last id of the member that is furthest behind, and ahead
	disturbed                         int   // members that saw a gap, a repeat or a wrong order
	lost                              int   // members whose connection has ended
	fault                             error // the first thing that a member did not expect
}

func (c *crowd) tally() tally {
	sum := tally{slowest: math.MaxInt64}
	for _, m := range c.members {
		sum.add(m)
	}
	return sum
}

func (t *tally) add(m *member) {
	select {
	case <-m.ended:
		t.lost++
	default:
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	gaps := m.order.gaps()
	t.entries += m.order.entries
	t.repeats += m.order.repeats
	t.disorders += m.order.disorders
	t.gaps += gaps
	t.slowest, t.fastest = min(t.slowest, m.order.last), max(t.fastest, m.order.last)
	if gaps+m.order.repeats+m.order.disorders > 0 {
		t.disturbed++
	}
	if t.fault == nil {
		t.fault = m.fault
	}
}
