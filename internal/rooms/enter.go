package rooms

import (
	"context"
	"fmt"

	"serverlesschat/internal/chat"
)

// Enter makes the user a member of a public room, unless it is one, and returns the access that it has then. The first
// who enters a public name opens the room, if that is how rooms are opened.
//
// Errors: CodeForbidden for who is banned; CodeNotFound for a room that one may not know of.
func (c *Changer) Enter(ctx context.Context, user chat.UserID, room chat.RoomID) (Access, error) {
	access, err := c.store.Access(ctx, user, room)
	if err != nil {
		return Access{}, fmt.Errorf("read access: %w", err)
	}
	if access.Room == nil && access.Member == nil && c.opts.OpenByJoining && !room.IsGiven() {
		if _, err := c.open(ctx, Room{ID: room, Kind: KindPublic, Name: string(room)}, user); err != nil {
			return Access{}, err
		}
	}
	if access.IsIn() {
		return access, nil
	}
	access, _, err = c.run(ctx, user, user, room, c.entering(ctx, user, room))
	return access, err
}

// entering plans how the user comes into a room by oneself.
func (c *Changer) entering(ctx context.Context, user chat.UserID, room chat.RoomID) plan {
	return func(by Access, _ *Member) (*step, error) {
		if by.IsIn() {
			return nil, nil
		}
		if err := by.May(Join); err != nil {
			return nil, err
		}
		is, err := c.arrival(ctx, user, room, by.Member, chat.RoleMember)
		return &step{change: chat.MemberJoined, is: is}, err
	}
}

// arrival returns the row of a user that comes into a room: what was written before does not count as unread.
func (c *Changer) arrival(
	ctx context.Context, user chat.UserID, room chat.RoomID, was *Member, role chat.Role,
) (Member, error) {
	last, err := c.opts.Reader.LastID(ctx, room)
	if err != nil {
		return Member{}, fmt.Errorf("read last id: %w", err)
	}
	is := Member{Room: room, User: user}
	if was != nil {
		is = *was // a mute outlasts a leave
	}
	is.State, is.Role, is.ReadID, is.JoinedAt = StateIn, role, max(is.ReadID, last), chat.Millis(c.opts.Now())
	return is, nil
}

// open opens a room with its first members: the owner, or the two of a direct room. It reports whether it did; false when
// there is a room of this name, or was. No entry tells of it.
func (c *Changer) open(ctx context.Context, room Room, users ...chat.UserID) (bool, error) {
	now := chat.Millis(c.opts.Now())
	role := chat.RoleOwner
	if room.Kind == KindDirect {
		role = ""
	}
	members := make([]Member, len(users))
	for i, user := range users {
		members[i] = Member{
			Room: room.ID, User: user, State: StateIn, Role: role, JoinedAt: now, Version: 1,
			Pending: &Pending{Change: chat.MemberJoined, By: users[0], At: now, Silent: true},
		}
		f := Finish{Room: room.ID, User: user, Version: 1, Began: now}
		if err := c.opts.Jobs.FinishLater(ctx, f, finishDelay); err != nil {
			return false, fmt.Errorf("send job: %w", err)
		}
	}
	opened, err := c.store.OpenRoom(ctx, room, members...)
	if err != nil || !opened {
		return false, chat.Wrap("open room", err)
	}
	for _, m := range members {
		if err := c.finish(ctx, &room, m); err != nil {
			return false, err
		}
	}
	return true, nil
}
