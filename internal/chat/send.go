package chat

import (
	"context"
	"fmt"
)

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

// Standings reads what must be known before a message is stored.
type Standings interface {
	// Standing reads whether the draft's user is a member of its room, and the draft's claim, nil when there is none: both
	// consistently, in one call.
	Standing(ctx context.Context, d Draft) (member bool, claim *Claim, err error)
}

// Sender stores messages.
type Sender struct {
	membership *Membership
	standings  Standings
	writer     *Writer
}

// NewSender makes a Sender.
func NewSender(membership *Membership, standings Standings, writer *Writer) *Sender {
	return &Sender{membership: membership, standings: standings, writer: writer}
}

// Send stores the caller's message and gives it as it is stored; a repeat gives what was stored first.
//
// Errors: CodeForbidden, CodeNotFound as [Membership.Check]; CodeConflict, CodeUnavailable as [Writer.Append].
func (s *Sender) Send(ctx context.Context, caller Caller, in SendMessage) (Entry, error) {
	d := Draft{
		Room: in.Room, Kind: KindMessage, User: caller.User, ClientMessageID: in.ClientMessageID, Content: in.Content,
	}
	member, claim, err := s.standings.Standing(ctx, d)
	if err != nil {
		return Entry{}, fmt.Errorf("read standing: %w", err)
	}
	if !member {
		return Entry{}, s.membership.refusal(ctx, in.Room)
	}
	return s.writer.appendKnowing(ctx, d, claim)
}
