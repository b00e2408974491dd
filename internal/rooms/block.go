package rooms

import (
	"context"

	"serverlesschat/internal/chat"
)

// Blocks keeps who blocks whom.
type Blocks interface {
	// Block notes that a user blocks another, also in the direct room of the two, if there is one.
	Block(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error
	// Unblock takes it back.
	Unblock(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error
}

// ErrBlocked is returned by a Store for a direct room of two users of whom one blocks the other. It does not say who.
var ErrBlocked = chat.Errorf(chat.CodeForbidden, "one of you blocks the other")

// ReadOther reads the fields of a request about another user.
func ReadOther(f *chat.Fields) chat.UserID { return f.User("user_id") }

// Block makes the two write to each other no more in a direct room, nor open one.
//
// Errors: CodeInvalid for oneself; CodeNotFound for a user who was erased.
func (c *Changer) Block(ctx context.Context, user, other chat.UserID) error {
	if user == other {
		return chat.Invalid("user_id", "must be another user")
	}
	if err := c.checkUser(ctx, other); err != nil {
		return err
	}
	return chat.Wrap("block", c.store.Block(ctx, user, other, c.DirectRoom(user, other)))
}

// Unblock takes a block back. That of the other user, if there is one, stays.
func (c *Changer) Unblock(ctx context.Context, user, other chat.UserID) error {
	return chat.Wrap("unblock", c.store.Unblock(ctx, user, other, c.DirectRoom(user, other)))
}

// Users knows who has been here.
type Users interface {
	// KnowsUser reports whether the user has ever been connected, or in a room, and was not erased.
	KnowsUser(ctx context.Context, user chat.UserID) (bool, error)
	// DisplayName returns what the user is called; "" for a user who is called by the user_id.
	DisplayName(ctx context.Context, user chat.UserID) (string, error)
}

// User returns what a user is called who has been here, or has an account.
//
// Errors: CodeNotFound for others.
func (c *Changer) User(ctx context.Context, user chat.UserID) (string, error) {
	name, err := c.store.DisplayName(ctx, user)
	if err != nil || name != "" {
		return name, chat.Wrap("read profile", err)
	}
	known, err := c.store.KnowsUser(ctx, user)
	if err == nil && !known {
		return "", errNoUser()
	}
	return string(user), chat.Wrap("read user", err)
}
