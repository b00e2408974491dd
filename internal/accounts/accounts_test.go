package accounts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// plain "hashes" passwords by writing a level before them, and counts how often it is asked.
type plain struct {
	mu    sync.Mutex
	level string
	calls int
	fails error
}

func (p *plain) called() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	return p.fails
}

func (p *plain) HashPassword(_ context.Context, password string) (string, error) {
	return p.level + password, p.called()
}

func (p *plain) VerifyPassword(_ context.Context, password, hash string) (bool, string, error) {
	err := p.called()
	if hash == "" || hash[1:] != password || err != nil {
		return false, "", err
	}
	if hash[:1] != p.level {
		return true, p.level + password, nil
	}
	return true, "", nil
}

// sessions notes whose sessions were ended.
type sessions struct {
	ended []string
	fails error
}

func (s *sessions) EndAll(_ context.Context, user chat.UserID, except chat.SessionID) error {
	s.ended = append(s.ended, fmt.Sprint(user, " but ", except))
	return s.fails
}

// world is accounts on an engine, with a clock that the test moves.
type world struct {
	*testing.T
	*dynamo.Store
	hasher   *plain
	sessions *sessions
	now      time.Time
}

func each(t *testing.T, test func(w *world)) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		_, tables := dynamotest.New(t, e.DynamoDB, e.TableName(""))
		w := &world{T: t, hasher: &plain{level: "1"}, sessions: &sessions{}, now: time.Now().Truncate(time.Millisecond)}
		w.Store = dynamo.New(e.DynamoDB, tables, func() time.Time { return w.now })
		test(w)
	})
}

func (w *world) registrar(mode accounts.Mode) *accounts.Registrar {
	return accounts.NewRegistrar(w.Store, w.hasher, mode)
}

func (w *world) authenticator() *accounts.Authenticator {
	return accounts.NewAuthenticator(w.Store, w.hasher, w.sessions, func() time.Time { return w.now })
}

func ann() accounts.Registration {
	return accounts.Registration{User: "ann", Password: "correct horse", DisplayName: "Ann"}
}

func (w *world) register(in accounts.Registration) {
	w.Helper()
	if _, err := w.registrar(accounts.Open).Register(w.Context(), "192.0.2.1", in); err != nil {
		w.Fatal(err)
	}
}

func (w *world) expect(what string, err error, code chat.Code) {
	w.Helper()
	if chat.CodeOf(err) != code {
		w.Errorf("%s: got %v, want %q", what, err, code)
	}
}

func TestRegistering(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		_, err := w.registrar(accounts.Closed).Register(ctx, "192.0.2.1", ann())
		w.expect("where it is closed", err, chat.CodeForbidden)

		invited := ann()
		for _, invite := range []string{"", "nonsense"} {
			invited.Invite = invite
			_, err = w.registrar(accounts.InviteOnly).Register(ctx, "192.0.2.1", invited)
			w.expect("by the invite "+invite, err, chat.CodeInvalid)
		}
		if w.hasher.calls > 0 {
			w.Errorf("%d passwords were hashed for nothing", w.hasher.calls)
		}
		w.expect("invite", w.PutInvite(ctx, accounts.InviteOf("code"), w.now.Add(accounts.InviteLife)), "")
		invited.Invite = "code"
		got, err := w.registrar(accounts.InviteOnly).Register(ctx, "192.0.2.1", invited)
		if want := (accounts.Profile{User: "ann", DisplayName: "Ann"}); got != want || err != nil {
			w.Errorf("invited: %+v, %v", got, err)
		}
		again := invited
		again.User = "bob"
		_, err = w.registrar(accounts.InviteOnly).Register(ctx, "192.0.2.1", again)
		w.expect("by a used invite", err, chat.CodeInvalid)
		_, err = w.registrar(accounts.Open).Register(ctx, "192.0.2.1", ann())
		w.expect("a name that is taken", err, chat.CodeConflict)

		w.hasher.fails = chat.Errorf(chat.CodeUnavailable, "busy")
		_, err = w.registrar(accounts.Open).Register(ctx, "192.0.2.1", again)
		w.expect("while hashing is busy", err, chat.CodeUnavailable)
		if account, err := w.Account(ctx, "bob"); account != nil || err != nil {
			w.Errorf("a refused one has made an account: %+v, %v", account, err)
		}
	})
}

// A name is that of whoever was here first, even without an account.
func TestANameInUseIsNotGiven(t *testing.T) {
	each(t, func(w *world) {
		connection := chat.Connection{ID: "c", User: "ann", ConnectedAt: w.now, TokenExpiresAt: w.now.Add(time.Hour)}
		if err := w.PutConnection(w.Context(), connection, 20); err != nil {
			w.Fatal(err)
		}
		_, err := w.registrar(accounts.Open).Register(w.Context(), "192.0.2.1", ann())
		w.expect("the name of a user", err, chat.CodeConflict)
	})
}

func TestSigningIn(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		a := w.authenticator()
		for _, c := range []struct {
			user     chat.UserID
			password string
			ok       bool
		}{
			{"ann", "correct horse", true}, {"ann", "wrong", false}, {"ann", "", false},
			{"nobody", "correct horse", false}, {"Ann", "correct horse", false}, {"a|b", "x", false},
		} {
			got, err := a.SignIn(w.Context(), "192.0.2.1", accounts.SignIn{User: c.user, Password: c.password})
			if ok := err == nil && got.User == "ann" && got.PasswordVersion == 1; ok != c.ok || !ok && !errors.Is(err, accounts.ErrCredentials) {
				w.Errorf("%s with %q: %+v, %v", c.user, c.password, got, err)
			}
		}
		w.hasher.level = "2"
		for range 2 {
			if _, err := a.SignIn(w.Context(), "192.0.2.1", accounts.SignIn{User: "ann", Password: "correct horse"}); err != nil {
				w.Error(err)
			}
			account, err := w.Account(w.Context(), "ann")
			if err != nil || account.Hash != "2correct horse" || account.PasswordVersion != 1 {
				w.Errorf("the hash was not renewed: %+v, %v", account, err)
			}
		}
	})
}

// An unknown name takes what a known one takes: the same reads, writes and hashes.
func TestUnknownNamesTakeTheSameWay(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		for _, user := range []chat.UserID{"ann", "nobody"} {
			before := w.hasher.calls
			_, err := w.authenticator().SignIn(w.Context(), "192.0.2.1", accounts.SignIn{User: user, Password: "wrong"})
			if !errors.Is(err, accounts.ErrCredentials) || w.hasher.calls != before+1 {
				w.Errorf("%s: %v after %d hashes", user, err, w.hasher.calls-before)
			}
		}
	})
}

// tryUntil tries wrong passwords until it is told to wait, and returns how often it could, and the wait.
func (w *world) tryUntil(user func(i int) chat.UserID, address func(i int) string) (tries int, wait time.Duration) {
	w.Helper()
	for ; tries < 500; tries++ {
		before := w.hasher.calls
		_, err := w.authenticator().SignIn(w.Context(), address(tries), accounts.SignIn{User: user(tries), Password: "wrong"})
		if limited, ok := errors.AsType[*chat.Error](err); ok && limited.Code == chat.CodeRateLimited {
			if w.hasher.calls != before {
				w.Error("a password was hashed beyond the limit")
			}
			return tries, limited.RetryAfter
		}
	}
	return tries, 0
}

func always[T any](value T) func(int) T { return func(int) T { return value } }

func TestTriesAreLimited(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		signIn := accounts.SignIn{User: "ann", Password: "correct horse"}
		if _, err := w.authenticator().SignIn(w.Context(), "198.51.100.7", signIn); err != nil {
			w.Fatal(err)
		}
		// One name from one address; the address may be another one in the network of an IPv6 customer.
		tries, wait := w.tryUntil(always(chat.UserID("ann")), func(i int) string { return fmt.Sprintf("2001:db8::%x", i) })
		if tries != 10 || wait != 15*time.Second {
			w.Errorf("one name from one network: %d tries, then %v", tries, wait)
		}
		w.now = w.now.Add(wait)
		if _, err := w.authenticator().SignIn(w.Context(), "2001:db8::ffff", signIn); err != nil {
			w.Errorf("at the time told: %v", err)
		}
		// Many names from one address.
		tries, _ = w.tryUntil(func(i int) chat.UserID { return chat.UserID(fmt.Sprint("user-", i)) }, always("192.0.2.9"))
		if tries != 60 {
			w.Errorf("many names from one address: %d tries", tries)
		}
		// One name from many addresses: its user still comes in from where the user was before.
		tries, _ = w.tryUntil(always(chat.UserID("ann")), func(i int) string { return fmt.Sprintf("203.0.%d.%d", i/250, i%250) })
		if tries < 80 || tries > 100 {
			w.Errorf("one name from many addresses: %d tries", tries)
		}
		if _, err := w.authenticator().SignIn(w.Context(), "198.51.100.7", signIn); err != nil {
			w.Errorf("the user is locked out by others: %v", err)
		}
		_, err := w.authenticator().SignIn(w.Context(), "198.51.100.8", signIn)
		w.expect("from an address that nobody knows", err, chat.CodeRateLimited)
	})
}

func TestChangingThePassword(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		a, ctx := w.authenticator(), w.Context()
		me := chat.Identity{User: "ann", Session: "s"}
		change := accounts.PasswordChange{Password: "correct horse", NewPassword: "staple horse"}
		w.expect("a wrong one", a.ChangePassword(ctx, me, accounts.PasswordChange{Password: "wrong", NewPassword: "x"}), chat.CodeForbidden)
		if len(w.sessions.ended) > 0 {
			w.Errorf("ended %q", w.sessions.ended)
		}
		w.sessions.fails = chat.Errorf(chat.CodeUnavailable, "later")
		w.expect("while sessions cannot be ended", a.ChangePassword(ctx, me, change), chat.CodeUnavailable)
		w.sessions.fails = nil
		w.expect("a repeat", a.ChangePassword(ctx, me, change), "")
		if got := strings.Join(w.sessions.ended, ", "); got != "ann but s, ann but s" {
			w.Errorf("ended %s", got)
		}
		account, err := w.Account(ctx, "ann")
		if err != nil || account.Hash != "1staple horse" || account.PasswordVersion != 2 {
			w.Errorf("account %+v, %v", account, err)
		}
		w.hasher.level = "2" // the hash is renewed on the way
		w.expect("back", a.ChangePassword(ctx, me, accounts.PasswordChange{Password: "staple horse", NewPassword: "correct horse"}), "")
		account, err = w.Account(ctx, "ann")
		if err != nil || account.Hash != "2correct horse" || account.PasswordVersion != 3 {
			w.Errorf("account %+v, %v", account, err)
		}
		w.expect("without an account", a.ChangePassword(ctx, chat.Identity{User: "bob"}, change), chat.CodeForbidden)
	})
}

// TestConfirming: who has an account must know its password. Who has none cannot.
func TestConfirming(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		a, ctx := w.authenticator(), w.Context()
		for _, c := range []struct {
			what     string
			user     chat.UserID
			password *string
			has      bool
			want     chat.Code
		}{
			{"the password", "ann", new("correct horse"), true, ""},
			{"a wrong one", "ann", new("wrong"), false, chat.CodeForbidden},
			{"none", "ann", nil, false, chat.CodeInvalid},
			{"an empty one", "ann", new(""), false, chat.CodeForbidden},
			{"without an account", "bob", nil, false, ""},
			{"without an account, a password", "bob", new("x"), false, ""},
		} {
			has, err := a.Confirm(ctx, c.user, c.password)
			w.expect(c.what, err, c.want)
			if has != c.has {
				w.Errorf("%s: %t", c.what, has)
			}
		}
		for range 20 { // whoever has found a token must not try passwords
			_, _ = a.Confirm(ctx, "ann", new("wrong"))
		}
		_, err := a.Confirm(ctx, "ann", new("correct horse"))
		w.expect("after many tries", err, chat.CodeRateLimited)
	})
}

func TestAddressesAreLimitedByNetwork(t *testing.T) {
	each(t, func(w *world) {
		register := func(address, user string) error {
			in := ann()
			in.User = chat.UserID(user)
			_, err := w.registrar(accounts.Open).Register(w.Context(), address, in)
			return err
		}
		for i := range 20 {
			w.expect("within the burst", register(fmt.Sprintf("::ffff:192.0.2.1%%eth%d", i), fmt.Sprint("user-", i)), "")
		}
		w.expect("the same IPv4 address", register("192.0.2.1", "ann"), chat.CodeRateLimited)
		w.expect("another one", register("192.0.2.2", "ann"), "")
	})
}

func TestResettingThePassword(t *testing.T) {
	each(t, func(w *world) {
		w.register(ann())
		a := w.authenticator()
		w.expect("of nobody", a.ResetPassword(w.Context(), "bob", "staple horse"), chat.CodeNotFound)
		w.expect("of ann", a.ResetPassword(w.Context(), "ann", "staple horse"), "")
		account, err := w.Account(w.Context(), "ann")
		if err != nil || account.Hash != "1staple horse" || account.PasswordVersion != 2 {
			w.Errorf("account %+v, %v", account, err)
		}
		if got := strings.Join(w.sessions.ended, ", "); got != "ann but " {
			w.Errorf("ended %s", got)
		}
	})
}
