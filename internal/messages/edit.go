package messages

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/rooms"
)

// EditMessage asks for other content of a message.
type EditMessage struct {
	Room            chat.RoomID
	Target          chat.EntryID
	Content         string
	ClientMessageID chat.ClientMessageID
}

// ReadEditMessage reads the fields of the action editMessage.
func ReadEditMessage(f *chat.Fields) EditMessage {
	return EditMessage{
		Room: f.Room(), Target: f.EntryID("target_id", 1), Content: f.Content(), ClientMessageID: f.ClientMessageID(),
	}
}

// Edit gives a message of the caller other content, and returns the entry that says so.
//
// Errors: as [Sender.Send]; CodeNotFound when there is no such message, or it is deleted; CodeForbidden when another has
// written it; CodeTooLarge when it was edited too often.
func (s *Sender) Edit(ctx context.Context, caller chat.Caller, in EditMessage) (chat.Entry, error) {
	return s.appendChange(ctx, caller, chat.NewEntry{
		Room: in.Room, Kind: chat.KindEdit, User: caller.User(), ClientMessageID: in.ClientMessageID,
		Target: in.Target, Content: in.Content,
	}, rooms.Send, func(_ rooms.Access, m chat.Entry) error {
		switch {
		case m.User != caller.User():
			return chat.Errorf(chat.CodeForbidden, "only its author may edit a message")
		case len(m.Edits) >= fold.MaxEdits:
			return tooMany("target_id", "a message can be edited %d times", fold.MaxEdits)
		}
		return nil
	})
}
