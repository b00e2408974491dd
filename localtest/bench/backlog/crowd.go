package main

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/bench/target"
)

// crowd is the members of the room.
type crowd struct{ members []*member }

// openCrowd connects members and joins them, some at a time. Each needs two open files, one at either end.
func openCrowd(ctx context.Context, t *target.Target, room chat.RoomID, count int) (*crowd, error) {
	c, joined := &crowd{make([]*member, count)}, atomic.Int64{}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range c.members {
		group.Go(func() error {
			token, err := t.Token(fmt.Sprintf("user-%d", i))
			if err != nil {
				return err
			}
			if c.members[i], err = dial(groupCtx, t.WebSocket, token); err != nil {
				return err
			}
			progress("joining members: %d", joined.Add(1))
			return c.members[i].join(groupCtx, room)
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
