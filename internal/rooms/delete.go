package rooms

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// A room that is deleted is gone at once for everybody: its row says so. What is left of it goes page by page, by a job
// that was sent before, and that may be cut off and goes on: first the members, who are told, then, when nothing that was
// under way can still be placed, entries, claims and the rows. The room's own row stays, so that its name is never given
// again.

// EraseJobs has deleted rooms erased.
type EraseJobs interface {
	// EraseLater has the room erased from a part on, after the delay, by a job that waits until the room is deleted, or
	// seems never to be. When it returns nil, the job is stored.
	EraseLater(ctx context.Context, e Erase, delay time.Duration) error
}

// ErasePart is what of a room is erased next.
type ErasePart string

// The parts, in their order.
const (
	EraseMembers ErasePart = "members" // their subscriptions end, and they are told
	EraseEntries ErasePart = "entries" // with the claims of those who wrote them
	EraseRows    ErasePart = "rows"    // the members' rows, the deeds, and the head
)

// Erase names a deleted room, and what of it is to be erased next.
type Erase struct {
	Room  chat.RoomID
	Part  ErasePart
	Began time.Time // when the first job was sent
}

// Erasable is what erasing reads and writes. Each call does a part of the work, and reports whether it was all.
type Erasable interface {
	// DeleteRoom makes the room deleted. It reports whether there is, or was, such a room.
	DeleteRoom(ctx context.Context, room chat.RoomID) (found bool, err error)
	// EraseEntries removes entries of the room, with their claims.
	EraseEntries(ctx context.Context, room chat.RoomID) (done bool, err error)
	// EraseRows removes rows of members, then the deeds, and at last the room's head.
	EraseRows(ctx context.Context, room chat.RoomID) (done bool, err error)
	// Dismissed notes that a member of a deleted room is out, if the row still has the version.
	Dismissed(ctx context.Context, m Member) error
}

// Delete deletes a room.
//
// Errors: CodeNotFound, CodeForbidden as [Access.May].
func (c *Changer) Delete(ctx context.Context, by chat.UserID, room chat.RoomID) error {
	if _, err := c.membership.May(ctx, by, room, Govern); err != nil {
		return err
	}
	e := Erase{Room: room, Part: EraseMembers, Began: c.opts.Now()}
	if err := c.opts.Erasing.EraseLater(ctx, e, finishDelay); err != nil {
		return chat.Wrap("send job", err)
	}
	if _, err := c.store.DeleteRoom(ctx, room); err != nil {
		return chat.Wrap("delete room", err)
	}
	_, err := c.dismiss(ctx, room)
	return err
}

// dismissAtOnce is how many members of a deleted room are told side by side.
const dismissAtOnce = 8

// dismiss ends the subscriptions of a page of members of a deleted room, tells them, and notes that they are out. It
// reports whether there were no others.
func (c *Changer) dismiss(ctx context.Context, room chat.RoomID) (bool, error) {
	page, next, err := c.store.MembersOf(ctx, room, "", maxListed)
	if err != nil {
		return false, chat.Wrap("read members", err)
	}
	err = chat.ForEach(ctx, page, dismissAtOnce, func(ctx context.Context, m Member) error {
		out := m
		out.Version, out.Pending = m.Version+1, nil
		if err := c.evict(ctx, out, ReasonDeleted); err != nil {
			return err
		}
		return c.store.Dismissed(ctx, m)
	})
	return next == "", err
}

// eraseTime is for how long a job erases before the jobs that wait beside it have their turn.
const eraseTime = 10 * time.Second

// Erase erases a part of a deleted room, or as much of it as there is time for, and has the rest erased later.
//
// Errors: what the store returns, wrapped; then it is to be tried again.
func (c *Changer) Erase(ctx context.Context, e Erase) error {
	nobody := chat.Pseudonym("") // a user that there is not: the room alone counts
	access, err := c.store.Access(ctx, nobody, e.Room)
	if err != nil {
		return chat.Wrap("read room", err)
	}
	if access.Room != nil { // whoever deletes it is about to, or has died before
		if c.opts.Now().Sub(e.Began) >= finishWait {
			return nil
		}
		return chat.Wrap("send job", c.opts.Erasing.EraseLater(ctx, e, finishDelay))
	}
	erase, next, delay := c.dismiss, EraseEntries, c.opts.EraseAfter
	switch e.Part {
	case EraseEntries:
		erase, next, delay = c.store.EraseEntries, EraseRows, 0
	case EraseRows:
		erase, next = c.store.EraseRows, ""
	}
	end := c.opts.Now().Add(eraseTime)
	for done := false; !done; {
		if ctx.Err() != nil || !c.opts.Now().Before(end) {
			return c.opts.Erasing.EraseLater(context.WithoutCancel(ctx), e, 0)
		}
		if done, err = erase(ctx, e.Room); err != nil {
			return chat.Wrap("erase", err)
		}
	}
	if next == "" {
		return nil
	}
	e.Part = next
	return chat.Wrap("send job", c.opts.Erasing.EraseLater(ctx, e, delay))
}
