package wire

import (
	"strconv"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// entry is how every part of the system shows an entry.
type entry struct {
	ID              chat.EntryID                    `json:"id"`
	RoomID          chat.RoomID                     `json:"room_id"`
	UserID          chat.UserID                     `json:"user_id,omitempty"`
	Kind            chat.Kind                       `json:"kind"`
	TargetID        chat.EntryID                    `json:"target_id,omitempty"`
	Content         *string                         `json:"content,omitempty"`
	Reaction        chat.Reaction                   `json:"reaction,omitempty"`
	Remove          *bool                           `json:"remove,omitempty"`
	Subject         chat.UserID                     `json:"subject,omitempty"`
	Change          chat.MemberChange               `json:"change,omitempty"`
	Role            chat.Role                       `json:"role,omitempty"`
	EditedAt        string                          `json:"edited_at,omitempty"`
	Deleted         bool                            `json:"deleted,omitempty"`
	Reactions       map[chat.Reaction][]chat.UserID `json:"reactions,omitempty"`
	UpdatedID       chat.EntryID                    `json:"updated_id,omitempty"`
	CreatedAt       string                          `json:"created_at"`
	ClientMessageID chat.ClientMessageID            `json:"client_message_id,omitempty"`
}

func show(e chat.Entry) entry {
	shown := entry{
		ID: e.ID, RoomID: e.Room, UserID: e.User, Kind: e.Kind, TargetID: e.Target, Reaction: e.Reaction,
		Subject: e.Subject, Change: e.Change, Role: e.Role, Deleted: e.Deleted, Reactions: e.Reactions, UpdatedID: e.UpdatedID,
		CreatedAt: showTime(e.CreatedAt), ClientMessageID: e.ClientMessageID,
	}
	if e.Kind == chat.KindMessage || e.Kind == chat.KindEdit || e.Content != "" {
		shown.Content = &e.Content
	}
	if e.Kind == chat.KindReaction {
		shown.Remove = &e.Remove
	}
	if !e.EditedAt.IsZero() {
		shown.EditedAt = showTime(e.EditedAt)
	}
	return shown
}

func showAll(entries []chat.Entry) []entry {
	shown := make([]entry, len(entries)) // never null, also when empty
	for i, e := range entries {
		shown[i] = show(e)
	}
	return shown
}

func showTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// EntrySize returns the size of an entry as it is shown, in bytes.
func EntrySize(e chat.Entry) int { return len(encode(show(e))) }

// Messages returns the frames that push entries of a room, in order: as few as fit into MaxFrameBytes each. The largest
// new entry fits: 4,000 characters take 24 KB when each is escaped. A message with very many reactions may not; it has a
// frame of its own, which is within the 128 KB of a message (API Gateway quotas for WebSocket APIs).
func Messages(room chat.RoomID, entries []chat.Entry) []fanout.Frame {
	const tail = "]}"
	head := `{"type":"messages","room_id":` + strconv.Quote(string(room)) + `,"messages":[`
	var frames []fanout.Frame
	var data []byte
	first := 0 // of the entries that data shows
	end := func(next int) {
		frames = append(frames, fanout.Frame{Entries: entries[first:next], Data: append(data, tail...)})
		data, first = nil, next
	}
	for i, e := range entries {
		shown := encode(show(e))
		if data != nil && len(data)+1+len(shown)+len(tail) > MaxFrameBytes {
			end(i)
		}
		if data == nil {
			data = append(data, head...)
		} else {
			data = append(data, ',')
		}
		data = append(data, shown...)
	}
	if data != nil {
		end(len(entries))
	}
	return frames
}
