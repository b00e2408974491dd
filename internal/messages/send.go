package messages

import (
	"context"
	"fmt"
	"time"

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
	// Precheck reads what the user of e may do in its room, and the claim of e, nil when there is none: both
	// consistently, in one call.
	Precheck(ctx context.Context, e chat.NewEntry) (access rooms.Access, claim *roomlog.Claim, err error)
}

// Pacer keeps when members have last written.
type Pacer interface {
	// Pace notes that a member writes now, unless the last time is less than "every" ago. It returns how long to wait, 0
	// when it is noted.
	Pace(ctx context.Context, user chat.UserID, room chat.RoomID, every time.Duration) (wait time.Duration, err error)
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
	Pacer
	Recorder
}

// Recorder keeps what moderators do.
type Recorder interface {
	// Record is [rooms.Audit].Record.
	Record(ctx context.Context, d rooms.Deed) error
}

// Sender stores messages, and changes of messages.
type Sender struct {
	store  SenderStore
	writer *roomlog.Writer
	pusher Pusher
}

// NewSender makes a Sender. pusher is nil when all pushing is left to the stream.
func NewSender(store SenderStore, writer *roomlog.Writer, pusher Pusher) *Sender {
	return &Sender{store: store, writer: writer, pusher: pusher}
}

// Send stores the caller's message and returns it as it is stored; a repeat returns what was stored first. Before it
// returns it pushes what it has stored, if nobody else does.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May]; CodeRateLimited in a room's slow mode; CodeConflict,
// CodeUnavailable as [roomlog.Writer.Append].
func (s *Sender) Send(ctx context.Context, caller chat.Caller, in SendMessage) (chat.Entry, error) {
	return s.append(ctx, caller, chat.NewEntry{
		Room: in.Room, Kind: chat.KindMessage, User: caller.User(), ClientMessageID: in.ClientMessageID, Content: in.Content,
	}, rooms.Send, func(ctx context.Context, a rooms.Access) error { return s.pace(ctx, caller.User(), a) })
}

// append stores an entry of a member that has the right. check judges it before it takes an id; a repeat of what is
// stored is not judged again. Whether the caller is let in is found out meanwhile.
func (s *Sender) append(
	ctx context.Context, caller chat.Caller, e chat.NewEntry, right rooms.Right,
	check func(context.Context, rooms.Access) error,
) (chat.Entry, error) {
	access, claim, err := s.store.Precheck(ctx, e)
	if refused := caller.Admit(); refused != nil {
		return chat.Entry{}, refused
	}
	if err != nil {
		return chat.Entry{}, fmt.Errorf("precheck: %w", err)
	}
	if err := access.May(right); err != nil {
		return chat.Entry{}, err
	}
	e.Retention = access.Room.Retention
	if claim == nil {
		if err := check(ctx, access); err != nil {
			if claim = s.claimedSince(ctx, e, err); claim == nil {
				return chat.Entry{}, err
			}
		}
	}
	stored, appended, err := s.writer.AppendWithClaim(ctx, e, claim)
	if s.pusher != nil {
		s.pusher.Push(ctx, appended)
	}
	return stored, err
}

// claimedSince returns the claim of an entry that was refused though it was stored meanwhile: a repeat that runs beside the
// first one may find what that one has changed, such as a message that it has deleted. It returns nil where there is none.
func (s *Sender) claimedSince(ctx context.Context, e chat.NewEntry, refused error) *roomlog.Claim {
	if code := chat.CodeOf(refused); code == chat.CodeInternal || code == chat.CodeUnavailable {
		return nil
	}
	_, claim, err := s.store.Precheck(ctx, e)
	if err != nil {
		return nil
	}
	return claim
}

// pace keeps to the slow mode of a room, for those who must.
func (s *Sender) pace(ctx context.Context, user chat.UserID, a rooms.Access) error {
	if a.Room.SlowMode == 0 || a.May(rooms.SkipSlow) == nil {
		return nil
	}
	wait, err := s.store.Pace(ctx, user, a.Room.ID, a.Room.SlowMode)
	if err != nil {
		return fmt.Errorf("pace: %w", err)
	}
	if wait > 0 {
		return &chat.Error{
			Code: chat.CodeRateLimited, RetryAfter: wait,
			Message: fmt.Sprintf("the room is in slow mode: one message every %d seconds", a.Room.SlowMode/time.Second),
		}
	}
	return nil
}
