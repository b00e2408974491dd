package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/internal/token"
)

const (
	issuer   = "https://issuer.invalid"
	audience = "chat"
)

// now is the time by which all tokens in the tests are judged.
func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// object is a JSON object, as a header or the claims of a token.
type object = map[string]any

// with returns o with members changed; the value absent takes one away.
func with(o object, changes object) object {
	changed := maps.Clone(o)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ string, value any) bool { return value == absent{} })
	return changed
}

type absent struct{}

func goodHeader(kid, alg string) object { return object{"alg": alg, "typ": "at+jwt", "kid": kid} }

func goodClaims() object {
	return object{
		"iss": issuer, "aud": audience, "sub": "alice",
		"iat": now().Unix(), "nbf": now().Unix(), "exp": now().Add(time.Hour).Unix(),
	}
}

func encode(t testing.TB, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func base64url(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// sign makes a token of exactly these texts, valid or not.
func sign(t testing.TB, method jwt.SigningMethod, key any, header, claims string) string {
	t.Helper()
	return signEncoded(t, method, key, base64url(header)+"."+base64url(claims))
}

func signEncoded(t testing.TB, method jwt.SigningMethod, key any, text string) string {
	t.Helper()
	signature, err := method.Sign(text, key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// signer is a private key with the name of its public half.
type signer struct {
	kid     string
	method  jwt.SigningMethod
	private crypto.Signer
}

func (s signer) public() jose.JSONWebKey {
	return jose.JSONWebKey{Key: s.private.Public(), KeyID: s.kid, Algorithm: s.method.Alg(), Use: "sig"}
}

func (s signer) token(t testing.TB, header, claims object) string {
	t.Helper()
	return sign(t, s.method, s.private, encode(t, header), encode(t, claims))
}

func (s signer) good(t testing.TB) string {
	t.Helper()
	return s.token(t, goodHeader(s.kid, s.method.Alg()), goodClaims())
}

// signers are one per algorithm that is accepted, made once: RSA keys take their time.
var signers = sync.OnceValue(func() map[string]signer {
	made := map[string]signer{}
	add := func(method jwt.SigningMethod, private crypto.Signer, err error) {
		if err != nil {
			panic(err)
		}
		made[method.Alg()] = signer{kid: "key-" + method.Alg(), method: method, private: private}
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	add(jwt.SigningMethodES256, p256, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	add(jwt.SigningMethodES384, p384, err)
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	add(jwt.SigningMethodES512, p521, err)
	rsa1, err := rsa.GenerateKey(rand.Reader, 2048)
	add(jwt.SigningMethodRS256, rsa1, err)
	rsa2, err := rsa.GenerateKey(rand.Reader, 2048)
	add(jwt.SigningMethodPS256, rsa2, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	add(jwt.SigningMethodEdDSA, ed, err)
	return made
})

func es256() signer { return signers()["ES256"] }

// setting returns keys as the setting holds them.
func setting(t testing.TB, keys ...jose.JSONWebKey) string {
	t.Helper()
	return base64url(encode(t, jose.JSONWebKeySet{Keys: keys}))
}

func options(keys string) token.Options {
	return token.Options{Keys: keys, Issuer: issuer, Audience: audience, Types: []string{"at+jwt"}, Now: now}
}

// verifier knows the keys of all signers.
func verifier(t testing.TB) *token.Verifier {
	t.Helper()
	var keys []jose.JSONWebKey
	for _, s := range signers() {
		keys = append(keys, s.public())
	}
	v, err := token.NewVerifier(options(setting(t, keys...)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// expectHidden checks that an error's text does not hold a part of the token.
func expectHidden(t testing.TB, err error, raw string) {
	t.Helper()
	for part := range strings.SplitSeq(raw, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part) {
			t.Errorf("the error holds the token: %v", err)
		}
	}
}
