package presence_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/rooms"
)

// town has rooms and their members. Each user has two connections. It keeps who was told.
type town struct {
	mu      sync.Mutex
	rooms   []rooms.Membered
	members map[chat.RoomID][]chat.UserID
	read    []chat.RoomID
	told    []chat.ConnectionID
	frames  int
}

func (w *town) RoomsOf(_ context.Context, _ chat.UserID, _ chat.RoomID, limit int) ([]rooms.Membered, chat.RoomID, error) {
	return w.rooms[:min(limit, len(w.rooms))], "", nil
}

func (w *town) MemberNames(_ context.Context, room chat.RoomID, limit int) ([]chat.UserID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = append(w.read, room)
	return w.members[room][:min(limit, len(w.members[room]))], nil
}

func (w *town) ConnectionsOfMany(_ context.Context, users []chat.UserID) (ids []chat.ConnectionID, err error) {
	for _, user := range users {
		ids = append(ids, chat.ConnectionID(user+".1"), chat.ConnectionID(user+".2"))
	}
	return ids, nil
}

func (w *town) Tell(_ context.Context, ids []chat.ConnectionID, _ []byte) {
	w.told = append(w.told, ids...)
	w.frames++
}

func (w *town) with(room chat.RoomID, size rooms.Size, members ...chat.UserID) {
	w.rooms = append(w.rooms, rooms.Membered{Room: rooms.Room{ID: room, Size: size}})
	w.members[room] = members
}

func crowd(n int) []chat.UserID {
	users := make([]chat.UserID, n)
	for i := range users {
		users[i] = chat.UserID(fmt.Sprintf("u%03d", i))
	}
	return users
}

// TestAnnounce: each connection of a peer is told once, and what one change costs is bounded.
func TestAnnounce(t *testing.T) {
	limits := presence.Limits{Rooms: 3, Members: 200, Peers: 150, Posts: 250}
	for _, c := range []struct {
		name       string
		fill       func(*town)
		told, read int
	}{
		{"no rooms", func(*town) {}, 0, 0},
		{"alone", func(w *town) { w.with("r", rooms.SizeSmall, "ann") }, 0, 1},
		{"two rooms with the same", func(w *town) {
			w.with("r", rooms.SizeSmall, "ann", "bob")
			w.with("s", rooms.SizeSmall, "ann", "bob", "eve")
		}, 4, 2},
		{"a room that is too large, and tells so", func(w *town) { w.with("r", rooms.SizeHuge, crowd(300)...) }, 0, 0},
		{"one that does not yet", func(w *town) { w.with("r", rooms.SizeLarge, crowd(201)...) }, 0, 1},
		{"just small enough", func(w *town) { w.with("r", rooms.SizeLarge, crowd(100)...) }, 200, 1},
		{"too many posts", func(w *town) { w.with("r", rooms.SizeLarge, crowd(200)...) }, 250, 1},
		{"too many rooms", func(w *town) {
			for _, room := range []chat.RoomID{"a", "b", "c", "d"} {
				w.with(room, rooms.SizeSmall, "ann", chat.UserID("of-"+room))
			}
		}, 6, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &town{members: map[chat.RoomID][]chat.UserID{}}
			c.fill(w)
			a := presence.NewAnnouncer(w, w, func([]presence.State) []byte { return nil }, limits)
			if err := a.Announce(t.Context(), presence.State{User: "ann", Online: true, Version: 1}); err != nil {
				t.Fatal(err)
			}
			slices.Sort(w.told)
			if once := len(slices.Compact(slices.Clone(w.told))); once != c.told || len(w.told) != once || len(w.read) != c.read {
				t.Errorf("%d told, %d of them once, %d rooms read; want %d and %d", len(w.told), once, len(w.read), c.told, c.read)
			}
			if w.frames > 1 || slices.Contains(w.told, "ann.1") {
				t.Errorf("%d frames to %v", w.frames, w.told)
			}
		})
	}
}
