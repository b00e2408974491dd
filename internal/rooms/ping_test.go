package rooms_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

func TestPing(t *testing.T) {
	now := fake.Noon().Add(time.Minute + 1)
	room := fake.NewStore(1, 2, 4).WithMembers("r", "ann")
	p := rooms.NewPinger(rooms.NewMembership(room), fake.NewReader(room, nil), func() time.Time { return now })
	got, err := p.Ping(t.Context(), fake.Ann(), rooms.Ping{Rooms: []chat.RoomID{"r"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := fake.Noon().Add(time.Minute); got.ServerTime != want || got.ReconnectAt != fake.Ann().Connection.ReconnectAt() || got.ExpiresAt != fake.Ann().Connection.TokenExpiresAt {
		t.Errorf("times %+v", got)
	}
	if !maps.Equal(got.LastIDs, map[chat.RoomID]chat.EntryID{"r": 2}) {
		t.Errorf("last ids %v, want 2: there is a hole after it", got.LastIDs)
	}

	room.Members["r"] = nil
	if got, err = p.Ping(t.Context(), fake.Ann(), rooms.Ping{Rooms: []chat.RoomID{"r"}}); err != nil || len(got.LastIDs) != 0 {
		t.Errorf("someone that is no member got %v, %v", got.LastIDs, err)
	}

	broken := errors.New("broken")
	room.Before = func(string) error { return broken }
	if _, err = p.Ping(t.Context(), fake.Ann(), rooms.Ping{Rooms: []chat.RoomID{"r"}}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
