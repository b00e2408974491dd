package presence_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
)

// store keeps one user's state and connections. Before each call it asks the turn, which may let others go first.
type store struct {
	turn  func(ctx context.Context, call string) error
	saw   func(what ...any) // is told what a call that leads to others has answered
	state presence.State
	open  map[chat.ConnectionID]time.Time
	now   time.Time

	announced []presence.State
	gone      map[chat.ConnectionID]bool // what the gateway does not know
	jobs      []sent
	anyLeave  bool // leaves out the condition of Leave
	anyTold   bool // leaves out the condition of Told
}

// sent is a job, and its delay.
type sent struct {
	presence.Check
	delay time.Duration
}

func newStore() *store {
	return &store{
		turn: func(context.Context, string) error { return nil }, saw: func(...any) {}, state: presence.State{User: "ann"}, open: map[chat.ConnectionID]time.Time{}, now: noon(),
		gone: map[chat.ConnectionID]bool{},
	}
}

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func (s *store) put(ctx context.Context, id chat.ConnectionID) error {
	if err := s.turn(ctx, "put"); err != nil {
		return err
	}
	s.open[id] = s.now
	return nil
}

func (s *store) Arrive(ctx context.Context, _ chat.UserID) (presence.State, error) {
	if err := s.turn(ctx, "arrive"); err != nil {
		return presence.State{}, err
	}
	s.state.Online, s.state.Version = true, s.state.Version+1
	s.saw(s.state.ToldOnline)
	return s.seen(), nil
}

func (s *store) Depart(ctx context.Context, _ chat.UserID, id chat.ConnectionID) error {
	if err := s.turn(ctx, "depart"); err != nil {
		return err
	}
	if !slices.Contains(s.state.Gone, id) {
		s.state.Gone = append(s.state.Gone, id)
	}
	return nil
}

func (s *store) State(ctx context.Context, _ chat.UserID) (presence.State, error) {
	if err := s.turn(ctx, "state"); err != nil {
		return presence.State{}, err
	}
	gone := slices.Clone(s.state.Gone)
	slices.Sort(gone)
	s.saw(s.state.Online, versionText(s.state.Version), gone, s.state.ToldOnline)
	return s.seen(), nil
}

func (s *store) seen() presence.State {
	seen := s.state
	seen.Gone = slices.Clone(seen.Gone)
	return seen
}

func (s *store) Leave(ctx context.Context, seen presence.State) (presence.State, bool, error) {
	if err := s.turn(ctx, "leave"); err != nil {
		return presence.State{}, false, err
	}
	if s.state.Version != seen.Version && !s.anyLeave {
		s.saw("no")
		return presence.State{}, false, nil
	}
	s.state.Online, s.state.Version, s.state.Gone = false, s.state.Version+1, nil
	s.saw(s.state.ToldOnline)
	return s.seen(), true, nil
}

func (s *store) Forget(ctx context.Context, _ chat.UserID, gone []chat.ConnectionID) error {
	if err := s.turn(ctx, "forget"); err != nil {
		return err
	}
	s.state.Gone = slices.DeleteFunc(s.state.Gone, func(id chat.ConnectionID) bool { return slices.Contains(gone, id) })
	return nil
}

func (s *store) Told(ctx context.Context, seen presence.State, at time.Time) (bool, error) {
	if err := s.turn(ctx, "told"); err != nil {
		return false, err
	}
	if s.state.Version != seen.Version && !s.anyTold || s.state.ToldOnline == seen.Online {
		return false, nil
	}
	s.state.ToldOnline, s.state.ToldVersion, s.state.ToldAt = seen.Online, seen.Version, at
	return true, nil
}

func (s *store) OpenOf(ctx context.Context, _ chat.UserID) (map[chat.ConnectionID]time.Time, error) {
	if err := s.turn(ctx, "open"); err != nil {
		return nil, err
	}
	s.saw(len(s.open) > 0)
	return maps.Clone(s.open), nil
}

func (s *store) RemoveConnection(ctx context.Context, _ chat.UserID, id chat.ConnectionID) error {
	if err := s.turn(ctx, "end"); err != nil {
		return err
	}
	delete(s.open, id)
	return nil
}

func (s *store) IsGone(_ context.Context, id chat.ConnectionID) bool { return s.gone[id] }

func (s *store) Announce(_ context.Context, state presence.State) error {
	s.announced = append(s.announced, state)
	return nil
}

func (s *store) CheckLater(_ context.Context, c presence.Check, delay time.Duration) error {
	s.jobs = append(s.jobs, sent{c, delay})
	return nil
}

func (s *store) tracker() *presence.Tracker {
	return presence.NewTracker(s, s, 10*time.Second, func() time.Time { return s.now })
}

func (s *store) checker(pause time.Duration) *presence.Checker {
	return presence.NewChecker(s, s, s, s, s, presence.CheckerOptions{
		Pause: pause, Watch: 15 * time.Minute, Now: func() time.Time { return s.now },
	})
}
