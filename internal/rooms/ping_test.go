package rooms_test

import (
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

func TestPing(t *testing.T) {
	now := fake.Noon().Add(time.Minute + 1)
	room := fake.NewStore(1, 2, 4).WithMembers("r", "ann")
	p := rooms.NewPinger(rooms.NewMembership(room), fake.NewReader(room, nil), chat.MaxConnectionLife, func() time.Time { return now })
	got, err := p.Ping(t.Context(), fake.Ann(), rooms.Ping{Rooms: []chat.RoomID{"r"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := fake.Noon().Add(time.Minute); got.ServerTime != want || got.ReconnectAt != fake.Ann().Connection.ReconnectAt(chat.MaxConnectionLife) || got.ExpiresAt != fake.Ann().Connection.TokenExpiresAt {
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

// A room that cannot be read in time is left out, and does not keep the reply waiting.
func TestPingLeavesOutWhatCannotBeReadInTime(t *testing.T) {
	unavailable := chat.Errorf(chat.CodeUnavailable, "the store did not answer in time; try again")
	for _, c := range []struct {
		name string
		call string        // what fails of room b, the second of three
		hang time.Duration // before it does
		want map[chat.RoomID]chat.EntryID
	}{
		{"its membership", "access", time.Second, map[chat.RoomID]chat.EntryID{"a": 2, "c": 2}},
		{"its log", "head", time.Second, map[chat.RoomID]chat.EntryID{"a": 2, "c": 2}},
		{"to the end of the time", "head", 3*time.Second + 1, map[chat.RoomID]chat.EntryID{"a": 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := fake.NewStore(1, 2).WithMembers("a", "ann").WithMembers("b", "ann").WithMembers("c", "ann")
				made := 0
				store.Before = func(call string) error {
					if call != c.call {
						return nil
					}
					if made++; made != 2 {
						return nil
					}
					time.Sleep(c.hang)
					return unavailable
				}
				p := rooms.NewPinger(rooms.NewMembership(store), fake.NewReader(store, nil), chat.MaxConnectionLife, time.Now)
				begun := time.Now()
				got, err := p.Ping(t.Context(), fake.Ann(), rooms.Ping{Rooms: []chat.RoomID{"a", "b", "c"}})
				if err != nil || !maps.Equal(got.LastIDs, c.want) {
					t.Errorf("got %v, %v, want %v", got.LastIDs, err, c.want)
				}
				if took := time.Since(begun); took != c.hang {
					t.Errorf("took %v, want %v", took, c.hang)
				}
			})
		})
	}
}
