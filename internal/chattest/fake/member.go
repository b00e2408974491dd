package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

func (s *Store) access(user chat.UserID, room chat.RoomID) rooms.Access {
	a := rooms.Access{At: Noon()}
	if r, ok := s.Rooms[room]; ok && !s.deleted[room] {
		a.Room = &r
	}
	if m, ok := s.Members[room][user]; ok {
		a.Member = &m
	}
	return a
}

func (s *Store) Access(_ context.Context, user chat.UserID, room chat.RoomID) (rooms.Access, error) {
	return ask(s, func() rooms.Access { return s.access(user, room) }, "access")
}

func (s *Store) Precheck(_ context.Context, e chat.NewEntry) (access rooms.Access, claim *roomlog.Claim, err error) {
	err = act(s, func() { access, claim = s.access(e.User, e.Room), s.claim(e) }, "precheck")
	return access, claim, err
}

func (s *Store) OpenRoom(_ context.Context, room rooms.Room, members ...rooms.Member) (bool, error) {
	return ask(s, func() bool {
		if _, ok := s.Rooms[room.ID]; ok {
			return false
		}
		s.Rooms[room.ID], s.Members[room.ID] = room, map[chat.UserID]rooms.Member{}
		for _, m := range members {
			s.Members[room.ID][m.User] = m
		}
		return true
	}, "open room")
}

func (s *Store) ChangeMember(_ context.Context, was, is rooms.Member) (bool, error) {
	return ask(s, func() bool {
		if has := s.Members[is.Room][is.User]; has.Version != was.Version || has.Pending != nil {
			return false
		}
		s.Members[is.Room][is.User] = is
		return true
	}, "change member")
}

func (s *Store) Finished(_ context.Context, m rooms.Member) error {
	return act(s, func() {
		if has := s.Members[m.Room][m.User]; has.Version == m.Version {
			has.Pending = nil
			s.Members[m.Room][m.User] = has
		}
	}, "finished")
}

// ConnectionsOf returns the one connection, if it is the user's.
func (s *Store) ConnectionsOf(_ context.Context, user chat.UserID) ([]chat.Connection, error) {
	return ask(s, func() []chat.Connection {
		if s.Open == nil || s.Open.User != user {
			return nil
		}
		return []chat.Connection{*s.Open}
	}, "connections of")
}

func (s *Store) Evict(_ context.Context, id chat.ConnectionID, _ chat.RoomID, version int64) error {
	return s.Call("evict %s before %d", id, version)
}

func (s *Store) CountMembers(_ context.Context, room chat.RoomID, limit int) (int, error) {
	return ask(s, func() int {
		n := s.Crowd
		for user := range s.Members[room] {
			if s.Crowd == 0 && s.HasMember(room, user) {
				n++
			}
		}
		return min(n, limit)
	}, "count members")
}

func (s *Store) Pace(context.Context, chat.UserID, chat.RoomID, time.Duration) (time.Duration, error) {
	return ask(s, func() time.Duration { return s.Pause }, "pace")
}

func (s *Store) RoomsOf(_ context.Context, user chat.UserID, after chat.RoomID, limit int) ([]rooms.Membered, chat.RoomID, error) {
	return list(s, after, limit, func() map[chat.RoomID]rooms.Membered {
		all := map[chat.RoomID]rooms.Membered{}
		for id, r := range s.Rooms {
			if s.HasMember(id, user) && !s.deleted[id] {
				all[id] = rooms.Membered{Room: r, Member: s.Members[id][user]}
			}
		}
		return all
	}, "rooms of")
}

func (s *Store) PublicRooms(_ context.Context, after chat.RoomID, limit int) ([]rooms.Room, chat.RoomID, error) {
	return list(s, after, limit, func() map[chat.RoomID]rooms.Room {
		all := maps.Clone(s.Rooms)
		maps.DeleteFunc(all, func(id chat.RoomID, r rooms.Room) bool { return s.deleted[id] || r.Kind != rooms.KindPublic })
		return all
	}, "public rooms")
}

func (s *Store) MembersOf(_ context.Context, room chat.RoomID, after chat.UserID, limit int) ([]rooms.Member, chat.UserID, error) {
	return list(s, after, limit, func() map[chat.UserID]rooms.Member {
		all := maps.Clone(s.Members[room])
		maps.DeleteFunc(all, func(user chat.UserID, _ rooms.Member) bool { return !s.HasMember(room, user) })
		return all
	}, "members of")
}

// list returns a page of what a call finds, in the order of the names, and the last name unless nothing is left.
func list[Name ~string, V any](
	s *Store, after Name, limit int, find func() map[Name]V, call string,
) (page []V, next Name, err error) {
	err = act(s, func() {
		all := find()
		for _, name := range slices.Sorted(maps.Keys(all)) {
			switch {
			case name <= after:
			case len(page) == limit:
				return
			default:
				page, next = append(page, all[name]), name
			}
		}
		next = ""
	}, "%s", call)
	return page, next, err
}

func (s *Store) ChangeRoom(_ context.Context, p rooms.PatchRoom) (bool, error) {
	return ask(s, func() bool { _, ok := s.Rooms[p.Room]; return ok && !s.deleted[p.Room] }, "change room")
}

// ListenersOf returns the one connection that there may be.
func (s *Store) ListenersOf(context.Context, chat.RoomID, int) ([]chat.ConnectionID, error) {
	return ask(s, func() []chat.ConnectionID {
		if s.Open == nil {
			return nil
		}
		return []chat.ConnectionID{s.Open.ID}
	}, "listeners of")
}

func (s *Store) DeleteRoom(_ context.Context, room chat.RoomID) (bool, error) {
	return ask(s, func() bool {
		_, ok := s.Rooms[room]
		s.deleted[room] = ok
		return ok
	}, "delete room")
}

func (s *Store) EraseEntries(context.Context, chat.RoomID) (bool, error) {
	return true, s.Call("erase entries")
}

func (s *Store) EraseRows(context.Context, chat.RoomID) (bool, error) {
	return true, s.Call("erase rows")
}

func (s *Store) Dismissed(_ context.Context, m rooms.Member) error {
	return act(s, func() {
		m.State, m.Version = rooms.StateOut, m.Version+1
		s.Members[m.Room][m.User] = m
	}, "dismissed")
}

func (s *Store) Block(context.Context, chat.UserID, chat.UserID, chat.RoomID) error {
	return s.Call("block")
}

func (s *Store) Unblock(context.Context, chat.UserID, chat.UserID, chat.RoomID) error {
	return s.Call("unblock")
}

func (s *Store) KnowsUser(context.Context, chat.UserID) (bool, error) {
	return true, s.Call("knows user")
}

// DisplayName implements [rooms.Users]: all are called by their names.
func (s *Store) DisplayName(context.Context, chat.UserID) (string, error) {
	return "", s.Call("display name")
}

func (s *Store) Retire(_ context.Context, m rooms.Member, lastOwner bool) (bool, error) {
	var last bool
	changed, err := ask(s, func() bool {
		if s.Members[m.Room][m.User].Version != m.Version {
			return false
		}
		owners := 0
		for user, other := range s.Members[m.Room] {
			if s.HasMember(m.Room, user) && other.Role == chat.RoleOwner {
				owners++
			}
		}
		if last = !lastOwner && owners == 1 && m.Role == chat.RoleOwner && m.State == rooms.StateIn; last {
			return false
		}
		s.Members[m.Room][m.User] = rooms.Member{Room: m.Room, User: m.User, State: rooms.StateErased, Version: m.Version + 1}
		return true
	}, "retire %s", m.User)
	if err == nil && last {
		return false, rooms.ErrLastOwner
	}
	return changed, err
}

func (s *Store) IsErased(context.Context, chat.UserID) (bool, error) {
	return false, s.Call("is erased")
}

func (s *Store) Record(_ context.Context, d rooms.Deed) error { return s.Call("record %s", d.Action) }

func (s *Store) DeedsIn(context.Context, chat.RoomID, string, int) ([]rooms.Deed, string, error) {
	return nil, "", s.Call("deeds in")
}

func (s *Store) EraseLater(_ context.Context, e rooms.Erase, _ time.Duration) error {
	return s.Call("erase %s later", e.Part)
}

func (s *Store) MoveCursor(
	_ context.Context, user chat.UserID, room chat.RoomID, c receipts.Cursor, to chat.EntryID,
) (rooms.Member, error) {
	return ask(s, func() rooms.Member {
		m, ok := s.Members[room][user]
		if !ok || m.State != rooms.StateIn {
			return m
		}
		if c == receipts.CursorRead {
			m.ReadID = max(m.ReadID, to)
		} else if to > m.ReadID {
			m.DeliveredID = max(m.DeliveredID, to)
		}
		s.Members[room][user] = m
		return m
	}, "move cursor to %d", to)
}

func (s *Store) Resize(_ context.Context, room chat.RoomID, from, to rooms.Size) (bool, error) {
	return ask(s, func() bool {
		r := s.Rooms[room]
		if r.Size != from {
			return false
		}
		r.Size = to
		s.Rooms[room] = r
		return true
	}, "resize to %d", to)
}

func (s *Store) FinishLater(context.Context, rooms.Finish, time.Duration) error {
	return s.Call("finish later")
}

// NewChanger makes a Changer on the store. What it tells connections is among the store's calls.
func NewChanger(s *Store) *rooms.Changer {
	return rooms.NewChanger(s, rooms.ChangerOptions{
		Writer: roomlog.NewWriter(s, roomlog.WriterOptions{Now: Noon, Random: func([]byte) {}}),
		Reader: NewReader(s, nil), Jobs: s, Teller: NewTeller(s), OpenByJoining: true, Now: Noon,
		Frames: rooms.Frames{
			Room: func(r rooms.Listed) []byte { return fmt.Append(nil, "room ", r.ID, " ", r.Role) },
			Degraded: func(room chat.RoomID, lacks []rooms.Feature) []byte {
				return fmt.Append(nil, "degraded ", room, " ", lacks)
			},
			Removed: func(room chat.RoomID, reason rooms.Reason) []byte {
				return fmt.Append(nil, "removed ", room, " ", reason)
			},
		},
		Naming: rooms.Naming{
			Random: func() string { return "random" },
			Pair:   func(a, b chat.UserID) string { return string(a + "." + b) },
		},
		Erasing: s,
	})
}

// NewTeller makes a Teller. What it tells connections is among the store's calls.
func NewTeller(s *Store) rooms.Teller { return teller{s} }

// teller notes what connections are told.
type teller struct{ *Store }

func (t teller) Tell(_ context.Context, ids []chat.ConnectionID, frame []byte) {
	for _, id := range ids {
		_ = t.Call("tell %s %s", id, frame)
	}
}
