package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Request is a client's frame: an action, and fields that are decoded when it is known what they should be. Unknown
// fields are ignored, so that an old server takes a new client's frames. Names count to the letter; null is as if the
// field were not there.
type Request struct {
	Action    string
	RequestID string // empty when there is none, or a bad one
	fields    map[string]json.RawMessage
}

// ParseRequest reads a frame. Its error is CodeInvalid; the Request that comes with it has what could be read.
func ParseRequest(body []byte) (Request, error) {
	var r Request
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&r.fields); err != nil || r.fields == nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || err == nil {
			return r, chat.Errorf(chat.CodeInvalid, "the frame must be a JSON object")
		}
		return r, chat.Errorf(chat.CodeInvalid, "the frame is not JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return r, chat.Errorf(chat.CodeInvalid, "the frame must be one JSON object")
	}
	id, err := r.text("request_id")
	if err != nil {
		return r, err
	}
	if id != nil {
		if err := chat.ValidateLabel("request_id", *id); err != nil {
			return r, err
		}
		r.RequestID = *id
	}
	r.Action, err = r.need("action")
	return r, err
}

// text gives a field that must be a string; nil when it is not there.
func (r Request) text(name string) (*string, error) {
	raw, ok := r.fields[name]
	if !ok {
		return nil, nil
	}
	var value *string
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, chat.Invalid(name, "must be a string")
	}
	return value, nil
}

// need gives a field that must be there and be a string.
func (r Request) need(name string) (string, error) {
	value, err := r.text(name)
	if err != nil {
		return "", err
	}
	if value == nil {
		return "", chat.Invalid(name, "is missing")
	}
	return *value, nil
}

// integer gives a field that must be an integer; nil when it is not there.
func (r Request) integer(name string) (*int64, error) {
	raw := string(r.fields[name])
	if raw == "" || raw == "null" {
		return nil, nil
	}
	value, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return nil, chat.Invalid(name, "must be an integer")
	}
	return &value, nil
}

// entryID is integer, as the id of an entry.
func (r Request) entryID(name string) (*chat.EntryID, error) {
	value, err := r.integer(name)
	return (*chat.EntryID)(value), err
}

// SendMessage reads the fields of that action.
func (r Request) SendMessage() (in messages.SendMessage, err error) {
	if in.Room, err = r.room(); err != nil {
		return in, err
	}
	if in.Content, err = r.need("content"); err != nil {
		return in, err
	}
	id, err := r.need("client_message_id")
	in.ClientMessageID = chat.ClientMessageID(id)
	return in, err
}

// JoinRoom reads the fields of that action.
func (r Request) JoinRoom() (in rooms.JoinRoom, err error) {
	if in.Room, err = r.room(); err != nil {
		return in, err
	}
	in.AfterID, err = r.entryID("after_id")
	return in, err
}

// LeaveRoom reads the fields of that action.
func (r Request) LeaveRoom() (in rooms.LeaveRoom, err error) {
	in.Room, err = r.room()
	return in, err
}

// Sync reads the fields of that action.
func (r Request) Sync() (in messages.Sync, err error) {
	if in.Room, err = r.room(); err != nil {
		return in, err
	}
	after, err := r.entryID("after_id")
	if err != nil {
		return in, err
	}
	if after == nil {
		return in, chat.Invalid("after_id", "is missing")
	}
	limit, err := r.integer("limit")
	in.AfterID, in.Limit = *after, pageLimit(limit)
	return in, err
}

// Ping reads the fields of that action.
func (r Request) Ping() (in rooms.Ping, err error) {
	if raw, ok := r.fields["room_ids"]; ok {
		if json.Unmarshal(raw, &in.Rooms) != nil {
			return in, chat.Invalid("room_ids", "must be a list of strings")
		}
	}
	return in, nil
}

func (r Request) room() (chat.RoomID, error) {
	room, err := r.need("room_id")
	return chat.RoomID(room), err
}

// pageLimit gives the limit asked for, the default when there is none, and 0 (which no rule takes) for one that is out
// of range.
func pageLimit(limit *int64) int {
	switch {
	case limit == nil:
		return roomlog.DefaultPageLimit
	case *limit < 1 || *limit > roomlog.MaxPageLimit:
		return 0
	}
	return int(*limit)
}

// RoomLabel gives the frame's room for the log, if it is a valid name; else "".
func (r Request) RoomLabel() string {
	room, err := r.room()
	if err != nil || room.Validate() != nil {
		return ""
	}
	return string(room)
}
