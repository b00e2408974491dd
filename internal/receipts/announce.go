package receipts

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/rooms"
)

// Subscriptions reads which connections get a room.
type Subscriptions interface {
	// Subscribers is [fanout.Subscriptions].Subscribers.
	Subscribers(ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error)
}

// announceTime bounds the pushes to a page of connections: the next receipts tell the same and more.
const announceTime = 3 * time.Second

// Announcer tells the members of rooms how far others are. What does not arrive is lost: it can be asked for.
type Announcer struct {
	counts        rooms.Counts
	subscriptions Subscriptions
	deliverer     fanout.Deliverer
	encode        func(chat.RoomID, []Receipt) []byte
}

// NewAnnouncer makes an Announcer. encode makes the frame.
func NewAnnouncer(
	counts rooms.Counts, subscriptions Subscriptions, deliverer fanout.Deliverer,
	encode func(chat.RoomID, []Receipt) []byte,
) *Announcer {
	return &Announcer{counts: counts, subscriptions: subscriptions, deliverer: deliverer, encode: encode}
}

// Announce tells all connections that get the room, in one frame, unless the room is too large for it. The devices of who
// has marked are told too. A single connection of the only one who has marked has that from its reply.
//
// Errors: what the store returns, wrapped; [fanout.ErrForbidden]. That somebody was not reached is none.
func (a *Announcer) Announce(ctx context.Context, room chat.RoomID, receipts []Receipt) error {
	members, err := a.counts.CountMembers(ctx, room, rooms.LargeMembers+1)
	if err != nil || members > rooms.LargeMembers {
		return chat.Wrap("count members", err)
	}
	frame := a.encode(room, receipts)
	for from, first := (*fanout.Cursor)(nil), true; first || from != nil; first = false {
		page, err := a.subscriptions.Subscribers(ctx, room, from, fanout.SmallRoom)
		if err != nil {
			return fmt.Errorf("read subscriptions: %w", err)
		}
		if first && knowsAlready(page, receipts) {
			return nil
		}
		if err := fanout.PushOnce(ctx, a.deliverer, room, frame, page, announceTime); err != nil {
			return fmt.Errorf("tell receipts: %w", err)
		}
		from = page.Next
	}
	return nil
}

// knowsAlready reports whether nobody gets the room but one connection of the only one who has marked.
func knowsAlready(page fanout.Page, receipts []Receipt) bool {
	all := page.Subscriptions
	return page.Next == nil && len(all) == 1 && len(receipts) == 1 && all[0].User == receipts[0].User
}
