package wire

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"serverlesschat/internal/chat"
)

// codeInfo is what goes with a code: the HTTP status of REST replies and refused handshakes, and whether the same
// request may succeed later.
type codeInfo struct {
	status    int
	retryable bool
}

// codes is the one table of codes.
var codes = map[chat.Code]codeInfo{
	chat.CodeInvalid:       {http.StatusBadRequest, false},
	chat.CodeUnauthorized:  {http.StatusUnauthorized, false},
	chat.CodeForbidden:     {http.StatusForbidden, false},
	chat.CodeUnknownAction: {http.StatusNotFound, false}, // only frames have it; the status is for completeness
	chat.CodeNotFound:      {http.StatusNotFound, false},
	chat.CodeConflict:      {http.StatusConflict, false},
	chat.CodeTooLarge:      {http.StatusRequestEntityTooLarge, false},
	chat.CodeRateLimited:   {http.StatusTooManyRequests, true},
	chat.CodeUnavailable:   {http.StatusServiceUnavailable, true},
	chat.CodeInternal:      {http.StatusInternalServerError, true},
}

// internalMessage is all that a client learns of a defect.
const internalMessage = "something went wrong on our side"

// publicError returns what a client may learn of err: unknown errors become CodeInternal, and their text stays here. Which
// of several rooms failed is told all the same: each of them has its own reply.
func publicError(err error) *chat.Error {
	public := &chat.Error{Code: chat.CodeInternal, Message: internalMessage}
	if e, ok := errors.AsType[*chat.Error](err); ok {
		if e.Code != chat.CodeInternal {
			return e
		}
		public.Room = e.Room
	}
	return public
}

type errorFrame struct {
	Type      string      `json:"type"`
	RequestID string      `json:"request_id,omitempty"`
	RoomID    chat.RoomID `json:"room_id,omitempty"` // which of several rooms it is about
	Error     errorBody   `json:"error"`
}

type errorBody struct {
	Code         chat.Code `json:"code"`
	Message      string    `json:"message"`
	Retryable    bool      `json:"retryable"`
	Field        string    `json:"field,omitempty"`
	RetryAfterMs int64     `json:"retry_after_ms,omitempty"`
}

// Error returns the frame that tells err. requestID may be empty.
func Error(requestID string, err error) []byte {
	e := publicError(err)
	return encode(errorFrame{Type: "error", RequestID: requestID, RoomID: e.Room, Error: errorBody{
		Code:         e.Code,
		Message:      e.Message,
		Retryable:    codes[e.Code].retryable,
		Field:        e.Field,
		RetryAfterMs: e.RetryAfter.Milliseconds(),
	}})
}

// problem is a REST error, RFC 9457, with the code and the field as extensions.
type problem struct {
	Type         string      `json:"type"`
	Title        string      `json:"title"`
	Status       int         `json:"status"`
	Detail       string      `json:"detail"`
	Code         chat.Code   `json:"code"`
	Field        string      `json:"field,omitempty"`
	RoomID       chat.RoomID `json:"room_id,omitempty"`
	RetryAfterMs int64       `json:"retry_after_ms,omitempty"`
}

// ProblemType is the content type of what Problem returns.
const ProblemType = "application/problem+json"

// Problem returns the HTTP status and the body that tell err.
func Problem(err error) (status int, body []byte) {
	e := publicError(err)
	status = codes[e.Code].status
	return status, encode(problem{
		Type:         "about:blank",
		Title:        http.StatusText(status),
		Status:       status,
		Detail:       e.Message,
		Code:         e.Code,
		Field:        e.Field,
		RoomID:       e.Room,
		RetryAfterMs: e.RetryAfter.Milliseconds(),
	})
}

// RetryAfter returns the value of the HTTP header Retry-After, in seconds: "" when err does not say how long to wait.
func RetryAfter(err error) string {
	wait := publicError(err).RetryAfter
	if wait <= 0 {
		return ""
	}
	return strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10)
}

// Status returns the HTTP status that tells err; 200 for nil.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return codes[publicError(err).Code].status
}

// encode cannot fail: what the frames hold are strings, numbers and lists of them.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
