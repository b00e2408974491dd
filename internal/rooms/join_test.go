package rooms_test

import (
	"errors"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

// How a user comes in, by the calls of the store.
var (
	opens = []string{"access", "finish later", "open room", "connections of", "head", "after 0", "finished", "access"}
	comes = []string{
		"access", "access", "head", "after 0", "count members", "finish later", "change member", "connections of",
		"head", "after 0", "get !ann.1", "reserve in r", "claim 1", "place  at 1", "finished", "access",
	}
)

func joiner(s *fake.Store) *rooms.Joiner {
	return rooms.NewJoiner(fake.NewChanger(s), s, fake.NewReader(s, nil))
}

func TestJoin(t *testing.T) {
	again := []string{"access", "subscribe", "head", "after 0"}
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
		{"a room that is not there yet", nil, nil, nil, slices.Concat(opens, again[1:]), nil, 0, false},
		{"a room of others", nil, []chat.UserID{"bob"}, nil, slices.Concat(comes, again[1:]), nil, 1, false},
		{"again", fake.UpTo(3), []chat.UserID{"ann"}, nil, again, nil, 3, false},
		{"after an id", fake.UpTo(3), []chat.UserID{"ann"}, new(chat.EntryID(1)),
			slices.Concat(again, []string{"after 1"}), []chat.EntryID{2, 3}, 3, false},
		{"after an id, a page", fake.UpTo(60), []chat.UserID{"ann"}, new(chat.EntryID(3)),
			slices.Concat(again, []string{"after 3"}), fake.UpTo(53)[3:], 60, true},
		{"up to the first hole, without waiting", []chat.EntryID{1, 2, 4}, []chat.UserID{"ann"}, new(chat.EntryID(0)),
			slices.Concat(again, []string{"after 0"}), fake.UpTo(2), 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			room := fake.NewStore(c.ids...)
			if c.know != nil {
				room.WithMembers("r", c.know...)
			}
			p, err := joiner(room).Join(t.Context(), fake.Ann(), rooms.JoinRoom{Room: "r", AfterID: c.after})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(room.Calls, c.calls) {
				t.Errorf("calls %q, want %q", room.Calls, c.calls)
			}
			if !slices.Equal(fake.IDs(p.Entries), c.want) || p.Room != "r" || p.FirstID != 1 || p.LastID != c.last || p.More != c.more {
				t.Errorf("page %v of %s, first %d, last %d, more %v", fake.IDs(p.Entries), p.Room, p.FirstID, p.LastID, p.More)
			}
			want := chat.Subscription{
				Room: "r", Connection: "c", User: "ann", Version: 1, ExpiresAt: fake.Ann().Connection.ExpiresAt(),
				LookAt: fake.Ann().Connection.LookAt(),
			}
			if room.Joined[0] != want {
				t.Errorf("subscription %+v, want %+v", room.Joined[0], want)
			}
			if !room.HasMember("r", "ann") {
				t.Error("not a member of the room")
			}
		})
	}
}

func TestJoinReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		store *fake.Store
		calls []string
	}{
		"opening": {fake.NewStore(), slices.Concat(opens, []string{"subscribe", "head", "after 0"})},
		"coming":  {fake.NewStore().WithMembers("r", "bob"), comes},
	} {
		for i, failing := range c.calls {
			store := fake.NewStore()
			if name == "coming" {
				store.WithMembers("r", "bob")
			}
			store.DieAfter(i, broken)
			_, err := joiner(store).Join(t.Context(), fake.Ann(), rooms.JoinRoom{Room: "r"})
			if !errors.Is(err, broken) {
				t.Errorf("%s, %s (call %d): got %v after %q", name, failing, i, err, store.Calls)
			}
		}
	}
}

func TestLeave(t *testing.T) {
	room := fake.NewStore().WithMembers("r", "ann")
	got, err := joiner(room).Leave(t.Context(), fake.Ann(), rooms.LeaveRoom{Room: "r"})
	if err != nil || got != "r" || !slices.Equal(room.Calls, []string{"unsubscribe"}) || !room.HasMember("r", "ann") {
		t.Errorf("got %q, %v after %q; member: %v", got, err, room.Calls, room.HasMember("r", "ann"))
	}
}
