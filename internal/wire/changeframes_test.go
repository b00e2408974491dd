package wire_test

import (
	"strings"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
)

// The frames of changes, of the client and of the server.

func editMessageFrames() []clientFrame {
	const begin = `{"action":"editMessage","request_id":"r-1","room_id":"general",`
	edit := messages.EditMessage{Room: "general", Target: 42, Content: "hi", ClientMessageID: "6f1d"}
	return []clientFrame{
		{"all fields", begin + `"target_id":42,"content":"hi","client_message_id":"6f1d"}`, edit},
		{"no target_id", begin + `"content":"hi","client_message_id":"6f1d"}`, nil},
		{"target_id 0", begin + `"target_id":0,"content":"hi","client_message_id":"6f1d"}`, nil},
		{"target_id of a wrong type", begin + `"target_id":"42","content":"hi","client_message_id":"6f1d"}`, nil},
		{"target_id not whole", begin + `"target_id":42.5,"content":"hi","client_message_id":"6f1d"}`, nil},
		{"content empty", begin + `"target_id":42,"content":"","client_message_id":"6f1d"}`, nil},
		{"content too long",
			begin + `"target_id":42,"content":"` + strings.Repeat("a", 4001) + `","client_message_id":"6f1d"}`, nil},
		{"no client_message_id", begin + `"target_id":42,"content":"hi"}`, nil},
		{"no room_id", `{"action":"editMessage","target_id":42,"content":"hi","client_message_id":"6f1d"}`, nil},
	}
}

func deleteMessageFrames() []clientFrame {
	const begin = `{"action":"deleteMessage","request_id":"r-1",`
	return []clientFrame{
		{"all fields", begin + `"room_id":"general","target_id":42,"client_message_id":"6f1d"}`,
			messages.DeleteMessage{Room: "general", Target: 42, ClientMessageID: "6f1d"}},
		{"no target_id", begin + `"room_id":"general","client_message_id":"6f1d"}`, nil},
		{"target_id below 0", begin + `"room_id":"general","target_id":-1,"client_message_id":"6f1d"}`, nil},
		{"no client_message_id", begin + `"room_id":"general","target_id":42}`, nil},
		{"no room_id", begin + `"target_id":42,"client_message_id":"6f1d"}`, nil},
	}
}

func reactFrames() []clientFrame {
	const begin = `{"action":"react","request_id":"r-1","room_id":"general","target_id":42,"client_message_id":"6f1d",`
	react := messages.React{Room: "general", Target: 42, Reaction: "👍", ClientMessageID: "6f1d"}
	remove, heart, text := react, react, react
	remove.Remove, heart.Reaction, text.Reaction = true, "❤", "lol"
	return []clientFrame{
		{"all fields", begin + `"reaction":"👍","remove":true}`, remove},
		{"an addition", begin + `"reaction":"👍"}`, react},
		{"remove false", begin + `"reaction":"👍","remove":false}`, react},
		{"with the mark for a coloured emoji", begin + `"reaction":"❤\ufe0f"}`, heart},
		{"text", begin + `"reaction":"lol"}`, text},
		{"no reaction", begin + `"remove":true}`, nil},
		{"reaction empty", begin + `"reaction":""}`, nil},
		{"reaction with a space", begin + `"reaction":"a b"}`, nil},
		{"reaction that cannot be seen", begin + `"reaction":"\u200d"}`, nil},
		{"reaction too long", begin + `"reaction":"` + strings.Repeat("a", 33) + `"}`, nil},
		{"reaction of a wrong type", begin + `"reaction":1}`, nil},
		{"remove of a wrong type", begin + `"reaction":"👍","remove":"true"}`, nil},
		{"no target_id", `{"action":"react","room_id":"general","client_message_id":"6f1d","reaction":"👍"}`, nil},
		{"no client_message_id", `{"action":"react","room_id":"general","target_id":42,"reaction":"👍"}`, nil},
	}
}

// changes are an entry of each kind that changes a message, and messages that were changed.
func changes() []chat.Entry {
	change := func(id chat.EntryID, kind chat.Kind) chat.Entry {
		return chat.Entry{Room: "general", ID: id, Kind: kind, User: "alice", Target: 42, CreatedAt: noon(), ClientMessageID: "6f1d"}
	}
	edit, emptied := change(44, chat.KindEdit), change(45, chat.KindEdit)
	edit.Content = "hi!"
	add, remove := change(46, chat.KindReaction), change(47, chat.KindReaction)
	add.Reaction, remove.Reaction, remove.Remove = "👍", "👍", true
	edited, deleted := message(), message()
	edited.Content = "hi!"
	edited.Changes = chat.Changes{
		UpdatedID: 46, EditedAt: noon().Add(time.Minute), Edits: []chat.EntryID{44},
		Reactions: map[chat.Reaction][]chat.UserID{"👍": {"ann", "bob"}, "<b>": {"bob"}},
	}
	deleted.Content, deleted.Changes = "", chat.Changes{UpdatedID: 48, Deleted: true}
	return []chat.Entry{edited, deleted, edit, emptied, add, remove, change(48, chat.KindDelete)}
}
