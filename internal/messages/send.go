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

// Pusher pushes what a call has stored, if nobody else does. Its failures are its own: the stream does what it leaves.
type Pusher interface {
	Push(ctx context.Context, a roomlog.Appended)
}

// Sender stores messages.
type Sender struct {
	membership *rooms.Membership
	prechecks  Prechecks
	writer     *roomlog.Writer
	pusher     Pusher
}

// NewSender makes a Sender. pusher is nil when all pushing is left to the stream.
func NewSender(membership *rooms.Membership, prechecks Prechecks, writer *roomlog.Writer, pusher Pusher) *Sender {
	return &Sender{membership: membership, prechecks: prechecks, writer: writer, pusher: pusher}
}

// Send stores the caller's message and returns it as it is stored; a repeat returns what was stored first. Before it
// returns it pushes what it has stored, if nobody else does.
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
	stored, appended, err := s.writer.AppendWithClaim(ctx, e, claim)
	if s.pusher != nil {
		s.pusher.Push(ctx, appended)
	}
	return stored, err
}
