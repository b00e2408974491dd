package fanout

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// A long push goes in steps. A step is as many whole frames to all members as fit into stepTime at the rate that the
// gateway takes now, one at least. After each step the pushed id moves. So a process that is killed repeats one step.
const (
	stepTime = 5 * time.Second
	// pageTime is how much of posting a page of subscriptions is read for: less than readTime, so that a page whose posts
	// take as long as they should is not read again.
	pageTime = 2 * time.Second
	// leastFirstPage is how many subscriptions the first page has at least: about a shard, by which the others are judged.
	leastFirstPage = 1001
	// pageLimit is after how long a page fails whose posts the gateway does not take.
	pageLimit = 10 * time.Second
)

// pushSteps brings a run after the pushed id to the members, and what follows it. It returns up to where, and who is to
// hold the lease then: the stream if the room is large.
func (k *wake) pushSteps(ctx context.Context, pushed chat.EntryID, run roomlog.Run) (chat.EntryID, roomlog.Lease, error) {
	next := roomlog.NoLease
	shown, err := k.apply(ctx, after(run.Entries, pushed))
	if err != nil {
		return pushed, next, err
	}
	for {
		entries := after(shown, pushed)
		if len(entries) == 0 {
			return max(pushed, run.End), next, nil
		}
		if run.More || len(entries) > settleAfter {
			k.settle(ctx)
		}
		last, large, err := k.step(ctx, k.opts.Frames(k.room, entries))
		if err != nil {
			return pushed, next, err
		}
		if next = roomlog.NoLease; large {
			next = roomlog.StreamLease
		}
		if last == run.End && !run.More {
			return last, next, nil
		}
		done, err := k.store.Advance(ctx, k.room, pushed, last, k.held)
		switch {
		case err != nil:
			return pushed, next, chat.Wrap("advance pushed id", err)
		case !done:
			return pushed, next, errOvertaken
		}
		pushed = last
		if pushed == run.End {
			if run, err = roomlog.ReadRun(ctx, k.store, k.room, pushed); err != nil {
				return pushed, next, err
			}
			if shown, err = k.apply(ctx, run.Entries); err != nil {
				return pushed, next, err
			}
		}
	}
}

// apply applies what entries say of other messages, and returns them as they are to be shown: without those that have
// expired before anybody pushed them.
func (k *wake) apply(ctx context.Context, entries []chat.Entry) ([]chat.Entry, error) {
	shown, err := roomlog.Applier{Store: k.store, InTurn: k.opts.InTurn}.Apply(ctx, entries)
	return chat.Unexpired(shown, k.opts.Now()), chat.Wrap("apply changes", err)
}

// step brings the first of the frames, as many as fit, to all members. It returns up to where, and whether the room is
// large.
func (k *wake) step(ctx context.Context, frames []Frame) (last chat.EntryID, large bool, err error) {
	page, err := k.store.Subscribers(ctx, k.room, nil, max(k.pageSize(1), leastFirstPage))
	if err != nil {
		return 0, false, chat.Wrap("read subscriptions", err)
	}
	members := page.members()
	large = !page.IsSmall()
	if members > 0 {
		n, err := k.fitting(ctx, members, len(frames))
		if err != nil {
			return 0, large, err
		}
		frames = frames[:n]
	}
	last = frames[len(frames)-1].Last()
	k.members = 0
	for {
		page.cut(k.pageSize(len(frames)))
		k.members += len(page.Subscriptions)
		if err := k.deliver(ctx, frames, page); err != nil {
			return 0, large, err
		}
		if page.Next == nil {
			k.steps++
			return last, large, nil
		}
		if page, err = k.store.Subscribers(ctx, k.room, page.Next, k.pageSize(len(frames))); err != nil {
			return 0, large, chat.Wrap("read subscriptions", err)
		}
	}
}

// fitting returns how many of the frames are one step. Its error is ErrTimeOver when not even one fits into what is left
// of ctx. A job begins one in any case: it has the longest time that there is.
func (k *wake) fitting(ctx context.Context, members, frames int) (int, error) {
	one := time.Duration(float64(members) / k.deliverer.Rate(members) * float64(time.Second)) // for one frame to all
	budget := stepTime
	if end, ok := ctx.Deadline(); ok {
		left := end.Sub(k.opts.Now())
		if one > left && (!k.job || k.steps > 0) {
			return 0, ErrTimeOver
		}
		budget = min(budget, left)
	}
	return min(max(int(budget/max(one, 1)), 1), frames), nil
}

// pageSize returns how many subscriptions are posted to within pageTime, when each gets so many frames.
func (k *wake) pageSize(frames int) int {
	return max(SmallRoom+1, int(pageTime.Seconds()*k.deliverer.Rate(max(k.members, 1)))/frames)
}

// members estimates how many subscriptions the room has, from its first page.
func (p Page) members() int {
	if p.Next == nil || p.Next.Shard == 0 && p.Shards == 1 {
		return len(p.Subscriptions)
	}
	return len(p.Subscriptions) * p.Shards / (p.Next.Shard + 1)
}

// cut leaves the first n subscriptions on the page, and the others to the next one.
func (p *Page) cut(n int) {
	if len(p.Subscriptions) <= n {
		return
	}
	last := p.Subscriptions[n-1]
	p.Next = &Cursor{Shards: p.Shards, Shard: last.Shard, After: last.Connection}
	p.Subscriptions = p.Subscriptions[:n]
}

const firstDeliveryWait = 100 * time.Millisecond

// deliver brings frames to a page of subscriptions. Only to those that have not got them it goes out again.
func (k *wake) deliver(ctx context.Context, frames []Frame, page Page) error {
	if len(page.Subscriptions) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	d := Delivery{Room: k.room, Frames: frames, Recipients: recipients(page.Subscriptions), ReadAt: page.ReadAt}
	for wait := firstDeliveryWait; ; wait *= 2 {
		rest, err := k.deliverer.Deliver(ctx, d)
		if err == nil {
			return nil
		}
		if errors.Is(err, ErrForbidden) || chat.Sleep(ctx, wait) != nil {
			return chat.Wrap("deliver", err)
		}
		d.Recipients = rest
	}
}
