package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/internal/token"
	"serverlesschat/localtest/aws/template"
)

// publish returns a key as issuers publish it: with the chain of its certificate and the certificate's thumbprint.
func publish(t *testing.T, kid, alg, use string, private crypto.Signer) jose.JSONWebKey {
	t.Helper()
	root, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := certificate(t, "Example Issuing Authority", nil, root.Public(), root)
	leaf := certificate(t, "Token Signing "+kid, authority, private.Public(), root)
	thumbprint := sha1.Sum(leaf.Raw)
	return jose.JSONWebKey{
		Key: private.Public(), KeyID: kid, Algorithm: alg, Use: use,
		Certificates: []*x509.Certificate{leaf, authority}, CertificateThumbprintSHA1: thumbprint[:],
	}
}

// certificate makes one that is signed with root, and by itself when there is no parent.
func certificate(t *testing.T, name string, parent *x509.Certificate, public crypto.PublicKey, root crypto.Signer) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}},
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(2_000_000_000, 0),
	}
	if parent == nil {
		parent = c
	}
	data, err := x509.CreateCertificate(rand.Reader, c, parent, public, root)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(data)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func newRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func keySet(t *testing.T, keys ...jose.JSONWebKey) []byte {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Two RSA keys with their certificates and one for encryption are what many issuers publish. As they are they do not
// fit.
func TestKeysOfAnIssuerBecomeAParameter(t *testing.T) {
	old, current := newRSA(t, 2048), newRSA(t, 2048)
	set := keySet(t, publish(t, "2025", "RS256", "sig", old), publish(t, "2026", "RS256", "sig", current),
		publish(t, "box", "RSA-OAEP", "enc", old))
	if whole := base64.RawURLEncoding.EncodedLen(len(set)); whole <= 4096 {
		t.Fatalf("the set has %d characters, so it would fit as it is", whole)
	}
	var out, notes bytes.Buffer
	if err := writeTokenKeys(&out, &notes, set); err != nil {
		t.Fatal(err)
	}
	value, ok := strings.CutPrefix(out.String(), "TokenKeys=")
	value, ended := strings.CutSuffix(value, "\n")
	if !ok || !ended || strings.ContainsAny(value, " \n=\"") || len(value) > 1400 {
		t.Errorf("%d characters: %s", out.Len(), &out)
	}
	if notes.String() != "left out: key 3 (kid \"box\"): use \"enc\" is not that of a key for signatures\n" {
		t.Errorf("notes: %s", &notes)
	}
	expectMembers(t, value, "alg", "e", "kid", "kty", "n", "use")
	v := verifierOf(t, value)
	for kid, private := range map[string]*rsa.PrivateKey{"2025": old, "2026": current} {
		if _, err := v.Verify(t.Context(), signed(t, kid, private)); err != nil {
			t.Errorf("a token of %s: %v", kid, err)
		}
	}
}

// expectMembers checks that the keys of a set have these members and no others.
func expectMembers(t *testing.T, value string, members ...string) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		t.Fatal(err)
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		t.Fatal(err)
	}
	for _, key := range set.Keys {
		for _, member := range members {
			if key[member] == "" {
				t.Errorf("%s is missing in %v", member, key)
			}
		}
		if len(key) != len(members) {
			t.Errorf("members %v, want %v", key, members)
		}
	}
}

func verifierOf(t *testing.T, keys string) *token.Verifier {
	t.Helper()
	v, err := token.NewVerifier(token.Options{
		Keys: keys, Issuer: "https://issuer.invalid", Audience: "chat", Types: []string{"at+jwt"}, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func signed(t *testing.T, kid string, private *rsa.PrivateKey) string {
	t.Helper()
	raw := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://issuer.invalid", "aud": "chat", "sub": "auth0|5f7c", "exp": time.Now().Add(time.Hour).Unix(),
	})
	raw.Header["kid"], raw.Header["typ"] = kid, "at+jwt"
	text, err := raw.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestKeysThatCannotBecomeAParameter(t *testing.T) {
	var many []jose.JSONWebKey
	private := newRSA(t, 2048)
	for i := range 6 {
		many = append(many, publish(t, fmt.Sprint("key-", i), "RS256", "sig", private))
	}
	for name, c := range map[string]struct {
		set  []byte
		want string
	}{
		"too many":         {keySet(t, many...), "characters and may have 2560: take out keys"},
		"none to use":      {keySet(t, publish(t, "box", "RSA-OAEP", "enc", private)), `no key of the set can be used: key 1 (kid "box")`},
		"a secret":         {keySet(t, jose.JSONWebKey{Key: private, KeyID: "a"}), "is secret"},
		"a page not found": {[]byte("<!doctype html>"), "not a JWKS"},
		"nothing":          {nil, "not a JWKS"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := writeTokenKeys(&out, &bytes.Buffer{}, c.set)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %s", &out)
			}
		})
	}
	empty := filepath.Join(t.TempDir(), "empty.json")
	if err := os.WriteFile(empty, []byte("\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := printTokenKeys(empty); err == nil || !strings.Contains(err.Error(), "the input is empty") {
		t.Errorf("an empty file: %v", err)
	}
	if err := printTokenKeys(""); err == nil || !strings.Contains(err.Error(), "FILE is missing") {
		t.Errorf("without a file: %v", err)
	}
}

// The longest keys that are printed must fit into the environment of every function that gets them.
func TestOtherSettingsLeaveRoomForTheKeys(t *testing.T) {
	const environment = 4096 // AWS Lambda quotas
	// CloudFormation gives tables names of the stack's, the resource's and 13 characters more.
	system, err := template.Load("../template.yaml", template.Options{
		StackName: "a-chat-of-a-long-name-in-production-13characters",
		Parameters: map[string]string{
			"TokenKeys":   strings.Repeat("x", maxTokenKeys),
			"TokenIssuer": "https://issuer.invalid/" + strings.Repeat("x", 80),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range system.Functions {
		size := 0
		for name, value := range f.Environment {
			size += len(name) + len(value)
		}
		if size > environment {
			t.Errorf("the environment of %s has %d bytes, and may have %d", f.Name, size, environment)
		}
		t.Logf("%s: %d bytes", f.Name, size)
	}
}
