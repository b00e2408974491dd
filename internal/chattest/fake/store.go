// Package fake has one fake of each port of the chat, for tests of what must fail on command or must be called in one
// order: [Store] of all that the chat keeps, [Gateway] of what reaches connections. Everything else is tested on real
// engines.
package fake

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/roomlog"
)

// Noon is the time of tests whose clock stands still.
func Noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// Store keeps one room's log, the members of rooms, and one connection. It answers from maps, which a test may fill
// before the calls or in Before. It is safe for concurrent use.
type Store struct {
	*Recorder
	mu sync.Mutex

	Entries    map[chat.EntryID]chat.Entry
	Pushed     chat.EntryID                           // up to here everything was pushed
	Seq        chat.EntryID                           // the last id reserved
	Claims     map[chat.ClientMessageID]roomlog.Claim // of the room's one user
	Subscribed []chat.Subscription                    // what Subscribers returns
	Joined     []chat.Subscription                    // what Subscribe got
	Members    map[chat.RoomID][]chat.UserID          // a room with an entry exists
	Open       *chat.Connection                       // the one connection that there is; nil for none
}

var _ chattest.Store = (*Store)(nil)

// NewStore makes a Store whose log has entries at the ids given.
func NewStore(ids ...chat.EntryID) *Store {
	s := &Store{
		Recorder: &Recorder{}, Entries: map[chat.EntryID]chat.Entry{}, Claims: map[chat.ClientMessageID]roomlog.Claim{},
		Members: map[chat.RoomID][]chat.UserID{},
	}
	s.Put(time.Time{}, ids...)
	return s
}

// NewBusyStore makes a Store with entries up to 5 and a hole at 3, and with writers that never pause: whenever the
// position is read again, the last hole is closed and there is a new one, with an entry after it.
func NewBusyStore() *Store {
	s := NewStore(1, 2)
	s.Put(time.Now(), 4, 5)
	var reads chat.EntryID
	s.Before = func(call string) error {
		if call == "position" {
			if reads++; reads > 1 {
				s.Put(time.Now(), 3*reads-3, 3*reads-2, 3*reads-1, 3*reads+1)
			}
		}
		return nil
	}
	return s
}

// Put puts messages of that time at the ids; the content of each is its id.
func (s *Store) Put(at time.Time, ids ...chat.EntryID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.Entries[id] = chat.NewEntry{Room: "r", Kind: chat.KindMessage, User: "ann", Content: fmt.Sprint(id)}.At(id, at)
	}
}

// WithMembers makes a room with these members, and returns the store.
func (s *Store) WithMembers(room chat.RoomID, members ...chat.UserID) *Store {
	s.Members[room] = members
	return s
}

// All returns the entries of the log in rising order.
func (s *Store) All() []chat.Entry {
	return s.some(len(s.Entries), func(chat.EntryID) bool { return true }, false)
}

func (s *Store) PushedID(context.Context, chat.RoomID) (chat.EntryID, error) {
	err := s.Call("position")
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Pushed, err
}

func (s *Store) AdvancePushedID(_ context.Context, _ chat.RoomID, to chat.EntryID) error {
	err := s.Call("advance to %d", to)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.Pushed = max(s.Pushed, to)
	}
	return err
}

func (s *Store) EntriesAfter(_ context.Context, _ chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	err := s.Call("after %d", after)
	return s.some(limit, func(id chat.EntryID) bool { return id > after }, false), err
}

func (s *Store) EntriesBefore(_ context.Context, _ chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	call := fmt.Sprintf("before %d", before)
	if before == math.MaxInt64 {
		call = "newest"
	}
	err := s.Call("%s", call)
	return s.some(limit, func(id chat.EntryID) bool { return id < before }, true), err
}

func (s *Store) some(limit int, in func(chat.EntryID) bool, fromEnd bool) []chat.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []chat.Entry
	for id, e := range s.Entries {
		if in(id) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b chat.Entry) int { return int(a.ID - b.ID) })
	if fromEnd {
		return found[max(0, len(found)-limit):]
	}
	return found[:min(limit, len(found))]
}

func (s *Store) Place(_ context.Context, e chat.Entry) (*chat.Entry, error) {
	what := "void"
	if !e.IsVoid() {
		what = e.Content
	}
	if err := s.Call("place %s at %d", what, e.ID); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.Entries[e.ID]; ok {
		return &old, nil
	}
	s.Entries[e.ID] = e
	return nil, nil
}

func (s *Store) Subscribers(context.Context, chat.RoomID) ([]chat.Subscription, error) {
	err := s.Call("subscribers")
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.Subscribed), err
}

func (s *Store) Reserve(_ context.Context, room chat.RoomID) (chat.EntryID, error) {
	err := s.Call("reserve in %s", room)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.Seq++
	}
	return s.Seq, err
}

func (s *Store) Claim(_ context.Context, e chat.NewEntry) (*roomlog.Claim, error) {
	if err := s.Call("get %s", e.ClientMessageID); err != nil {
		return nil, err
	}
	return s.claim(e), nil
}

func (s *Store) claim(e chat.NewEntry) *roomlog.Claim {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.Claims[e.ClientMessageID]; ok {
		return &c
	}
	return nil
}

func (s *Store) PutClaim(_ context.Context, e chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	if err := s.Call("claim %d", c.ID); err != nil {
		return nil, err
	}
	if old := s.claim(e); old != nil {
		return old, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Claims[e.ClientMessageID] = c
	return nil, nil
}

func (s *Store) MoveClaim(_ context.Context, e chat.NewEntry, from, to chat.EntryID) (*roomlog.Claim, error) {
	if err := s.Call("move %d to %d", from, to); err != nil {
		return nil, err
	}
	old := s.claim(e)
	if old == nil || old.ID != from {
		return old, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Claims[e.ClientMessageID] = roomlog.Claim{ID: to, Fingerprint: old.Fingerprint}
	return nil, nil
}

func (s *Store) RemoveSubscription(_ context.Context, sub chat.Subscription) error {
	return s.Call("remove %s", sub.Connection)
}

func (s *Store) MarkClosing(_ context.Context, sub chat.Subscription) error {
	return s.Call("mark %s", sub.Connection)
}
