package accounts

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

// Authenticator checks passwords, and changes them.
type Authenticator struct {
	store    AuthenticatorStore
	hasher   Hasher
	sessions Sessions
	now      func() time.Time
}

// AuthenticatorStore is all that an Authenticator asks of its store.
type AuthenticatorStore interface {
	Store
	Limits
}

// Sessions ends sign-ins of a user.
type Sessions interface {
	// EndAll ends all but one; "" for none.
	EndAll(ctx context.Context, user chat.UserID, except chat.SessionID) error
}

// NewAuthenticator makes an Authenticator.
func NewAuthenticator(store AuthenticatorStore, hasher Hasher, sessions Sessions, now func() time.Time) *Authenticator {
	return &Authenticator{store: store, hasher: hasher, sessions: sessions, now: now}
}

// SignIn asks for a user to be let in.
type SignIn struct {
	User     chat.UserID
	Password string
}

// maxName is the length of the longest user_id.
const maxName = 64

// ReadSignIn reads the fields of a sign-in, by their names in OAuth 2.0. Which names there can be is of no matter here.
func ReadSignIn(f *chat.Fields) SignIn {
	in := SignIn{User: chat.UserID(f.Text("username")), Password: f.Text("password")}
	if len(in.User) > maxName {
		f.Check(chat.Invalid("username", "must have at most %d characters", maxName))
	}
	if len(in.Password) > maxPassword {
		f.Check(chat.Invalid("password", "must have at most %d bytes", maxPassword))
	}
	return in
}

// SignIn returns the account whose password this is. address is where the request came from.
//
// Errors: ErrCredentials; CodeRateLimited; CodeUnavailable.
func (a *Authenticator) SignIn(ctx context.Context, address string, in SignIn) (Account, error) {
	if validateName(in.User) != nil {
		return Account{}, ErrCredentials // everybody knows that there is no such account
	}
	account, err := a.account(ctx, in.User)
	if err != nil {
		return Account{}, err
	}
	if err := limit(ctx, a.store, signingIn(in.User, address, account.knows(address, a.now()))); err != nil {
		return Account{}, err
	}
	if err := a.check(ctx, account, in.Password); err != nil {
		return Account{}, err
	}
	if err := a.remember(ctx, account, address); err != nil {
		return Account{}, fmt.Errorf("remember address: %w", err)
	}
	return account, nil
}

// account returns the account of a user; where there is none, one whose hash is that of no password.
func (a *Authenticator) account(ctx context.Context, user chat.UserID) (Account, error) {
	account, err := a.store.Account(ctx, user)
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	if account == nil {
		return Account{User: user}, nil
	}
	return *account, nil
}

// check returns nil if the password is that of an account. A hash by weaker parameters than today's is replaced.
//
// Errors: ErrCredentials.
func (a *Authenticator) check(ctx context.Context, account Account, password string) error {
	ok, renewed, err := a.hasher.VerifyPassword(ctx, password, account.Hash)
	if err != nil {
		return fmt.Errorf("verify password: %w", err)
	}
	if !ok || account.Hash == "" {
		return ErrCredentials
	}
	if renewed != "" {
		stronger := account
		stronger.Hash = renewed
		if _, err := a.store.ChangeHash(ctx, account, stronger); err != nil {
			return fmt.Errorf("renew hash: %w", err)
		}
	}
	return nil
}
