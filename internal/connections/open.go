package connections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"serverlesschat/internal/chat"
)

// Handshake is what a client opens a connection with. It has a token or a ticket.
type Handshake struct {
	ID          chat.ConnectionID
	ConnectedAt time.Time
	Token       string
	Ticket      string
	Origin      string // of the page that opens it; empty for what is no page
}

// Lister lists the connections of a user.
type Lister interface {
	// ConnectionsOf returns the user's connections, consistently, also some that have ended.
	ConnectionsOf(ctx context.Context, user chat.UserID) ([]chat.Connection, error)
}

// OpenerStore is what an Opener reads and writes.
type OpenerStore interface {
	Store
	Tickets
	Lister
}

// Prober asks the gateway about connections.
type Prober interface {
	// IsGone reports whether the gateway says that there is no such connection.
	IsGone(ctx context.Context, id chat.ConnectionID) bool
}

// OpenerOptions are the settings of an Opener.
type OpenerOptions struct {
	Origins []string // of pages that may open connections with tokens; none where it is empty
	Limit   int      // connections of one user
	Now     func() time.Time
}

// Opener lets connections in.
type Opener struct {
	verifier Verifier
	store    OpenerStore
	prober   Prober
	opts     OpenerOptions
}

// NewOpener makes an Opener.
func NewOpener(verifier Verifier, store OpenerStore, prober Prober, opts OpenerOptions) *Opener {
	return &Opener{verifier: verifier, store: store, prober: prober, opts: opts}
}

// Open stores a connection, and returns it.
//
// Errors: CodeUnauthorized for a token or a ticket that is not valid; CodeForbidden for an origin that is not allowed;
// CodeRateLimited when the user has too many connections; what the store returns, wrapped.
func (o *Opener) Open(ctx context.Context, h Handshake) (chat.Connection, error) {
	who, err := o.judge(ctx, h)
	if err != nil {
		return chat.Connection{}, err
	}
	c := chat.Connection{
		ID: h.ID, User: who.User, Session: who.Session, ConnectedAt: h.ConnectedAt, TokenExpiresAt: who.ExpiresAt,
	}
	err = o.store.PutConnection(ctx, c, o.opts.Limit)
	if errors.Is(err, ErrFull) {
		if err := o.clear(ctx, c.User); err != nil {
			return chat.Connection{}, err
		}
		err = o.store.PutConnection(ctx, c, o.opts.Limit)
	}
	return c, chat.Wrap("write connection", err)
}

// judge returns who opens the connection. A ticket is bound to its origin, so a page needs no other leave with one.
func (o *Opener) judge(ctx context.Context, h Handshake) (chat.Identity, error) {
	isListed := slices.Contains(o.opts.Origins, h.Origin) && h.Origin != "null"
	if h.Origin != "" && !isListed && (h.Ticket == "" || len(o.opts.Origins) > 0) {
		return chat.Identity{}, chat.Errorf(chat.CodeForbidden, "pages of this origin may not open connections")
	}
	if h.Ticket == "" {
		return o.verifier.Verify(ctx, h.Token)
	}
	who, err := o.store.Redeem(ctx, TicketHash(h.Ticket), h.ID, h.Origin)
	if err != nil {
		return chat.Identity{}, fmt.Errorf("redeem ticket: %w", err)
	}
	if who == nil || !o.opts.Now().Before(who.ExpiresAt) {
		return chat.Identity{}, chat.Errorf(chat.CodeUnauthorized, "the ticket is not valid")
	}
	return *who, nil
}

const (
	// probesAtOnce is how many connections are asked for side by side.
	probesAtOnce = 20
	// handshakeTime is how long after its begin the gateway may not know a connection yet.
	handshakeTime = 30 * time.Second
)

// clear takes out those connections of a user that the gateway does not know any more.
//
// Errors: ErrFull when it knows all of them; what the store returns, wrapped.
func (o *Opener) clear(ctx context.Context, user chat.UserID) error {
	all, err := o.store.ConnectionsOf(ctx, user)
	if err != nil {
		return fmt.Errorf("read connections: %w", err)
	}
	gone, err := chat.Map(ctx, all, probesAtOnce, func(ctx context.Context, c chat.Connection) (bool, error) {
		if o.opts.Now().Sub(c.ConnectedAt) < handshakeTime || !o.prober.IsGone(ctx, c.ID) {
			return false, nil
		}
		return true, o.store.RemoveConnection(ctx, user, c.ID)
	})
	if err != nil {
		return fmt.Errorf("end connection: %w", err)
	}
	if !slices.Contains(gone, true) {
		return ErrFull
	}
	return nil
}
