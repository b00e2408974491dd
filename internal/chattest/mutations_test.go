package chattest_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// The mistakes, each as small as it can be.

func withLog(change func(roomlog.WriterStore) roomlog.WriterStore) func(mutated) parts {
	return func(m mutated) parts {
		m.send = func(ctx context.Context, v env, a *chattest.Actor, user chat.UserID, in messages.SendMessage) (chat.Entry, error) {
			return sendBy(ctx, v, a, change(a), direct(v, a), user, in)
		}
		return m.parts
	}
}

func withPage(read func(context.Context, *roomlog.Reader, *chattest.Actor, roomlog.Query) (roomlog.Page, error)) func(mutated) parts {
	return func(m mutated) parts {
		m.page = func(ctx context.Context, v env, a *chattest.Actor, _ chat.UserID, q roomlog.Query) (roomlog.Page, error) {
			return read(ctx, reader(v, a), a, q)
		}
		return m.parts
	}
}

func withWake(wake func(context.Context, env, *chattest.Actor, chat.RoomID, chat.EntryID) error) func(mutated) parts {
	return func(m mutated) parts {
		m.wake = wake
		return m.parts
	}
}

// ackEarly takes a place for filled though the call failed.
type ackEarly struct{ roomlog.WriterStore }

func (s ackEarly) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	old, err := s.WriterStore.Place(ctx, e)
	if err != nil {
		return nil, nil
	}
	return old, nil
}

// stutter reserves an id in two steps, which two writers can do side by side.
type stutter struct{ roomlog.WriterStore }

func (s *stutter) Reserve(ctx context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	head, err := s.WriterStore.Reserve(ctx, room, me)
	if err != nil {
		return head, err
	}
	head.Seq = 1
	entries, err := s.WriterStore.EntriesBefore(ctx, room, 1<<62, 1)
	if err == nil && len(entries) > 0 {
		head.Seq = entries[0].ID + 1
	}
	return head, err
}

// reclaiming overwrites claims.
type reclaiming struct {
	roomlog.WriterStore
	unconditional chattest.Store
}

func (s reclaiming) PutClaim(ctx context.Context, d chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	if _, err := s.WriterStore.Claim(ctx, d); err != nil { // takes the faults of the call
		return nil, err
	}
	return s.unconditional.PutClaim(ctx, d, c)
}

// overwriting overwrites entries with voids. It watches like the store that it stands for.
type overwriting struct {
	*chattest.Actor
	unconditional chattest.Store
}

func (s overwriting) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	if _, err := s.Actor.Head(ctx, e.Room); err != nil { // takes the faults of the call
		return nil, err
	}
	return s.unconditional.Place(ctx, e)
}

// unclaimed finds no claim and writes none.
type unclaimed struct{ roomlog.WriterStore }

func (unclaimed) Claim(context.Context, chat.NewEntry) (*roomlog.Claim, error) { return nil, nil }
func (unclaimed) PutClaim(context.Context, chat.NewEntry, roomlog.Claim) (*roomlog.Claim, error) {
	return nil, nil
}
func (unclaimed) MoveClaim(context.Context, chat.NewEntry, chat.EntryID, chat.EntryID, time.Time) (*roomlog.Claim, error) {
	return nil, nil
}

// unmoved places elsewhere and leaves the claim where it is.
type unmoved struct{ roomlog.WriterStore }

func (unmoved) MoveClaim(context.Context, chat.NewEntry, chat.EntryID, chat.EntryID, time.Time) (*roomlog.Claim, error) {
	return nil, nil
}

// hasty takes the claim over from a request that is still at work.
type hasty struct{ roomlog.WriterStore }

func (s hasty) PutClaim(ctx context.Context, d chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	old, err := s.WriterStore.PutClaim(ctx, d, c)
	if err != nil || old == nil || old.ID == c.ID {
		return old, err
	}
	return s.WriterStore.MoveClaim(ctx, d, old.ID, c.ID, time.Time{})
}

// pageOfWhatIsThere is a page of the table as it lies there.
func pageOfWhatIsThere(ctx context.Context, a *chattest.Actor, q roomlog.Query) (roomlog.Page, error) {
	all, err := a.EntriesAfter(ctx, q.Room, 0, 1000)
	if err != nil {
		return roomlog.Page{}, err
	}
	p := roomlog.Page{Room: q.Room, FirstID: 1}
	if len(all) > 0 {
		p.LastID = all[len(all)-1].ID
	}
	for _, e := range all {
		if (q.After == nil || e.ID > *q.After) && (q.Before == nil || e.ID < *q.Before) {
			p.Entries = append(p.Entries, e)
		}
	}
	if n := len(p.Entries); n > q.Limit {
		p.More = true
		if q.After != nil {
			p.Entries = p.Entries[:q.Limit]
		} else {
			p.Entries = p.Entries[n-q.Limit:]
		}
	}
	return p, nil
}

func joinAfterReading(ctx context.Context, v env, a *chattest.Actor, caller chat.Caller, in rooms.JoinRoom) (roomlog.Page, error) {
	p := roomlog.Page{Room: in.Room, FirstID: 1}
	var err error
	if in.AfterID != nil {
		p, err = reader(v, a).PageNow(ctx, roomlog.Query{Room: in.Room, After: in.AfterID, Limit: roomlog.DefaultPageLimit})
	} else {
		p.LastID, err = reader(v, a).LastID(ctx, in.Room)
	}
	if err != nil {
		return roomlog.Page{}, err
	}
	return p, a.Subscribe(ctx, chat.Subscription{
		Room: in.Room, Connection: caller.Connection.ID, User: caller.User(), Version: 1, ExpiresAt: caller.Connection.ExpiresAt(),
	})
}

// passingOver delivers to the connections that it reaches at once, and forgets the others.
type passingOver struct{ a *chattest.Actor }

func (p passingOver) Deliver(ctx context.Context, d fanout.Delivery) ([]fanout.Recipient, error) {
	for _, r := range d.Recipients {
		for _, frame := range d.Frames {
			if err := p.a.Post(ctx, r.Connection, frame.Data); errors.Is(err, chattest.ErrCrashed) {
				return d.Recipients, err
			}
		}
	}
	return nil, nil
}

func (passingOver) Rate(int) float64 { return 8000 }

// brokenFanout is the fan-out once more, with mistakes.
type brokenFanout struct {
	pastHoles, positionFirst, subscriptionsFirst, impatient bool
}

func withFanout(b brokenFanout) func(mutated) parts { return withWake(b.wake) }

func (b brokenFanout) wake(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, _ chat.EntryID) error {
	var early []chat.Subscription
	var err error
	for first := true; ; first = false {
		if b.subscriptionsFirst && first {
			if early, err = subscribers(ctx, a, room); err != nil {
				return err
			}
		}
		head, err := a.Head(ctx, room)
		if err != nil {
			return err
		}
		position := head.PushedID
		log, err := a.EntriesAfter(ctx, room, position, 100)
		if err != nil {
			return err
		}
		run := b.run(log, position)
		if len(run) > 0 {
			if err := b.push(ctx, v, a, room, head.Lease, run, early); err != nil {
				return err
			}
		}
		if len(run) == len(log) || b.impatient {
			return nil
		}
		end := position + chat.EntryID(len(run))
		for id := end + 1; id < log[len(run)].ID; id++ { // no patience: the hole is filled at once
			if _, err := a.Place(ctx, chat.Entry{Room: room, ID: id, Kind: chat.KindVoid, CreatedAt: v.now().UTC()}); err != nil {
				return err
			}
		}
	}
}

// run returns what of the log is to be pushed.
func (b brokenFanout) run(log []chat.Entry, position chat.EntryID) []chat.Entry {
	if b.pastHoles {
		return log
	}
	hole := slices.IndexFunc(log, func(e chat.Entry) bool { position++; return e.ID != position })
	if hole < 0 {
		return log
	}
	return log[:hole]
}

func subscribers(ctx context.Context, a *chattest.Actor, room chat.RoomID) ([]chat.Subscription, error) {
	page, err := a.Subscribers(ctx, room, nil, 1000) // nobody makes as many
	return page.Subscriptions, err
}

func (b brokenFanout) push(
	ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, held roomlog.Lease, run []chat.Entry, subscriptions []chat.Subscription,
) (err error) {
	end := run[len(run)-1].ID
	if b.positionFirst {
		if _, err := a.Advance(ctx, room, run[0].ID-1, end, held); err != nil {
			return err
		}
	}
	if !b.subscriptionsFirst {
		if subscriptions, err = subscribers(ctx, a, room); err != nil {
			return err
		}
	}
	d := fanout.Delivery{Room: room, Frames: chattest.Frames(v.frame)(room, run)}
	for _, s := range subscriptions {
		d.Recipients = append(d.Recipients, fanout.Recipient{Subscription: s})
	}
	if len(subscriptions) > 0 {
		if _, err := pusher(v, a).Deliver(ctx, d); err != nil {
			return err
		}
	}
	_, _, err = a.Release(ctx, room, end, held, roomlog.NoLease)
	return err
}
