package messages

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// SendMessage is what a client gives to send a message.
type SendMessage struct {
	Room            chat.RoomID
	Content         string
	ClientMessageID chat.ClientMessageID
}

// Validate reports the first field that is wrong.
func (in SendMessage) Validate() error {
	if err := in.Room.Validate(); err != nil {
		return err
	}
	if err := in.ClientMessageID.Validate(); err != nil {
		return err
	}
	return chat.ValidateContent(in.Content)
}

// Standings reads what must be known before a message is stored.
type Prechecks interface {
	// Standing reads whether the draft's user is a member of its room, and the draft's claim, nil when there is none: both
	// consistently, in one call.
	Precheck(ctx context.Context, d chat.NewEntry) (member bool, claim *roomlog.Claim, err error)
}

// Sender stores messages.
type Sender struct {
	membership *rooms.Membership
	standings  Prechecks
	writer     *roomlog.Writer
}

// NewSender makes a Sender.
func NewSender(membership *rooms.Membership, standings Prechecks, writer *roomlog.Writer) *Sender {
	return &Sender{membership: membership, standings: standings, writer: writer}
}

// Send stores the caller's message and gives it as it is stored; a repeat gives what was stored first.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Membership.Check]; CodeConflict, CodeUnavailable as [roomlog.Writer.Append].
func (s *Sender) Send(ctx context.Context, caller chat.Caller, in SendMessage) (chat.Entry, error) {
	d := chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: caller.User(), ClientMessageID: in.ClientMessageID, Content: in.Content,
	}
	member, claim, err := s.standings.Precheck(ctx, d)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("read standing: %w", err)
	}
	if !member {
		return chat.Entry{}, s.membership.Refusal(ctx, in.Room)
	}
	return s.writer.AppendWithClaim(ctx, d, claim)
}
