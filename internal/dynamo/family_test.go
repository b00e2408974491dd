package dynamo_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
)

// families are those of a store, with a clock that the test moves. Whose session was ended stands in ended.
type families struct {
	fixture
	tokens *auth.Families
	store  *dynamo.Store
	now    *time.Time
	*revoker
}

// revoker counts the sessions that were ended.
type revoker struct {
	mu    sync.Mutex
	ended map[chat.SessionID]int
	fails error
}

// Revoke implements [auth.Revoker].
func (s *revoker) Revoke(_ context.Context, _ chat.UserID, session chat.SessionID, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.ended[session]++
	}
	return s.fails
}

func newFamilies(f fixture) *families {
	now := time.Now().UTC().Truncate(time.Millisecond)
	s := &families{fixture: f, now: &now, revoker: &revoker{ended: map[chat.SessionID]int{}}}
	clock := func() time.Time { return *s.now }
	s.store = dynamo.New(f.engine.DynamoDB, f.tables, clock)
	signer := auth.NewSigner(s.store, auth.SignerOptions{
		Secret: func(context.Context) ([]byte, error) { return []byte(strings.Repeat("s", 64)), nil },
		Encode: func(_ *ecdsa.PrivateKey, kid string, c auth.Claims) (string, error) {
			return fmt.Sprintf("%s %s %s", kid, c.User, c.Session), nil
		},
		NewID: func() string { return "id" }, Every: 30 * 24 * time.Hour, Now: clock,
	})
	s.tokens = auth.NewFamilies(s.store, signer, auth.FamiliesOptions{
		Revoker: s.revoker, SessionOf: func(sid string) chat.SessionID { return chat.SessionID(sid) },
		Life: 30 * 24 * time.Hour, Random: random, Now: clock,
	})
	f.ok(s.store.CreateAccount(f.Context(), account("ann"), "Ann", ""))
	return s
}

func (s *families) after(d time.Duration) { *s.now = s.now.Add(d) }

func (s *families) opens() string {
	s.Helper()
	t, err := s.tokens.Open(s.Context(), "ann", 1)
	s.ok(err)
	return t.Refresh
}

// refreshes expects a new refresh token, or the same one again.
func (s *families) refreshes(token, attempt string) string {
	s.Helper()
	t, err := s.tokens.Refresh(s.Context(), token, attempt)
	s.ok(err)
	return t.Refresh
}

func (s *families) refuses(what, token, attempt string) {
	s.Helper()
	if t, err := s.tokens.Refresh(s.Context(), token, attempt); !errors.Is(err, auth.ErrGrant) || t != (auth.Tokens{}) {
		s.Errorf("%s: got %+v, %v", what, t, err)
	}
}

func sessionOf(token string) chat.SessionID {
	id, _, _ := strings.Cut(token, ".")
	return chat.SessionID(id)
}

// Fifty tabs refresh at once, three times over: each time all get one and the same successor.
func TestFiftyRefreshAtOnce(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		token := s.opens()
		for generation := 2; generation <= 4; generation++ {
			s.after(11 * time.Second)
			got := make([]auth.Tokens, 50)
			errs := make([]error, len(got))
			var all sync.WaitGroup
			for i := range got {
				all.Go(func() { got[i], errs[i] = s.tokens.Refresh(f.Context(), token, "") })
			}
			all.Wait()
			for i := range got {
				if errs[i] != nil || got[i].Refresh != got[0].Refresh {
					f.Fatalf("generation %d: %+v, %v", generation, got[i], errs[i])
				}
			}
			if token = got[0].Refresh; strings.Split(token, ".")[1] != fmt.Sprint(generation) {
				f.Errorf("after %d rotations the token is %q", generation-1, token)
			}
		}
	})
}

func TestRefreshing(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		first := s.opens()
		got(f, "at once", s.refreshes(first, ""), nil, first)
		s.after(10 * time.Second)
		second := s.refreshes(first, "")
		if second == first {
			f.Error("the token was not replaced")
		}
		s.after(9 * time.Second)
		got(f, "the old one, soon", s.refreshes(first, ""), nil, second)
		got(f, "the new one, soon", s.refreshes(second, ""), nil, second)
		s.after(time.Second)
		s.refuses("the old one, later", first, "")
		s.refuses("the new one, after its family has ended", second, "")
		if n := s.ended[sessionOf(first)]; n == 0 {
			f.Error("the session is not ended")
		}

		other := s.opens()
		s.after(30 * 24 * time.Hour)
		s.refuses("a family that is over", other, "")
	})
}

// What makes no token of ours must do nothing to a family.
func TestJunkDoesNothingToAFamily(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		token := s.opens()
		s.after(time.Minute)
		parts := strings.Split(token, ".")
		for _, junk := range []string{
			"", ".", "..", parts[0], parts[0] + ".1", parts[0] + ".2." + parts[2], parts[0] + ".1." + parts[2][1:] + "A",
			parts[0] + ".01." + parts[2], parts[0] + ".+1." + parts[2], token + "=", token + ".", " " + token, strings.Repeat("a", 200),
		} {
			s.refuses(junk, junk, "")
			f.ok(s.tokens.Revoke(f.Context(), junk))
		}
		if s.refreshes(token, "") == token || len(s.ended) > 0 {
			f.Errorf("the family was touched: %v", s.ended)
		}
	})
}

// An answer that was lost for longer than ten seconds is asked for again by the same attempt.
func TestAnAttemptIsRepeated(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		first := s.opens()
		s.after(time.Minute)
		second := s.refreshes(first, "try-1")
		s.after(time.Hour)
		got(f, "the same attempt", s.refreshes(first, "try-1"), nil, second)
		s.after(time.Hour)
		third := s.refreshes(second, "")
		s.after(time.Second)
		s.refuses("the attempt, after its successor was used", first, "try-1")
		s.refuses("the family, after that", third, "")

		first = s.opens()
		s.after(time.Minute)
		s.refreshes(first, "try-1")
		s.after(time.Minute)
		s.refuses("another attempt", first, "try-2")
		first = s.opens()
		s.after(time.Minute)
		s.refreshes(first, "")
		s.after(time.Minute)
		s.refuses("no attempt, twice", first, "")
	})
}

func TestRevoking(t *testing.T) {
	each(t, func(f fixture) {
		s, ctx := newFamilies(f), f.Context()
		one, two, three := s.opens(), s.opens(), s.opens()
		f.ok(s.tokens.Revoke(ctx, one))
		f.ok(s.tokens.Revoke(ctx, one))
		s.refuses("a revoked one", one, "")
		s.fails = chat.Errorf(chat.CodeUnavailable, "later")
		if err := s.tokens.EndAll(ctx, "ann", sessionOf(two)); chat.CodeOf(err) != chat.CodeUnavailable {
			f.Errorf("a revoker that fails: %v", err)
		}
		s.fails = nil
		f.ok(s.tokens.EndAll(ctx, "ann", sessionOf(two)))
		if s.ended[sessionOf(three)] != 1 || s.ended[sessionOf(two)] != 0 {
			f.Errorf("ended are %v", s.ended)
		}
		s.refuses("another one", three, "")
		got(f, "the one that asked", s.refreshes(two, ""), nil, two)
		left, err := s.store.FamiliesOf(ctx, "ann")
		got(f, "families left", len(left), err, 1)
	})
}

// By an old password nobody comes in, however late the sign-in is.
func TestAFamilyIsOfThePasswordThatWasShown(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		next := account("ann")
		next.PasswordVersion = 2
		changed, err := s.store.ChangeHash(f.Context(), account("ann"), next)
		got(f, "changed", changed, err, true)
		if t, err := s.tokens.Open(f.Context(), "ann", 1); !errors.Is(err, auth.ErrGrant) {
			f.Errorf("by the old password: %+v, %v", t, err)
		}
		if _, err := s.tokens.Open(f.Context(), "ann", 2); err != nil {
			f.Error(err)
		}
		if _, err := s.tokens.Open(f.Context(), "nobody", 1); !errors.Is(err, auth.ErrGrant) {
			f.Errorf("nobody: %v", err)
		}
	})
}

func TestSignInsAreBounded(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		first := s.opens()
		for range 30 {
			s.after(time.Second)
			s.opens()
		}
		s.refuses("the first of 31", first, "")
		left, err := s.store.FamiliesOf(f.Context(), "ann")
		got(f, "families", len(left), err, 30)
	})
}
