package rooms

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// A change of a member has three parts. A job that finishes it is sent. The row is changed, with a new version and the
// change as Pending. Then it is finished: by whoever made it, or, if that one dies, by the job. So a change that was
// written is finished, and one that was refused leaves a job that finds nothing to do.

// FinishJobs has changes of members finished.
type FinishJobs interface {
	// FinishLater has the change that leads to a version finished after the delay, by a job that waits until the change
	// is written, or seems never to be. When it returns nil, the job is stored.
	FinishLater(ctx context.Context, f Finish, delay time.Duration) error
}

// Finish names a change of a member that is to be finished.
type Finish struct {
	Room    chat.RoomID
	User    chat.UserID
	Version int64     // the row's, after the change
	Began   time.Time // when the first job was sent
}

// Sessions keeps which connections users have.
type Sessions interface {
	// ConnectionsOf returns the user's connections, consistently, also some that have ended.
	ConnectionsOf(ctx context.Context, user chat.UserID) ([]chat.Connection, error)
}

// Teller tells connections something.
type Teller interface {
	// Tell posts a frame to each of the connections that can be reached.
	Tell(ctx context.Context, ids []chat.ConnectionID, frame []byte)
}

// Frames makes the frames that tell users of their rooms.
type Frames struct {
	Room    func(Listed) []byte
	Removed func(chat.RoomID, Reason) []byte
	// Degraded tells what a room has grown too large for.
	Degraded func(chat.RoomID, []Feature) []byte
}

// Listed is a room as a user sees it.
type Listed struct {
	Room
	IsMember bool // what follows is for members alone
	Role     chat.Role
	LastID   chat.EntryID
	ReadID   chat.EntryID
	Unread   int // 0–100, 100 for that many or more
}

// Evictions ends subscriptions from outside.
type Evictions interface {
	// Evict ends the connection's subscription to the room, if it was made before the member's row had the version.
	Evict(ctx context.Context, id chat.ConnectionID, room chat.RoomID, version int64) error
}

// Counts counts members.
type Counts interface {
	// CountMembers returns how many members the room has, limit at most. What it returns may be a moment old.
	CountMembers(ctx context.Context, room chat.RoomID, limit int) (int, error)
}

// ChangerStore is what a Changer reads and writes.
type ChangerStore interface {
	Store
	Sessions
	Evictions
	Counts
	Lists
	Settings
	Erasable
	Blocks
	Users
	Audit
	Sizes
	Retirements
}

// ChangerOptions are the parts and the settings of a Changer.
type ChangerOptions struct {
	Writer        *roomlog.Writer
	Reader        *roomlog.Reader
	Jobs          FinishJobs
	Teller        Teller
	Frames        Frames
	OpenByJoining bool // whether the first who joins a public name opens the room
	Now           func() time.Time

	// What follows is for managing rooms alone.
	Naming     Naming
	Unread     Unread // nil where nobody counts
	Erasing    EraseJobs
	EraseAfter time.Duration // longer than anything runs that may still place an entry in a room that is deleted
}

// Changer changes members of rooms.
type Changer struct {
	store      ChangerStore
	membership *Membership
	opts       ChangerOptions
}

// NewChanger makes a Changer.
func NewChanger(store ChangerStore, opts ChangerOptions) *Changer {
	return &Changer{store: store, membership: NewMembership(store), opts: opts}
}

const (
	// finishDelay is after how long a job looks whether a change is finished. Most are by then.
	finishDelay = time.Second
	// finishWait is how long such jobs wait for a change to be written: longer than who makes it can take.
	finishWait = 30 * time.Second
	// maxSteps is how often one call looks at a member again: after each step, and after each race that it has lost.
	maxSteps = 10
	// announceTo is to how many connections at most a room's new settings are told.
	announceTo = 200
)

// step is one change of a member that is to be made.
type step struct {
	change chat.MemberChange
	is     Member // the row as it will be; version and pending are set when it is written
}

// plan returns the next step that leads to what was asked for, nil when there is nothing left to do, or why it is refused.
type plan func(by Access, subject *Member) (*step, error)

// run reads the rights of who asks and the subject's row, and makes the steps that are planned, each with a fresh reading.
// It returns the subject's row as it is then; nil when there is none.
func (c *Changer) run(ctx context.Context, by, subject chat.UserID, room chat.RoomID, next plan) (Access, *Member, error) {
	for range maxSteps {
		access, row, err := c.look(ctx, by, subject, room)
		if err != nil {
			return Access{}, nil, err
		}
		if row != nil && row.State == StateErased {
			return access, row, errNoUser()
		}
		s, err := next(access, row)
		if err != nil {
			return access, row, err
		}
		if row != nil && row.Pending != nil { // whoever made it is still at it, or has died
			if err := c.finish(ctx, access.Room, *row); err != nil {
				return access, row, err
			}
			if s == nil {
				row.Pending = nil
				return access, row, nil
			}
			continue
		}
		if s == nil {
			return access, row, nil
		}
		if err := c.make(ctx, access, by, row, s); err != nil {
			return access, row, err
		}
	}
	return Access{}, nil, chat.Errorf(chat.CodeUnavailable, "this member is being changed by others; try again")
}

// look reads the access of who asks, and the subject's row.
func (c *Changer) look(ctx context.Context, by, subject chat.UserID, room chat.RoomID) (Access, *Member, error) {
	access, err := c.store.Access(ctx, by, room)
	if err != nil || subject == by {
		return access, access.Member, chat.Wrap("read access", err)
	}
	other, err := c.store.Access(ctx, subject, room)
	return access, other.Member, chat.Wrap("read member", err)
}

// make writes a step and finishes it. A race that is lost is no error: the next look shows what has become of the row.
func (c *Changer) make(ctx context.Context, access Access, by chat.UserID, row *Member, s *step) error {
	was := Member{Room: access.Room.ID, User: s.is.User}
	if row != nil {
		was = *row
	} else if by != s.is.User {
		if err := c.checkUser(ctx, s.is.User); err != nil {
			return err
		}
	}
	members, err := c.store.CountMembers(ctx, access.Room.ID, HugeMembers+1)
	if err != nil {
		return chat.Wrap("count members", err)
	}
	now := c.opts.Now()
	s.is.Version = was.Version + 1
	s.is.Pending = &Pending{Change: s.change, By: by, At: chat.Millis(now), Silent: isSilent(by, s, members)}
	f := Finish{Room: access.Room.ID, User: s.is.User, Version: s.is.Version, Began: now}
	if err := c.opts.Jobs.FinishLater(ctx, f, finishDelay); err != nil {
		return fmt.Errorf("send job: %w", err)
	}
	changed, err := c.store.ChangeMember(ctx, was, s.is)
	if err != nil || !changed {
		return chat.Wrap("change member", err)
	}
	c.resize(ctx, *access.Room, members+comes(was, s.is))
	return c.finish(ctx, access.Room, s.is)
}

// comes returns by how many a change makes the members of a room more.
func comes(was, is Member) int {
	n := 0
	if is.State == StateIn {
		n++
	}
	if was.State == StateIn {
		n--
	}
	return n
}

// isSilent reports whether no entry tells of a step: who comes or goes by oneself in a room of so many members.
func isSilent(by chat.UserID, s *step, members int) bool {
	alone := by == s.is.User && (s.change == chat.MemberJoined || s.change == chat.MemberLeft)
	return alone && members > HugeMembers
}
