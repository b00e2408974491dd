package rooms

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
)

// Reason says why a connection gets a room no longer.
type Reason string

// The reasons.
const (
	ReasonRemoved Reason = "removed"
	ReasonBanned  Reason = "banned"
	ReasonLeft    Reason = "left"
	ReasonDeleted Reason = "deleted" // the room is
)

// evictAtOnce is how many connections of a user are told, or lose a room, side by side.
const evictAtOnce = 8

// finish does what follows from a change of a member: it ends the subscriptions of who is out, tells the user's
// connections, and places the entry. It may be done any number of times, by several at once: all of it is the same each
// time, and the entry is placed once. room is nil when it is deleted.
func (c *Changer) finish(ctx context.Context, room *Room, m Member) error {
	if m.State != StateIn {
		if err := c.evict(ctx, m, reasonOf(m)); err != nil {
			return err
		}
	} else if room != nil && (m.Pending.Change == chat.MemberJoined || m.Pending.Change == chat.MemberRole) {
		if err := c.welcome(ctx, *room, m); err != nil {
			return err
		}
	}
	if room != nil && !m.Pending.Silent {
		if err := c.record(ctx, *room, m); err != nil {
			return err
		}
	}
	if isDeed(m) && !m.Pending.Silent {
		err := c.store.Record(ctx, Deed{
			Room: m.Room, At: m.Pending.At, By: m.Pending.By, Action: string(m.Pending.Change), Subject: m.User,
			Key: string(chat.MemberEntryID(m.User, m.Version)),
		})
		if err != nil {
			return chat.Wrap("record", err)
		}
	}
	return chat.Wrap("finish member", c.store.Finished(ctx, m))
}

func reasonOf(m Member) Reason {
	switch {
	case m.State == StateBanned:
		return ReasonBanned
	case m.Pending.Change == chat.MemberLeft:
		return ReasonLeft
	}
	return ReasonRemoved
}

// evict ends the subscriptions that the user's connections have made before the change, and tells all of them.
func (c *Changer) evict(ctx context.Context, m Member, reason Reason) error {
	open, err := c.store.ConnectionsOf(ctx, m.User)
	if err != nil {
		return fmt.Errorf("read connections: %w", err)
	}
	err = chat.ForEach(ctx, open, evictAtOnce, func(ctx context.Context, connection chat.Connection) error {
		return c.store.Evict(ctx, connection.ID, m.Room, m.Version)
	})
	if err != nil {
		return fmt.Errorf("end subscriptions: %w", err)
	}
	if m.Pending == nil || m.Pending.Change != chat.MemberUnbanned { // who was banned has long been told
		c.opts.Teller.Tell(ctx, chat.Live(open, c.opts.Now()), c.opts.Frames.Removed(m.Room, reason))
	}
	return nil
}

// welcome tells all connections of who has come into a room, or has another role there.
func (c *Changer) welcome(ctx context.Context, room Room, m Member) error {
	open, err := c.store.ConnectionsOf(ctx, m.User)
	if err != nil {
		return fmt.Errorf("read connections: %w", err)
	}
	listed, err := c.list(ctx, room, m)
	if err != nil {
		return err
	}
	c.opts.Teller.Tell(ctx, chat.Live(open, c.opts.Now()), c.opts.Frames.Room(listed))
	return nil
}

// record places the entry that tells of the change.
func (c *Changer) record(ctx context.Context, room Room, m Member) error {
	_, _, err := c.opts.Writer.Append(ctx, chat.NewEntry{
		Room: m.Room, Kind: chat.KindMember, User: m.Pending.By, Subject: m.User, Change: m.Pending.Change, Role: m.Role,
		ClientMessageID: chat.MemberEntryID(m.User, m.Version), Retention: room.Retention,
	})
	return chat.Wrap("place entry", err)
}

// Finish finishes a change of a member that was not. One that is not written yet is looked for again, each second, as
// long as it may still be.
//
// Errors: what the store and the log return, wrapped; then the change is to be finished later.
func (c *Changer) Finish(ctx context.Context, f Finish) error {
	access, err := c.store.Access(ctx, f.User, f.Room)
	if err != nil {
		return fmt.Errorf("read member: %w", err)
	}
	row := access.Member
	if row == nil || row.Version < f.Version {
		if c.opts.Now().Sub(f.Began) >= finishWait {
			return nil
		}
		return chat.Wrap("send job", c.opts.Jobs.FinishLater(ctx, f, finishDelay))
	}
	if row.Pending == nil {
		return nil
	}
	return c.finish(ctx, access.Room, *row)
}
