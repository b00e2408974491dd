package accounts

import (
	"cmp"
	"context"
	"fmt"

	"serverlesschat/internal/chat"
)

// Mode says who may register.
type Mode string

// The modes of registration.
const (
	Open       Mode = "open"
	InviteOnly Mode = "invite"
	Closed     Mode = "closed"
)

// Registration asks for an account.
type Registration struct {
	User        chat.UserID
	Password    string
	DisplayName string
	Invite      string // empty for none
}

// ReadRegistration reads the fields of a registration. Without a display_name users are called by their user_id.
func ReadRegistration(f *chat.Fields) Registration {
	in := Registration{User: f.User("user_id"), Password: readPassword(f, "password")}
	f.Check(validateName(in.User))
	in.DisplayName = string(in.User)
	if name := f.OptionalName("display_name"); name != nil {
		in.DisplayName = *name
	}
	in.Invite = f.OptionalLabel("invite")
	return in
}

// Profile is how a user is shown to others.
type Profile struct {
	User        chat.UserID
	DisplayName string
}

// Registrar makes accounts.
type Registrar struct {
	store  RegistrarStore
	hasher Hasher
	mode   Mode
}

// RegistrarStore is all that a Registrar asks of its store.
type RegistrarStore interface {
	Store
	Invites
	Limits
}

// NewRegistrar makes a Registrar.
func NewRegistrar(store RegistrarStore, hasher Hasher, mode Mode) *Registrar {
	return &Registrar{store: store, hasher: hasher, mode: mode}
}

// Register makes an account. address is where the request came from.
//
// Errors: CodeForbidden where nobody may register; CodeInvalid for the field invite; ErrTaken; CodeRateLimited;
// CodeUnavailable.
func (r *Registrar) Register(ctx context.Context, address string, in Registration) (Profile, error) {
	if r.mode == Closed {
		return Profile{}, chat.Errorf(chat.CodeForbidden, "nobody can register here")
	}
	if err := limit(ctx, r.store, registering(address)); err != nil {
		return Profile{}, err
	}
	invite, err := r.invite(ctx, in)
	if err != nil {
		return Profile{}, err
	}
	// Rooms go by names: whoever was here by tokens of another issuer keeps the name.
	known, err := r.store.KnowsUser(ctx, in.User)
	if known || err != nil {
		return Profile{}, cmp.Or(chat.Wrap("read user", err), error(ErrTaken))
	}
	hash, err := r.hasher.HashPassword(ctx, in.Password)
	if err != nil {
		return Profile{}, fmt.Errorf("hash password: %w", err)
	}
	account := Account{User: in.User, Hash: hash, PasswordVersion: 1}
	if err := r.store.CreateAccount(ctx, account, in.DisplayName, invite); err != nil {
		return Profile{}, fmt.Errorf("create account: %w", err)
	}
	return Profile{in.User, in.DisplayName}, nil
}

// invite returns the invite to use up; "" where none is needed.
func (r *Registrar) invite(ctx context.Context, in Registration) (Invite, error) {
	if r.mode != InviteOnly {
		return "", nil
	}
	if in.Invite == "" {
		return "", chat.Invalid("invite", "is missing")
	}
	invite := InviteOf(in.Invite)
	holds, err := r.store.InviteHolds(ctx, invite)
	if err == nil && !holds {
		return "", ErrInvite
	}
	return invite, chat.Wrap("read invite", err)
}
