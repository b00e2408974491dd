package e2e

import (
	"context"
	"errors"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/chatclient"
)

// socketDialer opens real connections for the clients of package chattest.
type socketDialer struct {
	*world
	user string

	pings bool                   // asks for reconnect_at, and moves by it
	hears func(chatclient.Frame) // goodbyes; may be nil
	dials func()                 // before each handshake; may be nil
}

var (
	_ chattest.Dialer = socketDialer{}
	_ chattest.Mover  = socket{}
)

// replyTimeout is how long a reply may take. The gateway itself reports a reply that never comes, after 29 s at the
// latest.
const replyTimeout = 40 * time.Second

// moveAhead is how long before reconnect_at a client begins to move.
const moveAhead = 200 * time.Millisecond

// Dial implements chattest.Dialer.
func (d socketDialer) Dial(ctx context.Context, push func(chat.RoomID, []chat.Entry)) (chattest.Conn, error) {
	if d.dials != nil {
		d.dials()
	}
	client, err := chatclient.Dial(ctx, d.websocket, d.token(d.user), chatclient.Options{Push: func(f chatclient.Frame) {
		if f.Type == "goodbye" && d.hears != nil {
			d.hears(f)
		}
		if f.Type != "messages" {
			return // a reply that nobody waits for any more
		}
		entries, err := entriesOf(f.Messages)
		if err != nil {
			d.Errorf("%s was pushed %+v: %v", d.user, f, err)
		}
		push(chat.RoomID(f.RoomID), entries)
	}})
	if err != nil {
		return nil, err
	}
	if d.pings {
		if err := client.AskReconnectAt(ctx, moveAhead); err != nil {
			client.Drop()
			return nil, err
		}
	}
	return socket{client}, nil
}

// socket is a connection as chattest wants it.
type socket struct {
	*chatclient.Client
}

// Join implements chattest.Conn.
func (s socket) Join(ctx context.Context, in rooms.JoinRoom) (roomlog.Page, error) {
	f := fields{"room_id": in.Room}
	if in.AfterID != nil {
		f["after_id"] = *in.AfterID
	}
	return s.askPage(ctx, "joinRoom", f)
}

// Sync implements chattest.Conn.
func (s socket) Sync(ctx context.Context, in messages.Sync) (roomlog.Page, error) {
	return s.askPage(ctx, "sync", fields{"room_id": in.Room, "after_id": in.AfterID, "limit": in.Limit})
}

func (s socket) askPage(ctx context.Context, action string, f fields) (roomlog.Page, error) {
	reply, err := s.ask(ctx, action, f)
	if err != nil {
		return roomlog.Page{}, err
	}
	return pageOf(page{
		RoomID: reply.RoomID, Messages: reply.Messages, FirstID: reply.FirstID, LastID: reply.LastID, More: reply.More,
	})
}

// Append implements chattest.Conn.
func (s socket) Append(ctx context.Context, e chat.NewEntry) (chat.Entry, error) {
	f := fields{"room_id": e.Room, "client_message_id": e.ClientMessageID}
	action := "sendMessage"
	switch e.Kind {
	case chat.KindMessage:
		f["content"] = e.Content
	case chat.KindEdit:
		action, f["target_id"], f["content"] = "editMessage", e.Target, e.Content
	case chat.KindDelete:
		action, f["target_id"] = "deleteMessage", e.Target
	default:
		action, f["target_id"], f["reaction"], f["remove"] = "react", e.Target, e.Reaction, e.Remove
	}
	reply, err := s.ask(ctx, action, f)
	if err != nil {
		return chat.Entry{}, err
	}
	stored, err := reply.Entry()
	if err != nil {
		return chat.Entry{}, err
	}
	return entryOf(stored)
}

func (s socket) ask(ctx context.Context, action string, f fields) (chatclient.Frame, error) {
	ctx, cancel := context.WithTimeout(ctx, replyTimeout)
	defer cancel()
	reply, err := s.Do(ctx, action, f)
	if failure, ok := errors.AsType[*chatclient.Error](err); ok {
		return reply, &chat.Error{Code: chat.Code(failure.Code), Message: failure.Message, Field: failure.Field}
	}
	return reply, err
}

func pageOf(p page) (roomlog.Page, error) {
	entries, err := entriesOf(p.Messages)
	return roomlog.Page{
		Room: chat.RoomID(p.RoomID), Entries: entries,
		FirstID: chat.EntryID(p.FirstID), LastID: chat.EntryID(p.LastID), More: p.More,
	}, err
}

func entriesOf(shown []entry) ([]chat.Entry, error) {
	var entries []chat.Entry
	for _, e := range shown {
		one, err := entryOf(e)
		if err != nil {
			return nil, err
		}
		entries = append(entries, one)
	}
	return entries, nil
}

func entryOf(e entry) (chat.Entry, error) {
	at, err := time.Parse(time.RFC3339, e.CreatedAt)
	if err != nil {
		return chat.Entry{}, fmt.Errorf("created_at: %w", err)
	}
	shown := chat.Entry{
		Room: chat.RoomID(e.RoomID), ID: chat.EntryID(e.ID), Kind: chat.Kind(e.Kind), User: chat.UserID(e.UserID),
		ClientMessageID: chat.ClientMessageID(e.ClientMessageID), Content: e.Content, CreatedAt: at,
		Target: chat.EntryID(e.TargetID), Reaction: chat.Reaction(e.Reaction), Remove: e.Remove,
		Subject: chat.UserID(e.Subject), Change: chat.MemberChange(e.Change), Role: chat.Role(e.Role),
		Changes: chat.Changes{UpdatedID: chat.EntryID(e.UpdatedID), Deleted: e.Deleted},
	}
	if e.EditedAt != "" {
		if shown.EditedAt, err = time.Parse(time.RFC3339, e.EditedAt); err != nil {
			return chat.Entry{}, fmt.Errorf("edited_at: %w", err)
		}
	}
	for name, users := range e.Reactions {
		if shown.Reactions == nil {
			shown.Reactions = map[chat.Reaction][]chat.UserID{}
		}
		for _, user := range users {
			shown.Reactions[chat.Reaction(name)] = append(shown.Reactions[chat.Reaction(name)], chat.UserID(user))
		}
	}
	return shown, nil
}
