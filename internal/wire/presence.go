package wire

import (
	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
)

// Presence returns the frame that tells who is there, and who is not any more.
func Presence(all []presence.State) []byte {
	type user struct {
		UserID  chat.UserID     `json:"user_id"`
		Status  presence.Status `json:"status"`
		Version int64           `json:"version"`
	}
	users := make([]user, len(all))
	for i, s := range all {
		users[i] = user{s.User, s.Status(), s.Version}
	}
	return encode(struct {
		Type  string `json:"type"`
		Users []user `json:"users"`
	}{"presence", users})
}

// PresenceOf returns the body of GET /rooms/{room_id}/presence.
func PresenceOf(all []presence.State, next string) []byte {
	type user struct {
		UserID chat.UserID     `json:"user_id"`
		Status presence.Status `json:"status"`
	}
	users := make([]user, len(all))
	for i, s := range all {
		users[i] = user{s.User, s.Status()}
	}
	return encode(struct {
		Presence []user `json:"presence"`
		Next     string `json:"next,omitempty"`
	}{users, chat.NextCursor(next)})
}
