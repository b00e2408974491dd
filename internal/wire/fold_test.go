package wire_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/golden"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/wire"
)

const foldFolder = "testdata/fold"

// foldCase is what a client is given, in this order, and what it shows then.
type foldCase struct {
	name    string
	entries []chat.Entry
	want    []chat.Entry
}

// TestFoldsAsEver compares with files that other clients read too: {"cases": [{"name": …, "entries": […], "view": […]}]},
// entries as the protocol shows them.
func TestFoldsAsEver(t *testing.T) {
	texts := map[string]string{}
	for file, cases := range map[string][]foldCase{
		"edits.json": foldedEdits(), "deletions.json": foldedDeletions(), "reactions.json": foldedReactions(),
		"order.json": foldedOrder(), "erasures.json": foldedErasures(),
	} {
		type row struct {
			Name    string          `json:"name"`
			Entries json.RawMessage `json:"entries"`
			View    json.RawMessage `json:"view"`
		}
		var rows []row
		for _, c := range cases {
			view := fold.NewView()
			for _, e := range c.entries {
				view.Add(e)
			}
			shown := shownEntries(t, view.Messages())
			if want := shownEntries(t, c.want); !bytes.Equal(shown, want) {
				t.Errorf("%s: got  %s\nwant %s", c.name, shown, want)
			}
			rows = append(rows, row{c.name, shownEntries(t, c.entries), shown})
		}
		text, err := json.MarshalIndent(map[string]any{"cases": rows}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text) + "\n"
	}
	golden.Expect(t, foldFolder, texts, *update)
}

func shownEntries(t *testing.T, entries []chat.Entry) json.RawMessage {
	t.Helper()
	var page struct{ Messages json.RawMessage }
	if err := json.Unmarshal(wire.History(roomlog.Page{Entries: entries}), &page); err != nil {
		t.Fatal(err)
	}
	return page.Messages
}

// hello is the message 1, changed by what it is given.
func hello(change func(*chat.Entry)) chat.Entry {
	m := chat.Entry{
		Room: "general", ID: 1, Kind: chat.KindMessage, User: "ann", ClientMessageID: "m1", Content: "hello", CreatedAt: noon(),
	}
	if change != nil {
		change(&m)
	}
	return m
}

func changeOf(id chat.EntryID, user chat.UserID, kind chat.Kind) chat.Entry {
	return chat.Entry{
		Room: "general", ID: id, Kind: kind, User: user, Target: 1, ClientMessageID: chat.ClientMessageID(fmt.Sprint("c", id)),
		CreatedAt: noon(),
	}
}

func edit(id chat.EntryID, content string) chat.Entry {
	e := changeOf(id, "ann", chat.KindEdit)
	e.Content = content
	return e
}

func editOf(target chat.EntryID) chat.Entry {
	e := edit(46, "hi")
	e.Target = target
	return e
}

func deletion(id chat.EntryID) chat.Entry { return changeOf(id, "ann", chat.KindDelete) }

func reaction(id chat.EntryID, user chat.UserID, name chat.Reaction) chat.Entry {
	e := changeOf(id, user, chat.KindReaction)
	e.Reaction = name
	return e
}

func removal(id chat.EntryID, user chat.UserID, name chat.Reaction) chat.Entry {
	e := reaction(id, user, name)
	e.Remove = true
	return e
}

func edited(id chat.EntryID, content string) chat.Entry {
	return hello(func(m *chat.Entry) { m.Content, m.EditedAt, m.UpdatedID = content, noon(), id })
}

func deleted(id chat.EntryID) chat.Entry {
	return hello(func(m *chat.Entry) { m.Content, m.Deleted, m.UpdatedID = "", true, id })
}

func reacted(id chat.EntryID, reactions map[chat.Reaction][]chat.UserID) chat.Entry {
	return hello(func(m *chat.Entry) { m.Reactions, m.UpdatedID = reactions, id })
}

func foldedEdits() []foldCase {
	return []foldCase{
		{"a message", []chat.Entry{hello(nil)}, []chat.Entry{hello(nil)}},
		{"an edit", []chat.Entry{hello(nil), edit(2, "hi")}, []chat.Entry{edited(2, "hi")}},
		{"the last of two edits", []chat.Entry{hello(nil), edit(2, "hi"), edit(3, "hey")}, []chat.Entry{edited(3, "hey")}},
		{"an edit that is in the message", []chat.Entry{edited(3, "hey"), edit(2, "hi"), edit(3, "hey")}, []chat.Entry{edited(3, "hey")}},
		{"one that is, and one that is not", []chat.Entry{edited(2, "hi"), edit(2, "hi"), edit(4, "hey")}, []chat.Entry{edited(4, "hey")}},
		{"an edit of a message that is not there", []chat.Entry{edit(2, "hi")}, nil},
		{"an entry about a member", slices.Concat([]chat.Entry{hello(nil)}, memberEntries()), []chat.Entry{hello(nil)}},
		{"an edit of an entry about a member", slices.Concat(memberEntries(), []chat.Entry{editOf(44)}), nil},
		{"a void", []chat.Entry{hello(nil), void()}, []chat.Entry{hello(nil)}},
	}
}

func foldedDeletions() []foldCase {
	withEdit := deleted(3)
	withEdit.EditedAt = noon()
	return []foldCase{
		{"a deletion", []chat.Entry{hello(nil), deletion(2)}, []chat.Entry{deleted(2)}},
		{"an edit and a deletion", []chat.Entry{hello(nil), edit(2, ""), deletion(3)}, []chat.Entry{withEdit}},
		{"an edit after a deletion", []chat.Entry{hello(nil), deletion(2), edit(3, "")}, []chat.Entry{deleted(2)}},
		{"a second deletion", []chat.Entry{hello(nil), deletion(2), deletion(3)}, []chat.Entry{deleted(2)}},
		{"a deletion takes the reactions away", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), deletion(3)}, []chat.Entry{deleted(3)}},
		{"a reaction after a deletion", []chat.Entry{hello(nil), deletion(2), reaction(3, "bob", "👍")}, []chat.Entry{deleted(2)}},
	}
}

func foldedReactions() []foldCase {
	thumb := map[chat.Reaction][]chat.UserID{"👍": {"bob"}}
	var names []chat.Entry
	full := map[chat.Reaction][]chat.UserID{}
	for i := range fold.MaxReactionNames {
		name := chat.Reaction(fmt.Sprintf("r%02d", i))
		names = append(names, reaction(chat.EntryID(i+2), "bob", name))
		full[name] = []chat.UserID{"bob"}
	}
	last := chat.EntryID(fold.MaxReactionNames + 1)
	return []foldCase{
		{"a reaction", []chat.Entry{hello(nil), reaction(2, "bob", "👍")}, []chat.Entry{reacted(2, thumb)}},
		{"the same reaction again", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), reaction(3, "bob", "👍")}, []chat.Entry{reacted(2, thumb)}},
		{"of two users", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), reaction(3, "ann", "👍")},
			[]chat.Entry{reacted(3, map[chat.Reaction][]chat.UserID{"👍": {"ann", "bob"}})}},
		{"removed", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), removal(3, "bob", "👍")}, []chat.Entry{reacted(3, nil)}},
		{"removed by another", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), removal(3, "ann", "👍")}, []chat.Entry{reacted(2, thumb)}},
		{"removed and added again", []chat.Entry{hello(nil), reaction(2, "bob", "👍"), removal(3, "bob", "👍"), reaction(4, "bob", "👍")},
			[]chat.Entry{reacted(4, thumb)}},
		{"as many different ones as there may be", slices.Concat([]chat.Entry{hello(nil)}, names), []chat.Entry{reacted(last, full)}},
		{"one more changes nothing", slices.Concat([]chat.Entry{hello(nil)}, names, []chat.Entry{reaction(last+1, "bob", "x")}),
			[]chat.Entry{reacted(last, full)}},
	}
}

// erasure tells that a user was erased, and is called deleted-x now.
func erasure(id chat.EntryID, user chat.UserID) chat.Entry {
	return chat.Entry{
		Room: "general", ID: id, Kind: chat.KindMember, User: "deleted-x", Subject: user, Change: chat.MemberErased,
		ClientMessageID: chat.ErasedEntryID(user), CreatedAt: noon(),
	}
}

func foldedErasures() []foldCase {
	gone := hello(func(m *chat.Entry) {
		m.User, m.ClientMessageID, m.Content, m.Deleted = "deleted-x", "deleted-x.1", "", true
	})
	reactions := []chat.Entry{reaction(2, "bob", "👍"), reaction(3, "carol", "👍"), reaction(4, "bob", "❤")}
	left := hello(func(m *chat.Entry) { m.UpdatedID, m.Reactions = 4, map[chat.Reaction][]chat.UserID{"👍": {"carol"}} })
	edited := hello(func(m *chat.Entry) { *m = gone; m.EditedAt, m.UpdatedID = noon(), 2 })
	return []foldCase{
		{"the author", []chat.Entry{hello(nil), erasure(2, "ann")}, []chat.Entry{gone}},
		{"the author, before the message comes", []chat.Entry{erasure(2, "ann"), hello(nil)}, []chat.Entry{gone}},
		{"the author of an edited message", []chat.Entry{hello(nil), edit(2, "hi"), erasure(3, "ann")}, []chat.Entry{edited}},
		{"of who has reacted", slices.Concat([]chat.Entry{hello(nil)}, reactions, []chat.Entry{erasure(5, "bob")}), []chat.Entry{left}},
		{"of another", []chat.Entry{hello(nil), erasure(2, "dave")}, []chat.Entry{hello(nil)}},
		{"of a message that is erased already", []chat.Entry{gone, erasure(2, "ann")}, []chat.Entry{gone}},
	}
}

func foldedOrder() []foldCase {
	return []foldCase{
		{"changes before their message", []chat.Entry{edit(3, "hey"), edit(2, "hi"), hello(nil)}, []chat.Entry{edited(3, "hey")}},
		{"an older copy comes late", []chat.Entry{edited(2, "hi"), hello(nil)}, []chat.Entry{edited(2, "hi")}},
		{"a newer copy comes late", []chat.Entry{hello(nil), edit(2, "hi"), edited(3, "hey")}, []chat.Entry{edited(3, "hey")}},
		{"a change comes late, its successor is in", []chat.Entry{hello(nil), edit(3, "hey"), edit(2, "hi")}, []chat.Entry{edited(3, "hey")}},
		{"all twice", []chat.Entry{hello(nil), edit(2, "hi"), hello(nil), edit(2, "hi")}, []chat.Entry{edited(2, "hi")}},
	}
}
