package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// PublicKey is the public half of a signing key, on P-256.
type PublicKey struct {
	Number    int
	Point     []byte    // uncompressed (SEC 1, 2.3.3)
	SignFrom  time.Time // from then on it signs
	KeepUntil time.Time // from then on no token that it has signed holds; zero as long as no other key follows
}

// idBytes of a hash are not met twice.
const idBytes = 16

// ID is the kid of the tokens that the key signs.
func (k PublicKey) ID() string {
	sum := sha256.Sum256(k.Point)
	return base64.RawURLEncoding.EncodeToString(sum[:idBytes])
}

// holds reports whether tokens of the key may hold at a time.
func (k PublicKey) holds(now time.Time) bool { return k.KeepUntil.IsZero() || now.Before(k.KeepUntil) }

// KeySet is all keys that are published.
type KeySet struct {
	Version int64 // counts the changes, from 1; 0 for a set that was never stored
	Keys    []PublicKey
}

// KeyStore keeps the set of keys.
type KeyStore interface {
	// KeySet returns the set; an empty one where there is none yet.
	KeySet(ctx context.Context) (KeySet, error)
	// ReplaceKeySet stores a set, unless the version of the one that is there is not that before it.
	ReplaceKeySet(ctx context.Context, set KeySet) (replaced bool, err error)
}

const (
	// AccessLife is how long an access token holds.
	AccessLife = 10 * time.Minute
	// KeyCacheAge is how long whoever verifies or signs keeps a set of keys, and how long others may keep the JWKS.
	KeyCacheAge = 5 * time.Minute
	// publishAhead is how long a key is published before it signs: longer than anybody has an old set, with clocks that
	// differ.
	publishAhead = 2 * KeyCacheAge
	// keepOn is how long a key is kept after the next has begun to sign. A signer may have a set that is KeyCacheAge
	// old; that one has the next key too.
	keepOn = AccessLife + time.Minute
)

// Holding returns the keys of whose tokens some may hold at a time.
func (s KeySet) Holding(now time.Time) []PublicKey {
	return slices.DeleteFunc(slices.Clone(s.Keys), func(k PublicKey) bool { return !k.holds(now) })
}

// current returns the newest of our keys that may sign, and the newest of all that are ours. A key is ours if it is
// derived from our secret: another secret has others of the same number. Where none of ours may sign yet, the first is
// current: it was made just now, by a process whose clock is ahead.
func (s KeySet) current(sec *secrets, now time.Time) (current, newest *PublicKey, err error) {
	for i, k := range s.Keys {
		own, err := sec.public(k.Number)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Equal(own, k.Point) {
			continue
		}
		newest = &s.Keys[i]
		if current == nil || !k.SignFrom.After(now) {
			current = newest
		}
	}
	return current, newest, nil
}

func (s *secrets) public(number int) ([]byte, error) {
	key, err := s.signing(number)
	if err != nil {
		return nil, err
	}
	return key.PublicKey.Bytes()
}

// advanced returns the set as it is to be at a time, when a key signs for so long, and whether that is another one.
func (s KeySet) advanced(sec *secrets, now time.Time, every time.Duration) (KeySet, bool, error) {
	current, newest, err := s.current(sec, now)
	from := now // where there is no key at all, nobody keeps a set without it for long: see KeyCacheAge
	switch {
	case err != nil:
		return s, false, err
	case current != nil && current != newest:
		return s, false, nil // the next one waits
	case current != nil && now.Before(current.SignFrom.Add(every-publishAhead)):
		return s, false, nil
	case current != nil:
		from = now.Add(publishAhead)
	}
	next := KeySet{Version: s.Version + 1, Keys: s.Holding(now)}
	number := 1
	for i := range s.Keys {
		number = max(number, s.Keys[i].Number+1)
	}
	for i := range next.Keys {
		if next.Keys[i].KeepUntil.IsZero() {
			next.Keys[i].KeepUntil = from.Add(keepOn)
		}
	}
	point, err := sec.public(number)
	if err != nil {
		return s, false, err
	}
	next.Keys = append(next.Keys, PublicKey{Number: number, Point: point, SignFrom: from})
	return next, true, nil
}
