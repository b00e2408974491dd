package roomlog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

// Claim says which id a client_message_id of a user in a room stands for, and for which content.
type Claim struct {
	ID          chat.EntryID
	Fingerprint Fingerprint
	ExpiresAt   time.Time // zero for never
}

const (
	// claimLonger is how much longer a claim is kept than the entry that it stands for. Else a repeat near the entry's end
	// would be stored twice.
	claimLonger = time.Hour
	// claimSpare is how much of that must be left when an entry is placed. With less the claim is renewed first. So an
	// ordinary repeat, which comes soon, costs no write.
	claimSpare = claimLonger / 2
)

// claimUntil is until when the claim is kept of an entry that is placed now.
func claimUntil(now time.Time, retention time.Duration) time.Time {
	if retention <= 0 {
		return time.Time{}
	}
	return chat.Expiry(now, retention+claimLonger)
}

// outlives reports whether the claim is kept for long enough for an entry to be placed now.
func (c Claim) outlives(now time.Time, retention time.Duration) bool {
	return c.ExpiresAt.IsZero() || retention > 0 && c.ExpiresAt.After(now.Add(retention+claimSpare))
}

// Fingerprint tells whether two entries say the same, without keeping what they say. It is a random salt of SaltLength
// bytes, then the HMAC-SHA256, under that salt, of kind, content and, where there are such, target and reaction. Of a member
// entry the kind alone counts: its client_message_id names the change, and whoever finishes the change writes the same.
type Fingerprint []byte

// SaltLength is the length of a Fingerprint's salt, in bytes.
const SaltLength = 16

// NewFingerprint makes the fingerprint of what e says. salt has SaltLength random bytes.
func NewFingerprint(e chat.NewEntry, salt []byte) Fingerprint {
	mac := hmac.New(sha256.New, salt)
	// Lengths first, so that no two lists of parts run into the same bytes.
	write := func(part []byte) {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write(part)
	}
	write([]byte(e.Kind))
	if e.Kind == chat.KindMember {
		return mac.Sum(append(Fingerprint(nil), salt...))
	}
	write([]byte(e.Content))
	// An entry without a target has the fingerprint that it had before there were targets, so no old claim is a
	// conflict.
	if e.Target != 0 {
		write(binary.BigEndian.AppendUint64(nil, uint64(e.Target)))
	}
	if e.Reaction != "" {
		write([]byte(e.Reaction))
		write(fmt.Append(nil, e.Remove))
	}
	return mac.Sum(append(Fingerprint(nil), salt...))
}

// Matches reports whether f was made of what e says.
func (f Fingerprint) Matches(e chat.NewEntry) bool {
	return len(f) > SaltLength && hmac.Equal(f, NewFingerprint(e, f[:SaltLength]))
}
