package chat

import "context"

// SendMessage is what a client gives to send a message.
type SendMessage struct {
	Room            RoomID
	Content         string
	ClientMessageID ClientMessageID
}

// Validate reports the first field that is wrong.
func (in SendMessage) Validate() error {
	if err := in.Room.Validate(); err != nil {
		return err
	}
	if err := in.ClientMessageID.Validate(); err != nil {
		return err
	}
	return ValidateContent(in.Content)
}

// Sender stores messages.
type Sender struct {
	membership *Membership
	writer     *Writer
}

// NewSender makes a Sender.
func NewSender(membership *Membership, writer *Writer) *Sender {
	return &Sender{membership: membership, writer: writer}
}

// Send stores the caller's message and gives it as it is stored; a repeat gives what was stored first.
//
// Errors: CodeForbidden, CodeNotFound as [Membership.Check]; CodeConflict, CodeUnavailable as [Writer.Append].
func (s *Sender) Send(ctx context.Context, caller Caller, in SendMessage) (Entry, error) {
	if err := s.membership.Check(ctx, caller.User, in.Room); err != nil {
		return Entry{}, err
	}
	return s.writer.Append(ctx, Draft{
		Room: in.Room, Kind: KindMessage, User: caller.User, ClientMessageID: in.ClientMessageID, Content: in.Content,
	})
}
