package auth

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
)

// Revoker ends sessions before their access tokens do: it closes their connections, and refuses their tokens until a
// time by which none of them holds.
type Revoker interface {
	Revoke(ctx context.Context, user chat.UserID, session chat.SessionID, until time.Time) error
}

// Limits counts what is limited. wait is how long until it may be done, 0 for at once.
type Limits interface {
	Admit(ctx context.Context, limits ...ratelimit.Limit) (wait time.Duration, err error)
}

// FamiliesOptions are what Families needs beside its stores.
type FamiliesOptions struct {
	Revoker   Revoker                         // nil where sessions can only run out
	SessionOf func(sid string) chat.SessionID // how a verifier names the session of the claim sid
	Life      time.Duration                   // of a family
	Random    func([]byte)
	Now       func() time.Time
}

// Families signs users in, and keeps them so. It is safe for concurrent use.
type Families struct {
	store  FamiliesStore
	signer *Signer
	opts   FamiliesOptions
}

// FamiliesStore is all that Families asks of its store.
type FamiliesStore interface {
	FamilyStore
	FamilyLists
	Limits
}

// NewFamilies makes Families.
func NewFamilies(store FamiliesStore, signer *Signer, opts FamiliesOptions) *Families {
	return &Families{store: store, signer: signer, opts: opts}
}

// Tokens are what a client gets.
type Tokens struct {
	Access     string
	AccessLife time.Duration
	Refresh    string
	EndsAt     time.Time // when the family ends
}

// ErrGrant is returned for a refresh token that holds no longer, or never did, and for a password that was changed.
var ErrGrant = chat.Errorf(chat.CodeUnauthorized, "the grant does not hold, or holds no longer")

// maxFamilies is how many sign-ins of a user hold side by side. A further one ends the one that would end first.
const maxFamilies = 30

// Open opens a family for a user who has shown the password of that version.
//
// Errors: ErrGrant where the password was changed meanwhile; CodeUnavailable.
func (s *Families) Open(ctx context.Context, user chat.UserID, passwordVersion int64) (Tokens, error) {
	if err := s.makeRoom(ctx, user); err != nil {
		return Tokens{}, fmt.Errorf("make room for a sign-in: %w", err)
	}
	now := chat.Millis(s.opts.Now())
	f := Family{
		ID: newFamilyID(s.opts.Random), User: user, Generation: 1, RotatedAt: now, EndsAt: now.Add(s.opts.Life),
	}
	opened, err := s.store.OpenFamily(ctx, f, passwordVersion)
	if err != nil {
		return Tokens{}, fmt.Errorf("open family: %w", err)
	}
	if !opened {
		return Tokens{}, ErrGrant
	}
	return s.tokens(ctx, f)
}

// makeRoom ends families of a user so that there may be one more, and forgets those that are over.
func (s *Families) makeRoom(ctx context.Context, user chat.UserID) error {
	all, err := s.store.FamiliesOf(ctx, user)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	ids := slices.SortedFunc(maps.Keys(all), func(a, b FamilyID) int {
		return cmp.Or(all[a].Compare(all[b]), cmp.Compare(a, b))
	})
	for i, id := range ids {
		if len(ids)-i < maxFamilies && now.Before(all[id]) {
			return nil
		}
		if err := s.end(ctx, user, id, now); err != nil {
			return err
		}
	}
	return nil
}

// refreshLimit is of one family. Fifty tabs may refresh at once, three times over.
func refreshLimit(id FamilyID) ratelimit.Limit {
	return ratelimit.Limit{Key: "family#" + string(id), GCRA: ratelimit.GCRA{Interval: time.Second, Burst: 200}}
}

// Refresh returns new tokens for a refresh token. attempt is a client's own random text, by which it may repeat a request
// whose answer was lost; empty for none.
//
// Errors: ErrGrant; CodeRateLimited; CodeUnavailable.
func (s *Families) Refresh(ctx context.Context, token, attempt string) (Tokens, error) {
	mac, err := s.signer.macKey(ctx)
	if err != nil {
		return Tokens{}, err
	}
	id, generation, ok := readRefreshToken(mac, token)
	if !ok {
		return Tokens{}, ErrGrant
	}
	switch wait, err := s.store.Admit(ctx, refreshLimit(id)); {
	case err != nil:
		return Tokens{}, fmt.Errorf("limit refreshing: %w", err)
	case wait > 0:
		return Tokens{}, &chat.Error{
			Code: chat.CodeRateLimited, Message: "this session refreshes too often", RetryAfter: wait,
		}
	}
	now := chat.Millis(s.opts.Now())
	f, rotated, err := s.store.RotateFamily(ctx, id, generation, hashOf(attempt), now)
	if err != nil {
		return Tokens{}, fmt.Errorf("rotate family: %w", err)
	}
	if rotated {
		return s.tokens(ctx, f)
	}
	switch f.judge(generation, hashOf(attempt), now) {
	case successor:
		return s.tokens(ctx, f)
	case reused:
		err = s.end(ctx, f.User, id, now)
	case refused:
		// Whoever ended the family may have died before its connections were closed.
		err = s.revoke(ctx, f, now)
	}
	return Tokens{}, cmp.Or(err, error(ErrGrant))
}

// Revoke ends the family of a refresh token. A token that is none of ours ends nothing, and is no error (RFC 7009, 2.2).
//
// Errors: CodeUnavailable, until all is done.
func (s *Families) Revoke(ctx context.Context, token string) error {
	mac, err := s.signer.macKey(ctx)
	if err != nil {
		return err
	}
	id, _, ok := readRefreshToken(mac, token)
	if !ok {
		return nil
	}
	return chat.Wrap("end family", s.end(ctx, "", id, s.opts.Now()))
}

// EndAll ends all families of a user but the one of a session; empty for none.
//
// Errors: CodeUnavailable, until all is done.
func (s *Families) EndAll(ctx context.Context, user chat.UserID, except chat.SessionID) error {
	all, err := s.store.FamiliesOf(ctx, user)
	if err != nil {
		return fmt.Errorf("read families: %w", err)
	}
	now := s.opts.Now()
	for id := range all {
		if s.opts.SessionOf(string(id)) == except {
			continue
		}
		if err := s.end(ctx, user, id, now); err != nil {
			return fmt.Errorf("end family: %w", err)
		}
	}
	return nil
}

// revokedFor is how long a session that was ended is refused: until its last access token is over, by any clock.
const revokedFor = AccessLife + time.Minute

// end ends a family and its session. Each step may be done again, and the order is the one in which nothing is missed:
// a family that has ended makes no token that outlives what the revoker was told, and it is in its user's list until
// all is done. The user is "" where only the family is known.
func (s *Families) end(ctx context.Context, user chat.UserID, id FamilyID, now time.Time) error {
	f, err := s.store.EndFamily(ctx, id, chat.Millis(now))
	if err != nil {
		return err
	}
	if err := s.revoke(ctx, f, now); err != nil {
		return err
	}
	if user = cmp.Or(f.User, user); user == "" {
		return nil
	}
	return s.store.ForgetFamily(ctx, user, id)
}

// revoke ends the session of a family that was ended, as long as a token of it may hold.
func (s *Families) revoke(ctx context.Context, f Family, now time.Time) error {
	if s.opts.Revoker == nil || f.EndedAt.IsZero() || !now.Before(f.EndedAt.Add(revokedFor)) {
		return nil
	}
	return s.opts.Revoker.Revoke(ctx, f.User, s.opts.SessionOf(string(f.ID)), f.EndedAt.Add(revokedFor))
}

// tokens makes the tokens of a family as it is.
func (s *Families) tokens(ctx context.Context, f Family) (Tokens, error) {
	access, err := s.signer.Sign(ctx, f.User, string(f.ID))
	if err != nil {
		return Tokens{}, fmt.Errorf("sign access token: %w", err)
	}
	mac, err := s.signer.macKey(ctx)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{
		Access: access, AccessLife: AccessLife, Refresh: refreshToken(mac, f.ID, f.Generation), EndsAt: f.EndsAt,
	}, nil
}

// hashOf returns the hash of an attempt; nil for none.
func hashOf(attempt string) []byte {
	if attempt == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(attempt))
	return sum[:]
}

// isSame reports whether two hashes are of the same attempt.
func isSame(a, b []byte) bool { return len(a) > 0 && bytes.Equal(a, b) }
