package token_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/token"
)

func newP256(random io.Reader) (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), random)
}

func TestBadKeys(t *testing.T) {
	good := es256().public()
	changed := func(change func(*jose.JSONWebKey)) string {
		k := good
		change(&k)
		return setting(t, k)
	}
	cases := map[string]struct{ keys, want string }{
		"a private key":   {changed(func(k *jose.JSONWebKey) { k.Key = es256().private }), "public"},
		"a symmetric key": {setting(t, jose.JSONWebKey{Key: []byte("0123456789abcdef"), KeyID: "a", Algorithm: "HS256"}), "public"},
		"no kid":          {changed(func(k *jose.JSONWebKey) { k.KeyID = "" }), "kid"},
		"a kid twice":     {setting(t, good, good), "two keys"},
		"for encryption":  {changed(func(k *jose.JSONWebKey) { k.Use = "enc" }), "use"},
		"alg of a larger curve": {
			changed(func(k *jose.JSONWebKey) { k.Algorithm = "ES384" }), "alg",
		},
		"alg of another type": {changed(func(k *jose.JSONWebKey) { k.Algorithm = "RS256" }), "alg"},
		"alg not ours": {
			setting(t, jose.JSONWebKey{Key: signers()["RS256"].private.Public(), KeyID: "a", Algorithm: "RS384"}), "alg",
		},
		"RSA of 1024 bits": {smallRSA(), "2048 bits"},
		"not base64":       {"{}!", "base64url"},
		"JSON as it is":    {`{"keys":[]}`, "base64url"},
		"standard base64":  {base64.StdEncoding.EncodeToString([]byte(`{"keys":[],"a":"ÿÿÿ>>>???"}`)), "base64url"},
		"not JSON":         {base64url("hello"), "JWKS"},
		"cut short":        {base64url(`{"keys":[`), "JWKS"},
		"a list":           {base64url("[]"), "JWKS"},
		"an empty set":     {base64url(`{"keys":[]}`), "no key"},
		"a key, not a set": {base64url(encode(t, good)), "no key"},
		"unknown type":     {base64url(`{"keys":[{"kty":"XYZ","kid":"a"}]}`), "JWKS"},
		"unknown curve":    {base64url(`{"keys":[{"kty":"EC","crv":"P-192","kid":"a","x":"AA","y":"AA"}]}`), "JWKS"},
		"not on its curve": {base64url(`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"` + zeros + `","y":"` + zeros + `"}]}`), "JWKS"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := token.NewVerifier(options(c.keys))
			if err == nil || !strings.Contains(err.Error(), "token keys: ") || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is %v, want one with %q", err, c.want)
			}
			if strings.Contains(err.Error(), c.keys) {
				t.Errorf("the error tells the keys: %v", err)
			}
		})
	}
}

var zeros = base64.RawURLEncoding.EncodeToString(make([]byte, 32))

// smallRSA is a key too small to be made any more by Go, but still met; the number need not be a product of primes.
func smallRSA() string {
	n := make([]byte, 128)
	for i := range n {
		n[i] = 0xf1
	}
	return base64url(`{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(n) + `"}]}`)
}

// An issuer need not say alg, nor use: the algorithm is then the usual one of the key's type, and no other.
func TestKeysWithoutAlg(t *testing.T) {
	for algorithm, s := range signers() {
		want := chat.Code("")
		if algorithm == "PS256" { // of an RSA key, RS256 is the usual one
			want = chat.CodeUnauthorized
		}
		k := s.public()
		k.Algorithm, k.Use = "", ""
		v, err := token.NewVerifier(options(setting(t, k)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(s.good(t)); chat.CodeOf(err) != want {
			t.Errorf("%s: error %v, want %q", algorithm, err, want)
		}
	}
}

// A JWKS often comes with certificates and names that we have no use for.
func TestKeysWithMoreInThem(t *testing.T) {
	set := strings.Replace(encode(t, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{es256().public()}}),
		`{"keys":[{`, `{"next":null,"keys":[{"key_ops":["verify"],"nbf":1,`, 1)
	v, err := token.NewVerifier(options(base64url(set + "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(es256().good(t)); err != nil {
		t.Error(err)
	}
}

func FuzzNewVerifier(f *testing.F) {
	f.Add(encode(f, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{es256().public()}}))
	f.Add(encode(f, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{signers()["RS256"].public(), signers()["EdDSA"].public()}}))
	f.Add(`{"keys":[{"kty":"oct","k":"AA","kid":"a"}]}`)
	f.Add(`{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA","d":"AA"}]}`)
	f.Add(`{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"AA"}]}`)
	f.Add(`{"keys":[null]}`)
	f.Fuzz(func(t *testing.T, set string) {
		v, err := token.NewVerifier(options(base64url(set)))
		if (v == nil) == (err == nil) {
			t.Errorf("verifier %v, error %v", v, err)
		}
	})
}
