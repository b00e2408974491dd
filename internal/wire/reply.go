package wire

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Each reply goes to the caller of one action. It has requestID as it came, unless it is empty.

type header struct {
	Type      string `json:"type"`
	RequestID string `json:"request_id,omitempty"`
}

// Ack returns the reply that says that a message is stored, and how.
func Ack(requestID string, e chat.Entry) []byte {
	return encode(struct {
		header
		Message entry `json:"message"`
	}{header{"ack", requestID}, show(e)})
}

type page struct {
	RoomID   chat.RoomID  `json:"room_id"`
	Messages []entry      `json:"messages"`
	FirstID  chat.EntryID `json:"first_id"`
	LastID   chat.EntryID `json:"last_id"`
	More     bool         `json:"more"`
}

func showPage(p roomlog.Page) page {
	return page{RoomID: p.Room, Messages: showAll(p.Entries), FirstID: p.FirstID, LastID: p.LastID, More: p.More}
}

// Joined returns the reply that says that the connection gets the room from now on.
func Joined(requestID string, p roomlog.Page) []byte {
	return encode(struct {
		header
		page
	}{header{"joined", requestID}, showPage(p)})
}

// Authenticated returns the reply that says until when a connection may stay.
func Authenticated(requestID string, a connections.Authenticated) []byte {
	return encode(struct {
		header
		ExpiresAt string `json:"expires_at"`
	}{header{"authenticated", requestID}, showTime(a.ExpiresAt)})
}

// Synced returns the reply to a sync: a page of the log.
func Synced(requestID string, p roomlog.Page) []byte {
	return encode(struct {
		header
		page
	}{header{"synced", requestID}, showPage(p)})
}

// Left returns the reply that says that the connection gets the room no longer.
func Left(requestID string, room chat.RoomID) []byte {
	return encode(struct {
		header
		RoomID chat.RoomID `json:"room_id"`
	}{header{"left", requestID}, room})
}

// Pong returns the reply to a ping.
func Pong(requestID string, p rooms.Pong) []byte {
	return encode(struct {
		header
		ServerTime  string                       `json:"server_time"`
		ReconnectAt string                       `json:"reconnect_at"`
		ExpiresAt   string                       `json:"expires_at"`
		LastIDs     map[chat.RoomID]chat.EntryID `json:"last_ids"`
	}{header{"pong", requestID}, showTime(p.ServerTime), showTime(p.ReconnectAt), showTime(p.ExpiresAt), p.LastIDs})
}

// Marked returns the reply that says where the caller's cursors are.
func Marked(requestID string, m receipts.Marked) []byte {
	return encode(struct {
		header
		RoomID      chat.RoomID  `json:"room_id"`
		DeliveredID chat.EntryID `json:"delivered_id"`
		ReadID      chat.EntryID `json:"read_id"`
	}{header{"marked", requestID}, m.Room, m.DeliveredID, m.ReadID})
}

// NoReply returns the reply to what has none.
func NoReply(string, struct{}) []byte { return nil }

// Typing returns the frame that tells who types in a room, or has stopped.
func Typing(room chat.RoomID, user chat.UserID, active bool) []byte {
	return encode(struct {
		Type   string      `json:"type"`
		RoomID chat.RoomID `json:"room_id"`
		UserID chat.UserID `json:"user_id"`
		Active bool        `json:"active"`
	}{"typing", room, user, active})
}

// History returns the body of GET /rooms/{room_id}/messages.
func History(p roomlog.Page) []byte { return encode(showPage(p)) }

// Polled returns the body of GET /poll.
func Polled(pages []roomlog.Page) []byte {
	rooms := make([]page, len(pages))
	for i, p := range pages {
		rooms[i] = showPage(p)
	}
	return encode(struct {
		Rooms []page `json:"rooms"`
	}{rooms})
}

// Health returns the body of GET /health: the state of each part, "ok" or "unavailable".
func Health(status string, parts map[string]string) []byte {
	return encode(struct {
		Status string            `json:"status"`
		Parts  map[string]string `json:"parts"`
	}{status, parts})
}
