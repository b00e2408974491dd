package roomlog

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"serverlesschat/internal/chat"
)

// Claim says which id a client_message_id of a user in a room stands for, and for which content.
type Claim struct {
	ID          chat.EntryID
	Fingerprint Fingerprint
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
