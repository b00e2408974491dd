package fanout

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
)

// Frame shows a stretch of a room's log, or tells something else: then it is the only frame of its delivery.
type Frame struct {
	Entries []chat.Entry // rising, without gaps; none when it tells something else
	Data    []byte       // as it is posted
}

// First returns the id of the frame's first entry; as Last where there is none.
func (f Frame) First() chat.EntryID {
	if len(f.Entries) == 0 {
		return f.Last()
	}
	return f.Entries[0].ID
}

// Last returns the id of the frame's last entry. A frame without entries counts as one.
func (f Frame) Last() chat.EntryID {
	if len(f.Entries) == 0 {
		return 1
	}
	return f.Entries[len(f.Entries)-1].ID
}

// Recipient is a subscription, and how much of a delivery it has got already.
type Recipient struct {
	chat.Subscription
	Got chat.EntryID // frames that end here or before are not for it; 0 for all of them
}

// Delivery is frames of a room's log, and the subscriptions that are to get them.
type Delivery struct {
	Room       chat.RoomID
	Frames     []Frame // rising, without gaps between them, not empty
	Recipients []Recipient
	// ReadAt is when the recipients' subscriptions were read, as Page.ReadAt. Where that is too long ago, and where it is
	// not known (zero), they are read again before the next post.
	ReadAt time.Time
	// Quick is for a sender: a post that fails is tried once more, at once, and no connection is judged for it.
	Quick bool
	// Rate is how many posts a second this delivery may make; 0 for as many as the deliverer may.
	Rate float64
}

// Deliverer brings a delivery to every subscription in it.
type Deliverer interface {
	// Deliver returns the recipients that have not got everything, for a fault that is not their own, and the reason; none
	// and nil when every subscription has got the frames, is gone, or is marked to get no more. One that is not there
	// any more when it is read again is gone.
	Deliver(ctx context.Context, d Delivery) (rest []Recipient, err error)
	// Rate returns how many posts a second it can make now to so many recipients.
	Rate(recipients int) float64
}

// PushOnce brings a frame that may be lost to a page of subscriptions of a room, as a sender does, within the time.
//
// Errors: [ErrForbidden], wrapped. That somebody was not reached is none.
func PushOnce(
	ctx context.Context, deliverer Deliverer, room chat.RoomID, frame []byte, page Page, timeout time.Duration,
) error {
	if len(page.Subscriptions) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d := Delivery{Room: room, Frames: []Frame{{Data: frame}}, ReadAt: page.ReadAt, Quick: true}
	for _, s := range page.Subscriptions {
		d.Recipients = append(d.Recipients, Recipient{Subscription: s})
	}
	if _, err := deliverer.Deliver(ctx, d); errors.Is(err, ErrForbidden) {
		return err
	}
	return nil
}
