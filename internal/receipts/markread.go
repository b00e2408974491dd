package receipts

import (
	"context"

	"serverlesschat/internal/chat"
)

// MarkRead says that the caller has read a room up to an entry.
type MarkRead struct {
	Room chat.RoomID
	ID   chat.EntryID
}

// ReadMarkRead reads the fields of the action markRead.
func ReadMarkRead(f *chat.Fields) MarkRead {
	return MarkRead{Room: f.Room(), ID: f.EntryID("id", 1)}
}

// Read marks a room as read up to an entry. It returns where the caller's cursors are then; they only move forward.
//
// Errors: as [Marker.Delivered].
func (m *Marker) Read(ctx context.Context, caller chat.Caller, in MarkRead) (Marked, error) {
	return m.mark(ctx, caller.User(), in.Room, CursorRead, in.ID)
}
