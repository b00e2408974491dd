package chat

import "time"

// Identity is what an access token says: the user, and until when.
type Identity struct {
	User      UserID
	ExpiresAt time.Time // when the token ends
}
