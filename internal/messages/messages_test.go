package messages_test

import (
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// TestWhoMayReadAndSend: members, and nobody else; others change nothing.
func TestWhoMayReadAndSend(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []chat.UserID
		code    chat.Code
	}{
		{"a member", []chat.UserID{"ann"}, ""},
		{"of a room of others", []chat.UserID{"bob"}, chat.CodeForbidden},
		{"of no room", nil, chat.CodeNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			reads := map[string]func(*fake.Store) error{
				"send": func(r *fake.Store) error {
					r.Top.Seq = 3
					s := messages.NewSender(r, roomlog.NewWriter(r, roomlog.WriterOptions{Now: time.Now, Random: func([]byte) {}}), nil)
					e, err := s.Send(t.Context(), fake.Ann(), messages.SendMessage{Room: "r", Content: "hi", ClientMessageID: "m"})
					if err == nil && (e.ID != 4 || e.User != "ann" || e.Kind != chat.KindMessage || e.Content != "hi" || e.ClientMessageID != "m") {
						t.Errorf("stored %+v", e)
					}
					return err
				},
				"sync": func(r *fake.Store) error {
					h := messages.NewHistory(rooms.NewMembership(r), fake.NewReader(r, nil))
					p, err := h.Sync(t.Context(), fake.Ann(), messages.Sync{Room: "r", AfterID: 1, Limit: 5})
					if err == nil && !slices.Equal(fake.IDs(p.Entries), []chat.EntryID{2, 3}) {
						t.Errorf("page %v", fake.IDs(p.Entries))
					}
					return err
				},
				"history": func(r *fake.Store) error {
					h := messages.NewHistory(rooms.NewMembership(r), fake.NewReader(r, nil))
					p, err := h.Page(t.Context(), "ann", roomlog.Query{Room: "r", Limit: 2})
					if err == nil && !slices.Equal(fake.IDs(p.Entries), []chat.EntryID{2, 3}) {
						t.Errorf("page %v", fake.IDs(p.Entries))
					}
					return err
				},
			}
			for name, read := range reads {
				room := fake.NewStore(1, 2, 3)
				if c.members != nil {
					room.WithMembers("r", c.members...)
				}
				if err := read(room); chat.CodeOf(err) != c.code {
					t.Errorf("%s: got %v, want %q", name, err, c.code)
				}
				calls := []string{"access"}
				if name == "send" {
					calls[0] = "precheck"
				}
				if c.code != "" && !slices.Equal(room.Calls, calls) {
					t.Errorf("%s: calls %q, want %q", name, room.Calls, calls)
				}
			}
		})
	}
}
