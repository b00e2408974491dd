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
	parallel int  // posts side by side
	frame    int  // entries in a frame
	direct   bool // whether senders push
	inTurn   bool // whether one call is made at a time
	// patience is how long a wake looks at the lease of another, by the clock above.
	patience time.Duration
	gather   time.Duration
}

// parts are the chat under test, cut where mutants replace a piece. Each function is one invocation; all that it does
// to the outside goes through its actor.
type parts struct {
	send func(context.Context, env, *chattest.Actor, chat.UserID, messages.SendMessage) (chat.Entry, error)
	// change stores a change of a message, of one of the kinds that users make.
	change func(context.Context, env, *chattest.Actor, chat.NewEntry) (chat.Entry, error)
	wake   func(context.Context, env, *chattest.Actor, chat.RoomID, chat.EntryID) error
	job    func(context.Context, env, *chattest.Actor, chat.RoomID) error
	page   func(context.Context, env, *chattest.Actor, chat.UserID, roomlog.Query) (roomlog.Page, error)
	join   func(context.Context, env, *chattest.Actor, chat.Caller, rooms.JoinRoom) (roomlog.Page, error)
}

// theChat is the chat as it is.
func theChat() parts {
	return parts{
		send: func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			return sendBy(ctx, v, a, a, direct(v, a), user, in)
		},
		change: func(ctx context.Context, v env, a *chattest.Actor, e chat.NewEntry) (chat.Entry, error) {
			return changeBy(ctx, sender(v, a, a, direct(v, a)), e)
		},
		wake: func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, id chat.EntryID) error {
			return waker(v, a, pusher(v, a)).Wake(ctx, room, id)
		},
		job: func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID) error {
			return waker(v, a, pusher(v, a)).Finish(ctx, room, time.Second)
		},
		page: func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, q roomlog.Query) (roomlog.Page, error) {
			return messages.NewHistory(rooms.NewMembership(a), reader(v, a)).Page(ctx, user, q)
		},
		join: func(ctx context.Context, v env, a *chattest.Actor, caller chat.Caller, in rooms.JoinRoom) (roomlog.Page, error) {
			return rooms.NewJoiner(changer(v, a), a, reader(v, a)).Join(ctx, caller, in)
		},
	}
}

func sendBy(
	ctx context.Context, v env, store senderStore, log roomlog.WriterStore, direct messages.Pusher, user chat.UserID, in messages.SendMessage,
) (chat.Entry, error) {
	return sender(v, store, log, direct).Send(ctx, callerOf(user), in)
}

// senderStore is what a Sender reads, besides the log.
type senderStore interface {
	rooms.Store
	messages.Targets
	messages.Pacer
	messages.Recorder
}

func sender(v env, store senderStore, log roomlog.WriterStore, direct messages.Pusher) *messages.Sender {
	writer := roomlog.NewWriter(log, roomlog.WriterOptions{Now: v.now, Random: random, Leases: direct != nil})
	return messages.NewSender(prechecks{store, log}, writer, direct)
}

func callerOf(user chat.UserID) chat.Caller {
	return chat.Caller{Connection: chat.Connection{User: user}}
}

func changeBy(ctx context.Context, s *messages.Sender, e chat.NewEntry) (chat.Entry, error) {
	caller := callerOf(e.User)
	switch e.Kind {
	case chat.KindEdit:
		return s.Edit(ctx, caller, messages.EditMessage{
			Room: e.Room, Target: e.Target, Content: e.Content, ClientMessageID: e.ClientMessageID,
		})
	case chat.KindDelete:
		return s.Delete(ctx, caller, messages.DeleteMessage{Room: e.Room, Target: e.Target, ClientMessageID: e.ClientMessageID})
	}
	return s.React(ctx, caller, messages.React{
		Room: e.Room, Target: e.Target, Reaction: e.Reaction, Remove: e.Remove, ClientMessageID: e.ClientMessageID,
	})
}

func random(b []byte) { _, _ = rand.Read(b) }

// direct is what a sender pushes with; nil when senders do not push.
func direct(v env, a *chattest.Actor) messages.Pusher { return directOn(v, a, a) }

// directOn is direct on a store that stands for the actor's.
func directOn(v env, a *chattest.Actor, store fanout.Store) messages.Pusher {
	if !v.direct {
		return nil
	}
	return fanout.NewDirect(store, pusher(v, a), fanout.DirectOptions{
		Frames: chattest.Frames(v.frame), Gather: v.gather, Now: v.now, InTurn: v.inTurn,
	})
}

func waker(v env, a *chattest.Actor, deliverer fanout.Deliverer) *fanout.Waker {
	return wakerOn(v, a, a, deliverer)
}

func wakerOn(v env, a *chattest.Actor, store fanout.Store, deliverer fanout.Deliverer) *fanout.Waker {
	return fanout.NewWaker(store, deliverer, a, fanout.WakerOptions{
		Frames: chattest.Frames(v.frame), HoleAge: v.age, Direct: v.direct, Gather: v.gather,
		NewLease: func() roomlog.Lease { return roomlog.NewLease(random) }, Now: v.now, Patience: v.patience, InTurn: v.inTurn,
	})
}

// prechecks prechecks in two calls, so that a fault may hit each.
type prechecks struct {
	senderStore
	log roomlog.WriterStore
}

func (s prechecks) Precheck(ctx context.Context, d chat.NewEntry) (rooms.Access, *roomlog.Claim, error) {
	access, err := s.Access(ctx, d.User, d.Room)
	if err != nil {
		return rooms.Access{}, nil, err
	}
	claim, err := s.log.Claim(ctx, d)
	return access, claim, err
}

func changer(v env, a *chattest.Actor) *rooms.Changer {
	return rooms.NewChanger(a, rooms.ChangerOptions{
		Writer: roomlog.NewWriter(a, roomlog.WriterOptions{Now: v.now, Random: random}), Reader: reader(v, a), Jobs: a,
		Teller: silence{}, OpenByJoining: true, Now: v.now,
		Frames: rooms.Frames{
			Room:     func(rooms.Listed) []byte { return nil },
			Removed:  func(chat.RoomID, rooms.Reason) []byte { return nil },
			Degraded: func(chat.RoomID, []rooms.Feature) []byte { return nil },
		},
	})
}

// silence tells nobody anything.
type silence struct{}

func (silence) Tell(context.Context, []chat.ConnectionID, []byte) {}

func reader(v env, a *chattest.Actor) *roomlog.Reader { return readerOn(v, a) }

func readerOn(v env, store roomlog.ReaderStore) *roomlog.Reader {
	return roomlog.NewReader(store, roomlog.ReaderOptions{
		HoleAge: v.age, Now: v.now, Jitter: func() float64 { return 0 }, Size: func(e chat.Entry) int { return len(e.Content) },
		InTurn: v.inTurn,
	})
}

func pusher(v env, a *chattest.Actor) *fanout.Pusher {
	return fanout.NewPusher(a, a, fanout.PusherOptions{
		Parallel: v.parallel, PostRate: 1e6, Now: time.Now, Jitter: v.jitter,
	})
}

// watched records which places are filled, and calls stored then: it is the stream's end of the table.
type watched struct {
	chattest.Store
	record *chattest.Record
	stored func(chat.EntryID)
}

func (w watched) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	placing := w.record.Placing(e)
	old, err := w.Store.Place(ctx, e)
	if err == nil && old == nil {
		placing.Stored()
		w.stored(e.ID)
	}
	return old, err
}
