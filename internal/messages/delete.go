package messages

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// DeleteMessage asks for a message to be deleted.
type DeleteMessage struct {
	Room            chat.RoomID
	Target          chat.EntryID
	ClientMessageID chat.ClientMessageID
}

// ReadDeleteMessage reads the fields of the action deleteMessage.
func ReadDeleteMessage(f *chat.Fields) DeleteMessage {
	return DeleteMessage{Room: f.Room(), Target: f.EntryID("target_id", 1), ClientMessageID: f.ClientMessageID()}
}

// Delete takes the content from a message of the caller, and from its edits, for good; who moderates the room may delete
// those of others. That is recorded before it is done: a call that dies between the two leaves none unrecorded. It returns
// the entry that says so.
//
// Errors: as [Sender.Edit].
func (s *Sender) Delete(ctx context.Context, caller chat.Caller, in DeleteMessage) (chat.Entry, error) {
	return s.appendChange(ctx, caller, chat.NewEntry{
		Room: in.Room, Kind: chat.KindDelete, User: caller.User(), ClientMessageID: in.ClientMessageID, Target: in.Target,
	}, rooms.DeleteOwn, func(a rooms.Access, m chat.Entry) error {
		if m.User == caller.User() {
			return nil
		}
		if err := a.May(rooms.DeleteAny); err != nil {
			return err
		}
		return chat.Wrap("record", s.store.Record(ctx, rooms.Deed{
			Room: in.Room, At: a.At, By: caller.User(), Action: rooms.DeedDelete, Target: in.Target,
			Key: fmt.Sprint(rooms.DeedDelete, in.Target),
		}))
	})
}
