package rooms_test

import (
	"errors"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

func TestJoin(t *testing.T) {
	first := []string{"is member", "create room", "add member", "subscribe", "head", "after 0"}
	for _, c := range []struct {
		name  string
		ids   []chat.EntryID
		know  []chat.UserID
		after *chat.EntryID
		calls []string
		want  []chat.EntryID
		last  chat.EntryID
		more  bool
	}{
		{"a room that is not there yet", nil, nil, nil, first, nil, 0, false},
		{"a room of others", fake.UpTo(3), []chat.UserID{"bob"}, nil, first, nil, 3, false},
		{"again", fake.UpTo(3), []chat.UserID{"ann"}, nil, []string{"is member", "subscribe", "head", "after 0"}, nil, 3, false},
		{"after an id", fake.UpTo(3), []chat.UserID{"ann"}, new(chat.EntryID(1)),
			[]string{"is member", "subscribe", "head", "after 0", "after 1"}, []chat.EntryID{2, 3}, 3, false},
		{"after an id, a page", fake.UpTo(60), []chat.UserID{"ann"}, new(chat.EntryID(3)),
			[]string{"is member", "subscribe", "head", "after 0", "after 3"}, fake.UpTo(53)[3:], 60, true},
		{"up to the first hole, without waiting", []chat.EntryID{1, 2, 4}, []chat.UserID{"ann"}, new(chat.EntryID(0)),
			[]string{"is member", "subscribe", "head", "after 0", "after 0"}, fake.UpTo(2), 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			room := fake.NewStore(c.ids...)
			if c.know != nil {
				room.WithMembers("r", c.know...)
			}
			j := rooms.NewJoiner(rooms.NewMembership(room), room, fake.NewReader(room, nil))
			p, err := j.Join(t.Context(), fake.Ann(), rooms.JoinRoom{Room: "r", AfterID: c.after})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(room.Calls, c.calls) {
				t.Errorf("calls %q, want %q", room.Calls, c.calls)
			}
			if !slices.Equal(fake.IDs(p.Entries), c.want) || p.Room != "r" || p.FirstID != 1 || p.LastID != c.last || p.More != c.more {
				t.Errorf("page %v of %s, first %d, last %d, more %v", fake.IDs(p.Entries), p.Room, p.FirstID, p.LastID, p.More)
			}
			if want := (chat.Subscription{Room: "r", Connection: "c", User: "ann", ExpiresAt: fake.Ann().Connection.ExpiresAt()}); room.Joined[0] != want {
				t.Errorf("subscription %+v, want %+v", room.Joined[0], want)
			}
			if !slices.Contains(room.Members["r"], "ann") {
				t.Error("not a member of the room")
			}
		})
	}
}

func TestJoinReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	for i, failing := range []string{"is member", "create room", "add member", "subscribe", "head", "after 0"} {
		t.Run(failing, func(t *testing.T) {
			room := fake.NewStore()
			room.Before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			j := rooms.NewJoiner(rooms.NewMembership(room), room, fake.NewReader(room, nil))
			_, err := j.Join(t.Context(), fake.Ann(), rooms.JoinRoom{Room: "r"})
			if !errors.Is(err, broken) || len(room.Calls) != i {
				t.Errorf("got %v after %q", err, room.Calls)
			}
		})
	}
}

func TestLeave(t *testing.T) {
	room := fake.NewStore().WithMembers("r", "ann")
	j := rooms.NewJoiner(rooms.NewMembership(room), room, fake.NewReader(room, nil))
	got, err := j.Leave(t.Context(), fake.Ann(), rooms.LeaveRoom{Room: "r"})
	if err != nil || got != "r" || !slices.Equal(room.Calls, []string{"unsubscribe"}) || !slices.Contains(room.Members["r"], "ann") {
		t.Errorf("got %q, %v after %q; member: %v", got, err, room.Calls, slices.Contains(room.Members["r"], "ann"))
	}
}
