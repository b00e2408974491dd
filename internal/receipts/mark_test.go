package receipts_test

import (
	"errors"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
)

func newMarker(s *fake.Store) *receipts.Marker {
	return receipts.NewMarker(s, s, rooms.NewMembership(s))
}

// roomOf is a room of ann's that is settled up to 4; 5 is a hole, 6 is there.
func roomOf() *fake.Store {
	s := fake.NewStore(1, 2, 3, 4, 6).WithMembers("r", "ann")
	s.Top.Seq, s.Top.SettledID = 6, 4
	return s
}

// TestCursorsMoveForward: what is read is delivered too, and nothing moves back.
func TestCursorsMoveForward(t *testing.T) {
	m := newMarker(roomOf())
	read := func(id chat.EntryID) (receipts.Marked, error) {
		return m.Read(t.Context(), fake.Ann(), receipts.MarkRead{Room: "r", ID: id})
	}
	delivered := func(id chat.EntryID) (receipts.Marked, error) {
		return m.Delivered(t.Context(), fake.Ann(), receipts.MarkDelivered{Room: "r", ID: id})
	}
	for i, step := range []struct {
		mark            func(chat.EntryID) (receipts.Marked, error)
		id              chat.EntryID
		delivered, read chat.EntryID
	}{
		{delivered, 2, 2, 0}, {read, 1, 2, 1}, {read, 3, 3, 3}, {delivered, 2, 3, 3}, {read, 2, 3, 3}, {delivered, 4, 4, 3},
		{delivered, 1, 4, 3}, {read, 3, 4, 3}, {read, 6, 6, 6},
	} {
		got, err := step.mark(step.id)
		want := receipts.Marked{Room: "r", Receipt: receipts.Receipt{User: "ann", DeliveredID: step.delivered, ReadID: step.read}}
		if err != nil || got != want {
			t.Errorf("step %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
}

// TestWhoMayMarkWhat: a refused mark changes nothing, and tells a stranger nothing of the entries.
func TestWhoMayMarkWhat(t *testing.T) {
	muted := fake.Member("r", "ann")
	muted.MutedUntil = fake.Noon().AddDate(1, 0, 0)
	banned := fake.Member("r", "ann")
	banned.State = rooms.StateBanned
	for _, c := range []struct {
		name  string
		is    *rooms.Member
		kind  rooms.Kind
		id    chat.EntryID
		code  chat.Code
		calls []string
	}{
		{"a member", new(fake.Member("r", "ann")), rooms.KindPublic, 4, "", []string{"head", "move cursor to 4"}},
		{"who is muted", &muted, rooms.KindPublic, 4, "", []string{"head", "move cursor to 4"}},
		{"past the settled id", new(fake.Member("r", "ann")), rooms.KindPublic, 6, "", []string{"head", "entry 6", "move cursor to 6"}},
		{"a hole", new(fake.Member("r", "ann")), rooms.KindPublic, 5, chat.CodeInvalid, []string{"head", "entry 5", "access"}},
		{"no id that was given out", new(fake.Member("r", "ann")), rooms.KindPublic, 7, chat.CodeInvalid, []string{"head", "access"}},
		{"a stranger", nil, rooms.KindPublic, 4, chat.CodeForbidden, []string{"head", "move cursor to 4", "access"}},
		{"a stranger, no such id", nil, rooms.KindPublic, 7, chat.CodeForbidden, []string{"head", "access"}},
		{"who is banned", &banned, rooms.KindPublic, 4, chat.CodeForbidden, []string{"head", "move cursor to 4", "access"}},
		{"an outsider", nil, rooms.KindPrivate, 4, chat.CodeNotFound, []string{"head", "move cursor to 4", "access"}},
		{"an outsider, no such id", nil, rooms.KindPrivate, 7, chat.CodeNotFound, []string{"head", "access"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := roomOf()
			s.Rooms["r"] = rooms.Room{ID: "r", Kind: c.kind}
			delete(s.Members["r"], "ann")
			if c.is != nil {
				s.Members["r"]["ann"] = *c.is
			}
			before := s.Members["r"]["ann"]
			_, err := newMarker(s).Read(t.Context(), fake.Ann(), receipts.MarkRead{Room: "r", ID: c.id})
			if chat.CodeOf(err) != c.code || !slices.Equal(s.Calls, c.calls) {
				t.Errorf("got %v, calls %q, want %q, %q", err, s.Calls, c.code, c.calls)
			}
			if e, ok := errors.AsType[*chat.Error](err); ok && e.Code == chat.CodeInvalid && e.Field != "id" {
				t.Errorf("field %q", e.Field)
			}
			if changed := s.Members["r"]["ann"] != before; changed != (c.code == "") {
				t.Errorf("changed %t", changed)
			}
		})
	}
}

// TestWhoeverIsInARoomMayMark: the condition of the write decides so, and the table of rights must not say otherwise.
func TestWhoeverIsInARoomMayMark(t *testing.T) {
	for _, kind := range []rooms.Kind{rooms.KindPublic, rooms.KindPrivate, rooms.KindDirect} {
		for _, role := range []chat.Role{"", chat.RoleMember, chat.RoleModerator, chat.RoleOwner} {
			m := fake.Member("r", "ann")
			m.Role, m.MutedUntil = role, fake.Noon().AddDate(1, 0, 0)
			a := rooms.Access{Room: &rooms.Room{ID: "r", Kind: kind}, Member: &m, At: fake.Noon()}
			if err := a.May(rooms.Mark); err != nil {
				t.Errorf("%s in a room that is %s: %v", role, kind, err)
			}
		}
	}
}

// TestAMarkBesideAChange: who has come in since the write was refused is asked to try again.
func TestAMarkBesideAChange(t *testing.T) {
	s := roomOf()
	delete(s.Members["r"], "ann")
	s.Before = func(call string) error {
		if call == "access" {
			s.Members["r"]["ann"] = fake.Member("r", "ann")
		}
		return nil
	}
	_, err := newMarker(s).Read(t.Context(), fake.Ann(), receipts.MarkRead{Room: "r", ID: 1})
	if chat.CodeOf(err) != chat.CodeUnavailable {
		t.Error(err)
	}
}

// TestListOfReceipts: members see how far all are; others are refused.
func TestListOfReceipts(t *testing.T) {
	for room, code := range map[chat.RoomID]chat.Code{"r": "", "others": chat.CodeForbidden, "none": chat.CodeNotFound} {
		s := fake.NewStore().WithMembers("r", "ann").WithMembers("others", "bob")
		ann := s.Members["r"]["ann"]
		ann.ReadID, ann.DeliveredID = 5, 2
		s.Members["r"]["ann"] = ann
		list := receipts.NewLister(s, rooms.NewMembership(s))
		got, next, err := list.List(t.Context(), "ann", rooms.ListMembers{Room: room, Paging: rooms.Paging{Limit: 50}})
		if chat.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", room, err, code)
		}
		if want := []receipts.Receipt{{User: "ann", DeliveredID: 5, ReadID: 5}}; code == "" && (!slices.Equal(got, want) || next != "") {
			t.Errorf("%v, %q, want %v", got, next, want)
		}
	}
}
