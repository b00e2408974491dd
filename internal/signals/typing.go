package signals

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/rooms"
)

// Typing says that the caller types in a room, or has stopped.
type Typing struct {
	Room   chat.RoomID
	Active bool
}

// ReadTyping reads the fields of the action typing.
func ReadTyping(f *chat.Fields) Typing {
	return Typing{Room: f.Room(), Active: f.RequiredFlag("active")}
}

// Membership decides who may tell something to a room.
type Membership interface {
	// May is [rooms.Membership.May].
	May(ctx context.Context, user chat.UserID, room chat.RoomID, r rooms.Right) (rooms.Access, error)
}

// Subscriptions reads which connections get a room.
type Subscriptions interface {
	// Subscribers is [fanout.Subscriptions].Subscribers.
	Subscribers(ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error)
}

const (
	// typingPause is how long the same user tells a room nothing new.
	typingPause = 3 * time.Second
	// typingTime bounds the pushes of one frame: what comes later is of no use.
	typingTime = time.Second
)

// Typist tells the members of rooms who types.
type Typist struct {
	membership    Membership
	subscriptions Subscriptions
	deliverer     fanout.Deliverer
	encode        func(chat.RoomID, chat.UserID, bool) []byte
	recent        *recentTyping
}

// NewTypist makes a Typist. encode makes the frame.
func NewTypist(
	membership Membership, subscriptions Subscriptions, deliverer fanout.Deliverer, now func() time.Time,
	encode func(room chat.RoomID, user chat.UserID, active bool) []byte,
) *Typist {
	return &Typist{
		membership: membership, subscriptions: subscriptions, deliverer: deliverer, encode: encode,
		recent: &recentTyping{now: now, told: map[typing]time.Time{}},
	}
}

// Type tells the other members of the room, if it is small. What this process has told just now it does not tell again.
//
// Errors: CodeForbidden, CodeNotFound for a room that the caller is no member of. That somebody was not reached is none.
func (t *Typist) Type(ctx context.Context, caller chat.Caller, in Typing) (struct{}, error) {
	none := struct{}{}
	access, err := t.membership.May(ctx, caller.User(), in.Room, rooms.Send)
	if err != nil {
		return none, err
	}
	if access.Room.Size == rooms.SizeHuge {
		return none, nil
	}
	if !t.recent.isNews(typing{in.Room, caller.User(), in.Active}) {
		return none, nil
	}
	page, err := t.subscriptions.Subscribers(ctx, in.Room, nil, fanout.SmallRoom+1)
	if err != nil {
		return none, fmt.Errorf("read subscriptions: %w", err)
	}
	if !page.IsSmall() {
		return none, nil // the room is too large for it
	}
	own := func(s chat.Subscription) bool { return s.User == caller.User() }
	page.Subscriptions = slices.DeleteFunc(slices.Clone(page.Subscriptions), own)
	frame := t.encode(in.Room, caller.User(), in.Active)
	return none, chat.Wrap("tell who types", fanout.PushOnce(ctx, t.deliverer, in.Room, frame, page, typingTime))
}

// typing is what somebody tells a room.
type typing struct {
	room   chat.RoomID
	user   chat.UserID
	active bool
}

// recentTyping keeps what was told of late. It is safe for concurrent use.
type recentTyping struct {
	now  func() time.Time
	mu   sync.Mutex
	told map[typing]time.Time
}

// maxRecent bounds what is kept: more in three seconds than a process serves.
const maxRecent = 10_000

// isNews reports whether it is to be told, and keeps that it was. To stop is news after one has begun.
func (r *recentTyping) isNews(t typing) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if now.Sub(r.told[t]) < typingPause {
		return false
	}
	if len(r.told) >= maxRecent {
		clear(r.told)
	}
	r.told[t] = now
	delete(r.told, typing{t.room, t.user, !t.active})
	return true
}
