package wire

import "serverlesschat/internal/chat"

// Goodbye returns the frame that asks a client to leave its connection.
func Goodbye(g chat.Goodbye) []byte {
	return encode(struct {
		Type      string           `json:"type"`
		Code      chat.GoodbyeCode `json:"code"`
		Reconnect bool             `json:"reconnect"`
		AfterMS   int64            `json:"after_ms"`
	}{"goodbye", g.Code, g.Reconnect, g.After.Milliseconds()})
}
