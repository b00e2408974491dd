package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"serverlesschat/internal/chat"
)

// Request is a client's frame: an action, and fields, which the action decodes. Unknown fields are ignored, so that an
// old server takes a new client's frames. Names count to the letter. A field that is null counts as left out.
type Request struct {
	Action    string
	RequestID string // empty when there is none, or a bad one
	fields    fields
}

// ParseRequest reads a frame. Its error is CodeInvalid. The Request beside an error has what could be read.
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
	id, ok, err := r.fields.Text("request_id")
	if err != nil {
		return r, err
	}
	if ok {
		if err := chat.ValidateLabel("request_id", id); err != nil {
			return r, err
		}
		r.RequestID = id
	}
	if err := checkSurrogates(body, r.fields); err != nil {
		return r, err
	}
	f := r.Fields()
	r.Action = f.Text("action")
	return r, f.Err()
}

// Fields reads the fields of the frame's action.
func (r Request) Fields() *chat.Fields { return chat.NewFields(r.fields) }

// RoomLabel returns the frame's room for the log, if it is a valid name; else "".
func (r Request) RoomLabel() string {
	f := r.Fields()
	room := f.Room()
	if f.Err() != nil {
		return ""
	}
	return string(room)
}

// fields are those of a JSON object. It implements [chat.Values].
type fields map[string]json.RawMessage

// Text implements [chat.Values].
func (f fields) Text(name string) (string, bool, error) {
	return decode[string](f, name, "must be a string")
}

// Texts implements [chat.Values].
func (f fields) Texts(name string) ([]string, bool, error) {
	values, ok, err := decode[[]*string](f, name, "must be a list of strings")
	texts := make([]string, len(values))
	for i, value := range values {
		if value == nil {
			return nil, false, chat.Invalid(name, "must be a list of strings")
		}
		texts[i] = *value
	}
	return texts, ok, err
}

// Flag implements [chat.Values].
func (f fields) Flag(name string) (value, ok bool, err error) {
	return decode[bool](f, name, "must be true or false")
}

// Integer implements [chat.Values]. It takes no fraction and no exponent, not even where the number is whole.
func (f fields) Integer(name string) (int64, bool, error) {
	raw := string(f[name])
	if raw == "" || raw == "null" {
		return 0, false, nil
	}
	value, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		return 0, false, chat.Invalid(name, "must be an integer")
	}
	return value, true, nil
}

func decode[T any](f fields, name, otherwise string) (value T, ok bool, err error) {
	raw, ok := f[name]
	if !ok || string(raw) == "null" {
		return value, false, nil
	}
	if json.Unmarshal(raw, &value) != nil {
		return value, false, chat.Invalid(name, "%s", otherwise)
	}
	return value, true, nil
}
