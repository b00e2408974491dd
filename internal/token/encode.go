package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/internal/auth"
)

// Encoder returns what makes access tokens (RFC 9068) of an issuer for an audience.
func Encoder(issuer, audience string) auth.Encode {
	return func(key *ecdsa.PrivateKey, kid string, c auth.Claims) (string, error) {
		t := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"iss": issuer, "aud": audience, "sub": string(c.User), "sid": c.Session, "jti": c.ID,
			"iat": c.IssuedAt.Unix(), "exp": c.ExpiresAt.Unix(),
		})
		t.Header["typ"], t.Header["kid"] = accessTokenType, kid
		signed, err := t.SignedString(key)
		if err != nil {
			return "", fmt.Errorf("sign token: %w", err)
		}
		return signed, nil
	}
}

// accessTokenType is the typ of access tokens (RFC 9068, 2.1).
const accessTokenType = "at+jwt"

// PublishedSet returns keys of ours as a JWKS (RFC 7517).
func PublishedSet(keys []auth.PublicKey) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		published, err := publishedKey(k)
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, published.public)
	}
	return json.Marshal(set)
}

func publishedKey(k auth.PublicKey) (key, error) {
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), k.Point)
	if err != nil {
		return key{}, fmt.Errorf("published key %d: %w", k.Number, err)
	}
	const algorithm = "ES256"
	return key{algorithm, jose.JSONWebKey{Key: public, KeyID: k.ID(), Algorithm: algorithm, Use: "sig"}}, nil
}
