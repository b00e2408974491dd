package accounts

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"serverlesschat/internal/chat"
)

// Account is what is kept of a user who may sign in.
type Account struct {
	User chat.UserID
	Hash string // of the password, as a PHC string; empty where nobody can sign in any more
	// PasswordVersion counts the passwords, from 1.
	PasswordVersion int64
	// Networks are those from which the user has signed in, each with until when that is remembered.
	Networks map[string]time.Time
}

// Store keeps accounts.
type Store interface {
	// Account returns nil where there is none.
	Account(ctx context.Context, user chat.UserID) (*Account, error)
	// CreateAccount stores a new account and what its user is called, and marks an invite as used; "" for none.
	//
	// Errors: ErrTaken, ErrInvite.
	CreateAccount(ctx context.Context, a Account, displayName string, invite Invite) error
	// ChangeHash stores another hash for the one that an account has, and another version with it.
	ChangeHash(ctx context.Context, from, to Account) (changed bool, err error)
	// RememberNetwork notes until when a network is remembered, and forgets others.
	RememberNetwork(ctx context.Context, user chat.UserID, network string, until time.Time, forget []string) error
	// KnowsUser reports whether a user of that name has ever been here, with an account or without.
	KnowsUser(ctx context.Context, user chat.UserID) (bool, error)
}

// Hasher hashes passwords.
type Hasher interface {
	// HashPassword returns the hash of a password, as a PHC string.
	HashPassword(ctx context.Context, password string) (string, error)
	// VerifyPassword reports whether a hash is that of the password. No password has the hash "", and to find that
	// takes as long as any other. renewed is a stronger hash of the password; "" where the one that is there will do.
	VerifyPassword(ctx context.Context, password, hash string) (ok bool, renewed string, err error)
}

// Errors of a Store, and of whoever asks it.
var (
	// ErrTaken is returned for a name that somebody has, or had.
	ErrTaken = chat.Errorf(chat.CodeConflict, "the name is taken")
	// ErrInvite is returned for an invite that was used, is too old, or never was.
	ErrInvite = chat.Invalid("invite", "does not hold, or was used")
	// ErrCredentials is returned for a name and a password that do not belong together. It does not say which is wrong.
	ErrCredentials = chat.Errorf(chat.CodeUnauthorized, "the name or the password is not right")
)

const (
	minPassword, maxPassword = 8, 1024 // bytes
)

// readPassword reads a password that is to be stored.
func readPassword(f *chat.Fields, name string) string {
	password := f.Text(name)
	switch {
	case !utf8.ValidString(password):
		f.Check(chat.Invalid(name, "is not valid UTF-8"))
	case len(password) < minPassword || len(password) > maxPassword:
		f.Check(chat.Invalid(name, "must have from %d to %d bytes", minPassword, maxPassword))
	}
	return password
}

// validateName returns nil if an account may have the name, else an error that names the field user_id. No two names
// differ by case.
func validateName(user chat.UserID) error {
	if err := user.Validate(); err != nil {
		return err
	}
	refused := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", c)
	}
	if strings.ContainsFunc(string(user), refused) {
		return chat.Invalid("user_id", "may hold only a-z 0-9 . _ -")
	}
	return nil
}
