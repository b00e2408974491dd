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
	cases := map[string]struct{ keys, want string }{
		"a private key":    {setting(t, jose.JSONWebKey{Key: es256().private, KeyID: "a"}), "public"},
		"a symmetric key":  {setting(t, symmetric()), "public"},
		"not base64":       {"{}!", "base64url"},
		"JSON as it is":    {`{"keys":[]}`, "base64url"},
		"standard base64":  {base64.StdEncoding.EncodeToString([]byte(`{"keys":[],"a":"ÿÿÿ>>>???"}`)), "base64url"},
		"not JSON":         {base64url("hello"), "JWKS"},
		"cut short":        {base64url(`{"keys":[`), "JWKS"},
		"a list":           {base64url("[]"), "JWKS"},
		"keys of no list":  {base64url(`{"keys":"a"}`), "JWKS"},
		"an empty set":     {base64url(`{"keys":[]}`), "no key"},
		"a key, not a set": {base64url(encode(t, good)), "no key"},

		"a secret key beside a good one": {setting(t, good, symmetric()), `key 2 (kid "secret") must be a public`},
		"no kid beside a good one":       {setting(t, good, jose.JSONWebKey{Key: good.Key}), "key 2 has no kid"},
		"a kid twice":                    {setting(t, good, good), "two keys"},
	}
	for _, secret := range []string{"d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"} { // RFC 7518, 6; "priv": of AKP keys
		key := strings.Replace(encode(t, good), "{", `{"`+secret+`":"AA",`, 1)
		cases["a public key with the secret member "+secret] = struct{ keys, want string }{
			base64url(`{"keys":[` + encode(t, signers()["EdDSA"].public()) + "," + key + `]}`), "out of use",
		}
	}
	for name, key := range unusableKeys(t) {
		cases[name] = struct{ keys, want string }{base64url(`{"keys":[` + key.text + `]}`), key.why}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := token.NewVerifier(options(c.keys))
			if err == nil || !strings.Contains(err.Error(), "token keys: ") || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error is %v, want one with %q", err, c.want)
			}
			if strings.Contains(err.Error(), c.keys) {
				t.Errorf("the error holds the keys: %v", err)
			}
		})
	}
}

func symmetric() jose.JSONWebKey {
	return jose.JSONWebKey{Key: []byte("0123456789abcdef"), KeyID: "secret", Algorithm: "HS256"}
}

// unusableKeys are keys that no token can be checked with, and words of the reason.
func unusableKeys(t *testing.T) map[string]struct{ text, why string } {
	changed := func(change func(*jose.JSONWebKey)) string {
		k := es256().public()
		k.KeyID = "other"
		change(&k)
		return encode(t, k)
	}
	public := encode(t, es256().public())
	return map[string]struct{ text, why string }{
		"for encryption":             {changed(func(k *jose.JSONWebKey) { k.Use = "enc" }), `(kid "other"): use "enc"`},
		"for encryption, no kid":     {changed(func(k *jose.JSONWebKey) { k.Use, k.KeyID = "enc", "" }), `use "enc"`},
		"for encryption, a kid more": {changed(func(k *jose.JSONWebKey) { k.Use, k.KeyID = "enc", es256().kid }), `use "enc"`},
		"for wrapping keys":          {strings.Replace(public, "{", `{"key_ops":["wrapKey"],`, 1), "key_ops"},
		"for nothing":                {strings.Replace(public, "{", `{"key_ops":null,`, 1), "key_ops"},
		"alg of encryption":          {changed(func(k *jose.JSONWebKey) { k.Algorithm, k.Use = "ECDH-ES", "" }), "alg"},
		"alg of a larger curve":      {changed(func(k *jose.JSONWebKey) { k.Algorithm = "ES384" }), "alg"},
		"alg of another type":        {changed(func(k *jose.JSONWebKey) { k.Algorithm = "RS256" }), "alg"},
		"alg not ours": {
			changed(func(k *jose.JSONWebKey) { k.Key, k.Algorithm = signers()["RS256"].private.Public(), "RS384" }), "alg",
		},
		"RSA of 1024 bits":      {smallRSA(), "2048 bits"},
		"unknown type":          {`{"kty":"XYZ","kid":"a"}`, "unsupported"},
		"a type that is coming": {`{"kty":"AKP","kid":"a","alg":"ML-DSA-44","pub":"AAAA"}`, `kid "a"`},
		"no type":               {`{"kid":"a"}`, "type"},
		"unknown curve":         {`{"kty":"EC","crv":"P-192","kid":"a","x":"AA","y":"AA"}`, "curve"},
		"Bitcoin's curve":       {`{"kty":"EC","crv":"secp256k1","kid":"a","x":"` + zeros + `","y":"` + zeros + `"}`, "curve"},
		"for agreeing on keys":  {`{"kty":"OKP","crv":"X25519","kid":"a","x":"` + zeros + `"}`, "unsupported"},
		"not on its curve":      {`{"kty":"EC","crv":"P-256","kid":"a","x":"` + zeros + `","y":"` + zeros + `"}`, "curve"},
		"not base64":            {`{"kty":"OKP","crv":"Ed25519","kid":"a","x":"!"}`, "base64"},
		"kid not a text":        {`{"kty":"OKP","crv":"Ed25519","kid":1,"x":"` + zeros + `"}`, "string"},
		"null":                  {"null", "not a JSON object"},
		"a text":                {`"a"`, "not a JSON object"},
	}
}

// Issuers publish keys of other uses and kinds in the same set, and will of kinds that nobody knows yet.
func TestUnusableKeysAreLeftOut(t *testing.T) {
	for name, key := range unusableKeys(t) {
		t.Run(name, func(t *testing.T) {
			good := encode(t, es256().public())
			for _, keys := range []string{key.text + "," + good, good + "," + key.text} {
				v, err := token.NewVerifier(options(base64url(`{"keys":[` + keys + `]}`)))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := v.Verify(t.Context(), es256().good(t)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

var zeros = base64.RawURLEncoding.EncodeToString(make([]byte, 32))

// smallRSA is a key too small to be made any more by Go, but still met. The number need not be a product of primes.
func smallRSA() string {
	n := make([]byte, 128)
	for i := range n {
		n[i] = 0xf1
	}
	return `{"kty":"RSA","kid":"a","e":"AQAB","n":"` + base64.RawURLEncoding.EncodeToString(n) + `"}`
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
		if _, err := v.Verify(t.Context(), s.good(t)); chat.CodeOf(err) != want {
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
	if _, err := v.Verify(t.Context(), es256().good(t)); err != nil {
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

func FuzzCutKeys(f *testing.F) {
	f.Add(encode(f, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{es256().public(), signers()["RS256"].public()}}))
	f.Add(`{"keys":[{"kty":"EC","use":"enc"},null]}`)
	f.Add(`{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"AA","x5c":["AA"]}]}`)
	f.Fuzz(func(t *testing.T, set string) {
		if set == "" {
			t.Skip() // as a setting it means that there are no keys
		}
		cut, _, err := token.CutKeys([]byte(set))
		if _, refused := token.NewVerifier(options(base64url(set))); (refused == nil) != (err == nil) {
			t.Fatalf("cut: %v; taken as a setting: %v", err, refused)
		}
		if err != nil {
			return
		}
		again, left, err := token.CutKeys(cut)
		if err != nil || len(left) > 0 || string(again) != string(cut) {
			t.Errorf("cut once: %s; twice: %s, %v, %v", cut, again, left, err)
		}
	})
}
