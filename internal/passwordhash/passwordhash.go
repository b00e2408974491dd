// Package passwordhash hashes passwords with Argon2id (RFC 9106), and writes hashes as PHC strings.
package passwordhash

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"serverlesschat/internal/accounts"
)

// Parameters say how much a hash costs.
type Parameters struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// Recommended are those of the OWASP Password Storage Cheat Sheet for Argon2id with little memory.
func Recommended() Parameters { return Parameters{MemoryKiB: 19 << 10, Passes: 2, Lanes: 1} }

const (
	saltBytes = 16
	keyBytes  = 32
)

// Hasher hashes passwords. It is safe for concurrent use.
type Hasher struct {
	parameters Parameters
	random     func([]byte)
}

var _ accounts.Hasher = (*Hasher)(nil)

// New makes a Hasher that makes hashes with these parameters.
func New(parameters Parameters, random func([]byte)) *Hasher {
	return &Hasher{parameters: parameters, random: random}
}

// HashPassword implements [accounts.Hasher].
func (h *Hasher) HashPassword(_ context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	h.random(salt)
	return phc{h.parameters, salt, derive(password, salt, h.parameters, keyBytes)}.String(), nil
}

// VerifyPassword implements [accounts.Hasher].
func (h *Hasher) VerifyPassword(ctx context.Context, password, hash string) (ok bool, renewed string, err error) {
	if hash == "" {
		derive(password, make([]byte, saltBytes), h.parameters, keyBytes) // as long as for a hash of today
		return false, "", nil
	}
	stored, err := parse(hash)
	if err != nil {
		return false, "", fmt.Errorf("read stored hash: %w", err)
	}
	key := derive(password, stored.salt, stored.parameters, uint32(len(stored.key)))
	if subtle.ConstantTimeCompare(key, stored.key) != 1 {
		return false, "", nil
	}
	if stored.parameters.atLeast(h.parameters) {
		return true, "", nil
	}
	renewed, err = h.HashPassword(ctx, password)
	return true, renewed, err
}

func derive(password string, salt []byte, p Parameters, length uint32) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Lanes, length)
}

// atLeast reports whether hashes of these parameters are as strong as those of others in each.
func (p Parameters) atLeast(other Parameters) bool {
	return p.MemoryKiB >= other.MemoryKiB && p.Passes >= other.Passes && p.Lanes >= other.Lanes
}

var errForm = errors.New("it is not a PHC string of Argon2id, or one that costs too much")
