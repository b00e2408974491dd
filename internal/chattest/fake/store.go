// Package fake has the fakes of the features' ports, one of each, for tests of what must fail on command or be called in
// one order: [Store] of all that the chat keeps, [Gateway] of what reaches connections, [Deliverer] and [Workers] of what
// a fan-out hands on to. Everything else is tested on real engines.
package fake

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Noon is the time of tests whose clock stands still.
func Noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// Store keeps one room's log, the members of rooms, and one connection. It answers from its fields, which a test may fill
// before the calls, in Before, and read after them. Calls may be made side by side.
type Store struct {
	*Recorder
	mu      sync.Mutex
	deleted map[chat.RoomID]bool // of Rooms

	Entries    map[chat.EntryID]chat.Entry
	Top        roomlog.Head                           // the room's head
	Claims     map[chat.ClientMessageID]roomlog.Claim // of the room's one user
	Subscribed []chat.Subscription                    // what Subscribers returns, page by page
	Joined     []chat.Subscription                    // what Subscribe got
	Rooms      map[chat.RoomID]rooms.Room             // those that are there
	Members    map[chat.RoomID]map[chat.UserID]rooms.Member
	Crowd      int              // what CountMembers returns at most; 0 for as many as there are
	Pause      time.Duration    // what Pace returns
	Now        func() time.Time // by which claims expire; nil for time.Now
	Open       *chat.Connection // the one connection that there is; nil for none
	Ticket     *connections.Ticket
	Refusal    error // what Act, ActFor and Look return; nil where they let in
}

var _ chattest.Store = (*Store)(nil)

// NewStore makes a Store whose log has entries at the ids given.
func NewStore(ids ...chat.EntryID) *Store {
	s := &Store{
		Recorder: &Recorder{}, Entries: map[chat.EntryID]chat.Entry{}, Claims: map[chat.ClientMessageID]roomlog.Claim{},
		Rooms: map[chat.RoomID]rooms.Room{}, deleted: map[chat.RoomID]bool{}, Members: map[chat.RoomID]map[chat.UserID]rooms.Member{},
	}
	s.Put(time.Time{}, ids...)
	return s
}

// NewBusyStore makes a Store with entries up to 5 and a hole at 3, and with writers that never pause: whenever the
// head is read again, the last hole is closed and there is a new one, with an entry after it.
func NewBusyStore() *Store {
	s := NewStore(1, 2)
	s.Put(time.Now(), 4, 5)
	var reads chat.EntryID
	s.Before = func(call string) error {
		if call == "head" {
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

// WithMembers makes a public room with these members, and returns the store.
func (s *Store) WithMembers(room chat.RoomID, members ...chat.UserID) *Store {
	s.Rooms[room] = rooms.Room{ID: room, Kind: rooms.KindPublic, Name: string(room)}
	s.Members[room] = map[chat.UserID]rooms.Member{}
	for _, user := range members {
		s.Members[room][user] = Member(room, user)
	}
	return s
}

// Member is an ordinary member of a room, as it is after the first change.
func Member(room chat.RoomID, user chat.UserID) rooms.Member {
	return rooms.Member{Room: room, User: user, State: rooms.StateIn, Role: chat.RoleMember, JoinedAt: Noon(), Version: 1}
}

// HasMember reports whether the user is in the room.
func (s *Store) HasMember(room chat.RoomID, user chat.UserID) bool {
	return s.Members[room][user].State == rooms.StateIn
}

// All returns the entries of the log in rising order.
func (s *Store) All() []chat.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.some(len(s.Entries), func(chat.EntryID) bool { return true }, false)
}

// ask tells of a call and, unless that fails, makes it with the store locked.
func ask[V any](s *Store, answer func() V, call string, args ...any) (V, error) {
	var none V
	if err := s.Call(call, args...); err != nil {
		return none, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return answer(), nil
}

// act is ask for calls without an answer.
func act(s *Store, do func(), call string, args ...any) error {
	_, err := ask(s, func() struct{} { do(); return struct{}{} }, call, args...)
	return err
}

func (s *Store) EntriesAfter(_ context.Context, _ chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	return ask(s, func() []chat.Entry {
		return s.some(limit, func(id chat.EntryID) bool { return id > after }, false)
	}, "after %d", after)
}

func (s *Store) EntriesBefore(_ context.Context, _ chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	call := fmt.Sprintf("before %d", before)
	if before == math.MaxInt64 {
		call = "newest"
	}
	return ask(s, func() []chat.Entry {
		return s.some(limit, func(id chat.EntryID) bool { return id < before }, true)
	}, "%s", call)
}

func (s *Store) some(limit int, in func(chat.EntryID) bool, fromEnd bool) []chat.Entry {
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
	return ask(s, func() *chat.Entry {
		if old, ok := s.Entries[e.ID]; ok {
			return &old
		}
		s.Entries[e.ID] = e
		return nil
	}, "place %s at %d", what, e.ID)
}

func (s *Store) Claim(_ context.Context, e chat.NewEntry) (*roomlog.Claim, error) {
	return ask(s, func() *roomlog.Claim { return s.claim(e) }, "get %s", e.ClientMessageID)
}

func (s *Store) claim(e chat.NewEntry) *roomlog.Claim {
	c, ok := s.Claims[e.ClientMessageID]
	if !ok || !c.ExpiresAt.IsZero() && c.ExpiresAt.Before(s.now()) {
		return nil
	}
	return &c
}

func (s *Store) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

func (s *Store) PutClaim(_ context.Context, e chat.NewEntry, c roomlog.Claim) (*roomlog.Claim, error) {
	return ask(s, func() *roomlog.Claim {
		old := s.claim(e)
		if old == nil {
			s.Claims[e.ClientMessageID] = c
		}
		return old
	}, "claim %d", c.ID)
}

func (s *Store) MoveClaim(_ context.Context, e chat.NewEntry, from, to chat.EntryID, until time.Time) (*roomlog.Claim, error) {
	return ask(s, func() *roomlog.Claim {
		old := s.claim(e)
		if old == nil || old.ID != from {
			return old
		}
		s.Claims[e.ClientMessageID] = roomlog.Claim{ID: to, Fingerprint: old.Fingerprint, ExpiresAt: until}
		return nil
	}, "move %d to %d", from, to)
}

func (s *Store) RenewClaim(_ context.Context, e chat.NewEntry, c roomlog.Claim, until time.Time) (*roomlog.Claim, error) {
	return ask(s, func() *roomlog.Claim {
		old, ok := s.Claims[e.ClientMessageID]
		isLonger := old.ExpiresAt.IsZero() || !until.IsZero() && !old.ExpiresAt.Before(until)
		if !ok || old.ID != c.ID || !bytes.Equal(old.Fingerprint, c.Fingerprint) || isLonger {
			return &old
		}
		old.ExpiresAt = until
		s.Claims[e.ClientMessageID] = old
		return nil
	}, "renew %d", c.ID)
}
