package privacy

import (
	"context"

	"serverlesschat/internal/chat"
)

// Sessions keeps who is connected, and who is gone.
type Sessions interface {
	// MarkGone notes that the user is gone: no connection of the user is stored any more. It returns those that there
	// may be.
	MarkGone(ctx context.Context, user chat.UserID) ([]chat.ConnectionID, error)
	// RemoveConnection removes all that is stored of a connection; see [connections.Store].
	RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
	// ForgetPolls removes what is stored of the user's polls.
	ForgetPolls(ctx context.Context, user chat.UserID) error
	// ForgetPresence removes what is stored of the user's presence.
	ForgetPresence(ctx context.Context, user chat.UserID) error
	// ForgetSession removes all from the session item but that the user is gone.
	ForgetSession(ctx context.Context, user chat.UserID) error
}

// Closer ends connections.
type Closer interface {
	// Close says goodbye to each of the connections, and ends it. One that has ended is no error.
	Close(ctx context.Context, ids []chat.ConnectionID) error
}

const (
	// pageLimit is how many rows one step takes on.
	pageLimit = 100
	// atOnce is how many of them it takes on side by side.
	atOnce = 16
	// retireLimit is how many rooms one step leaves: each takes several calls.
	retireLimit = 10
)

// disconnect makes the user gone, and ends the user's connections.
func disconnect(ctx context.Context, store Sessions, closer Closer, user chat.UserID) error {
	ids, err := store.MarkGone(ctx, user)
	if err != nil {
		return chat.Wrap("mark gone", err)
	}
	if err := closer.Close(ctx, ids); err != nil {
		return err
	}
	return chat.ForEach(ctx, ids, atOnce, func(ctx context.Context, id chat.ConnectionID) error {
		return store.RemoveConnection(ctx, user, id)
	})
}

func (e *Eraser) eraseConnections(ctx context.Context, er Erasure) (progress, error) {
	if err := disconnect(ctx, e.Store, e.Closer, er.User); err != nil {
		return progress{}, err
	}
	return allDone(), e.Store.ForgetPolls(ctx, er.User)
}

func (e *Eraser) erasePresence(ctx context.Context, er Erasure) (progress, error) {
	return allDone(), e.Store.ForgetPresence(ctx, er.User)
}

// Accounts keeps the accounts of users: credentials and profiles.
type Accounts interface {
	// ForgetAccount removes the user's account and profile, but for what keeps its name from being given again.
	ForgetAccount(ctx context.Context, user chat.UserID) error
}

func (e *Eraser) eraseSession(ctx context.Context, er Erasure) (progress, error) {
	if err := e.Accounts.ForgetAccount(ctx, er.User); err != nil {
		return progress{}, chat.Wrap("forget account", err)
	}
	return allDone(), e.Store.ForgetSession(ctx, er.User)
}

// Retirer takes users out of rooms.
type Retirer interface {
	// Retire is [rooms.Changer.Retire].
	Retire(ctx context.Context, user chat.UserID, room chat.RoomID) error
	// DirectRoom is [rooms.Changer.DirectRoom].
	DirectRoom(a, b chat.UserID) chat.RoomID
}

// retire leaves a page of rooms.
func (e *Eraser) retire(ctx context.Context, er Erasure) (progress, error) {
	page, next, err := e.Store.MembershipsOf(ctx, er.User, chat.RoomID(er.After), retireLimit)
	if err != nil {
		return progress{}, chat.Wrap("read memberships", err)
	}
	err = chat.ForEach(ctx, page, atOnce, func(ctx context.Context, room chat.RoomID) error {
		return e.Rooms.Retire(ctx, er.User, room)
	})
	return progress{after: string(next), done: next == ""}, err
}

// Block is that one user blocks another.
type Block struct {
	By, Of chat.UserID
}

// Blockers keeps who blocks whom.
type Blockers interface {
	// BlocksAbout returns blocks of the user, and of others about the user, limit of them at most.
	BlocksAbout(ctx context.Context, user chat.UserID, limit int) ([]Block, error)
	// Unblock takes a block back, in the direct room too; see [rooms.Blocks].
	Unblock(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error
}

func (e *Eraser) eraseBlocks(ctx context.Context, er Erasure) (progress, error) {
	page, err := e.Store.BlocksAbout(ctx, er.User, pageLimit)
	if err != nil {
		return progress{}, chat.Wrap("read blocks", err)
	}
	err = chat.ForEach(ctx, page, atOnce, func(ctx context.Context, b Block) error {
		return e.Store.Unblock(ctx, b.By, b.Of, e.Rooms.DirectRoom(b.By, b.Of))
	})
	return progress{done: len(page) < pageLimit}, err
}
