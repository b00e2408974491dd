package chattest_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// What can happen in an interleaving.

// send sends a message: few ids and contents, so that repeats and conflicts are frequent; now and then by a stranger.
func (w *interleaving) send() {
	user := []chat.UserID{"ann", "ann", "ann", "bob", "bob", "eve"}[w.choose("user", 6)]
	in := messages.SendMessage{
		Room:            w.room,
		ClientMessageID: []chat.ClientMessageID{"m1", "m1", "m2", "m3"}[w.choose("id", 4)],
		Content:         []string{"x", "x", "x", "y"}[w.choose("content", 4)],
	}
	e := chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: user, ClientMessageID: in.ClientMessageID, Content: in.Content,
	}
	w.append(e, func(ctx context.Context, a *chattest.Actor, f *followed) (chat.Entry, error) {
		f.sends(user, in, user != "eve")
		defer f.ends(a, true)
		return w.parts.send(ctx, w.env, a, user, in)
	})
}

// change changes the first message, most often as its author may; few ids, as with send.
func (w *interleaving) change() {
	e := chat.NewEntry{
		Room: w.room, User: []chat.UserID{"ann", "ann", "ann", "ann", "bob"}[w.choose("user", 5)],
		ClientMessageID: chat.ClientMessageID(fmt.Sprint("c", w.choose("id", 6))), Target: 1,
	}
	switch w.choose("change", 6) {
	case 0, 1:
		e.Kind, e.Content = chat.KindEdit, []string{"e", "f"}[w.choose("content", 2)]
	case 2:
		e.Kind = chat.KindDelete
	default:
		e.Kind, e.Reaction, e.Remove = chat.KindReaction, "+", w.choose("remove", 2) == 1
	}
	w.append(e, func(ctx context.Context, a *chattest.Actor, _ *followed) (chat.Entry, error) {
		return w.parts.change(ctx, w.env, a, e)
	})
}

// append starts an invocation that stores an entry.
func (w *interleaving) append(
	e chat.NewEntry, call func(context.Context, *chattest.Actor, *followed) (chat.Entry, error),
) {
	name := fmt.Sprintf("%s %s %s %s%s%d ", e.Kind, e.User, e.ClientMessageID, e.Content, e.Reaction, e.Target)
	w.start(name, func(ctx context.Context, a *chattest.Actor, f *followed) {
		sent := w.record.Sending(e)
		e, err := call(ctx, a, f)
		switch code := chat.CodeOf(err); {
		case err == nil:
			w.note("    acked as %d", e.ID)
			w.learn(e.ID)
			sent.Acked(e)
		case a.Crashed() || code == chat.CodeUnavailable || code == chat.CodeInternal:
			// No answer, or one that says to send it again.
		default:
			w.note("    refused: %s", code)
			sent.RefusedAfter(code, a.Writes())
		}
	})
}

// maxConnections is more than an interleaving opens.
const maxConnections = 1000

// learn notes that somebody was shown an id.
func (w *interleaving) learn(id chat.EntryID) { w.known = max(w.known, id) }

// join opens a connection and joins with it; a client that comes back does so after an id that it was shown.
func (w *interleaving) join(comesBack bool) {
	c := &simulated{id: chat.ConnectionID(fmt.Sprintf("%s-c%d", w.room, len(w.open)+1))}
	c.seen = w.record.Connected(string(c.id))
	w.open = append(w.open, c)
	w.gateway.Open(c.id, func(frame []byte) {
		entries := chattest.Entries(frame)
		for _, e := range entries {
			w.learn(e.ID)
		}
		c.seen.Pushed(entries)
	}, func() { c.lost = true; c.seen.Ended() })

	in := rooms.JoinRoom{Room: w.room}
	if comesBack {
		in.AfterID = new(chat.EntryID)
		*in.AfterID = chat.EntryID(w.choose("after", int(w.known)+1))
	}
	caller := chat.Caller{Connection: chat.Connection{ID: c.id, User: "ann", ConnectedAt: w.now}}
	w.start("join ", func(ctx context.Context, a *chattest.Actor, f *followed) {
		f.subscribes()
		if err := w.store.PutConnection(w.ctx, caller.Connection, maxConnections); err != nil {
			w.note("    no handshake: %v", err)
			return
		}
		page, err := w.parts.join(ctx, w.env, a, caller, in)
		if err == nil && !c.lost {
			w.note("    %s joined, last id %d", c.id, page.LastID)
			w.learn(page.LastID)
			c.seen.Joined(in.AfterID, page)
		}
	})
}

// page asks for a page of history.
func (w *interleaving) page() {
	q := roomlog.Query{Room: w.room, Limit: 1 + w.choose("limit", 5)}
	switch id := chat.EntryID(w.choose("from", int(w.known)+2)); w.choose("page", 3) {
	case 1:
		q.After = &id
	case 2:
		id++
		q.Before = &id
	}
	w.start("page ", func(ctx context.Context, a *chattest.Actor, _ *followed) {
		read := w.record.Reading(q)
		p, err := w.parts.page(ctx, w.env, a, "ann", q)
		if err == nil {
			w.note("    last id %d", p.LastID)
			w.learn(p.LastID)
			read.Got(p)
		}
	})
}

// lose ends a connection as a lost network does.
func (w *interleaving) lose() {
	c := w.open[w.choose("connection", len(w.open))]
	w.note("lose %s", c.id)
	w.gateway.Lose(c.id)
	c.lost = true
	c.seen.Ended()
}

// refuse makes the gateway refuse posts to a connection, for a while or for longer than anybody tries; and maybe to
// close it, once.
func (w *interleaving) refuse() {
	c := w.open[w.choose("connection", len(w.open))]
	posts := []int{1, 7}[w.choose("posts", 2)]
	closes := w.choose("closes", 2)
	w.note("refuse %d posts to %s, %d closes", posts, c.id, closes)
	w.gateway.Refuse(c.id, posts, closes)
}

// recorded tells of an entry that the stream has a record of.
func (w *interleaving) recorded(id chat.EntryID) { w.news = max(w.news, id) }

// wake starts the fan-out of the lane. If it fails or dies, its records come again. A room that it has left to a job is
// done.
func (w *interleaving) wake() {
	id := w.news
	w.news = 0
	var t *task
	failed := true
	t = w.start(fmt.Sprintf("wake for %d ", id), func(ctx context.Context, a *chattest.Actor, f *followed) {
		f.wakes(id)
		err := w.parts.wake(ctx, w.env, a, w.room, id)
		_, queued := errors.AsType[*fanout.QueuedError](err)
		f.ends(a, err == nil || queued)
		failed = err != nil && !queued || a.Crashed()
		if t != nil && w.lane == t { // nobody has given it up
			w.lane = nil
			if failed {
				w.recorded(id)
			}
		}
	})
	t.id = id
	switch {
	case !t.ended:
		w.lane = t
	case failed:
		w.recorded(id)
	}
}

// PushLater implements [fanout.Jobs].
func (w *interleaving) PushLater(context.Context, chat.RoomID, time.Duration) error {
	w.jobs++
	return nil
}

// job starts a job of the queue. If it fails or dies, it comes again.
func (w *interleaving) job() {
	w.jobs--
	w.start("job ", func(ctx context.Context, a *chattest.Actor, f *followed) {
		f.works()
		err := w.parts.job(ctx, w.env, a, w.room)
		f.ends(a, err == nil)
		if err != nil || a.Crashed() {
			w.jobs++
		}
	})
}

// giveUp takes the fan-out for dead, though it lives: another one will run beside it.
func (w *interleaving) giveUp() {
	w.note("give up %s", w.lane.name)
	w.faults--
	w.recorded(w.lane.id)
	w.lane = nil
}

// history reads all of the room when nothing is under way any more. Connections that still wait to be closed are closed
// by a last push, as they would be by any message.
func (w *interleaving) history() ([]chat.Entry, error) {
	if err := w.flushClosing(); err != nil {
		return nil, err
	}
	later := w.env // long after: a hole that a broken chat has left is filled
	later.now = func() time.Time { return w.now.Add(time.Hour) }
	var log []chat.Entry
	for {
		var after chat.EntryID
		if len(log) > 0 {
			after = log[len(log)-1].ID
		}
		a := chattest.NewActor(w.store, nil, nil, nil)
		p, err := theChat().page(w.ctx, later, a, "ann", roomlog.Query{Room: w.room, After: &after, Limit: roomlog.MaxPageLimit})
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		log = append(log, p.Entries...)
		if !p.More {
			return log, nil
		}
	}
}

// flushClosing delivers nothing to all: what is marked as closing is closed.
func (w *interleaving) flushClosing() error {
	page, err := w.store.Subscribers(w.ctx, w.room, nil, 1000)
	if err != nil {
		return err
	}
	a := chattest.NewActor(w.store, w.gateway, nil, nil)
	for range 2 { // a connection may refuse once to be closed
		for _, s := range page.Subscriptions {
			if s.Closing {
				_, failed := pusher(w.env, a).Deliver(w.ctx, fanout.Delivery{
					Room:       w.room,
					Frames:     chattest.Frames(1)(w.room, []chat.Entry{{ID: 1, CreatedAt: time.Now()}}),
					Recipients: []fanout.Recipient{{Subscription: s}},
				})
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}
