package connections

import (
	"context"
	"errors"
	"time"

	"serverlesschat/internal/chat"
)

// Authenticate brings a fresh token for an open connection.
type Authenticate struct{ Token string }

// ReadAuthenticate reads the fields of the action authenticate.
func ReadAuthenticate(f *chat.Fields) Authenticate {
	token := f.Text("token")
	if token == "" || len(token) > maxToken {
		f.Check(chat.Invalid("token", "must have 1 to %d bytes", maxToken))
	}
	return Authenticate{Token: token}
}

// maxToken is what a header may have (API Gateway quotas): a token that comes in no header may be as long.
const maxToken = 10_240

// Authenticated tells until when a connection may stay.
type Authenticated struct{ ExpiresAt time.Time }

// Verifier checks access tokens; its errors are CodeUnauthorized, and CodeUnavailable where it cannot tell.
type Verifier interface {
	Verify(ctx context.Context, raw string) (chat.Identity, error)
}

// Rows keeps the connections' own rows.
type Rows interface {
	// UpdateConnection stores what has changed of the token of a connection that is there.
	UpdateConnection(ctx context.Context, c chat.Connection) error
}

// Authenticator takes fresh tokens.
type Authenticator struct {
	verifier Verifier
	sessions Sessions
	rows     Rows
}

// NewAuthenticator makes an Authenticator.
func NewAuthenticator(verifier Verifier, sessions Sessions, rows Rows) *Authenticator {
	return &Authenticator{verifier: verifier, sessions: sessions, rows: rows}
}

// renewTries is how often a connection is found changed by another frame.
const renewTries = 4

// Authenticate makes the caller's connection one with the fresh token.
//
// Errors: CodeUnauthorized for a token that is not valid, or whose session was ended; CodeForbidden for one of another
// user; what the store returns, wrapped.
func (a *Authenticator) Authenticate(ctx context.Context, caller chat.Caller, in Authenticate) (Authenticated, error) {
	who, err := a.verifier.Verify(ctx, in.Token)
	if err != nil {
		return Authenticated{}, err
	}
	if who.User != caller.User() {
		return Authenticated{}, chat.Errorf(chat.CodeForbidden, "the token is of another user")
	}
	c := caller.Connection
	for range renewTries {
		is := c
		is.Session, is.TokenExpiresAt, is.Reminded = who.Session, who.ExpiresAt, false
		renewed, err := a.sessions.Renew(ctx, c, is)
		if _, ended := errors.AsType[*Ended](err); ended { // that of the token, which is no end of the connection
			return Authenticated{}, chat.Errorf(chat.CodeUnauthorized, "the token is not valid any more")
		}
		if err != nil {
			return Authenticated{}, chat.Wrap("session", err)
		}
		if renewed {
			err := a.rows.UpdateConnection(ctx, is)
			return Authenticated{ExpiresAt: is.TokenExpiresAt}, chat.Wrap("write connection", err)
		}
		if c, err = a.sessions.Look(ctx, c); err != nil {
			return Authenticated{}, chat.Wrap("session", err)
		}
	}
	return Authenticated{}, chat.Errorf(chat.CodeUnavailable, "the session was changed too often at once; try again")
}
