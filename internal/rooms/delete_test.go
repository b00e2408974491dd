package rooms_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

func TestOnlyAnOwnerDeletesARoom(t *testing.T) {
	for user, code := range map[chat.UserID]chat.Code{"ann": "", "bob": chat.CodeForbidden, "eve": chat.CodeForbidden} {
		s := hall()
		if err := fake.NewChanger(s).Delete(t.Context(), user, "r"); chat.CodeOf(err) != code {
			t.Errorf("%s: %v, want %q", user, err, code)
		}
		if deleted := slices.Contains(s.Calls, "delete room"); deleted != (code == "") {
			t.Errorf("%s: calls %q", user, s.Calls)
		}
	}
}

// Whoever deletes a room may die between any two calls. The job, which was sent before, does the rest; or nothing has
// happened.
func TestADeletedRoomIsErasedWhoeverDies(t *testing.T) {
	for dies := 0; ; dies++ {
		s := hall()
		changer := fake.NewChanger(s)
		s.DieAfter(dies, errDied)
		lived := changer.Delete(t.Context(), "ann", "r") == nil
		s.Before = nil
		deleted := slices.Contains(s.Calls, "delete room")
		for _, part := range []rooms.ErasePart{rooms.EraseMembers, rooms.EraseEntries, rooms.EraseRows} {
			if !slices.Contains(s.Calls, "erase "+string(part)+" later") {
				break
			}
			if err := changer.Erase(t.Context(), rooms.Erase{Room: "r", Part: part, Began: fake.Noon()}); err != nil {
				t.Fatal(err)
			}
		}
		gone := slices.Contains(s.Calls, "erase rows") && slices.Contains(s.Calls, "tell c removed r deleted") &&
			!s.HasMember("r", "ann") && !s.HasMember("r", "bob")
		if deleted != gone || lived && !gone {
			t.Errorf("died after %d calls: deleted %t, gone %t, calls %q", dies, deleted, gone, s.Calls)
		}
		if lived {
			return
		}
	}
}

// A job that comes before the room is deleted waits for that, as long as it may still happen.
func TestErasingWaitsForTheDeletion(t *testing.T) {
	for age, waits := range map[time.Duration]bool{0: true, 29 * time.Second: true, 30 * time.Second: false} {
		s := hall()
		e := rooms.Erase{Room: "r", Part: rooms.EraseMembers, Began: fake.Noon().Add(-age)}
		if err := fake.NewChanger(s).Erase(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if again := slices.Contains(s.Calls, "erase members later"); again != waits {
			t.Errorf("after %v: calls %q", age, s.Calls)
		}
		if strings.Contains(strings.Join(s.Calls, " "), "dismissed") {
			t.Errorf("after %v: a room that is there has lost members: %q", age, s.Calls)
		}
	}
}

// largeRoom is a store whose room has so many entries that erasing them does not end. Each part of it takes a second.
type largeRoom struct {
	*fake.Store
	now time.Time
}

func (s *largeRoom) EraseEntries(ctx context.Context, room chat.RoomID) (bool, error) {
	s.now = s.now.Add(time.Second)
	_, err := s.Store.EraseEntries(ctx, room)
	return false, err
}

// A job that erases a large room lets others have their turn.
func TestErasingTakesTurns(t *testing.T) {
	s := &largeRoom{Store: hall(), now: fake.Noon()}
	if err := fake.NewChanger(s.Store).Delete(t.Context(), "ann", "r"); err != nil {
		t.Fatal(err)
	}
	s.Calls = nil
	changer := rooms.NewChanger(s, rooms.ChangerOptions{Erasing: s, Now: func() time.Time { return s.now }})
	if err := changer.Erase(t.Context(), rooms.Erase{Room: "r", Part: rooms.EraseEntries, Began: fake.Noon()}); err != nil {
		t.Fatal(err)
	}
	if took := s.now.Sub(fake.Noon()); took != 10*time.Second || s.Calls[len(s.Calls)-1] != "erase entries later" {
		t.Errorf("after %v: calls %q", took, s.Calls)
	}
}
