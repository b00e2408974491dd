package chat

import "time"

// Identity is what an access token says: the user, since when and until when.
type Identity struct {
	User      UserID
	Session   SessionID
	IssuedAt  time.Time // when the token was made; zero where it does not say
	ExpiresAt time.Time // when the token ends
}

// SessionID names a sign-in of a user. All tokens that come of it have the same one, so that they can be ended together.
// It is 1-22 characters of base64url.
type SessionID string
