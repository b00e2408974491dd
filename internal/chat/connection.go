package chat

import "time"

// ConnectionID names an open connection; the gateway gives it.
type ConnectionID string

const (
	// connectionLifetime is the gateway's: it closes a connection after 2 hours at the latest.
	connectionLifetime = 2 * time.Hour
	// connectionMargin is kept on top, for clocks that differ and for a close that takes its time.
	connectionMargin = 10 * time.Minute
	// reconnectAhead is how long before the end of its lifetime a client is asked to open the next connection.
	reconnectAhead = 10 * time.Minute
)

// Connection is an open connection of a user.
type Connection struct {
	ID             ConnectionID
	User           UserID
	ConnectedAt    time.Time
	TokenExpiresAt time.Time
}

// ExpiresAt is when nothing of the connection may be left, even if its end was never told.
func (c Connection) ExpiresAt() time.Time {
	return c.ConnectedAt.Add(connectionLifetime + connectionMargin)
}

// ReconnectAt is when its client should have opened the next one.
func (c Connection) ReconnectAt() time.Time {
	return c.ConnectedAt.Add(connectionLifetime - reconnectAhead)
}
