package connections

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"serverlesschat/internal/chat"
)

// Ticket is what a browser opens a connection with, since it cannot send a token in a header there.
type Ticket struct {
	Hash      string // of its text, which is kept nowhere
	Of        chat.Identity
	Origin    string // of the page that asked for it; empty for what is no page
	ExpiresAt time.Time
}

// TicketHash returns the hash of a ticket's text.
func TicketHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Tickets keeps tickets.
type Tickets interface {
	// PutTicket stores a ticket.
	PutTicket(ctx context.Context, t Ticket) error
	// Redeem uses a ticket up for a connection. The same connection may do so again: its answer may have been lost. It
	// returns nil when there is no such ticket, or it was used, has expired, or is of another origin; then it stays as it
	// is.
	Redeem(ctx context.Context, hash string, id chat.ConnectionID, origin string) (*chat.Identity, error)
}

// ticketLife is how long a ticket may be used.
const ticketLife = time.Minute

// TicketOffice gives tickets out.
type TicketOffice struct {
	tickets Tickets
	random  func() string
	now     func() time.Time
}

// NewTicketOffice makes a TicketOffice. random returns a text that nobody can guess, other each time.
func NewTicketOffice(tickets Tickets, random func() string, now func() time.Time) *TicketOffice {
	return &TicketOffice{tickets: tickets, random: random, now: now}
}

// Issue returns the text of a new ticket for a user, and when it ends.
func (o *TicketOffice) Issue(ctx context.Context, who chat.Identity, origin string) (string, time.Time, error) {
	text, ends := o.random(), chat.Millis(o.now().Add(ticketLife))
	if who.ExpiresAt.Before(ends) {
		ends = who.ExpiresAt
	}
	err := o.tickets.PutTicket(ctx, Ticket{Hash: TicketHash(text), Of: who, Origin: origin, ExpiresAt: ends})
	return text, ends, chat.Wrap("write ticket", err)
}
