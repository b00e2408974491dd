package chattest

import (
	"context"

	"serverlesschat/internal/chat"
)

// Entry implements [roomlog.Targets].
func (a *Actor) Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error) {
	return do(ctx, a, "Entry", false, func() (*chat.Entry, error) { return a.store.Entry(ctx, room, id) })
}

// Update implements [roomlog.Targets].
func (a *Actor) Update(ctx context.Context, was, is chat.Entry) (bool, error) {
	return do(ctx, a, "Update", true, func() (bool, error) { return a.store.Update(ctx, was, is) })
}

// Empty implements [roomlog.Targets].
func (a *Actor) Empty(ctx context.Context, room chat.RoomID, edit chat.EntryID) error {
	return act(ctx, a, "Empty", true, func() error { return a.store.Empty(ctx, room, edit) })
}
