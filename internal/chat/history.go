package chat

import "context"

// Sync asks for the entries after an id.
type Sync struct {
	Room    RoomID
	AfterID EntryID
	Limit   int // 1–MaxPageLimit
}

// Validate reports the first field that is wrong.
func (in Sync) Validate() error {
	if err := in.Room.Validate(); err != nil {
		return err
	}
	if err := validateAfterID(&in.AfterID); err != nil {
		return err
	}
	return Query{Room: in.Room, Limit: in.Limit}.Validate()
}

// History shows the logs of rooms to their members.
type History struct {
	membership *Membership
	reader     *Reader
}

// NewHistory makes a History.
func NewHistory(membership *Membership, reader *Reader) *History {
	return &History{membership: membership, reader: reader}
}

// Sync gives the page of entries after AfterID.
//
// Errors: as [History.Page].
func (h *History) Sync(ctx context.Context, caller Caller, in Sync) (Page, error) {
	return h.Page(ctx, caller.User, Query{Room: in.Room, After: &in.AfterID, Limit: in.Limit})
}

// Page gives the page asked for to a member of the room.
//
// Errors: CodeForbidden, CodeNotFound as [Membership.Check]; else as [Reader.Page].
func (h *History) Page(ctx context.Context, user UserID, q Query) (Page, error) {
	if err := h.membership.Check(ctx, user, q.Room); err != nil {
		return Page{}, err
	}
	return h.reader.Page(ctx, q)
}
