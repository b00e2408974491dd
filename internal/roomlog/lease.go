package roomlog

import "encoding/hex"

// leaseBytes is how long the random part of a token is: no two calls ever have the same.
const leaseBytes = 12

// NewLease makes the token of one call. random fills a slice with random bytes.
func NewLease(random func([]byte)) Lease {
	token := make([]byte, leaseBytes)
	random(token)
	return Lease(hex.EncodeToString(token))
}

// IsToken reports whether one call holds the lease.
func (l Lease) IsToken() bool { return l != NoLease && l != StreamLease }
