package messages

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// History shows the logs of rooms to their members.
type History struct {
	membership *rooms.Membership
	reader     *roomlog.Reader
}

// NewHistory makes a History.
func NewHistory(membership *rooms.Membership, reader *roomlog.Reader) *History {
	return &History{membership: membership, reader: reader}
}

// ReadHistory reads the fields of a request for history. Unknown fields are ignored, as everywhere. A wait is not: its
// client would take the answer that comes at once for one that was waited for, and ask again at once.
func ReadHistory(f *chat.Fields) roomlog.Query {
	f.Absent("wait", "ask without it")
	q := roomlog.Query{
		Room: f.Room(), After: f.OptionalEntryID("after", 0), Before: f.OptionalEntryID("before", 1), Limit: readLimit(f),
	}
	if q.After != nil && q.Before != nil {
		f.Check(chat.Invalid("before", "cannot go with after"))
	}
	return q
}

func readLimit(f *chat.Fields) int {
	return f.Number("limit", 1, roomlog.MaxPageLimit, roomlog.DefaultPageLimit)
}

// Page returns the page asked for to a member of the room.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May]; else as [roomlog.Reader.Page].
func (h *History) Page(ctx context.Context, user chat.UserID, q roomlog.Query) (roomlog.Page, error) {
	access, err := h.membership.May(ctx, user, q.Room, rooms.Read)
	if err != nil {
		return roomlog.Page{}, err
	}
	q.Retention = access.Room.Retention
	return h.reader.Page(ctx, q)
}
