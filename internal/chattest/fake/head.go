package fake

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/roomlog"
)

func (s *Store) Reserve(_ context.Context, room chat.RoomID, me roomlog.Lease) (roomlog.Head, error) {
	return ask(s, func() roomlog.Head {
		s.Top.Seq++
		if s.Top.Lease == roomlog.NoLease {
			s.Top.Lease = me
		}
		return s.head()
	}, "reserve in %s", room)
}

// head returns the head as a store shows it.
func (s *Store) head() roomlog.Head {
	h := s.Top
	h.SettledID = max(h.SettledID, h.PushedID)
	return h
}

func (s *Store) DropLease(_ context.Context, _ chat.RoomID, me roomlog.Lease) error {
	return act(s, func() {
		if s.Top.Lease == me {
			s.Top.Lease = roomlog.NoLease
		}
	}, "drop lease")
}

func (s *Store) Head(context.Context, chat.RoomID) (roomlog.Head, error) {
	return ask(s, s.head, "head")
}

func (s *Store) Settle(_ context.Context, _ chat.RoomID, to chat.EntryID) error {
	return act(s, func() { s.Top.SettledID = max(s.Top.SettledID, to) }, "settle to %d", to)
}

func (s *Store) MoveFirst(_ context.Context, _ chat.RoomID, to chat.EntryID) error {
	return act(s, func() { s.Top.FirstID = max(s.Top.FirstID, to) }, "first to %d", to)
}

// changed is a head after a call, and whether the call has changed it.
type changed struct {
	head roomlog.Head
	done bool
}

// change changes the head if the condition holds.
func (s *Store) change(condition func() bool, update func(), call string, args ...any) (roomlog.Head, bool, error) {
	c, err := ask(s, func() changed {
		done := condition()
		if done {
			update()
		}
		return changed{s.head(), done}
	}, call, args...)
	return c.head, c.done, err
}

func (s *Store) Take(_ context.Context, _ chat.RoomID, me, seen roomlog.Lease) (roomlog.Head, bool, error) {
	return s.change(func() bool {
		l := s.Top.Lease
		return l == roomlog.NoLease || l == me || l == seen
	}, func() { s.Top.Lease = me }, "take")
}

func (s *Store) Advance(_ context.Context, _ chat.RoomID, from, to chat.EntryID, held roomlog.Lease) (bool, error) {
	_, done, err := s.change(func() bool { return s.Top.Lease == held && s.Top.PushedID == from },
		func() { s.Top.PushedID = to }, "advance to %d", to)
	return done, err
}

func (s *Store) Release(_ context.Context, _ chat.RoomID, to chat.EntryID, held, next roomlog.Lease) (roomlog.Head, bool, error) {
	return s.change(s.mayMove(to, held), func() {
		s.Top.PushedID, s.Top.Lease, s.Top.JobUntil = to, next, time.Time{}
	}, "release to %d", to)
}

func (s *Store) mayMove(to chat.EntryID, held roomlog.Lease) func() bool {
	return func() bool { return s.Top.Lease == held && s.Top.PushedID <= to }
}

func (s *Store) Give(_ context.Context, _ chat.RoomID, held roomlog.Lease) error {
	return act(s, func() {
		if s.Top.Lease == held {
			s.Top.Lease = roomlog.StreamLease
		}
	}, "give")
}

func (s *Store) Mark(_ context.Context, _ chat.RoomID, held roomlog.Lease, below chat.EntryID, until time.Time) error {
	return act(s, func() {
		if s.Top.Lease == held && s.Top.PushedID < below {
			s.Top.Lease, s.Top.JobUntil = roomlog.StreamLease, until
		}
	}, "mark below %d", below)
}

func (s *Store) ExtendMark(_ context.Context, _ chat.RoomID, until time.Time) error {
	return act(s, func() {
		if !s.Top.JobUntil.IsZero() {
			s.Top.JobUntil = until
		}
	}, "extend mark")
}

// Jobs keeps the rooms that are to be pushed later. Its calls are those of its Recorder.
type Jobs struct {
	*Recorder // nil: no call is written down
	Sent      []chat.RoomID
	Delays    []time.Duration
	Err       error // what each call returns
}

var _ fanout.Jobs = (*Jobs)(nil)

// PushLater implements [fanout.Jobs].
func (j *Jobs) PushLater(_ context.Context, room chat.RoomID, delay time.Duration) error {
	if err := j.Call("send job"); err != nil {
		return err
	}
	if j.Err != nil {
		return j.Err
	}
	j.Sent = append(j.Sent, room)
	j.Delays = append(j.Delays, delay)
	return nil
}
