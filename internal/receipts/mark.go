package receipts

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Cursor says which of a member's two cursors is meant.
type Cursor int

// The cursors.
const (
	CursorDelivered Cursor = iota
	CursorRead
)

// Cursors keeps how far members are, in their rows.
type Cursors interface {
	// MoveCursor moves a cursor forward to the id "to", if the user is in the room. It stays where it is if it is there or
	// further; so does that of delivery if the other one is. It returns the row as it is then; the zero Member when the user
	// has never been in the room.
	MoveCursor(ctx context.Context, user chat.UserID, room chat.RoomID, c Cursor, to chat.EntryID) (rooms.Member, error)
}

// Log says which entries a room has.
type Log interface {
	// Head is [roomlog.Heads].Head.
	Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error)
	// Entry is [roomlog.Targets].Entry.
	Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error)
}

// Membership decides what users may do in rooms.
type Membership interface {
	// May is [rooms.Membership.May].
	May(ctx context.Context, user chat.UserID, room chat.RoomID, r rooms.Right) (rooms.Access, error)
}

// Marked says where a member's cursors are in a room.
type Marked struct {
	Room chat.RoomID
	Receipt
}

// Receipt says how far a member is.
type Receipt struct {
	User        chat.UserID
	DeliveredID chat.EntryID // never below ReadID; 0 for nothing
	ReadID      chat.EntryID // 0 for nothing
}

// receiptOf returns the receipt of a member: what is read is delivered too.
func receiptOf(m rooms.Member) Receipt { return NewReceipt(m.User, m.DeliveredID, m.ReadID) }

// NewReceipt makes a Receipt of two cursors as they are kept.
func NewReceipt(user chat.UserID, delivered, read chat.EntryID) Receipt {
	return Receipt{User: user, DeliveredID: max(delivered, read), ReadID: read}
}

// Marker moves the cursors of members.
type Marker struct {
	cursors    Cursors
	log        Log
	membership Membership
}

// NewMarker makes a Marker.
func NewMarker(cursors Cursors, log Log, membership Membership) *Marker {
	return &Marker{cursors: cursors, log: log, membership: membership}
}

// mark moves a cursor. The write itself looks whether the user is in the room, and everybody who is may mark: so the right
// is read only to say why a mark is refused. It goes before what is wrong with the entry, which others may not learn.
func (m *Marker) mark(ctx context.Context, user chat.UserID, room chat.RoomID, c Cursor, id chat.EntryID) (Marked, error) {
	there, err := m.isThere(ctx, room, id)
	if err != nil {
		return Marked{}, err
	}
	if there {
		row, err := m.cursors.MoveCursor(ctx, user, room, c, id)
		if err != nil {
			return Marked{}, chat.Wrap("move cursor", err)
		}
		if row.State == rooms.StateIn {
			return Marked{Room: room, Receipt: receiptOf(row)}, nil
		}
	}
	if _, err := m.membership.May(ctx, user, room, rooms.Mark); err != nil {
		return Marked{}, err
	}
	if !there {
		return Marked{}, chat.Invalid("id", "must be that of an entry of the room")
	}
	return Marked{}, chat.Errorf(chat.CodeUnavailable, "your membership of the room is being changed; try again")
}

// isThere reports whether the room has the entry, or has had it: up to the settled id every place is filled.
func (m *Marker) isThere(ctx context.Context, room chat.RoomID, id chat.EntryID) (bool, error) {
	head, err := m.log.Head(ctx, room)
	if err != nil || id <= head.SettledID {
		return err == nil, chat.Wrap("read head", err)
	}
	if id > head.Seq {
		return false, nil
	}
	entry, err := m.log.Entry(ctx, room, id)
	return entry != nil, chat.Wrap("read entry", err)
}
