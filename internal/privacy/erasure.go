package privacy

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Part is what of a user is erased next.
type Part string

// The parts, in their order.
const (
	EraseConnections Part = "connections" // they are closed; from then on the user is gone
	EraseMemberships Part = "memberships" // the user leaves all rooms
	ErasePresence    Part = "presence"
	EraseRooms       Part = "rooms"  // what was written in each room, and the member rows
	EraseBlocks      Part = "blocks" // of the user, and of others about the user
	EraseClaims      Part = "claims" // what is left of those, with their entries
	EraseSession     Part = "session"
	EraseNothing     Part = "" // all is erased
)

// Parts returns all parts, in the order in which they are erased.
func Parts() []Part {
	return []Part{EraseConnections, EraseMemberships, ErasePresence, EraseRooms, EraseBlocks, EraseClaims, EraseSession}
}

// next returns the part that comes after one.
func (p Part) next() Part {
	all := append(Parts(), EraseNothing)
	for i, part := range all[:len(all)-1] {
		if part == p {
			return all[i+1]
		}
	}
	return EraseNothing
}

// waits reports whether all that runs when the part before is done must end before this one begins.
func (p Part) waits() bool { return p == ErasePresence }

// Erasure is the erasing of a user: how far it is.
type Erasure struct {
	User      chat.UserID
	Pseudonym chat.UserID // stands for the user in what stays
	AskedAt   time.Time
	Part      Part      // what is erased next
	After     string    // up to where that is done, in the part's own order; empty at its begin
	NotBefore time.Time // when the part may begin; zero for at once
	SavedAt   time.Time // when the erasure has last gone on
	DoneAt    time.Time // when all was erased; zero before
}

// IsDone reports whether all is erased.
func (e Erasure) IsDone() bool { return !e.DoneAt.IsZero() }

// Ledger keeps erasures, for good: it outlives a restore of everything else. Every call is linearizable per user.
type Ledger interface {
	// BeginErasure stores an erasure unless there is one of the user. It returns the one that is there then.
	BeginErasure(ctx context.Context, e Erasure) (Erasure, error)
	// FindErasure reads the erasure of a user; nil when there is none.
	FindErasure(ctx context.Context, user chat.UserID) (*Erasure, error)
	// TakeErasure gives a holder the lease of the user's erasure until a time, unless another has it now. It returns
	// the erasure; nil when another has the lease.
	TakeErasure(ctx context.Context, user chat.UserID, holder string, now, until time.Time) (*Erasure, error)
	// SaveErasure stores how far an erasure is, and until when the holder keeps the lease; zero gives it back. It
	// reports whether it did: not when another has the lease.
	SaveErasure(ctx context.Context, e Erasure, holder string, until time.Time) (bool, error)
	// Erasures returns erasures in any order, limit of them at most, and where the next page begins; "" after the last.
	Erasures(ctx context.Context, after string, limit int) (page []Erasure, next string, err error)
}

// Job names an erasure that goes on later.
type Job struct {
	User  chat.UserID
	Began time.Time // when the first job was sent
}

// Jobs has erasures go on.
type Jobs interface {
	// EraseUserLater has the erasure go on after the delay. When it returns nil, the job is stored.
	EraseUserLater(ctx context.Context, j Job, delay time.Duration) error
}
