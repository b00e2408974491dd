package presence

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Status says whether a user is there.
type Status string

// The two of them.
const (
	Online  Status = "online"
	Offline Status = "offline"
)

// State is what is kept of a user. The zero State, with the user's name, is that of one who was never there.
type State struct {
	User        chat.UserID
	Online      bool
	Version     int64               // counts the changes
	Gone        []chat.ConnectionID // those that have ended, and of which something may be left
	ToldOnline  bool                // whether peers were told last that the user is online
	ToldVersion int64               // what the version was then
	ToldAt      time.Time           // when it was; zero for never
}

// Status returns whether the user is there.
func (s State) Status() Status {
	if s.Online {
		return Online
	}
	return Offline
}

// Items keeps the states of users. Every call is linearizable per user.
type Items interface {
	// Arrive writes that the user is online, and counts the version up. It returns the state after that.
	Arrive(ctx context.Context, user chat.UserID) (State, error)
	// Depart writes that a connection of the user ends.
	Depart(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}

// CheckedItems are Items as a check reads and writes them.
type CheckedItems interface {
	// State returns the state of a user.
	State(ctx context.Context, user chat.UserID) (State, error)
	// Leave writes that the user is offline, counts the version up and forgets all that are gone, if the version is still
	// the one of seen. It returns the state after that, and whether it did.
	Leave(ctx context.Context, seen State) (is State, left bool, err error)
	// Forget takes connections from those that are gone.
	Forget(ctx context.Context, user chat.UserID, gone []chat.ConnectionID) error
	// Told writes that peers are told what is seen, at a time, if the version is still the one of seen, and they were
	// told otherwise before. It reports whether it did.
	Told(ctx context.Context, seen State, at time.Time) (told bool, err error)
}

// Connections keeps the connections of users.
type Connections interface {
	// OpenOf returns the user's connections, and when each was opened, consistently; also some that have ended.
	OpenOf(ctx context.Context, user chat.UserID) (map[chat.ConnectionID]time.Time, error)
	// RemoveConnection is [connections.Store].RemoveConnection.
	RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}

// Check asks whether a user is still there.
type Check struct {
	User chat.UserID
	// Watch is for the job that goes round while a user is online: the version that peers were told of. It is 0 for a job
	// that does not go round.
	Watch int64
}

// Jobs has users checked.
type Jobs interface {
	// CheckLater has a check made after the delay, by a job that is tried again until it succeeds. When it returns nil, the
	// job is stored.
	CheckLater(ctx context.Context, c Check, delay time.Duration) error
}
