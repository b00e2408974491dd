package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"serverlesschat/localtest/chatclient"
)

type receiptsPage struct {
	Receipts []chatclient.Receipt `json:"receipts"`
	Next     string               `json:"next"`
}

// marks marks an entry and expects where the cursors are then.
func (p *person) marks(action, room string, id, delivered, read int64) {
	p.Helper()
	got := p.does(action, fields{"room_id": p.room(room), "id": id})
	if got.Type != "marked" || got.RoomID != p.room(room) || got.DeliveredID != delivered || got.ReadID != read {
		p.Errorf("%s: %s %d: %+v, want %d and %d", p.user, action, id, got, delivered, read)
	}
}

// learns waits until the person is told how far another one is.
func (p *person) learns(room string, of *person, delivered, read int64) {
	p.Helper()
	want := chatclient.Receipt{UserID: of.user, DeliveredID: delivered, ReadID: read}
	p.isTold("how far "+of.user+" is", func(f chatclient.Frame) bool {
		return f.Type == "receipts" && f.RoomID == p.room(room) && slices.Contains(f.Receipts, want)
	})
}

// unread returns the number that the person's list of rooms shows.
func (p *person) unread(room string) int {
	p.Helper()
	list := gets[struct{ Rooms []shownRoom }](p, http.StatusOK, http.MethodGet, "/rooms", "").Rooms
	i := slices.IndexFunc(list, func(r shownRoom) bool { return r.RoomID == p.room(room) })
	if i < 0 {
		p.Fatalf("%s has no room %s in %+v", p.user, room, list)
	}
	return list[i].Unread
}

// TestStoryReceipts: a message is sent, delivered and read, and the others learn by whom; who asks gets the same.
func TestStoryReceipts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob, eve, zoe := w.as("ann"), w.as("bob"), w.as("eve"), w.as("zoe")
		for _, p := range []*person{ann, bob, eve} {
			p.joins("lobby")
		}
		room := w.room("lobby")
		first, second := ann.sends("lobby", "hello").ID, ann.sends("lobby", "again").ID
		bob.sees("lobby", "hello", "again")

		bob.marks("markDelivered", "lobby", second, second, 0)
		ann.learns("lobby", bob, second, 0)
		bob.marks("markRead", "lobby", first, second, first)
		for _, p := range []*person{ann, bob, eve} {
			p.learns("lobby", bob, second, first)
		}
		bob.marks("markRead", "lobby", second, second, second)
		ann.learns("lobby", bob, second, second)

		bob.marks("markRead", "lobby", first, second, second) // they only move forward
		bob.marks("markDelivered", "lobby", first, second, second)
		for _, action := range []string{"markRead", "markDelivered"} {
			if e := bob.fails("invalid", action, fields{"room_id": room, "id": second + 7}); e.Field != "id" {
				t.Errorf("%s of an id that is not there: field %q", action, e.Field)
			}
			zoe.fails("forbidden", action, fields{"room_id": room, "id": first})
			zoe.fails("forbidden", action, fields{"room_id": room, "id": second + 7})
			zoe.fails("not_found", action, fields{"room_id": w.room("nowhere"), "id": first})
		}

		path := roomPath(room) + "/receipts"
		all := gets[receiptsPage](eve, http.StatusOK, http.MethodGet, path, "")
		want := []chatclient.Receipt{{UserID: ann.user}, {UserID: bob.user, DeliveredID: second, ReadID: second}, {UserID: eve.user}}
		if !slices.Equal(all.Receipts, want) || all.Next != "" {
			t.Errorf("eve reads %+v, want %+v", all, want)
		}
		begin := gets[receiptsPage](eve, http.StatusOK, http.MethodGet, path+"?limit=2", "")
		rest := gets[receiptsPage](eve, http.StatusOK, http.MethodGet, path+"?limit=2&cursor="+url.QueryEscape(begin.Next), "")
		if paged := slices.Concat(begin.Receipts, rest.Receipts); !slices.Equal(paged, want) || len(begin.Receipts) != 2 {
			t.Errorf("in pages: %+v and %+v", begin, rest)
		}
		zoe.isRefused("forbidden", http.MethodGet, path, "")
		zoe.isRefused("not_found", http.MethodGet, roomPath(w.room("nowhere"))+"/receipts", "")
	})
}

// TestStoryUnread: what others have said counts until it is read, and what is deleted does not.
func TestStoryUnread(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		for _, p := range []*person{ann, bob} {
			p.joins("lobby")
		}
		first := ann.sends("lobby", "one")
		ann.sends("lobby", "two")
		bob.sends("lobby", "three")
		last := ann.sends("lobby", "four")
		bob.sees("lobby", "one", "two", "three", "four")
		if got, own := bob.unread("lobby"), ann.unread("lobby"); got != 3 || own != 1 {
			t.Errorf("bob has %d unread, ann %d, want 3 and 1", got, own)
		}
		ann.does("deleteMessage", fields{"room_id": w.room("lobby"), "target_id": last.ID, "client_message_id": "d"})
		if got := bob.unread("lobby"); got != 2 {
			t.Errorf("%d unread after one was deleted, want 2", got)
		}
		bob.marks("markRead", "lobby", first.ID, first.ID, first.ID)
		if got := bob.unread("lobby"); got != 1 {
			t.Errorf("%d unread after one was read, want 1", got)
		}
		bob.marks("markRead", "lobby", last.ID, last.ID, last.ID)
		if got := bob.unread("lobby"); got != 0 {
			t.Errorf("%d unread after all was read", got)
		}
	})
}

// TestStoryAMutedMemberMarks: who may say nothing may still tell what was read.
func TestStoryAMutedMemberMarks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		for _, p := range []*person{ann, bob} {
			p.joins("lobby")
		}
		id := ann.sends("lobby", "hello").ID
		until := time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
		gets[shownMember](ann, http.StatusOK, http.MethodPut, memberPath(w.room("lobby"), bob), `{"muted_until":"`+until+`"}`)
		bob.fails("forbidden", "sendMessage", fields{"room_id": w.room("lobby"), "content": "hi", "client_message_id": "m"})
		bob.marks("markRead", "lobby", id, id, id)
		ann.learns("lobby", bob, id, id)
	})
}

// TestReceiptsInALargeRoom are not told there, and can be asked for.
func TestReceiptsInALargeRoom(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ids := map[string]int64{}
		for _, room := range []string{"large", "small"} {
			ann.joins(room)
			bob.joins(room)
			ids[room] = ann.sends(room, "hello").ID
		}
		for i := range 99 {
			w.putRow("MembersTable", row{
				"user_id": textValue(fmt.Sprint(w.name, "-member-", i)), "room_id": textValue(w.room("large")),
				"state": textValue("in"), "role": textValue("member"), "v": numberValue(1), "joined_at": numberValue(1),
			})
		}
		for _, room := range []string{"large", "small"} { // one row after the other, so bob learns of the second one last
			ann.marks("markRead", room, ids[room], ids[room], ids[room])
		}
		bob.learns("small", ann, ids["small"], ids["small"])
		bob.mu.Lock()
		defer bob.mu.Unlock()
		for _, f := range bob.told {
			if f.RoomID == w.room("large") {
				t.Errorf("bob is told of the large room: %+v", f)
			}
		}
		want := chatclient.Receipt{UserID: ann.user, DeliveredID: ids["large"], ReadID: ids["large"]}
		all := gets[receiptsPage](bob, http.StatusOK, http.MethodGet, roomPath(w.room("large"))+"/receipts?limit=1", "")
		if !slices.Equal(all.Receipts, []chatclient.Receipt{want}) || all.Next == "" {
			t.Errorf("bob reads %+v", all)
		}
	})
}

// TestReceiptsToConnectionsThatAreGone removes what is left of them, as every push does.
func TestReceiptsToConnectionsThatAreGone(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		id := ann.sends("lobby", "hello").ID
		subscribe(w, "lobby", 1)
		ann.marks("markRead", "lobby", id, id, id)
		await(t, "it is gone", func() bool { return len(w.subscribers("lobby")) == 1 })
	})
}

// TestReceiptsCloseWhoIsToBeClosed: whoever meets a marked connection closes it.
func TestReceiptsCloseWhoIsToBeClosed(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		bob.joins("lobby")
		ann.joins("lobby")
		id := ann.sends("lobby", "hello").ID
		bob.sees("lobby", "hello")
		for _, s := range w.subscribers("lobby") {
			if string(s.User) == bob.user {
				if err := w.store().MarkClosing(w.ctx, s); err != nil {
					t.Fatal(err)
				}
			}
		}
		ann.marks("markRead", "lobby", id, id, id)
		if _, err := bob.client.CloseStatus(w.ctx); err != nil {
			t.Error(err)
		}
	})
}
