package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"
)

// Invite names an invite by the hash of its code. The code itself is not stored.
type Invite string

// InviteLife is how long an invite holds.
const InviteLife = 7 * 24 * time.Hour

// InviteOf returns the invite of a code.
func InviteOf(code string) Invite {
	sum := sha256.Sum256([]byte(code))
	return Invite(base64.RawURLEncoding.EncodeToString(sum[:]))
}

// Invites keeps invites. Each may be used once.
type Invites interface {
	// PutInvite stores an invite that holds until a time.
	PutInvite(ctx context.Context, invite Invite, until time.Time) error
	// InviteHolds reports whether an invite may be used.
	InviteHolds(ctx context.Context, invite Invite) (bool, error)
}
