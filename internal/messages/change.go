package messages

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// A change is an entry of its own. Its writer never touches the message that it is about: who pushes the room stores
// what it says in the message, in the order of the log.

// appendChange stores a change of a message that is there, if may allows it. The message is read before the change takes
// an id. What happens to it after that, the fold decides.
func (s *Sender) appendChange(
	ctx context.Context, caller chat.Caller, e chat.NewEntry, right rooms.Right, may func(a rooms.Access, m chat.Entry) error,
) (chat.Entry, error) {
	return s.append(ctx, caller, e, right, func(ctx context.Context, a rooms.Access) error {
		m, err := s.store.Entry(ctx, e.Room, e.Target)
		switch {
		case err != nil:
			return fmt.Errorf("read target: %w", err)
		case m == nil || m.Kind != chat.KindMessage || m.Deleted || s.writer.IsExpired(*m, a.Room.Retention):
			return chat.Errorf(chat.CodeNotFound, "there is no such message")
		}
		return may(a, *m)
	})
}

// tooMany is the error of a change that a message takes no more of.
func tooMany(field, format string, args ...any) error {
	return &chat.Error{Code: chat.CodeTooLarge, Field: field, Message: fmt.Sprintf(format, args...)}
}
