package chat

import "time"

// ConnectionID names an open connection. The gateway makes it.
type ConnectionID string

const (
	// MaxConnectionLife is after how long the gateway closes a connection (API Gateway quotas for WebSocket APIs).
	MaxConnectionLife = 2 * time.Hour
	// connectionMargin is added to it, since clocks differ and a close takes a while.
	connectionMargin = 10 * time.Minute
	// reconnectAhead is how long before the end of its life a client is asked to open the next connection.
	reconnectAhead = 10 * time.Minute
	// reconnectShare is the most of a shorter life that reconnectAhead may take.
	reconnectShare = 3
)

// Connection is an open connection of a user.
type Connection struct {
	ID             ConnectionID
	User           UserID
	ConnectedAt    time.Time
	TokenExpiresAt time.Time
}

// ExpiresAt returns when nothing of the connection may be left, even if nobody reported its end.
func (c Connection) ExpiresAt() time.Time {
	return c.ConnectedAt.Add(MaxConnectionLife + connectionMargin)
}

// ReconnectAt returns the time by which its client should have opened the next connection, when connections live for so
// long.
func (c Connection) ReconnectAt(life time.Duration) time.Time {
	return c.ConnectedAt.Add(life - min(reconnectAhead, life/reconnectShare))
}
