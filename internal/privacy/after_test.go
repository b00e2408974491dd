package privacy_test

import (
	"errors"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
)

// TestAfterAnErasure: the name is nobody's any more, and others go on in the rooms.
func TestAfterAnErasure(t *testing.T) {
	each(t, func(w *world) {
		ann, _ := w.lives()
		_, err := w.asks(ann)
		w.ok(err)
		w.works()
		bob, dave, c, ctx := w.user("bob"), w.user("dave"), w.changer(w.store), t.Context()
		hall := w.room("hall")

		for name, call := range map[string]func() error{
			"connects": func() error {
				return w.store.PutConnection(ctx, chat.Connection{ID: "late", User: ann, ConnectedAt: w.now()}, 20)
			},
			"is shown": func() error {
				_, err := c.User(ctx, ann)
				return err
			},
			"is banned": func() error {
				return second(c.Put(ctx, bob, rooms.PutMember{Room: hall, User: ann, Banned: new(true)}))
			},
			"is blocked": func() error { return c.Block(ctx, bob, ann) },
			"is met": func() error {
				_, _, err := c.Open(ctx, dave, rooms.NewRoom{Kind: rooms.KindDirect, With: ann})
				return err
			},
		} {
			err := call()
			if code := chat.CodeOf(err); code != chat.CodeNotFound && !errors.Is(err, connections.ErrRevoked) {
				t.Errorf("an erased user %s: %v", name, err)
			}
		}
		if left, err := w.store.Connection(ctx, "late"); err != nil || left != nil {
			t.Errorf("of a refused connection is left: %+v, %v", left, err)
		}
		if access, err := w.store.Access(ctx, bob, hall); err != nil || access.Member.Role != chat.RoleOwner {
			t.Errorf("the room of the last owner: %+v, %v", access.Member, err)
		}
		if access, err := w.store.Access(ctx, bob, chat.PrivateRoomID("random0")); err != nil || access.Room != nil {
			t.Errorf("a private room that nobody is in: %+v, %v", access.Room, err)
		}
		listed, err := c.Show(ctx, bob, c.DirectRoom(ann, bob))
		if err != nil || !chat.UserID(listed.Name).IsPseudonym() {
			t.Errorf("the direct room: %+v, %v", listed, err)
		}
		_, err = w.sender().Send(ctx, caller(bob), messages.SendMessage{Room: listed.ID, Content: "hi", ClientMessageID: "hi"})
		if chat.CodeOf(err) != chat.CodeForbidden {
			t.Errorf("sent to an erased user: %v", err)
		}
		deeds, _, err := c.Deeds(ctx, bob, rooms.ListMembers{Room: hall, Paging: rooms.Paging{Limit: 100}})
		if err != nil || len(deeds) < 3 {
			t.Errorf("the deeds: %+v, %v", deeds, err)
		}
		for _, d := range deeds {
			if d.By != bob && !d.By.IsPseudonym() {
				t.Errorf("a deed of %s", d.By)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestALastOwnerHandsTheRoomOn to a moderator, else to who has been there for longest.
func TestALastOwnerHandsTheRoomOn(t *testing.T) {
	each(t, func(w *world) {
		ctx, c := t.Context(), w.changer(w.store)
		ann, bob, carol, dave := w.user("annabel"), w.user("bob"), w.user("carol"), w.user("dave")
		for i, room := range []chat.RoomID{"first", "second", "third"} {
			members := [][]chat.UserID{{ann, carol, bob, dave}, {ann, carol, bob, dave}, {ann}}[i]
			for _, user := range members {
				*w.clock = w.now().Add(time.Second)
				w.ok(second(c.Enter(ctx, user, room)))
			}
		}
		w.ok(second(c.Put(ctx, ann, rooms.PutMember{Room: "second", User: dave, Role: new(chat.RoleModerator)})))
		for room, heir := range map[chat.RoomID]chat.UserID{"first": carol, "second": dave, "third": ""} {
			w.ok(c.Retire(ctx, ann, room))
			w.ok(c.Retire(ctx, ann, room))
			members, _, err := w.store.MembersOf(ctx, room, "", 10)
			w.ok(err)
			for _, m := range members {
				if isOwner := m.Role == chat.RoleOwner; isOwner != (m.User == heir) || m.User == ann {
					t.Errorf("%s: %+v", room, m)
				}
			}
		}
	})
}
