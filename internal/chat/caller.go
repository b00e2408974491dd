package chat

// Caller is the user that asks for something, over an open connection.
type Caller struct {
	Connection Connection
}

// User returns the user that asks.
func (c Caller) User() UserID { return c.Connection.User }
