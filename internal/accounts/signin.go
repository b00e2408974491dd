package accounts

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
)

// Authenticator checks passwords, and changes them.
type Authenticator struct {
	store    AuthenticatorStore
	hasher   Hasher
	sessions Sessions
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
func NewAuthenticator(store AuthenticatorStore, hasher Hasher, sessions Sessions) *Authenticator {
	return &Authenticator{store: store, hasher: hasher, sessions: sessions}
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
	known, err := a.store.KnowsAddress(ctx, in.User, network(address))
	if err != nil {
		return Account{}, fmt.Errorf("read address: %w", err)
	}
	if err := limit(ctx, a.store, signingIn(in.User, address, known)); err != nil {
		return Account{}, err
	}
	account, err := a.check(ctx, in.User, in.Password)
	if err != nil {
		return Account{}, err
	}
	if err := a.store.RememberAddress(ctx, in.User, network(address)); err != nil {
		return Account{}, fmt.Errorf("remember address: %w", err)
	}
	return *account, nil
}

// check returns the account of a user, if the password is right. A hash by weaker parameters than today's is replaced.
func (a *Authenticator) check(ctx context.Context, user chat.UserID, password string) (*Account, error) {
	account, err := a.store.Account(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("read account: %w", err)
	}
	if account == nil {
		account = &Account{} // whose hash is that of no password
	}
	ok, renewed, err := a.hasher.VerifyPassword(ctx, password, account.Hash)
	if err != nil {
		return nil, fmt.Errorf("verify password: %w", err)
	}
	if !ok || account.Hash == "" {
		return nil, ErrCredentials
	}
	if renewed != "" {
		stronger := *account
		stronger.Hash = renewed
		if _, err := a.store.ChangeHash(ctx, *account, stronger); err != nil {
			return nil, fmt.Errorf("renew hash: %w", err)
		}
	}
	return account, nil
}
