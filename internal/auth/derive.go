package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// secrets are what is derived from the stack's secret.
type secrets struct {
	secret []byte
	mac    []byte // the key of refresh tokens
}

// minSecretBytes is as much as the strength of what is made of it.
const minSecretBytes = 32

func newSecrets(secret []byte) (*secrets, error) {
	if len(secret) < minSecretBytes {
		return nil, fmt.Errorf("the secret has %d bytes, and must have at least %d", len(secret), minSecretBytes)
	}
	mac, err := hkdf.Key(sha256.New, secret, nil, "refresh tokens 1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key of refresh tokens: %w", err)
	}
	return &secrets{secret: secret, mac: mac}, nil
}

const (
	scalarBytes = 32 // of a private key on P-256
	// scalarTries is how many scalars are derived for a key. One in 2^32 is past the order of the curve.
	scalarTries = 4
)

// signing returns the signing key of a number.
func (s *secrets) signing(number int) (*ecdsa.PrivateKey, error) {
	for try := range scalarTries {
		info := fmt.Sprintf("signing key %d, try %d", number, try)
		scalar, err := hkdf.Key(sha256.New, s.secret, nil, info, scalarBytes)
		if err != nil {
			return nil, fmt.Errorf("derive signing key: %w", err)
		}
		if key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return key, nil
		}
	}
	return nil, errors.New("derive signing key: no scalar is on the curve")
}
