package chat

// Caller is the user that asks for something, over an open connection.
type Caller struct {
	Connection Connection

	// Admitted waits until it is known whether the caller may ask for this now, which is found out beside what is asked
	// for. Nothing may be changed before it returns nil. It is nil where that is known already.
	Admitted func() error
}

// User returns the user that asks.
func (c Caller) User() UserID { return c.Connection.User }

// Admit waits for Admitted.
func (c Caller) Admit() error {
	if c.Admitted == nil {
		return nil
	}
	return c.Admitted()
}
