package fanout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// WakerOptions are the settings of a Waker.
type WakerOptions struct {
	Frames   FramesFunc
	HoleAge  time.Duration // how long to wait for a late writer
	Direct   bool          // whether senders push too
	Gather   time.Duration // as DirectOptions.Gather
	NewLease func() roomlog.Lease
	Now      func() time.Time
	// Patience is how long a wake has to see the same token in the head before it takes the lease from its holder: longer
	// than a sender that lives holds it. 0 means 500 ms. It doubles each time, so that two slow wakes do not take the
	// lease from each other for ever.
	Patience time.Duration
	InTurn   bool // as roomlog.Applier.InTurn
}

// Waker pushes the news of rooms to their subscribers, for the stream and for jobs. It is what delivery rests on. A
// sender may be faster; then there is nothing left to do.
type Waker struct {
	store     Store
	deliverer Deliverer
	jobs      Jobs
	opts      WakerOptions
}

// NewWaker makes a Waker.
func NewWaker(store Store, deliverer Deliverer, jobs Jobs, opts WakerOptions) *Waker {
	return &Waker{store: store, deliverer: deliverer, jobs: jobs, opts: opts}
}

const (
	leasePatience = 500 * time.Millisecond
	// leaseWait is how long a wake waits before it looks at a lease again.
	leaseWait = 25 * time.Millisecond
)

// Wake pushes the room's news up to the entry id, which lies in the log. It returns nil only when that is pushed or a
// job in the queue will do it. Its error is a [QueuedError] when this call has put the rest into the queue. It begins
// nothing that cannot end before ctx does.
func (w *Waker) Wake(ctx context.Context, room chat.RoomID, id chat.EntryID) error {
	k := w.wake(room, id)
	if err := k.run(ctx); err != nil {
		return k.queue(ctx, err)
	}
	return nil
}

// wake is one call of Wake, or one turn of a job.
type wake struct {
	*Waker
	room chat.RoomID
	id   chat.EntryID // up to here it is to be pushed
	job  bool         // it is a job: it leaves the room to no other
	me   roomlog.Lease

	mayMark  bool          // held is not the token of another call
	held     roomlog.Lease // what the head's lease was, or what this call has put there
	released chat.EntryID  // up to here this call has moved the pushed id
	settled  chat.EntryID  // up to here all places are filled
	members  int           // how many subscriptions there were at the last step; 0 before
	steps    int

	hole     roomlog.HoleWait
	patience time.Duration
	seen     roomlog.Lease // the token that was in the head, and since when
	since    time.Time
}

func (w *Waker) wake(room chat.RoomID, id chat.EntryID) *wake {
	return &wake{
		Waker: w, room: room, id: id, me: w.opts.NewLease(), patience: cmp.Or(w.opts.Patience, leasePatience),
		hole: roomlog.HoleWait{Log: w.store, Now: w.opts.Now, Age: w.opts.HoleAge},
	}
}

func (k *wake) run(ctx context.Context) error {
	for k.released < k.id {
		head, err := k.store.Head(ctx, k.room)
		if err != nil {
			return fmt.Errorf("read head: %w", err)
		}
		k.held, k.mayMark, k.settled = head.Lease, !head.Lease.IsToken(), max(k.settled, head.SettledID)
		if head.PushedID >= k.id || !k.job && head.JobUntil.After(k.opts.Now()) {
			return nil
		}
		run, err := roomlog.ReadRun(ctx, k.store, k.room, head.PushedID)
		if err != nil {
			return err
		}
		if run.End < k.id && run.Next == nil && !run.More && run.End == head.PushedID {
			return nil // nothing lies there
		}
		if err := k.turn(ctx, head, run); err != nil {
			return err
		}
	}
	return nil
}

// turn does the next thing. The hole comes before the lease: in a busy room the lease changes all the time, and would
// keep the fan-out from its hole for ever.
func (k *wake) turn(ctx context.Context, head roomlog.Head, run roomlog.Run) error {
	switch {
	case k.isFree(head.Lease) && run.End > head.PushedID:
		return k.push(ctx, head.PushedID, run)
	case run.End < k.id && run.Next != nil:
		return k.hole.WaitOrFill(ctx, run.End, *run.Next)
	case head.Lease.IsToken() && !k.isExpired(head.Lease):
		return chat.Sleep(ctx, min(leaseWait, k.patience))
	}
	seen := roomlog.NoLease
	if head.Lease.IsToken() {
		seen = head.Lease
	}
	head, held, err := k.store.Take(ctx, k.room, k.me, seen)
	if err != nil {
		k.held, k.mayMark = k.me, true // it may have been taken
		return fmt.Errorf("take lease: %w", err)
	}
	if !held {
		return nil
	}
	k.held, k.mayMark = k.me, true
	if run, err = roomlog.ReadRun(ctx, k.store, k.room, head.PushedID); err != nil {
		return err
	}
	err = k.push(ctx, head.PushedID, run)
	k.patience *= 2
	return err
}

// isFree reports whether a push needs not take the lease first: no sender takes it from the stream, and where senders do
// not push nobody does. So a push costs one write.
func (k *wake) isFree(l roomlog.Lease) bool {
	return l == roomlog.StreamLease || l == roomlog.NoLease && !k.opts.Direct
}

// isExpired reports whether this very token has been in the head for longer than the patience, by the clock of this call
// alone.
func (k *wake) isExpired(token roomlog.Lease) bool {
	if token != k.seen {
		k.seen, k.since = token, k.opts.Now()
	}
	return k.opts.Now().Sub(k.since) >= k.patience
}

// push pushes the run and, in a small room, what comes meanwhile.
func (k *wake) push(ctx context.Context, pushed chat.EntryID, run roomlog.Run) error {
	h := holder{
		store: k.store, now: k.opts.Now, room: k.room, held: k.held, me: k.me, gather: k.opts.Gather, maxRounds: 1,
	}
	if k.opts.Direct {
		h.maxRounds = maxRounds
	}
	h.push = func(ctx context.Context, pushed chat.EntryID, run roomlog.Run) (chat.EntryID, roomlog.Lease, error) {
		k.held = h.held
		return k.pushSteps(ctx, pushed, run)
	}
	released, err := h.run(ctx, pushed, run)
	k.held = h.held
	k.released = max(k.released, released)
	if errors.Is(err, errOvertaken) && !k.job {
		return nil // the next look at the head tells whether there is something left to do
	}
	return err
}

// errOvertaken is returned when another pushes the room at the same time, which repeats what both push. A job gives way:
// it comes again later.
var errOvertaken = chat.Errorf(chat.CodeUnavailable, "another pushes this room")

// ErrTimeOver is the cause of a [QueuedError] when nothing failed: what is left does not fit into the time.
var ErrTimeOver = errors.New("what is left does not fit into the time")
