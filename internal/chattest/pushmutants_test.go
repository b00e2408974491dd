package chattest_test

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
)

// mutantsOfReaders are the broken chats whose readers and joins alone are broken. The model has none.
var mutantsOfReaders = []string{
	"history does not wait at a hole", "history shows past a hole", "the log is read before the subscription is written",
	"coming back misses an entry",
}

// pushMutants are broken chats that keep every promise in the end, or break one so seldom that only the model sees it.
var pushMutants = []mutant{
	{"a sender does not look at the head", 0, withPusher(func(v env, a *chattest.Actor) messages.Pusher {
		return pushing(func(ctx context.Context, p roomlog.Appended) {
			if p.Holds() {
				direct(v, a).Push(ctx, p)
			}
		})
	})},
	{"the short cut for an entry that may not lie there", 0, withPusher(func(v env, a *chattest.Actor) messages.Pusher {
		return pushing(func(ctx context.Context, p roomlog.Appended) {
			p.Placed = p.Own
			direct(v, a).Push(ctx, p)
		})
	})},
	{"a sender frees the lease of a room that failed", 0, withPusher(func(v env, a *chattest.Actor) messages.Pusher {
		return directOn(v, a, freeing{a})
	})},
	{"a sender keeps the subscriptions for the next round", 0, withPusher(func(v env, a *chattest.Actor) messages.Pusher {
		return directOn(v, a, &keeping{Actor: a})
	})},
	{"a wake ends at a hole", 0, func(m mutated) parts {
		return withWake(func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, id chat.EntryID) error {
			return wakerOn(v, a, shortsighted{a}, pusher(v, a)).Wake(ctx, room, id)
		})(m)
	}},
	{"a job does not look at the log once more", 0, func(m mutated) parts {
		m.job = func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID) error {
			return wakerOn(v, a, &lookingOnce{Actor: a}, pusher(v, a)).Finish(ctx, room, time.Second)
		}
		return m.parts
	}},
}

func withPusher(pusher func(env, *chattest.Actor) messages.Pusher) func(mutated) parts {
	return func(m mutated) parts {
		right := m.send
		m.send = func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			if !v.direct {
				return right(ctx, v, a, user, in)
			}
			return sendBy(ctx, v, a, a, pusher(v, a), user, in)
		}
		return m.parts
	}
}

// pushing is a pusher that is one function.
type pushing func(context.Context, roomlog.Appended)

func (p pushing) Push(ctx context.Context, a roomlog.Appended) { p(ctx, a) }

// freeing frees the lease instead of leaving it to the stream.
type freeing struct{ *chattest.Actor }

func (s freeing) Give(ctx context.Context, room chat.RoomID, held roomlog.Lease) error {
	return s.Actor.DropLease(ctx, room, held)
}

// keeping reads the subscriptions once.
type keeping struct {
	*chattest.Actor
	page *fanout.Page
}

func (s *keeping) Subscribers(ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int) (fanout.Page, error) {
	if s.page != nil {
		return *s.page, nil
	}
	page, err := s.Actor.Subscribers(ctx, room, from, limit)
	if err == nil {
		s.page = &page
	}
	return page, err
}

// shortsighted sees nothing past a hole.
type shortsighted struct{ *chattest.Actor }

func (s shortsighted) EntriesAfter(ctx context.Context, room chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	entries, err := s.Actor.EntriesAfter(ctx, room, after, limit)
	for i, e := range entries {
		if e.ID != after+chat.EntryID(i)+1 {
			return entries[:i], err
		}
	}
	return entries, err
}

// lookingOnce finds nothing when it looks for the newest entry again.
type lookingOnce struct {
	*chattest.Actor
	looked bool
}

func (s *lookingOnce) EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	if s.looked {
		return nil, nil
	}
	s.looked = true
	return s.Actor.EntriesBefore(ctx, room, before, limit)
}
