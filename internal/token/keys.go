package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// key is a public key and the one algorithm that it is used with.
type key struct {
	algorithm string
	public    jose.JSONWebKey
}

const minRSABits = 2048

// decodeKeys reads the setting: keys by their kid.
func decodeKeys(encoded string) (map[string]key, error) {
	if encoded == "" {
		return nil, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return nil, fmt.Errorf("token keys: not base64url: %w", err)
	}
	usable, _, err := readKeys(data)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]key, len(usable))
	for _, k := range usable {
		keys[k.public.KeyID] = k
	}
	return keys, nil
}

// CutKeys returns a JWKS with the keys of another one that tokens can be checked with, and of these what is needed for
// it: neither certificates nor thumbprints. It also returns why it left others out. Its errors are those of
// [NewVerifier].
func CutKeys(set []byte) (cut []byte, left []error, err error) {
	usable, left, err := readKeys(set)
	if err != nil {
		return nil, nil, err
	}
	var needed jose.JSONWebKeySet
	for _, k := range usable {
		needed.Keys = append(needed.Keys, k.public)
	}
	cut, err = json.Marshal(needed)
	return cut, left, err
}

// readKeys reads a JWKS. Issuers publish keys of other uses and kinds in the same set: these are left out (RFC 7517,
// 5). left says which, and why.
func readKeys(data []byte) (usable []key, left []error, err error) {
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, nil, fmt.Errorf("token keys: not a JWKS: %w", err)
	}
	if len(set.Keys) == 0 {
		return nil, nil, errors.New("token keys: there is no key in the set") // as when a key stands where a set should
	}
	seen := map[string]bool{}
	for i, raw := range set.Keys {
		k, name, err := readKey(raw)
		switch {
		case errors.Is(err, errSecret):
			return nil, nil, fmt.Errorf("token keys: key %d%s %w", i+1, name, err)
		case err != nil:
			left = append(left, fmt.Errorf("key %d%s: %w", i+1, name, err))
			continue
		case k.public.KeyID == "":
			return nil, nil, fmt.Errorf("token keys: key %d has no kid, by which a token names its key", i+1)
		case seen[k.public.KeyID]:
			return nil, nil, fmt.Errorf("token keys: two keys have the kid %q", k.public.KeyID)
		}
		seen[k.public.KeyID] = true
		usable = append(usable, k)
	}
	if len(usable) == 0 {
		return nil, nil, fmt.Errorf("token keys: no key of the set can be used: %w", errors.Join(left...))
	}
	return usable, left, nil
}

// errSecret is returned for a key that is not passed over: anyone who holds it could sign tokens.
var errSecret = errors.New("must be a public EC, RSA or Ed25519 key, and is secret: take it out of the set and out of use")

// readKey reads one key and judges whether tokens can be checked with it. name is how an error names it.
func readKey(raw json.RawMessage) (k key, name string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return k, "", errors.New("it is not a JSON object")
	}
	name = nameOf(members)
	for _, secret := range []string{"d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		if _, ok := members[secret]; ok {
			return k, name, errSecret
		}
	}
	if operations, ok := members["key_ops"]; ok && !slices.Contains(textsOf(operations), "verify") {
		return k, name, errors.New("key_ops does not hold verify")
	}
	// Certificates are not looked at, so a broken one does no harm.
	maps.DeleteFunc(members, func(member string, _ json.RawMessage) bool {
		return !slices.Contains([]string{"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}, member)
	})
	needed, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(needed, &k.public)
	}
	if err == nil {
		k.algorithm, err = algorithmOf(k.public)
	}
	return k, name, err
}

// nameOf returns how an error names a key: by its kid, if it has one.
func nameOf(members map[string]json.RawMessage) string {
	var kid string
	if json.Unmarshal(members["kid"], &kid) != nil || kid == "" {
		return ""
	}
	return fmt.Sprintf(" (kid %q)", kid)
}

func textsOf(raw json.RawMessage) (texts []string) {
	_ = json.Unmarshal(raw, &texts) // what is no list of texts holds none
	return texts
}

// algorithmOf returns the algorithm of a key: what it says, or else the usual one of its type.
func algorithmOf(k jose.JSONWebKey) (string, error) {
	if k.Use != "" && k.Use != "sig" {
		return "", fmt.Errorf("use %q is not that of a key for signatures", k.Use)
	}
	var usual, other string
	switch public := k.Key.(type) {
	case *ecdsa.PublicKey:
		usual = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}[public.Curve.Params().BitSize]
	case *rsa.PublicKey:
		if public.N.BitLen() < minRSABits {
			return "", fmt.Errorf("an RSA key must have at least %d bits", minRSABits)
		}
		usual, other = "RS256", "PS256"
	case ed25519.PublicKey:
		usual = "EdDSA"
	default:
		return "", errors.New("it must be a public EC, RSA or Ed25519 key")
	}
	switch k.Algorithm {
	case "", usual:
		return usual, nil
	case other:
		return other, nil
	}
	return "", fmt.Errorf("alg %q is not one that is accepted for its type", k.Algorithm)
}
