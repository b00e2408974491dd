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

// Page gives the page asked for to a member of the room.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Membership.Check]; else as [roomlog.Reader.Page].
func (h *History) Page(ctx context.Context, user chat.UserID, q roomlog.Query) (roomlog.Page, error) {
	if err := h.membership.Check(ctx, user, q.Room); err != nil {
		return roomlog.Page{}, err
	}
	return h.reader.Page(ctx, q)
}
