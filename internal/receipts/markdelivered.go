package receipts

import (
	"context"

	"serverlesschat/internal/chat"
)

// MarkDelivered says that the caller has got a room's entries up to one.
type MarkDelivered struct {
	Room chat.RoomID
	ID   chat.EntryID
}

// ReadMarkDelivered reads the fields of the action markDelivered.
func ReadMarkDelivered(f *chat.Fields) MarkDelivered {
	return MarkDelivered{Room: f.Room(), ID: f.EntryID("id", 1)}
}

// Delivered marks a room's entries as delivered up to one. It returns where the caller's cursors are then; they only move
// forward, and what is read is delivered too.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May]; CodeInvalid when the room has no such entry.
func (m *Marker) Delivered(ctx context.Context, caller chat.Caller, in MarkDelivered) (Marked, error) {
	return m.mark(ctx, caller.User(), in.Room, CursorDelivered, in.ID)
}
