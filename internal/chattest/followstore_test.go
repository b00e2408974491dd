package chattest_test

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/chattest/pushmodel"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

// followedStore is the store of one invocation that is followed: each call is told with its outcome.
type followedStore struct {
	chattest.Store
	f *followed
}

func (s followedStore) Claim(ctx context.Context, e chat.NewEntry) (*roomlog.Claim, error) {
	claim, err := s.Store.Claim(ctx, e)
	event := pushmodel.Event{Call: pushmodel.GetClaim, Found: pushmodel.FoundNone}
	if claim != nil {
		event.Found, event.End = found(*claim, e), s.f.id(claim.ID)
	}
	s.f.made(event, err)
	return claim, err
}

// found says what a claim is to an entry.
func found(c roomlog.Claim, e chat.NewEntry) pushmodel.Found {
	if c.Fingerprint.Matches(e) {
		return pushmodel.FoundSame
	}
	return pushmodel.FoundOther
}

func (s followedStore) PutClaim(ctx context.Context, e chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	old, err := s.Store.PutClaim(ctx, e, c)
	event := pushmodel.Event{Call: pushmodel.PutClaim, ID: s.f.id(c.ID), Found: pushmodel.FoundNone, End: s.f.id(c.ID)}
	if old != nil {
		event.Found, event.End = found(*old, e), s.f.id(old.ID)
	}
	s.f.made(event, err)
	return old, err
}

func (s followedStore) MoveClaim(ctx context.Context, e chat.NewEntry, from, to chat.EntryID, until time.Time) (*roomlog.Claim, error) {
	old, err := s.Store.MoveClaim(ctx, e, from, to, until)
	event := pushmodel.Event{Call: pushmodel.MoveClaim, From: s.f.id(from), ID: s.f.id(to), End: s.f.id(to)}
	if old != nil {
		event.Found, event.End = found(*old, e), s.f.id(old.ID)
	}
	s.f.made(event, err)
	return old, err
}

func (s followedStore) Place(ctx context.Context, e chat.Entry) (*chat.Entry, error) {
	old, err := s.Store.Place(ctx, e)
	event := pushmodel.Event{Call: pushmodel.Place, ID: s.f.id(e.ID), Void: e.IsVoid()}
	switch {
	case old != nil && old.IsVoid():
		event.Found = pushmodel.FoundVoid
	case old != nil:
		event.Found = pushmodel.FoundEntry
	}
	if s.f.begin == nil && err == nil { // a reader's
		event.Agent = -1
		s.f.tell(event)
		return old, err
	}
	s.f.made(event, err)
	return old, err
}

func (s followedStore) Reserve(ctx context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	head, err := s.Store.Reserve(ctx, room, me)
	s.f.starts()
	s.f.lease(me)
	s.f.made(pushmodel.Event{
		Call: pushmodel.Reserve, Seq: s.f.id(head.Seq), Pushed: s.f.id(head.PushedID), Lease: s.f.lease(head.Lease),
	}, err)
	return head, err
}

func (s followedStore) DropLease(ctx context.Context, room chat.RoomID, me roomlog.Lease) error {
	err := s.Store.DropLease(ctx, room, me)
	s.f.made(pushmodel.Event{Call: pushmodel.Drop, Held: s.f.lease(me)}, err)
	return err
}

func (s followedStore) Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error) {
	head, err := s.Store.Head(ctx, room)
	if s.f.begin != nil {
		s.f.made(pushmodel.Event{
			Call: pushmodel.ReadHead, Seq: s.f.id(head.Seq), Pushed: s.f.id(head.PushedID), Lease: s.f.lease(head.Lease),
			Marked: head.JobUntil.After(s.f.now()),
		}, err)
	}
	return head, err
}

// changed is the outcome of a call with a condition.
func changed(done bool) pushmodel.Found {
	if done {
		return pushmodel.Done
	}
	return pushmodel.Refused
}

func (s followedStore) Take(ctx context.Context, room chat.RoomID, me, seen roomlog.Lease) (roomlog.Head, bool, error) {
	head, held, err := s.Store.Take(ctx, room, me, seen)
	s.f.lease(me)
	s.f.made(pushmodel.Event{
		Call: pushmodel.Take, Held: s.f.lease(seen), Found: changed(held),
		Seq: s.f.id(head.Seq), Pushed: s.f.id(head.PushedID), Lease: s.f.lease(head.Lease),
	}, err)
	return head, held, err
}

func (s followedStore) Release(
	ctx context.Context, room chat.RoomID, to chat.EntryID, held, next roomlog.Lease,
) (roomlog.Head, bool, error) {
	head, done, err := s.Store.Release(ctx, room, to, held, next)
	s.f.made(pushmodel.Event{
		Call: pushmodel.Release, ID: s.f.id(to), Held: s.f.lease(held), Next: s.f.lease(next), Found: changed(done),
		Seq: s.f.id(head.Seq),
	}, err)
	return head, done, err
}

func (s followedStore) Advance(
	ctx context.Context, room chat.RoomID, from, to chat.EntryID, held roomlog.Lease,
) (bool, error) {
	done, err := s.Store.Advance(ctx, room, from, to, held)
	s.f.made(pushmodel.Event{Call: pushmodel.Advance, ID: s.f.id(to), Held: s.f.lease(held), Found: changed(done)}, err)
	return done, err
}

func (s followedStore) Give(ctx context.Context, room chat.RoomID, held roomlog.Lease) error {
	err := s.Store.Give(ctx, room, held)
	s.f.made(pushmodel.Event{Call: pushmodel.Give, Held: s.f.lease(held)}, err)
	return err
}

func (s followedStore) Mark(
	ctx context.Context, room chat.RoomID, held roomlog.Lease, below chat.EntryID, until time.Time,
) error {
	err := s.Store.Mark(ctx, room, held, below, until)
	s.f.made(pushmodel.Event{Call: pushmodel.Mark, ID: s.f.id(below), Held: s.f.lease(held)}, err)
	return err
}

func (s followedStore) ExtendMark(ctx context.Context, room chat.RoomID, until time.Time) error {
	err := s.Store.ExtendMark(ctx, room, until)
	s.f.made(pushmodel.Event{Call: pushmodel.ExtendMark}, err)
	return err
}

func (s followedStore) EntriesAfter(
	ctx context.Context, room chat.RoomID, after chat.EntryID, limit int,
) ([]chat.Entry, error) {
	entries, err := s.Store.EntriesAfter(ctx, room, after, limit)
	event := pushmodel.Event{Call: pushmodel.ReadLog, ID: s.f.id(after), End: s.f.id(after)}
	for _, e := range entries {
		if s.f.id(e.ID) != event.End+1 {
			event.Beyond = s.f.id(e.ID)
			break
		}
		event.End++
	}
	if s.f.joins && !s.f.hasJoined && err == nil {
		s.f.hasJoined = true
		event.Agent, event.Call, event.Conn = -1, pushmodel.JoinLog, s.f.joining
		s.f.tell(event)
		return entries, err
	}
	s.f.made(event, err)
	return entries, err
}

func (s followedStore) EntriesBefore(
	ctx context.Context, room chat.RoomID, before chat.EntryID, limit int,
) ([]chat.Entry, error) {
	entries, err := s.Store.EntriesBefore(ctx, room, before, limit)
	event := pushmodel.Event{Call: pushmodel.Newest}
	if len(entries) > 0 {
		event.End = s.f.id(entries[len(entries)-1].ID)
	}
	s.f.made(event, err)
	return entries, err
}

func (s followedStore) Subscribers(
	ctx context.Context, room chat.RoomID, from *fanout.Cursor, limit int,
) (fanout.Page, error) {
	page, err := s.Store.Subscribers(ctx, room, from, limit)
	s.f.made(pushmodel.Event{Call: pushmodel.Subscriptions}, err)
	return page, err
}

func (s followedStore) Subscribe(ctx context.Context, sub chat.Subscription) error {
	err := s.Store.Subscribe(ctx, sub)
	if err == nil {
		s.f.joining = s.f.conn(sub.Connection)
		s.f.tell(pushmodel.Event{Agent: -1, Call: pushmodel.Subscribe, Conn: s.f.joining})
	}
	return err
}

func (s followedStore) RemoveSubscription(ctx context.Context, sub chat.Subscription) error {
	err := s.Store.RemoveSubscription(ctx, sub)
	s.f.made(pushmodel.Event{Call: pushmodel.Unsubscribe, Conn: s.f.conn(sub.Connection)}, err)
	return err
}

func (s followedStore) MarkClosing(ctx context.Context, sub chat.Subscription) error {
	err := s.Store.MarkClosing(ctx, sub)
	s.f.made(pushmodel.Event{Call: pushmodel.MarkClosing, Conn: s.f.conn(sub.Connection)}, err)
	return err
}

// followedGateway is the gateway of one that is followed.
type followedGateway struct {
	fanout.Poster
	f *followed
}

func (g followedGateway) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	err := g.Poster.Post(ctx, id, frame)
	entries := chattest.Entries(frame)
	event := pushmodel.Event{
		Call: pushmodel.Post, Conn: g.f.conn(id), From: g.f.id(entries[0].ID), ID: g.f.id(entries[len(entries)-1].ID),
	}
	switch {
	case errors.Is(err, fanout.ErrGone) && !g.f.fault.Lose:
		event.Found = pushmodel.Refused
	case err != nil: // refused: as good as not made
		event.Fault = pushmodel.Failed
	}
	g.f.made(event, nil)
	return err
}

// Get asks about a connection to which a post has failed.
func (g followedGateway) Get(ctx context.Context, id chat.ConnectionID) error {
	err := g.Poster.Get(ctx, id)
	if errors.Is(err, fanout.ErrGone) && !g.f.fault.Lose {
		g.f.made(pushmodel.Event{Call: pushmodel.IsGone, Conn: g.f.conn(id)}, nil)
	}
	return err
}

func (g followedGateway) Close(ctx context.Context, id chat.ConnectionID) error {
	err := g.Poster.Close(ctx, id)
	if err == nil || errors.Is(err, fanout.ErrGone) {
		g.f.made(pushmodel.Event{Call: pushmodel.Close, Conn: g.f.conn(id)}, nil)
	}
	g.f.again = false // a try that failed is not told
	return err
}

// followedJobs is the queue of one that is followed.
type followedJobs struct {
	fanout.Jobs
	f *followed
}

func (j followedJobs) PushLater(ctx context.Context, room chat.RoomID, delay time.Duration) error {
	err := j.Jobs.PushLater(ctx, room, delay)
	j.f.made(pushmodel.Event{Call: pushmodel.SendJob}, err)
	return err
}
