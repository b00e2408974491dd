package chat

import (
	"context"
	"fmt"
	"time"
)

// A hole is an id with nothing at it below some entry and above the room's position: its writer is late or dead.
// Nothing is shown past one. Who needs what lies past it waits for the writer, and then fills the place with a void;
// too early is harmless, it only makes a slow writer reserve again.

const (
	firstHoleWait = 25 * time.Millisecond
	maxHoleWait   = 200 * time.Millisecond
)

// holeWait is the patience of one call at the holes of one room.
type holeWait struct {
	log Log
	now func() time.Time
	age time.Duration // how old the entry after a hole must be before the hole is filled

	end   EntryID // the run's end when this hole was first met
	since time.Time
	delay time.Duration
}

// at waits a moment for the hole between end and next, or fills it when its time is over. After either the log has to
// be read again.
func (h *holeWait) at(ctx context.Context, end EntryID, next Entry) error {
	if h.since.IsZero() || h.end != end {
		h.end, h.since, h.delay = end, h.now(), firstHoleWait
	}
	// The entry's time is by another machine's clock: a clock that is ahead must not make us wait for ever.
	left := min(h.age-h.now().Sub(next.CreatedAt), h.age-h.now().Sub(h.since))
	if left <= 0 {
		return h.fill(ctx, end, next)
	}
	if err := sleep(ctx, min(left, h.delay)); err != nil {
		return err
	}
	h.delay = min(2*h.delay, maxHoleWait)
	return nil
}

func (h *holeWait) fill(ctx context.Context, end EntryID, next Entry) error {
	for id := end + 1; id < next.ID; id++ {
		if _, err := h.log.Place(ctx, voidAt(next.Room, id, h.now())); err != nil {
			return fmt.Errorf("fill hole: %w", err)
		}
	}
	return nil
}

// sleep waits for d, or less when ctx ends; then its error is CodeUnavailable.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &Error{Code: CodeUnavailable, Message: "this took too long; try again", Err: context.Cause(ctx)}
	}
}
