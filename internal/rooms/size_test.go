package rooms_test

import (
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

// TestRoomsOutgrowFeatures: who comes in over a bound has all told of it, once; who goes makes it smaller with some slack.
func TestRoomsOutgrowFeatures(t *testing.T) {
	const small, large, huge = rooms.SizeSmall, rooms.SizeLarge, rooms.SizeHuge
	for _, c := range []struct {
		was     rooms.Size
		members int // before ann comes in
		want    rooms.Size
		told    string
	}{
		{small, 99, small, ""}, {small, 100, large, "tell c degraded r [receipts]"},
		{large, 199, large, ""}, {large, 200, huge, "tell c degraded r [members presence receipts typing]"},
		{small, 200, huge, "tell c degraded r [members presence receipts typing]"}, {huge, 250, huge, ""},
		{huge, 191, huge, ""}, {huge, 188, large, "tell c degraded r [receipts]"},
		{large, 91, large, ""}, {large, 88, small, "tell c degraded r []"},
	} {
		s := fake.NewStore().WithMembers("r", "bob")
		room := s.Rooms["r"]
		room.Size = c.was
		s.Rooms["r"], s.Crowd = room, c.members
		caller := fake.Ann()
		s.Open = &caller.Connection
		if _, err := fake.NewChanger(s).Enter(t.Context(), "ann", "r"); err != nil {
			t.Fatal(err)
		}
		if got := s.Rooms["r"].Size; got != c.want {
			t.Errorf("%d with %d members and one more: %d, want %d", c.was, c.members, got, c.want)
		}
		if told := slices.Contains(s.Calls, c.told); told != (c.told != "") {
			t.Errorf("%d with %d members: calls %q", c.was, c.members, s.Calls)
		}
		quiet := c.members > 200
		placed := slices.ContainsFunc(s.Calls, func(call string) bool { return len(call) > 5 && call[:5] == "place" })
		if placed == quiet {
			t.Errorf("%d members: an entry is %t", c.members, placed)
		}
	}
}

// TestWhoJoinsALargeRoomIsWarned: each time.
func TestWhoJoinsALargeRoomIsWarned(t *testing.T) {
	for size, told := range map[rooms.Size]bool{rooms.SizeSmall: false, rooms.SizeLarge: true} {
		s := fake.NewStore().WithMembers("r", "ann")
		room := s.Rooms["r"]
		room.Size = size
		s.Rooms["r"] = room
		if _, err := joiner(s).Join(t.Context(), fake.Ann(), rooms.JoinRoom{Room: chat.RoomID("r")}); err != nil {
			t.Fatal(err)
		}
		if got := slices.Contains(s.Calls, "tell c degraded r [receipts]"); got != told {
			t.Errorf("%d: calls %q", size, s.Calls)
		}
	}
}
