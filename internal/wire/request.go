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
	r, err := parse("frame", body)
	if err != nil {
		return r, err
	}
	f := r.Fields()
	r.Action = f.Text("action")
	return r, f.Err()
}

// parse reads all that is not of one action. what says what body is.
func parse(what string, body []byte) (r Request, err error) {
	if r.fields, err = parseObject(what, body); err != nil {
		return r, err
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
	return r, checkSurrogates(what, body, r.fields)
}

// parseObject reads a JSON object. The object beside an error is what could be read.
func parseObject(what string, body []byte) (fields, error) {
	var f fields
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&f); err != nil || f == nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || err == nil {
			return f, chat.Errorf(chat.CodeInvalid, "the %s must be a JSON object", what)
		}
		return f, chat.Errorf(chat.CodeInvalid, "the %s is not JSON", what)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return f, chat.Errorf(chat.CodeInvalid, "the %s must be one JSON object", what)
	}
	return f, nil
}

// maxBody is the most bytes that the body of a request may have: as many as a frame.
const maxBody = 32 << 10

// ParseBody reads the body of a request to the HTTP API that asks for an action, as [ParseRequest] reads a frame. path
// are the parameters of the request's path. One of them wins over a field of the same name.
//
// Errors: CodeInvalid, CodeTooLarge.
func ParseBody(action string, body []byte, path map[string]string) (Request, error) {
	if len(body) > maxBody {
		return Request{}, chat.Errorf(chat.CodeTooLarge, "the body has more than %d bytes", maxBody)
	}
	r, err := parse("body", body)
	if err != nil {
		return r, err
	}
	r.Action = action
	for name, value := range path {
		r.fields[name] = encode(value)
	}
	return r, nil
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

// Objects implements [chat.Values].
func (f fields) Objects(name string) ([]chat.Values, bool, error) {
	list, ok, err := decode[[]fields](f, name, "must be a list of objects")
	values := make([]chat.Values, len(list))
	for i, object := range list {
		if object == nil {
			return nil, false, chat.Invalid(name, "must be a list of objects")
		}
		values[i] = object
	}
	return values, ok, err
}
