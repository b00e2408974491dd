package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Claim says which id a client_message_id of a user in a room stands for, and for which content.
type Claim struct {
	ID          EntryID
	Fingerprint Fingerprint
}

// Fingerprint tells whether two drafts say the same without keeping what they say: a random salt of 16 bytes,
// then the HMAC-SHA256 of the draft's kind and content under that salt.
type Fingerprint []byte

const saltLength = 16

// fingerprint makes the fingerprint of d. salt has saltLength random bytes.
func fingerprint(d Draft, salt []byte) Fingerprint {
	mac := hmac.New(sha256.New, salt)
	for _, part := range []string{string(d.Kind), d.Content} {
		// Lengths first, so that no two lists of parts run into the same bytes.
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		mac.Write(length[:])
		mac.Write([]byte(part))
	}
	return mac.Sum(append(Fingerprint(nil), salt...))
}

// matches reports whether f was made of what d says.
func (f Fingerprint) matches(d Draft) bool {
	return len(f) > saltLength && hmac.Equal(f, fingerprint(d, f[:saltLength]))
}
