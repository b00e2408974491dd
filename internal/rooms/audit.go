package rooms

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Deed is what somebody has done in a room by a right that others do not have.
type Deed struct {
	Room    chat.RoomID
	At      time.Time
	By      chat.UserID
	Action  string       // a change of a member, "settings" or "delete"
	Subject chat.UserID  // the member that it was done to; empty for none
	Target  chat.EntryID // the entry that it was done to; 0 for none
	// Key tells deeds of one time apart, and makes a deed that is recorded again the same.
	Key string
}

// The deeds that are no changes of members.
const (
	DeedSettings = "settings"
	DeedDelete   = "delete"
)

// Audit keeps deeds.
type Audit interface {
	// Record stores a deed. To record it again changes nothing.
	Record(ctx context.Context, d Deed) error
	// DeedsIn returns deeds in a room, the latest first: limit of them at most, those before a place.
	DeedsIn(ctx context.Context, room chat.RoomID, before string, limit int) (page []Deed, next string, err error)
}

// isDeed reports whether a change of a member is one: what members do by themselves is none.
func isDeed(m Member) bool { return m.Pending.By != m.User }

// Deeds returns a page of what was done in a room, the latest first, and where the next one begins; "" after the last.
//
// Errors: CodeNotFound, CodeForbidden as [Access.May].
func (c *Changer) Deeds(ctx context.Context, user chat.UserID, in ListMembers) ([]Deed, string, error) {
	if _, err := c.membership.May(ctx, user, in.Room, Govern); err != nil {
		return nil, "", err
	}
	page, next, err := c.store.DeedsIn(ctx, in.Room, in.Cursor, in.Limit)
	return page, next, chat.Wrap("read deeds", err)
}
