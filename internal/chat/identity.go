package chat

import "time"

// Identity is who an access token names.
type Identity struct {
	User      UserID
	ExpiresAt time.Time // when the token ends
}
