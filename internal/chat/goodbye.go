package chat

import "time"

// GoodbyeCode says why the server asks a client to leave a connection.
type GoodbyeCode string

// The codes of the protocol.
const (
	GoodbyeExpired  GoodbyeCode = "expired"  // the token has ended
	GoodbyeRevoked  GoodbyeCode = "revoked"  // the session was ended
	GoodbyeReplaced GoodbyeCode = "replaced" // the user has opened too many connections after this one
	GoodbyeFlooded  GoodbyeCode = "flooded"  // the client went on asking far above its limit
	GoodbyeShutdown GoodbyeCode = "shutdown" // an operator wants the connections to move
)

// Goodbye is what a client is told about the end of its connection.
type Goodbye struct {
	Code      GoodbyeCode
	Reconnect bool          // whether it is to open another one
	After     time.Duration // how long it waits before that: its own slot
}
