package roomlog

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

const (
	firstHoleWait = 25 * time.Millisecond
	maxHoleWait   = 200 * time.Millisecond
)

// HoleWait is how one call waits at the holes of one room and fills them. A hole is an id with nothing at it, below
// some entry and above the room's pushed id. Its writer is late or dead, and nothing is shown past it. A call that
// needs what lies past it waits for the writer, and then fills the place with a void. To fill it too early does no
// harm: a slow writer reserves again.
//
// A HoleWait is for one goroutine.
type HoleWait struct {
	Log Log
	Now func() time.Time
	Age time.Duration // how old the entry after a hole must be before the hole is filled

	end   chat.EntryID // the run's end when this hole was first met
	since time.Time
	delay time.Duration
}

// WaitOrFill waits a moment for the hole between end and next, or fills it when its time is over. In both cases the
// caller then reads the log again.
//
// Errors: CodeUnavailable when ctx ends first; what the store returns, wrapped.
func (h *HoleWait) WaitOrFill(ctx context.Context, end chat.EntryID, next chat.Entry) error {
	if h.since.IsZero() || h.end != end {
		h.end, h.since, h.delay = end, h.Now(), firstHoleWait
	}
	// The entry's time is by another machine's clock. If that clock is ahead, the wait must still end.
	left := min(h.Age-h.Now().Sub(next.CreatedAt), h.Age-h.Now().Sub(h.since))
	if left <= 0 {
		return h.Fill(ctx, end, next)
	}
	if err := chat.Sleep(ctx, min(left, h.delay)); err != nil {
		return err
	}
	h.delay = min(2*h.delay, maxHoleWait)
	return nil
}

// Fill fills the hole between end and next.
func (h *HoleWait) Fill(ctx context.Context, end chat.EntryID, next chat.Entry) error {
	for id := end + 1; id < next.ID; id++ {
		if _, err := h.Log.Place(ctx, chat.VoidAt(next.Room, id, h.Now(), next.Retention())); err != nil {
			return fmt.Errorf("fill hole: %w", err)
		}
	}
	return nil
}
