package rooms

import (
	"context"
	"errors"

	"serverlesschat/internal/chat"
)

// Retirements is what the erasing of a user reads and writes of memberships.
type Retirements interface {
	// Retire makes a member's row that of an erased user, with nothing in it but that and the next version, if it still
	// has the version. It reports whether it did. ErrLastOwner when this would take the last owner away, unless that is
	// allowed.
	Retire(ctx context.Context, m Member, lastOwner bool) (bool, error)
	// IsErased reports whether the user was erased, or is being erased.
	IsErased(ctx context.Context, user chat.UserID) (bool, error)
}

// errNoUser is the answer to whoever asks for a user that is not there, or was erased.
func errNoUser() error { return chat.Errorf(chat.CodeNotFound, "there is no such user") }

// checkUser returns nil for a user that was not erased.
func (c *Changer) checkUser(ctx context.Context, user chat.UserID) error {
	erased, err := c.store.IsErased(ctx, user)
	if err == nil && erased {
		return errNoUser()
	}
	return chat.Wrap("read user", err)
}

// Retire takes a user that is being erased out of a room. The row stays until all that the user wrote there is
// erased, and nobody can change it any more. Where the user is the last owner, another member becomes owner: a
// moderator before others, and who has been there for longest. A private room that nobody else is in is deleted:
// nobody could come in. Changes that are not finished are finished first, so that their entries and deeds are there
// to be erased.
//
// It may be done any number of times. Errors: what the store and the log return, wrapped.
func (c *Changer) Retire(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	for range maxSteps {
		access, err := c.store.Access(ctx, user, room)
		if err != nil {
			return chat.Wrap("read member", err)
		}
		done, err := c.retire(ctx, access)
		if err != nil || done {
			return err
		}
	}
	return chat.Errorf(chat.CodeUnavailable, "this member is being changed by others; try again")
}

// retire makes one step, and reports whether it was the last one.
func (c *Changer) retire(ctx context.Context, access Access) (bool, error) {
	if access.Member == nil || access.Member.State == StateErased {
		return true, nil
	}
	m := *access.Member
	if m.Pending != nil {
		return false, c.finish(ctx, access.Room, m)
	}
	changed, err := c.store.Retire(ctx, m, access.Room == nil)
	if errors.Is(err, ErrLastOwner) {
		heir, err := c.heir(ctx, m)
		switch {
		case err != nil:
			return false, err
		case heir != "":
			_, err := c.Put(ctx, m.User, PutMember{Room: m.Room, User: heir, Role: new(chat.RoleOwner)})
			return false, err
		case access.Room.Kind == KindPrivate:
			return false, c.Delete(ctx, m.User, m.Room)
		}
		changed, err = c.store.Retire(ctx, m, true)
		if err != nil {
			return false, chat.Wrap("retire member", err)
		}
	} else if err != nil {
		return false, chat.Wrap("retire member", err)
	}
	return changed, nil
}

// heir returns who becomes owner after the last one, of the first members in the order of their names; "" for nobody.
func (c *Changer) heir(ctx context.Context, owner Member) (chat.UserID, error) {
	page, _, err := c.store.MembersOf(ctx, owner.Room, "", maxListed)
	if err != nil {
		return "", chat.Wrap("read members", err)
	}
	var best *Member
	for _, m := range page {
		if m.User != owner.User && (best == nil || comesBefore(m, *best)) {
			best = &m
		}
	}
	if best == nil {
		return "", nil
	}
	return best.User, nil
}

func comesBefore(a, b Member) bool {
	if (a.Role == chat.RoleModerator) != (b.Role == chat.RoleModerator) {
		return a.Role == chat.RoleModerator
	}
	return a.JoinedAt.Before(b.JoinedAt)
}
