// Package token checks access tokens: JWTs (RFC 7519) signed with asymmetric keys that the chat knows beforehand, or that
// it has published itself. It also encodes those of our own accounts.
package token

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"serverlesschat/internal/chat"
)

// Options say which tokens hold.
type Options struct {
	Keys     string // public keys: a JWKS (RFC 7517) as base64url without padding; each key that is used has a kid
	Issuer   string // the iss claim
	Audience string // one of the aud claim
	Types    []string
	Now      func() time.Time
	// Published are the keys of our own accounts' tokens; nil where there are no such accounts. Where it is slow or fails,
	// tokens of other keys than those that are known wait, or cannot be judged.
	Published KeyReader
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	keys   map[string]key
	own    *published // nil for none
	types  []string
	parser *jwt.Parser
	now    func() time.Time
}

// leeway is how far the issuer's clock may be ahead of ours.
const leeway = 30 * time.Second

// NewVerifier makes a Verifier. Without keys, issuer or audience it accepts no token. Its errors name what is wrong
// with the keys.
func NewVerifier(o Options) (*Verifier, error) {
	keys, err := decodeKeys(o.Keys)
	if err != nil {
		return nil, err
	}
	var own *published
	if o.Published != nil {
		own = &published{reader: o.Published, now: o.Now}
	}
	if o.Issuer == "" || o.Audience == "" {
		keys, own = nil, nil // the parser takes an empty issuer for one that need not be checked
	}
	return &Verifier{
		own:   own,
		keys:  keys,
		types: o.Types,
		now:   o.Now,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{"ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"}),
			jwt.WithIssuer(o.Issuer),
			jwt.WithAudience(o.Audience),
			jwt.WithExpirationRequired(),
			jwt.WithIssuedAt(),
			jwt.WithLeeway(leeway), // for nbf and iat; verify takes exp at its word
			jwt.WithStrictDecoding(),
			jwt.WithTimeFunc(o.Now),
		),
	}, nil
}

// Verify checks a token and returns the user that it names. Its error is CodeUnauthorized, with the reason as its
// cause, for the log: it never holds the token. It is CodeUnavailable where the keys cannot be read.
func (v *Verifier) Verify(ctx context.Context, raw string) (chat.Identity, error) {
	identity, err := v.verify(ctx, raw)
	if errors.Is(err, errNoKeys) {
		return chat.Identity{}, &chat.Error{Code: chat.CodeUnavailable, Message: "the token cannot be checked now; try again", Err: err}
	}
	if err != nil {
		return chat.Identity{}, &chat.Error{Code: chat.CodeUnauthorized, Message: "the token is not valid", Err: err}
	}
	return identity, nil
}

// errNoKeys is returned when the keys of our own tokens cannot be read.
var errNoKeys = errors.New("the keys cannot be read")

func (v *Verifier) verify(ctx context.Context, raw string) (chat.Identity, error) {
	if strings.ContainsAny(raw, "\r\n") {
		return chat.Identity{}, errors.New("a line break in it") // which Go's base64 passes over, even when strict
	}
	// A map, as its names count to the letter: a struct would take SUB for sub.
	claims := jwt.MapClaims{}
	if _, err := v.parser.ParseWithClaims(raw, claims, func(t *jwt.Token) (any, error) { return v.keyFor(ctx, t) }); err != nil {
		return chat.Identity{}, err
	}
	if err := checkNames(raw); err != nil {
		return chat.Identity{}, err
	}
	expires, err := claims.GetExpirationTime()
	if err != nil || expires == nil || expires.Year() > maxYear {
		return chat.Identity{}, errors.New("exp is not a time")
	}
	if !v.now().Before(expires.Time) {
		return chat.Identity{}, jwt.ErrTokenExpired
	}
	subject, err := claims.GetSubject()
	if err != nil {
		return chat.Identity{}, err
	}
	if err := chat.UserID(subject).Validate(); err != nil {
		return chat.Identity{}, fmt.Errorf("sub: %w", err)
	}
	session, err := sessionOf(claims, subject)
	if err != nil {
		return chat.Identity{}, err
	}
	identity := chat.Identity{User: chat.UserID(subject), Session: session, ExpiresAt: expires.UTC()}
	if issued, err := claims.GetIssuedAt(); err == nil && issued != nil {
		identity.IssuedAt = issued.UTC()
	}
	return identity, nil
}

// SessionID returns the session of tokens that name it so, in the claim sid (OpenID Connect Back-Channel Logout, 2.1).
func SessionID(sid string) chat.SessionID { return hashed("sid", sid) }

// sessionOf returns the session of a token: that of the claim sid. An issuer that gives none has sessions of one token,
// by its jti; without that, all tokens of a user are one session.
func sessionOf(claims jwt.MapClaims, subject string) (chat.SessionID, error) {
	for _, name := range []string{"sid", "jti"} {
		value, ok := claims[name]
		if !ok {
			continue
		}
		id, ok := value.(string)
		if !ok || id == "" {
			return "", fmt.Errorf("%s is not a text, or is empty", name)
		}
		return hashed(name, id), nil
	}
	return hashed("sub", subject), nil
}

// hashed makes a name of a claim's value, which is of any length and of any characters.
func hashed(claim, value string) chat.SessionID {
	sum := sha256.Sum256([]byte(claim + " " + value))
	return chat.SessionID(base64.RawURLEncoding.EncodeToString(sum[:sessionBytes]))
}

// sessionBytes of a hash are not met twice.
const sessionBytes = 12

// maxYear is the last that RFC 3339 can write.
const maxYear = 9999

// keyFor judges the header and returns the key that its kid names. The algorithm is the key's, never the token's word
// (RFC 8725, 3.1). Keys that the token brings or points to (jwk, jku, x5u) are not looked at.
func (v *Verifier) keyFor(ctx context.Context, t *jwt.Token) (any, error) {
	for _, name := range []string{"crit", "b64"} {
		// RFC 7515, 4.1.11: what is critical and not understood must be refused.
		if _, ok := t.Header[name]; ok {
			return nil, fmt.Errorf("the header %s is not supported", name)
		}
	}
	typ, _ := t.Header["typ"].(string)
	if !slices.ContainsFunc(v.types, func(allowed string) bool { return sameType(allowed, typ) }) {
		return nil, errors.New("typ is not allowed")
	}
	kid, _ := t.Header["kid"].(string)
	k, ok, err := v.find(ctx, kid)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNoKeys, err)
	case !ok:
		return nil, errors.New("kid names no known key")
	case k.algorithm != t.Method.Alg():
		return nil, errors.New("alg is not that of the key")
	}
	return k.public.Key, nil
}

// find returns the key that a kid names.
func (v *Verifier) find(ctx context.Context, kid string) (key, bool, error) {
	if k, ok := v.keys[kid]; ok || v.own == nil {
		return k, ok, nil
	}
	return v.own.key(ctx, kid)
}

// sameType compares media types as RFC 7515, 4.1.9 says: in any case, with or without "application/".
func sameType(a, b string) bool {
	cut := func(s string) string { return strings.TrimPrefix(strings.ToLower(s), "application/") }
	return b != "" && cut(a) == cut(b)
}

// checkNames refuses a header or payload that names something twice: readers differ in which one they take, so a token
// could be one user's here and another's elsewhere.
func checkNames(raw string) error {
	for part := range strings.SplitSeq(raw[:strings.LastIndexByte(raw, '.')], ".") {
		data, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			return err
		}
		if err := uniqueNames(data); err != nil {
			return err
		}
	}
	return nil
}
