package auth

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/chat"
)

// Claims are what an access token says.
type Claims struct {
	User      chat.UserID
	Session   string // the claim sid
	ID        string // the claim jti
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Encode makes a token of claims, signed with a key that kid names.
type Encode func(key *ecdsa.PrivateKey, kid string, c Claims) (string, error)

// SignerOptions are what a Signer needs beside its store.
type SignerOptions struct {
	Secret func(context.Context) ([]byte, error) // all keys are derived from it
	Encode Encode
	NewID  func() string // of tokens
	Every  time.Duration // how long a key signs
	Now    func() time.Time
}

// Signer makes access tokens, and has the next key take over in time. It is safe for concurrent use.
type Signer struct {
	store KeyStore
	opts  SignerOptions

	mu      sync.Mutex
	secrets *secrets
	set     KeySet
	readAt  time.Time
}

// NewSigner makes a Signer.
func NewSigner(store KeyStore, opts SignerOptions) *Signer { return &Signer{store: store, opts: opts} }

// Sign makes an access token for a session of a user.
func (s *Signer) Sign(ctx context.Context, user chat.UserID, session string) (string, error) {
	now := s.opts.Now()
	key, kid, err := s.key(ctx, now)
	if err != nil {
		return "", fmt.Errorf("find signing key: %w", err)
	}
	return s.opts.Encode(key, kid, Claims{
		User: user, Session: session, ID: s.opts.NewID(), IssuedAt: now, ExpiresAt: now.Add(AccessLife),
	})
}

// PublicKeys returns the keys of whose tokens some may hold. Where there is none yet, it makes the first.
func (s *Signer) PublicKeys(ctx context.Context) ([]PublicKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	if err := s.advance(ctx, now); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return s.set.Holding(now), nil
}

// key returns the key that signs now, and its kid.
func (s *Signer) key(ctx context.Context, now time.Time) (*ecdsa.PrivateKey, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.advance(ctx, now); err != nil {
		return nil, "", err
	}
	current, _, err := s.set.current(s.secrets, now)
	if err != nil {
		return nil, "", err
	}
	key, err := s.secrets.signing(current.Number)
	return key, current.ID(), err
}

// advanceTries is how often another process may change the set meanwhile.
const advanceTries = 5

// advance sees to it that the set is the one to be at the time now. The caller holds mu.
func (s *Signer) advance(ctx context.Context, now time.Time) error {
	if err := s.derive(ctx); err != nil {
		return err
	}
	for range advanceTries {
		if s.readAt.IsZero() || now.Sub(s.readAt) >= KeyCacheAge {
			set, err := s.store.KeySet(ctx)
			if err != nil {
				return err
			}
			s.set, s.readAt = set, now
		}
		next, isOther, err := s.set.advanced(s.secrets, now, s.opts.Every)
		if err != nil || !isOther {
			return err
		}
		replaced, err := s.store.ReplaceKeySet(ctx, next)
		if err != nil {
			return err
		}
		if s.readAt = (time.Time{}); replaced {
			s.set, s.readAt = next, now
		}
	}
	return chat.Errorf(chat.CodeUnavailable, "the keys are being changed; try again")
}

// derive reads the secret, once. The caller holds mu.
func (s *Signer) derive(ctx context.Context) error {
	if s.secrets != nil {
		return nil
	}
	secret, err := s.opts.Secret(ctx)
	if err != nil {
		return err
	}
	s.secrets, err = newSecrets(secret)
	return err
}

// macKey returns the key of refresh tokens.
func (s *Signer) macKey(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.derive(ctx); err != nil {
		return nil, fmt.Errorf("read secret: %w", err)
	}
	return s.secrets.mac, nil
}
