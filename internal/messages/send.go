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

// Targets reads the messages that changes are about.
type Targets interface {
	// Entry reads the entry at the id, consistently; nil when there is none.
	Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error)
}

// SenderStore is what a Sender reads before it stores.
type SenderStore interface {
	Prechecks
	Targets
}

// Sender stores messages, and changes of messages.
type Sender struct {
	membership *rooms.Membership
	store      SenderStore
	writer     *roomlog.Writer
	pusher     Pusher
}

// NewSender makes a Sender. pusher is nil when all pushing is left to the stream.
func NewSender(membership *rooms.Membership, store SenderStore, writer *roomlog.Writer, pusher Pusher) *Sender {
	return &Sender{membership: membership, store: store, writer: writer, pusher: pusher}
}

// Send stores the caller's message and returns it as it is stored; a repeat returns what was stored first. Before it
// returns it pushes what it has stored, if nobody else does.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Membership.Check]; CodeConflict, CodeUnavailable as
// [roomlog.Writer.Append].
func (s *Sender) Send(ctx context.Context, caller chat.Caller, in SendMessage) (chat.Entry, error) {
	return s.append(ctx, chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: caller.User(), ClientMessageID: in.ClientMessageID, Content: in.Content,
	}, nil)
}

// append stores an entry of a member. check judges it before it takes an id; a repeat of what is stored is not judged
// again. nil judges nothing.
func (s *Sender) append(ctx context.Context, e chat.NewEntry, check func(context.Context, chat.NewEntry) error) (chat.Entry, error) {
	member, claim, err := s.store.Precheck(ctx, e)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("precheck: %w", err)
	}
	if !member {
		return chat.Entry{}, s.membership.Refusal(ctx, e.Room)
	}
	if claim == nil && check != nil {
		if err := check(ctx, e); err != nil {
			return chat.Entry{}, err
		}
	}
	stored, appended, err := s.writer.AppendWithClaim(ctx, e, claim)
	if s.pusher != nil {
		s.pusher.Push(ctx, appended)
	}
	return stored, err
}
