package messages

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/rooms"
)

// React asks for a reaction to a message to be added or removed.
type React struct {
	Room            chat.RoomID
	Target          chat.EntryID
	Reaction        chat.Reaction
	Remove          bool
	ClientMessageID chat.ClientMessageID
}

// ReadReact reads the fields of the action react.
func ReadReact(f *chat.Fields) React {
	return React{
		Room: f.Room(), Target: f.EntryID("target_id", 1), Reaction: f.Reaction(), Remove: f.Flag("remove"),
		ClientMessageID: f.ClientMessageID(),
	}
}

// React adds a reaction of the caller to a message, or removes it, and returns the entry that says so. To add one that is
// there, or to remove one that is not, changes nothing.
//
// Errors: as [Sender.Send]; CodeNotFound when there is no such message, or it is deleted; CodeTooLarge when it takes no
// more reactions.
func (s *Sender) React(ctx context.Context, caller chat.Caller, in React) (chat.Entry, error) {
	return s.appendChange(ctx, caller, chat.NewEntry{
		Room: in.Room, Kind: chat.KindReaction, User: caller.User(), ClientMessageID: in.ClientMessageID,
		Target: in.Target, Reaction: in.Reaction, Remove: in.Remove,
	}, rooms.Send, func(_ rooms.Access, m chat.Entry) error {
		if !in.Remove && !fold.HasRoom(m, caller.User(), in.Reaction) {
			return tooMany("reaction", "a message takes %d reactions, and %d different ones", fold.MaxReactions, fold.MaxReactionNames)
		}
		return nil
	})
}
