package rooms_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

var errDied = errors.New("the process has died")

// hall is a room with an owner and a member, whose connection is open.
func hall() *fake.Store {
	s := fake.NewStore().WithMembers("r", "ann", "bob")
	owner := fake.Member("r", "ann")
	owner.Role = chat.RoleOwner
	s.Members["r"]["ann"] = owner
	s.Open = &chat.Connection{ID: "c", User: "bob", ConnectedAt: fake.Noon(), TokenExpiresAt: fake.Noon().Add(time.Hour)}
	return s
}

// crash is a change of bob, and what has come of it when it is finished.
type crash struct {
	change func(t *testing.T, c *rooms.Changer) error
	told   string // what the connection is told
	entry  chat.MemberChange
	state  rooms.State
}

func (c crash) isDone(s *fake.Store, row rooms.Member) bool {
	evicted := slices.Contains(s.Calls, "evict c before 2") || c.state == rooms.StateIn
	told := 0
	for _, e := range s.Entries { // a reserved id may be left to be filled
		if e.Kind == chat.KindMember && e.Change == c.entry && e.Subject == "bob" {
			told++
		}
	}
	return row.State == c.state && row.Pending == nil && evicted && slices.Contains(s.Calls, c.told) && told == 1
}

// Whoever changes a member may die between any two calls. The job, which was sent before the change was written, does
// the rest: in the end all has happened, once, or nothing has.
func TestAChangeIsFinishedWhoeverDies(t *testing.T) {
	for name, c := range map[string]crash{
		"ban": {func(t *testing.T, c *rooms.Changer) error {
			_, err := c.Put(t.Context(), "ann", rooms.PutMember{Room: "r", User: "bob", Banned: new(true)})
			return err
		}, "tell c removed r banned", chat.MemberBanned, rooms.StateBanned},
		"remove": {func(t *testing.T, c *rooms.Changer) error {
			return c.Remove(t.Context(), "ann", rooms.MemberOf{Room: "r", User: "bob"})
		}, "tell c removed r removed", chat.MemberRemoved, rooms.StateOut},
		"leave": {func(t *testing.T, c *rooms.Changer) error {
			return c.Remove(t.Context(), "bob", rooms.MemberOf{Room: "r", User: "bob"})
		}, "tell c removed r left", chat.MemberLeft, rooms.StateOut},
		"role": {func(t *testing.T, c *rooms.Changer) error {
			_, err := c.Put(t.Context(), "ann", rooms.PutMember{Room: "r", User: "bob", Role: new(chat.RoleModerator)})
			return err
		}, "tell c room r moderator", chat.MemberRole, rooms.StateIn},
	} {
		t.Run(name, func(t *testing.T) {
			for dies := 0; ; dies++ {
				s := hall()
				changer := fake.NewChanger(s)
				s.DieAfter(dies, errDied)
				err := c.change(t, changer)
				lived := err == nil
				s.Before = nil
				if slices.Contains(s.Calls, "finish later") {
					if err := changer.Finish(t.Context(), rooms.Finish{Room: "r", User: "bob", Version: 2, Began: fake.Noon()}); err != nil {
						t.Fatal(err)
					}
				}
				row := s.Members["r"]["bob"]
				switch written := row.Version == 2; {
				case written && !c.isDone(s, row):
					t.Errorf("died after %d calls: %+v, calls %q", dies, row, s.Calls)
				case !written && (lived || len(s.Entries) > 0):
					t.Errorf("died after %d calls: nothing was written, calls %q", dies, s.Calls)
				}
				if lived {
					return
				}
			}
		})
	}
}
