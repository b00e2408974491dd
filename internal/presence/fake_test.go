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
	turn  func(call string)
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
		turn: func(string) {}, state: presence.State{User: "ann"}, open: map[chat.ConnectionID]time.Time{}, now: noon(),
		gone: map[chat.ConnectionID]bool{},
	}
}

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func (s *store) put(id chat.ConnectionID) { s.turn("put"); s.open[id] = s.now }

func (s *store) Arrive(context.Context, chat.UserID) (presence.State, error) {
	s.turn("arrive")
	s.state.Online, s.state.Version = true, s.state.Version+1
	return s.seen(), nil
}

func (s *store) Depart(_ context.Context, _ chat.UserID, id chat.ConnectionID) error {
	s.turn("depart")
	if !slices.Contains(s.state.Gone, id) {
		s.state.Gone = append(s.state.Gone, id)
	}
	return nil
}

func (s *store) State(context.Context, chat.UserID) (presence.State, error) {
	s.turn("state")
	return s.seen(), nil
}

func (s *store) seen() presence.State {
	seen := s.state
	seen.Gone = slices.Clone(seen.Gone)
	return seen
}

func (s *store) Leave(_ context.Context, seen presence.State) (bool, error) {
	s.turn("leave")
	if s.state.Version != seen.Version && !s.anyLeave {
		return false, nil
	}
	s.state.Online, s.state.Version, s.state.Gone = false, s.state.Version+1, nil
	return true, nil
}

func (s *store) Forget(_ context.Context, _ chat.UserID, gone []chat.ConnectionID) error {
	s.turn("forget")
	s.state.Gone = slices.DeleteFunc(s.state.Gone, func(id chat.ConnectionID) bool { return slices.Contains(gone, id) })
	return nil
}

func (s *store) Told(_ context.Context, seen presence.State, at time.Time) (bool, error) {
	s.turn("told")
	if s.state.Version != seen.Version && !s.anyTold || s.state.ToldOnline == seen.Online {
		return false, nil
	}
	s.state.ToldOnline, s.state.ToldVersion, s.state.ToldAt = seen.Online, seen.Version, at
	return true, nil
}

func (s *store) OpenOf(context.Context, chat.UserID) (map[chat.ConnectionID]time.Time, error) {
	s.turn("open")
	return maps.Clone(s.open), nil
}

func (s *store) EndConnection(_ context.Context, _ chat.UserID, id chat.ConnectionID) error {
	s.turn("end")
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
