package chat

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"
)

// fakeRoom is one room with its members, connections and subscriptions; all calls go to the log.
type fakeRoom struct {
	*fakeLog
	exists     bool
	members    map[UserID]bool
	subscribed []Subscription
	connection *Connection
}

func newFakeRoom(log *fakeLog, members ...UserID) *fakeRoom {
	r := &fakeRoom{fakeLog: log, exists: len(members) > 0, members: map[UserID]bool{}}
	for _, m := range members {
		r.members[m] = true
	}
	return r
}

func (r *fakeRoom) RoomExists(context.Context, RoomID) (bool, error) {
	return r.exists, r.call("room exists")
}

func (r *fakeRoom) CreateRoom(context.Context, RoomID) error {
	err := r.call("create room")
	r.exists = r.exists || err == nil
	return err
}

func (r *fakeRoom) IsMember(_ context.Context, user UserID, _ RoomID) (bool, error) {
	return r.members[user], r.call("is member")
}

func (r *fakeRoom) Standing(_ context.Context, d Draft) (bool, *Claim, error) {
	return r.members[d.User], nil, r.call("is member")
}

func (r *fakeRoom) AddMember(_ context.Context, user UserID, _ RoomID) error {
	err := r.call("add member")
	r.members[user] = r.members[user] || err == nil
	return err
}

func (r *fakeRoom) Subscribe(_ context.Context, s Subscription) error {
	if err := r.call("subscribe"); err != nil {
		return err
	}
	r.subscribed = append(r.subscribed, s)
	return nil
}

func (r *fakeRoom) Unsubscribe(context.Context, ConnectionID, RoomID) error {
	return r.call("unsubscribe")
}

func (r *fakeRoom) PutConnection(context.Context, Connection) error      { return nil }
func (r *fakeRoom) RemoveConnection(context.Context, ConnectionID) error { return nil }
func (r *fakeRoom) Connection(context.Context, ConnectionID) (*Connection, error) {
	return r.connection, r.call("connection")
}

var ann = Caller{Connection: Connection{ID: "c", User: "ann", ConnectedAt: noon, TokenExpiresAt: noon.Add(time.Hour)}}

func TestJoin(t *testing.T) {
	first := []string{"is member", "create room", "add member", "subscribe", "position", "after 0"}
	for _, c := range []struct {
		name  string
		ids   []EntryID
		know  []UserID
		after *EntryID
		calls []string
		want  []EntryID
		last  EntryID
		more  bool
	}{
		{"a room that is not there yet", nil, nil, nil, first, nil, 0, false},
		{"a room of others", upToID(3), []UserID{"bob"}, nil, first, nil, 3, false},
		{"again", upToID(3), []UserID{"ann"}, nil, []string{"is member", "subscribe", "position", "after 0"}, nil, 3, false},
		{"after an id", upToID(3), []UserID{"ann"}, ids(1),
			[]string{"is member", "subscribe", "position", "after 0", "after 1"}, []EntryID{2, 3}, 3, false},
		{"after an id, a page", upToID(60), []UserID{"ann"}, ids(3),
			[]string{"is member", "subscribe", "position", "after 0", "after 3"}, upToID(53)[3:], 60, true},
		{"up to the first hole, without waiting", []EntryID{1, 2, 4}, []UserID{"ann"}, ids(0),
			[]string{"is member", "subscribe", "position", "after 0", "after 0"}, upToID(2), 2, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			room := newFakeRoom(newFakeLog(c.ids...), c.know...)
			j := NewJoiner(NewMembership(room), room, readerOf(room.fakeLog, nil))
			p, err := j.Join(t.Context(), ann, JoinRoom{Room: "r", AfterID: c.after})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(room.calls, c.calls) {
				t.Errorf("calls %q, want %q", room.calls, c.calls)
			}
			if !slices.Equal(idsOf(p.Entries), c.want) || p.Room != "r" || p.FirstID != 1 || p.LastID != c.last || p.More != c.more {
				t.Errorf("page %v of %s, first %d, last %d, more %v", idsOf(p.Entries), p.Room, p.FirstID, p.LastID, p.More)
			}
			if want := (Subscription{Room: "r", Connection: "c", User: "ann", ExpiresAt: ann.ExpiresAt()}); room.subscribed[0] != want {
				t.Errorf("subscription %+v, want %+v", room.subscribed[0], want)
			}
			if !room.exists || !room.members["ann"] {
				t.Error("not a member of the room")
			}
		})
	}
}

func TestJoinReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	for i, failing := range []string{"is member", "create room", "add member", "subscribe", "position", "after 0"} {
		t.Run(failing, func(t *testing.T) {
			room := newFakeRoom(newFakeLog())
			room.before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			j := NewJoiner(NewMembership(room), room, readerOf(room.fakeLog, nil))
			_, err := j.Join(t.Context(), ann, JoinRoom{Room: "r"})
			if !errors.Is(err, broken) || len(room.calls) != i {
				t.Errorf("got %v after %q", err, room.calls)
			}
		})
	}
}

func TestLeave(t *testing.T) {
	room := newFakeRoom(newFakeLog(), "ann")
	j := NewJoiner(NewMembership(room), room, readerOf(room.fakeLog, nil))
	got, err := j.Leave(t.Context(), ann, LeaveRoom{Room: "r"})
	if err != nil || got != "r" || !slices.Equal(room.calls, []string{"unsubscribe"}) || !room.members["ann"] {
		t.Errorf("got %q, %v after %q; member: %v", got, err, room.calls, room.members["ann"])
	}
}

// TestWhoMayRead: members, and nobody else; others change nothing.
func TestWhoMayReadAndSend(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []UserID
		code    Code
		calls   []string // of who is refused
	}{
		{"a member", []UserID{"ann"}, "", nil},
		{"of a room of others", []UserID{"bob"}, CodeForbidden, []string{"is member", "room exists"}},
		{"of no room", nil, CodeNotFound, []string{"is member", "room exists"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			reads := map[string]func(*fakeRoom) error{
				"send": func(r *fakeRoom) error {
					r.seq = 3
					s := NewSender(NewMembership(r), r, NewWriter(r, time.Now, func([]byte) {}))
					e, err := s.Send(t.Context(), ann, SendMessage{Room: "r", Content: "hi", ClientMessageID: "m"})
					if err == nil && (e.ID != 4 || e.User != "ann" || e.Kind != KindMessage || e.Content != "hi" || e.ClientMessageID != "m") {
						t.Errorf("stored %+v", e)
					}
					return err
				},
				"sync": func(r *fakeRoom) error {
					h := NewHistory(NewMembership(r), readerOf(r.fakeLog, nil))
					p, err := h.Sync(t.Context(), ann, Sync{Room: "r", AfterID: 1, Limit: 5})
					if err == nil && !slices.Equal(idsOf(p.Entries), []EntryID{2, 3}) {
						t.Errorf("page %v", idsOf(p.Entries))
					}
					return err
				},
				"history": func(r *fakeRoom) error {
					h := NewHistory(NewMembership(r), readerOf(r.fakeLog, nil))
					p, err := h.Page(t.Context(), "ann", Query{Room: "r", Limit: 2})
					if err == nil && !slices.Equal(idsOf(p.Entries), []EntryID{2, 3}) {
						t.Errorf("page %v", idsOf(p.Entries))
					}
					return err
				},
			}
			for name, read := range reads {
				room := newFakeRoom(newFakeLog(1, 2, 3), c.members...)
				if err := read(room); CodeOf(err) != c.code {
					t.Errorf("%s: got %v, want %q", name, err, c.code)
				}
				if c.code != "" && !slices.Equal(room.calls, c.calls) {
					t.Errorf("%s: calls %q, want %q", name, room.calls, c.calls)
				}
			}
		})
	}
}

func TestPing(t *testing.T) {
	now := noon.Add(time.Minute + 1)
	room := newFakeRoom(newFakeLog(1, 2, 4), "ann")
	p := NewPinger(NewMembership(room), readerOf(room.fakeLog, nil), func() time.Time { return now })
	got, err := p.Ping(t.Context(), ann, Ping{Rooms: []RoomID{"r"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(time.Minute); got.ServerTime != want || got.ReconnectAt != ann.ReconnectAt() || got.ExpiresAt != ann.TokenExpiresAt {
		t.Errorf("times %+v", got)
	}
	if !maps.Equal(got.LastIDs, map[RoomID]EntryID{"r": 2}) {
		t.Errorf("last ids %v, want 2: there is a hole after it", got.LastIDs)
	}

	delete(room.members, "ann")
	if got, err = p.Ping(t.Context(), ann, Ping{Rooms: []RoomID{"r"}}); err != nil || len(got.LastIDs) != 0 {
		t.Errorf("who is no member got %v, %v", got.LastIDs, err)
	}

	broken := errors.New("broken")
	room.before = func(string) error { return broken }
	if _, err = p.Ping(t.Context(), ann, Ping{Rooms: []RoomID{"r"}}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestFindCaller(t *testing.T) {
	room := newFakeRoom(newFakeLog())
	if _, err := FindCaller(t.Context(), room, "c"); CodeOf(err) != CodeUnauthorized {
		t.Errorf("without a connection: %v", err)
	}
	room.connection = &ann.Connection
	if got, err := FindCaller(t.Context(), room, "c"); err != nil || got != ann {
		t.Errorf("got %+v, %v", got, err)
	}
	broken := errors.New("broken")
	room.before = func(string) error { return broken }
	if _, err := FindCaller(t.Context(), room, "c"); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
