package chattest_test

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

// changeMutants are broken ways of changing messages, one for each condition of the order of calls. Views are then not
// equal, which the checker reports as promise 2; a target that is checked too late, as promise 7.
var changeMutants = []mutant{
	{"the writer changes the message", 2, withChange(func(ctx context.Context, v env, a *chattest.Actor, e chat.NewEntry) (chat.Entry, error) {
		stored, err := theChat().change(ctx, v, a, e)
		if err == nil {
			_, err = roomlog.Applier{Store: a, InTurn: true}.Apply(ctx, []chat.Entry{stored})
		}
		return stored, err
	})},
	{"the mark moves before the changes are applied", 2, withApplying(func(s applyingStore) fanout.Store { return &late{applyingStore: s} })},
	{"the page is read before the marks", 2, withReading(func(s readingStore) roomlog.ReaderStore { return &rowsFirst{readingStore: s} })},
	{"the tail is not folded", 2, withReading(func(s readingStore) roomlog.ReaderStore { return untailed{s} })},
	{"the target of an edit in the tail is not read", 2, withReading(func(s readingStore) roomlog.ReaderStore { return targetless{s} })},
	{"the message first, its edits second", 2, withApplying(func(s applyingStore) fanout.Store { return &rowFirst{applyingStore: s} })},
	{"a message is changed without a condition", 2, withApplying(func(s applyingStore) fanout.Store { return unconditioned{s} })},
	{"the target is checked after an id is reserved", 7, withChange(func(ctx context.Context, v env, a *chattest.Actor, e chat.NewEntry) (chat.Entry, error) {
		if _, err := a.Reserve(ctx, e.Room, roomlog.NoLease); err != nil {
			return chat.Entry{}, err
		}
		return theChat().change(ctx, v, a, e)
	})},
}

type (
	applyingStore = fanout.Store
	readingStore  = roomlog.ReaderStore
)

func withChange(change func(context.Context, env, *chattest.Actor, chat.NewEntry) (chat.Entry, error)) func(mutated) parts {
	return func(m mutated) parts {
		m.change = change
		return m.parts
	}
}

// withApplying replaces the store of those who apply: senders that push, and the fan-out.
func withApplying(change func(applyingStore) fanout.Store) func(mutated) parts {
	return func(m mutated) parts {
		m.wake = func(ctx context.Context, v env, a *chattest.Actor, room chat.RoomID, id chat.EntryID) error {
			return wakerOn(v, a, change(a), pusher(v, a)).Wake(ctx, room, id)
		}
		m.change = func(ctx context.Context, v env, a *chattest.Actor, e chat.NewEntry) (chat.Entry, error) {
			return changeBy(ctx, sender(v, a, a, directOn(v, a, change(a))), e)
		}
		return m.parts
	}
}

// withReading replaces the store of readers.
func withReading(change func(readingStore) roomlog.ReaderStore) func(mutated) parts {
	return func(m mutated) parts {
		m.page = func(ctx context.Context, v env, a *chattest.Actor, _ chat.UserID, q roomlog.Query) (roomlog.Page, error) {
			return readerOn(v, change(a)).Page(ctx, q)
		}
		return m.parts
	}
}

// late applies after the mark.
type late struct {
	applyingStore
	waits []func(context.Context) error
}

func (s *late) Update(_ context.Context, was, is chat.Entry) (bool, error) {
	s.waits = append(s.waits, func(ctx context.Context) error {
		_, err := s.applyingStore.Update(ctx, was, is)
		return err
	})
	return true, nil
}

func (s *late) Release(ctx context.Context, room chat.RoomID, to chat.EntryID, held, next roomlog.Lease) (roomlog.Head, bool, error) {
	head, done, err := s.applyingStore.Release(ctx, room, to, held, next)
	for _, update := range s.waits {
		_ = update(ctx)
	}
	s.waits = nil
	return head, done, err
}

// rowsFirst has all rows before the head is read.
type rowsFirst struct {
	readingStore
	rows []chat.Entry
}

func (s *rowsFirst) Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error) {
	rows, err := s.readingStore.EntriesAfter(ctx, room, 0, 1000)
	if err != nil {
		return roomlog.Head{}, err
	}
	s.rows = rows
	return s.readingStore.Head(ctx, room)
}

func (s *rowsFirst) EntriesBefore(ctx context.Context, room chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	now, err := s.readingStore.EntriesBefore(ctx, room, before, limit)
	for i, e := range now {
		for _, old := range s.rows {
			if old.ID == e.ID {
				now[i] = old
			}
		}
	}
	return now, err
}

// untailed takes the rows for all that there is.
type untailed struct{ readingStore }

func (s untailed) Head(ctx context.Context, room chat.RoomID) (roomlog.Head, error) {
	head, err := s.readingStore.Head(ctx, room)
	if err != nil {
		return head, err
	}
	run, err := roomlog.ReadRun(ctx, s.readingStore, room, head.SettledID)
	head.SettledID = run.End
	return head, err
}

// targetless reads no target.
type targetless struct{ readingStore }

func (targetless) Entry(context.Context, chat.RoomID, chat.EntryID) (*chat.Entry, error) {
	return nil, nil
}

// rowFirst empties edits after the message says that it is deleted.
type rowFirst struct {
	applyingStore
	edits []chat.EntryID
}

func (s *rowFirst) Empty(_ context.Context, _ chat.RoomID, edit chat.EntryID) error {
	s.edits = append(s.edits, edit)
	return nil
}

func (s *rowFirst) Update(ctx context.Context, was, is chat.Entry) (bool, error) {
	done, err := s.applyingStore.Update(ctx, was, is)
	for _, edit := range s.edits {
		if err == nil {
			err = s.applyingStore.Empty(ctx, is.Room, edit)
		}
	}
	return done, err
}

// unconditioned changes a message, whatever it has become.
type unconditioned struct{ applyingStore }

func (s unconditioned) Update(ctx context.Context, was, is chat.Entry) (bool, error) {
	for {
		done, err := s.applyingStore.Update(ctx, was, is)
		if done || err != nil {
			return done, err
		}
		now, err := s.applyingStore.Entry(ctx, is.Room, is.ID)
		if now == nil || err != nil {
			return false, err
		}
		was = *now
	}
}
