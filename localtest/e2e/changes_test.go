package e2e

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/roomlog"
)

// changes asks for a change of a message.
func (p *person) changes(action, room string, target int64, more fields) entry {
	p.Helper()
	f := fields{
		"room_id": p.room(room), "target_id": target, "client_message_id": fmt.Sprint("c", time.Now().UnixNano()),
	}
	for name, value := range more {
		f[name] = value
	}
	e, err := p.does(action, f).Entry()
	if err != nil {
		p.Fatal(err)
	}
	return e
}

// shownOf returns the messages that a client shows when it was given these entries.
func shownOf(t *testing.T, entries []entry) []chat.Entry {
	t.Helper()
	all, err := entriesOf(entries)
	if err != nil {
		t.Fatal(err)
	}
	view := fold.NewView()
	for _, e := range all {
		view.Add(e)
	}
	shown := view.Messages()
	for i := range shown {
		shown[i].Edits = nil // not shown
	}
	return shown
}

// views waits until the person has seen so many entries of the room, and returns the messages that it shows then.
func (p *person) views(room string, entries int) []chat.Entry {
	p.Helper()
	var shown []entry
	await(p.T, fmt.Sprint("entries seen: ", entries), func() bool {
		p.update(p.room(room), func(v *view) { shown = append([]entry(nil), v.shown...) })
		return len(shown) >= entries
	})
	return shownOf(p.T, shown)
}

// TestStoryChanges: ann writes, edits and deletes, bob reacts. Bob follows live, carol comes later, and dora reads.
func TestStoryChanges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob, carol := w.as("ann"), w.as("bob"), w.as("carol")
		for _, p := range []*person{ann, bob} {
			p.joins("lobby")
		}
		first, second := ann.sends("lobby", "hello"), ann.sends("lobby", "a mistake")
		edit := ann.changes("editMessage", "lobby", first.ID, fields{"content": "hello, all"})
		if edit.Kind != "edit" || edit.TargetID != first.ID || edit.Content != "hello, all" || edit.ID != 3 {
			t.Errorf("the edit is %+v", edit)
		}
		bob.changes("react", "lobby", first.ID, fields{"reaction": "👍"})
		bob.changes("react", "lobby", first.ID, fields{"reaction": "❤\ufe0f"})
		bob.changes("react", "lobby", first.ID, fields{"reaction": "👍", "remove": true})
		bob.changes("react", "lobby", second.ID, fields{"reaction": "👎"})
		ann.changes("deleteMessage", "lobby", second.ID, nil)
		bob.fails("forbidden", "editMessage", fields{
			"room_id": w.room("lobby"), "target_id": first.ID, "content": "mine", "client_message_id": "x",
		})
		ann.fails("not_found", "react", fields{
			"room_id": w.room("lobby"), "target_id": second.ID, "reaction": "+", "client_message_id": "x",
		})

		live := bob.views("lobby", 8)
		if len(live) != 2 {
			t.Fatalf("bob shows %+v", live)
		}
		one, two := live[0], live[1]
		hearts := map[chat.Reaction][]chat.UserID{"❤": {chat.UserID(bob.user)}}
		if one.Content != "hello, all" || one.UpdatedID != 6 || one.EditedAt.IsZero() || !reflect.DeepEqual(one.Reactions, hearts) {
			t.Errorf("the first message is %+v", one)
		}
		if two.Content != "" || !two.Deleted || two.UpdatedID != 8 || two.Reactions != nil {
			t.Errorf("the second message is %+v", two)
		}
		carol.joinsAfter("lobby", 0)
		for name, got := range map[string][]chat.Entry{
			"caught up":       carol.views("lobby", 8),
			"history":         shownOf(t, ann.history("lobby", "").Messages),
			"the first alone": shownOf(t, ann.history("lobby", "?before=3").Messages),
			"synced":          shownOf(t, bob.does("sync", fields{"room_id": w.room("lobby"), "after_id": 0}).Messages),
		} {
			if !reflect.DeepEqual(got, live) {
				t.Errorf("%s: %+v, want %+v", name, got, live)
			}
		}
	})
}

// TestDeletedContentIsGone from every table, and so is that of its edits.
func TestDeletedContentIsGone(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		const secret = "Sesam, open"
		m := ann.sends("lobby", secret)
		for i := range 3 {
			ann.changes("editMessage", "lobby", m.ID, fields{"content": fmt.Sprint(secret, i)})
		}
		if !w.holds(secret) {
			t.Fatal("the tables hold no content at all")
		}
		ann.changes("deleteMessage", "lobby", m.ID, nil)
		late := fields{"room_id": w.room("lobby"), "target_id": m.ID, "content": secret, "client_message_id": "late"}
		ann.fails("not_found", "editMessage", late)
		await(t, "the content is gone", func() bool { return !w.holds(secret) })
		if text := fmt.Sprint(ann.history("lobby", "").Messages); strings.Contains(text, secret) {
			t.Errorf("history shows it: %s", text)
		}
	})
}

// holds reports whether any table of the chat has a row with the text.
func (w *world) holds(text string) bool {
	w.Helper()
	for _, table := range w.stack.System().Tables {
		pages := dynamodb.NewScanPaginator(w.dynamoDB, &dynamodb.ScanInput{TableName: &table.Name})
		for pages.HasMorePages() {
			page, err := pages.NextPage(w.ctx)
			if err != nil {
				w.Fatal(err)
			}
			rows, err := json.Marshal(page.Items)
			if err != nil {
				w.Fatal(err)
			}
			if strings.Contains(string(rows), text) {
				return true
			}
		}
	}
	return false
}

// TestReadersShowWhatIsNotApplied: while nobody pushes, readers fold themselves. One that had to walk far applies, and
// spares the others that.
func TestReadersShowWhatIsNotApplied(t *testing.T) {
	onceLocal(t, func(t *testing.T, w *world) {
		for function, read := range map[string]func(p *person, room string) []entry{
			"HistoryFunction": func(p *person, room string) []entry { return p.history(room, "?after=0").Messages },
			"PollFunction": func(p *person, room string) []entry {
				return p.polls("after=" + w.room(room) + ":0")[0].Messages
			},
			"DefaultFunction": func(p *person, room string) []entry {
				return p.does("sync", fields{"room_id": w.room(room), "after_id": 0}).Messages
			},
		} {
			room := strings.ToLower(function)
			ann := w.as("ann-" + room)
			ann.joins(room)
			m := ann.sends(room, "hello")
			await(t, "the message is pushed", func() bool { return w.position(room) == 1 })
			store, id := w.store(), chat.RoomID(w.room(room))
			// As if a job had the room, which never runs.
			if err := store.Mark(w.ctx, id, roomlog.NoLease, 1<<60, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			ann.changes("editMessage", room, m.ID, fields{"content": "hello, all"})
			for _, length := range []int{2, roomlog.ScanLimit + 2} {
				w.placesUpTo(id, chat.EntryID(length))
				got := read(ann, room)
				if len(got) < 2 || got[0].Content != "hello, all" || got[0].UpdatedID != 2 || got[1].Content != "hello, all" {
					t.Errorf("%s shows %+v", function, got)
				}
			}
			stored, err := store.Entry(w.ctx, id, 1)
			if err != nil || stored.Content != "hello, all" {
				t.Errorf("%s has walked far, and left %+v, %v", function, stored, err)
			}
			if head, err := store.Head(w.ctx, id); err != nil || head.SettledID < roomlog.ScanLimit || head.PushedID != 1 {
				t.Errorf("the head is %+v, %v", head, err)
			}
		}
	})
}

// placesUpTo puts messages into a room up to an id, as senders do, who then die.
func (w *world) placesUpTo(room chat.RoomID, last chat.EntryID) {
	w.Helper()
	head, err := w.store().Head(w.ctx, room)
	if err != nil {
		w.Fatal(err)
	}
	var rows []row
	for id := head.Seq + 1; id <= last; id++ {
		rows = append(rows, row{
			"room_id": textValue(string(room)), "id": numberValue(int64(id)), "kind": textValue("message"),
			"created_at": numberValue(time.Now().UnixMilli()), "user_id": textValue("somebody"),
			"client_message_id": textValue("x"), "content": textValue("x"),
		})
	}
	w.putRows("EntriesTable", rows)
	_, err = w.dynamoDB.UpdateItem(w.ctx, &dynamodb.UpdateItemInput{
		TableName: w.tableName("RoomsTable"), Key: row{"item": textValue("counter#" + string(room))},
		UpdateExpression: aws.String("SET seq = :last"), ExpressionAttributeValues: row{":last": numberValue(int64(last))},
	})
	if err != nil {
		w.Fatal(err)
	}
}
