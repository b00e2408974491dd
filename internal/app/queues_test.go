package app

import (
	"context"
	"testing"
	"time"

	"serverlesschat/internal/rooms"
)

// eraseQueue keeps what it was sent.
type eraseQueue []rooms.ErasePart

func (q *eraseQueue) EraseLater(_ context.Context, e rooms.Erase, _ time.Duration) error {
	*q = append(*q, e.Part)
	return nil
}

// Members of a deleted room get nothing of it within seconds. What nobody sees may wait.
func TestErasingMayWaitButNotForMembers(t *testing.T) {
	for part, isLater := range map[rooms.ErasePart]bool{
		rooms.EraseMembers: false, rooms.EraseEntries: true, rooms.EraseRows: true,
	} {
		var soon, later eraseQueue
		err := erasing{&soon, &later}.EraseLater(t.Context(), rooms.Erase{Room: "r", Part: part}, 0)
		if err != nil || (len(later) == 1) != isLater || len(soon)+len(later) != 1 {
			t.Errorf("%s went to %v and %v, %v", part, soon, later, err)
		}
	}
}
