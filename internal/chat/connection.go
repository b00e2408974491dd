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
	Session        SessionID // of the token; empty for a connection of a version that kept none
	TokenExpiresAt time.Time // a fresh token on the connection moves it
	Reminded       bool      // that this token ends soon was said
}

// reminderAhead is how long before the end of its token a client is asked for a fresh one.
const reminderAhead = 2 * time.Minute

// HasEnded reports whether the token of the connection has ended.
func (c Connection) HasEnded(now time.Time) bool { return !now.Before(c.TokenExpiresAt) }

// IsDue reports whether the client is to be asked for a fresh token now.
func (c Connection) IsDue(now time.Time) bool { return !c.Reminded && !now.Before(c.LookAt()) }

// LookAt returns until when nothing has to be said about the token: by then it ends soon, or now if that was said.
func (c Connection) LookAt() time.Time {
	if c.Reminded {
		return c.TokenExpiresAt
	}
	return c.TokenExpiresAt.Add(-reminderAhead)
}

// Live returns the ids of the connections whose token has not ended.
func Live(connections []Connection, now time.Time) []ConnectionID {
	var ids []ConnectionID
	for _, c := range connections {
		if !c.HasEnded(now) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// ExpiresAt returns when nothing of the connection may be left, even if nobody reported its end.
func (c Connection) ExpiresAt() time.Time {
	return c.ConnectedAt.Add(MaxConnectionLife + connectionMargin)
}

// ConnectedBy returns when a connection that expires at a time was opened.
func ConnectedBy(expires time.Time) time.Time {
	return expires.Add(-MaxConnectionLife - connectionMargin)
}

// ReconnectAt returns the time by which its client should have opened the next connection, when connections live for so
// long.
func (c Connection) ReconnectAt(life time.Duration) time.Time {
	return c.ConnectedAt.Add(life - min(reconnectAhead, life/reconnectShare))
}
