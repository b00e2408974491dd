package wire

import (
	"time"

	"serverlesschat/internal/chat"
)

// Goodbye returns the frame that asks a client to leave its connection.
func Goodbye(g chat.Goodbye) []byte {
	return encode(struct {
		Type      string           `json:"type"`
		Code      chat.GoodbyeCode `json:"code"`
		Reconnect bool             `json:"reconnect"`
		AfterMS   int64            `json:"after_ms"`
	}{"goodbye", g.Code, g.Reconnect, g.After.Milliseconds()})
}

// Ticket returns the body that gives a ticket out.
func Ticket(text string, ends time.Time) []byte {
	return encode(struct {
		Ticket    string `json:"ticket"`
		ExpiresAt string `json:"expires_at"`
	}{text, showTime(ends)})
}

// Reauthenticate returns the frame that asks for a fresh token.
func Reauthenticate(expires time.Time) []byte {
	return encode(struct {
		Type      string `json:"type"`
		ExpiresAt string `json:"expires_at"`
	}{"reauthenticate", showTime(expires)})
}
