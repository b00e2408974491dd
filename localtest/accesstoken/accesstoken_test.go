package accesstoken_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/localtest/accesstoken"
)

func issued() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 500, time.UTC) }

func aliceClaims() accesstoken.Claims {
	return accesstoken.Claims{
		Issuer: "https://issuer.invalid", Audience: "chat", Subject: "alice",
		IssuedAt: issued(), ExpiresAt: issued().Add(time.Hour),
	}
}

func newKey(t *testing.T) *accesstoken.Key {
	t.Helper()
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// publicKey reads the key's public half out of what JWKS gives, as a function that is given it as a setting would.
func publicKey(t *testing.T, key *accesstoken.Key) jose.JSONWebKey {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(key.JWKS())
	if err != nil {
		t.Fatalf("JWKS is not base64url without padding: %v", err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 1 {
		t.Fatalf("the set has %d keys, want 1", len(set.Keys))
	}
	return set.Keys[0]
}

func TestSignedTokenHasItsClaims(t *testing.T) {
	key := newKey(t)
	raw, err := key.Sign(aliceClaims())
	if err != nil {
		t.Fatal(err)
	}
	claims := jwt.MapClaims{}
	token, err := jwt.NewParser(
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(),
		jwt.WithIssuer("https://issuer.invalid"), jwt.WithAudience("chat"), jwt.WithTimeFunc(issued),
	).ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return publicKey(t, key).Key, nil })
	if err != nil {
		t.Fatal(err)
	}
	wantClaims := map[string]any{
		"iss": "https://issuer.invalid", "aud": "chat", "sub": "alice",
		"iat": 1795435200.0, "nbf": 1795435200.0, "exp": 1795438800.0,
	}
	expectMembers(t, claims, wantClaims)
	expectMembers(t, token.Header, map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": key.ID()})
}

func expectMembers(t *testing.T, got, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is there and should not be", name)
		}
	}
}

func TestPublicHalfIsPublicAndNamedByItsThumbprint(t *testing.T) {
	key := newKey(t)
	public := publicKey(t, key)
	if _, ok := public.Key.(*ecdsa.PublicKey); !ok {
		t.Fatalf("the set holds a %T, want a public EC key", public.Key)
	}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	want := base64.RawURLEncoding.EncodeToString(thumbprint)
	if public.KeyID != want || key.ID() != want {
		t.Errorf("kid is %q in the set and %q in tokens, want %q", public.KeyID, key.ID(), want)
	}
	if public.Algorithm != "ES256" || public.Use != "sig" {
		t.Errorf("alg %q, use %q, want ES256 and sig", public.Algorithm, public.Use)
	}
	if bytes.Contains(key.KeySet(), []byte(`"d":`)) {
		t.Error("the set holds the private part")
	}
	if strings.ContainsAny(key.JWKS(), "\"'+/= \n") {
		t.Errorf("JWKS %q would not survive as a parameter", key.JWKS())
	}
}

func TestSignRefusesMissingClaims(t *testing.T) {
	key := newKey(t)
	for name, leaveOut := range map[string]func(*accesstoken.Claims){
		"iss": func(c *accesstoken.Claims) { c.Issuer = "" },
		"aud": func(c *accesstoken.Claims) { c.Audience = "" },
		"sub": func(c *accesstoken.Claims) { c.Subject = "" },
		"iat": func(c *accesstoken.Claims) { c.IssuedAt = time.Time{} },
		"exp": func(c *accesstoken.Claims) { c.ExpiresAt = time.Time{} },
	} {
		claims := aliceClaims()
		leaveOut(&claims)
		token, err := key.Sign(claims)
		if err == nil || !strings.Contains(err.Error(), name+" is missing") || token != "" {
			t.Errorf("without %s: token %q, error %v", name, token, err)
		}
	}
}

func TestNewReportsMissingRandomness(t *testing.T) {
	if _, err := accesstoken.New(strings.NewReader("too short")); err == nil {
		t.Error("made a key from 9 bytes")
	}
}

func TestScalarOutOfRangeIsDrawnAgain(t *testing.T) {
	past := bytes.Repeat([]byte{0xff}, 32) // past the order of P-256
	good := bytes.Repeat([]byte{0x01}, 32)
	again, err := accesstoken.New(bytes.NewReader(append(past, good...)))
	if err != nil {
		t.Fatal(err)
	}
	once, err := accesstoken.New(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	if again.ID() != once.ID() {
		t.Error("the second scalar was not the one used")
	}
}
