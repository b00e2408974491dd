package chattest_test

import (
	"context"
	"crypto/rand"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// env is what the parts know of time.
type env struct {
	now func() time.Time
	age time.Duration // of holes
	// jitter is random in [0, 1). One of -0.5 makes a Pusher try again at once.
	jitter   func() float64
	parallel int // posts side by side
	frame    int // entries in a frame
}

// parts are the chat under test, cut where mutants replace a piece. Each function is one invocation; all that it does
// to the outside goes through its actor.
type parts struct {
	send func(context.Context, env, *chattest.Actor, chat.UserID, messages.SendMessage) (chat.Entry, error)
	wake func(context.Context, env, *chattest.Actor, chat.RoomID) error
	page func(context.Context, env, *chattest.Actor, chat.UserID, roomlog.Query) (roomlog.Page, error)
	join func(context.Context, env, *chattest.Actor, chat.Caller, rooms.JoinRoom) (roomlog.Page, error)
}

// theChat is the chat as it is.
func theChat() parts {
	return parts{
		send: func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			return sendBy(ctx, v, a, a, user, in)
		},
		wake: func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID) error {
			return fanout.NewWaker(a, pusher(v, a), fanout.WakerOptions{HoleAge: v.age, Now: v.now}).Wake(ctx, room)
		},
		page: func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, q roomlog.Query) (roomlog.Page, error) {
			return messages.NewHistory(rooms.NewMembership(a), reader(v, a)).Page(ctx, user, q)
		},
		join: func(ctx context.Context, v env, a *chattest.Actor, caller chat.Caller, in rooms.JoinRoom) (roomlog.Page, error) {
			return rooms.NewJoiner(rooms.NewMembership(a), a, reader(v, a)).Join(ctx, caller, in)
		},
	}
}

func sendBy(ctx context.Context, v env, store rooms.Store, log roomlog.WriterStore, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
	writer := roomlog.NewWriter(log, v.now, func(b []byte) { _, _ = rand.Read(b) })
	caller := chat.Caller{Connection: chat.Connection{User: user}}
	return messages.NewSender(rooms.NewMembership(store), standings{store, log}, writer).Send(ctx, caller, in)
}

// standings prechecks in two calls, so that a fault may hit each.
type standings struct {
	store rooms.Store
	log   roomlog.WriterStore
}

func (s standings) Precheck(ctx context.Context, d chat.NewEntry) (bool, *roomlog.Claim, error) {
	member, err := s.store.IsMember(ctx, d.User, d.Room)
	if err != nil {
		return false, nil, err
	}
	claim, err := s.log.Claim(ctx, d)
	return member, claim, err
}

func reader(v env, a *chattest.Actor) *roomlog.Reader {
	return roomlog.NewReader(a, roomlog.ReaderOptions{
		HoleAge: v.age, Now: v.now, Jitter: func() float64 { return 0 }, Size: func(e chat.Entry) int { return len(e.Content) },
	})
}

func pusher(v env, a *chattest.Actor) *fanout.Pusher {
	return fanout.NewPusher(a, a, fanout.PusherOptions{
		Parallel: v.parallel, Frames: chattest.Frames(v.frame), Now: v.now, Jitter: v.jitter,
	})
}

// watched records which places are filled, and calls stored then: it is the stream's end of the table.
type watched struct {
	chattest.Store
	record *chattest.Record
	stored func()
}

func (w watched) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	placing := w.record.Placing(e)
	old, err := w.Store.Place(ctx, e)
	if err == nil && old == nil {
		placing.Stored()
		w.stored()
	}
	return old, err
}
