package messages

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Sync asks for the entries after an id.
type Sync struct {
	Room    chat.RoomID
	AfterID chat.EntryID
	Limit   int // 1–MaxPageLimit
}

// Validate reports the first field that is wrong.
func (in Sync) Validate() error {
	if err := in.Room.Validate(); err != nil {
		return err
	}
	if err := roomlog.ValidateAfterID(&in.AfterID); err != nil {
		return err
	}
	return roomlog.Query{Room: in.Room, Limit: in.Limit}.Validate()
}

// Sync gives the page of entries after AfterID.
//
// Errors: as [History.Page].
func (h *History) Sync(ctx context.Context, caller chat.Caller, in Sync) (roomlog.Page, error) {
	return h.Page(ctx, caller.User(), roomlog.Query{Room: in.Room, After: &in.AfterID, Limit: in.Limit})
}
