package receipts

import (
	"context"
	"errors"
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

const (
	// MaxToldMembers is up to how many members a room is told of receipts. In larger ones they are asked for.
	MaxToldMembers = 100
	// announceTime bounds the pushes to a page of connections: the next receipts tell the same and more.
	announceTime = 3 * time.Second
)

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
	members, err := a.counts.CountMembers(ctx, room, MaxToldMembers+1)
	if err != nil || members > MaxToldMembers {
		return chat.Wrap("count members", err)
	}
	frame := []fanout.Frame{{Data: a.encode(room, receipts)}}
	for from, first := (*fanout.Cursor)(nil), true; first || from != nil; first = false {
		page, err := a.subscriptions.Subscribers(ctx, room, from, fanout.SmallRoom)
		if err != nil {
			return fmt.Errorf("read subscriptions: %w", err)
		}
		if first && knowsAlready(page, receipts) {
			return nil
		}
		if err := a.deliver(ctx, room, frame, page); err != nil {
			return err
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

// deliver pushes the frame to a page of connections, once each. Only that the gateway refuses the chat itself is an error.
func (a *Announcer) deliver(ctx context.Context, room chat.RoomID, frame []fanout.Frame, page fanout.Page) error {
	if len(page.Subscriptions) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	d := fanout.Delivery{Room: room, Frames: frame, ReadAt: page.ReadAt, Quick: true}
	for _, s := range page.Subscriptions {
		d.Recipients = append(d.Recipients, fanout.Recipient{Subscription: s})
	}
	if _, err := a.deliverer.Deliver(ctx, d); errors.Is(err, fanout.ErrForbidden) {
		return fmt.Errorf("tell receipts: %w", err)
	}
	return nil
}
