package messages

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Sync asks for the entries after an id.
type Sync struct {
	Room    chat.RoomID
	AfterID chat.EntryID // 0 or more
	Limit   int          // 1–roomlog.MaxPageLimit
}

// ReadSync reads the fields of the action sync.
func ReadSync(f *chat.Fields) Sync {
	return Sync{Room: f.Room(), AfterID: f.EntryID("after_id", 0), Limit: readLimit(f)}
}

// Sync returns the page of entries after AfterID.
//
// Errors: as [History.Page].
func (h *History) Sync(ctx context.Context, caller chat.Caller, in Sync) (roomlog.Page, error) {
	return h.Page(ctx, caller.User(), roomlog.Query{Room: in.Room, After: &in.AfterID, Limit: in.Limit})
}
