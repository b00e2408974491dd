// Package accesstoken makes access tokens for local use. It keeps a signing key in a file, returns its public half in
// the form of the functions' settings, and signs JWTs (RFC 7519) of the type at+jwt (RFC 9068).
//
// It is for development machines and tests. A deployed system has an issuer of its own, and only knows its public keys.
package accesstoken

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// Key signs tokens with ES256. It is safe for concurrent use.
type Key struct {
	private *ecdsa.PrivateKey
	id      string
	set     []byte
}

// New makes a key from random bytes; it is kept nowhere.
func New(random io.Reader) (*Key, error) {
	private, err := generate(random)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return newKey(private)
}

// scalarBytes is the length of a private key on P-256.
const scalarBytes = 32

// generate does what ecdsa.GenerateKey did before Go 1.26 took the source of randomness out of its callers' hands.
func generate(random io.Reader) (*ecdsa.PrivateKey, error) {
	scalar := make([]byte, scalarBytes)
	for {
		if _, err := io.ReadFull(random, scalar); err != nil {
			return nil, err
		}
		// One in 2^32 scalars is past the order of the curve.
		if private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar); err == nil {
			return private, nil
		}
	}
}

func newKey(private *ecdsa.PrivateKey) (*Key, error) {
	public := jose.JSONWebKey{Key: &private.PublicKey, Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("thumbprint of signing key: %w", err)
	}
	public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	if err != nil {
		return nil, fmt.Errorf("encode public key: %w", err)
	}
	return &Key{private: private, id: public.KeyID, set: set}, nil
}

// ID is the kid of the tokens: the key's thumbprint (RFC 7638, SHA-256).
func (k *Key) ID() string { return k.id }

// KeySet is the public key as a JWKS (RFC 7517).
func (k *Key) KeySet() []byte { return append([]byte(nil), k.set...) }

// JWKS is the public key as a JWKS, as base64url without padding: the form that survives as a parameter of a template.
func (k *Key) JWKS() string { return base64.RawURLEncoding.EncodeToString(k.set) }

// Claims are what a token says. All but NotBefore must be given.
type Claims struct {
	Issuer    string    // iss
	Audience  string    // aud
	Subject   string    // sub
	IssuedAt  time.Time // iat, cut to the second
	NotBefore time.Time // nbf; IssuedAt when it is zero
	ExpiresAt time.Time // exp, cut to the second
}

func (c Claims) validate() error {
	switch {
	case c.Issuer == "":
		return errors.New("iss is missing")
	case c.Audience == "":
		return errors.New("aud is missing")
	case c.Subject == "":
		return errors.New("sub is missing")
	case c.IssuedAt.IsZero():
		return errors.New("iat is missing")
	case c.ExpiresAt.IsZero():
		return errors.New("exp is missing")
	}
	return nil
}

// Sign returns the token with the claims c. It signs expired claims, too. It refuses only claims that are missing.
func (k *Key) Sign(c Claims) (string, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	if c.NotBefore.IsZero() {
		c.NotBefore = c.IssuedAt
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": c.Issuer, "aud": c.Audience, "sub": c.Subject,
		"iat": c.IssuedAt.Unix(), "nbf": c.NotBefore.Unix(), "exp": c.ExpiresAt.Unix(),
	})
	token.Header["typ"] = "at+jwt"
	token.Header["kid"] = k.id
	signed, err := token.SignedString(k.private)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return signed, nil
}
