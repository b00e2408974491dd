package accounts

import (
	"context"
	"errors"
	"fmt"

	"serverlesschat/internal/chat"
)

// PasswordChange asks for another password.
type PasswordChange struct {
	Password    string
	NewPassword string
}

// ReadPasswordChange reads the fields of a change of password.
func ReadPasswordChange(f *chat.Fields) PasswordChange {
	in := PasswordChange{Password: f.Text("password"), NewPassword: readPassword(f, "new_password")}
	if len(in.Password) > maxPassword {
		f.Check(chat.Invalid("password", "must have at most %d bytes", maxPassword))
	}
	return in
}

var errWrongPassword = chat.Errorf(chat.CodeForbidden, "the password is not right")

// ChangePassword changes the password of a user, and ends all sign-ins but the one that asks. A repeat ends what the first
// one may have left.
//
// Errors: CodeForbidden for a wrong password; CodeRateLimited; CodeUnavailable, until all is done.
func (a *Authenticator) ChangePassword(ctx context.Context, identity chat.Identity, in PasswordChange) error {
	if err := limit(ctx, a.store, changingPassword(identity.User)); err != nil {
		return err
	}
	account, err := a.account(ctx, identity.User)
	if err != nil {
		return err
	}
	switch err := a.check(ctx, account, in.Password); {
	case errors.Is(err, ErrCredentials):
		if err := a.checkRepeat(ctx, account, in); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		if err := a.replace(ctx, account, in.NewPassword); err != nil {
			return err
		}
	}
	return chat.Wrap("end other sessions", a.sessions.EndAll(ctx, identity.User, identity.Session))
}

// checkRepeat returns nil if the password was changed as asked for already.
func (a *Authenticator) checkRepeat(ctx context.Context, account Account, in PasswordChange) error {
	err := a.check(ctx, account, in.NewPassword)
	if errors.Is(err, ErrCredentials) {
		return errWrongPassword
	}
	return err
}

// replace stores the hash of another password. When the account has changed meanwhile, the password that was checked
// may be another one by now.
func (a *Authenticator) replace(ctx context.Context, account Account, password string) error {
	hash, err := a.hasher.HashPassword(ctx, password)
	if err != nil {
		return fmt.Errorf("hash password: %w", err)
	}
	next := Account{User: account.User, Hash: hash, PasswordVersion: account.PasswordVersion + 1}
	changed, err := a.store.ChangeHash(ctx, account, next)
	if err == nil && !changed {
		return chat.Errorf(chat.CodeUnavailable, "the password is being changed; try again")
	}
	return chat.Wrap("change password", err)
}

// Confirm reports whether a user has an account of ours, for who wants to do what cannot be undone: then the password must
// be its.
//
// Errors: CodeInvalid when it is missing; CodeForbidden for a wrong one; CodeRateLimited; CodeUnavailable.
func (a *Authenticator) Confirm(ctx context.Context, user chat.UserID, password *string) (bool, error) {
	account, err := a.account(ctx, user)
	if err != nil || account.Hash == "" {
		return false, err
	}
	if password == nil {
		return false, chat.Invalid("password", "is missing: erasing an account asks for it")
	}
	if err := limit(ctx, a.store, changingPassword(user)); err != nil {
		return false, err
	}
	if err := a.check(ctx, account, *password); errors.Is(err, ErrCredentials) {
		return false, errWrongPassword
	} else if err != nil {
		return false, err
	}
	return true, nil
}

// ResetPassword gives a user another password, whose own is lost, and ends all sign-ins. It is for operators.
//
// Errors: CodeNotFound where there is no such account; CodeUnavailable.
func (a *Authenticator) ResetPassword(ctx context.Context, user chat.UserID, password string) error {
	account, err := a.account(ctx, user)
	if err != nil {
		return err
	}
	if account.Hash == "" {
		return chat.Errorf(chat.CodeNotFound, "there is no such account")
	}
	if err := a.replace(ctx, account, password); err != nil {
		return err
	}
	return chat.Wrap("end sessions", a.sessions.EndAll(ctx, user, ""))
}
