package messages

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// SendMessage asks for a message to be stored.
type SendMessage struct {
	Room            chat.RoomID
	Content         string
	ClientMessageID chat.ClientMessageID
}

// ReadSendMessage reads the fields of the action sendMessage.
func ReadSendMessage(f *chat.Fields) SendMessage {
	return SendMessage{Room: f.Room(), Content: f.Content(), ClientMessageID: f.ClientMessageID()}
}

// Prechecks reads what must be known before an entry is stored.
type Prechecks interface {
	// Precheck reads whether the user of e is a member of its room, and the claim of e, nil when there is none: both
	// consistently, in one call.
	Precheck(ctx context.Context, e chat.NewEntry) (member bool, claim *roomlog.Claim, err error)
}

// Sender stores messages.
type Sender struct {
	membership *rooms.Membership
	prechecks  Prechecks
	writer     *roomlog.Writer
}

// NewSender makes a Sender.
func NewSender(membership *rooms.Membership, prechecks Prechecks, writer *roomlog.Writer) *Sender {
	return &Sender{membership: membership, prechecks: prechecks, writer: writer}
}

// Send stores the caller's message and returns it as it is stored; a repeat returns what was stored first.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Membership.Check]; CodeConflict, CodeUnavailable as
// [roomlog.Writer.Append].
func (s *Sender) Send(ctx context.Context, caller chat.Caller, in SendMessage) (chat.Entry, error) {
	e := chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: caller.User(), ClientMessageID: in.ClientMessageID, Content: in.Content,
	}
	member, claim, err := s.prechecks.Precheck(ctx, e)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("precheck: %w", err)
	}
	if !member {
		return chat.Entry{}, s.membership.Refusal(ctx, in.Room)
	}
	return s.writer.AppendWithClaim(ctx, e, claim)
}
