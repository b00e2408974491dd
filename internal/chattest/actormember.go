package chattest

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// The ports of rooms and their members, each through the plan.

// Access implements [rooms.Store].
func (a *Actor) Access(ctx context.Context, user chat.UserID, room chat.RoomID) (rooms.Access, error) {
	return do(ctx, a, "Access", false, func() (rooms.Access, error) { return a.store.Access(ctx, user, room) })
}

// OpenRoom implements [rooms.Store].
func (a *Actor) OpenRoom(ctx context.Context, room rooms.Room, members ...rooms.Member) (bool, error) {
	return do(ctx, a, "OpenRoom", true, func() (bool, error) { return a.store.OpenRoom(ctx, room, members...) })
}

// ChangeMember implements [rooms.Store].
func (a *Actor) ChangeMember(ctx context.Context, was, is rooms.Member) (bool, error) {
	return do(ctx, a, "ChangeMember", true, func() (bool, error) { return a.store.ChangeMember(ctx, was, is) })
}

// Finished implements [rooms.Store].
func (a *Actor) Finished(ctx context.Context, m rooms.Member) error {
	return act(ctx, a, "Finished", true, func() error { return a.store.Finished(ctx, m) })
}

// ConnectionsOf implements [rooms.Sessions].
func (a *Actor) ConnectionsOf(ctx context.Context, user chat.UserID) ([]chat.Connection, error) {
	return do(ctx, a, "ConnectionsOf", false, func() ([]chat.Connection, error) { return a.store.ConnectionsOf(ctx, user) })
}

// Evict implements [rooms.Evictions].
func (a *Actor) Evict(ctx context.Context, id chat.ConnectionID, room chat.RoomID, version int64) error {
	return act(ctx, a, "Evict", true, func() error { return a.store.Evict(ctx, id, room, version) })
}

// CountMembers implements [rooms.Counts].
func (a *Actor) CountMembers(ctx context.Context, room chat.RoomID, limit int) (int, error) {
	return do(ctx, a, "CountMembers", false, func() (int, error) { return a.store.CountMembers(ctx, room, limit) })
}

// RoomsOf implements [rooms.Lists].
func (a *Actor) RoomsOf(ctx context.Context, user chat.UserID, after chat.RoomID, limit int) ([]rooms.Membered, chat.RoomID, error) {
	return a.store.RoomsOf(ctx, user, after, limit)
}

// PublicRooms implements [rooms.Lists].
func (a *Actor) PublicRooms(ctx context.Context, after chat.RoomID, limit int) ([]rooms.Room, chat.RoomID, error) {
	return a.store.PublicRooms(ctx, after, limit)
}

// MembersOf implements [rooms.Lists].
func (a *Actor) MembersOf(ctx context.Context, room chat.RoomID, after chat.UserID, limit int) ([]rooms.Member, chat.UserID, error) {
	return a.store.MembersOf(ctx, room, after, limit)
}

// ChangeRoom implements [rooms.Settings].
func (a *Actor) ChangeRoom(ctx context.Context, p rooms.PatchRoom) (bool, error) {
	return do(ctx, a, "ChangeRoom", true, func() (bool, error) { return a.store.ChangeRoom(ctx, p) })
}

// ListenersOf implements [rooms.Settings].
func (a *Actor) ListenersOf(ctx context.Context, room chat.RoomID, limit int) ([]chat.ConnectionID, error) {
	return do(ctx, a, "ListenersOf", false, func() ([]chat.ConnectionID, error) { return a.store.ListenersOf(ctx, room, limit) })
}

// DeleteRoom implements [rooms.Erasable].
func (a *Actor) DeleteRoom(ctx context.Context, room chat.RoomID) (bool, error) {
	return do(ctx, a, "DeleteRoom", true, func() (bool, error) { return a.store.DeleteRoom(ctx, room) })
}

// EraseEntries implements [rooms.Erasable].
func (a *Actor) EraseEntries(ctx context.Context, room chat.RoomID) (bool, error) {
	return do(ctx, a, "EraseEntries", true, func() (bool, error) { return a.store.EraseEntries(ctx, room) })
}

// EraseRows implements [rooms.Erasable].
func (a *Actor) EraseRows(ctx context.Context, room chat.RoomID) (bool, error) {
	return do(ctx, a, "EraseRows", true, func() (bool, error) { return a.store.EraseRows(ctx, room) })
}

// Dismissed implements [rooms.Erasable].
func (a *Actor) Dismissed(ctx context.Context, m rooms.Member) error {
	return act(ctx, a, "Dismissed", true, func() error { return a.store.Dismissed(ctx, m) })
}

// Block implements [rooms.Blocks].
func (a *Actor) Block(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error {
	return act(ctx, a, "Block", true, func() error { return a.store.Block(ctx, user, other, direct) })
}

// Unblock implements [rooms.Blocks].
func (a *Actor) Unblock(ctx context.Context, user, other chat.UserID, direct chat.RoomID) error {
	return act(ctx, a, "Unblock", true, func() error { return a.store.Unblock(ctx, user, other, direct) })
}

// KnowsUser implements [rooms.Users].
func (a *Actor) KnowsUser(ctx context.Context, user chat.UserID) (bool, error) {
	return do(ctx, a, "KnowsUser", false, func() (bool, error) { return a.store.KnowsUser(ctx, user) })
}

// DisplayName implements [rooms.Users].
func (a *Actor) DisplayName(ctx context.Context, user chat.UserID) (string, error) {
	return do(ctx, a, "DisplayName", false, func() (string, error) { return a.store.DisplayName(ctx, user) })
}

// Retire implements [rooms.Retirements].
func (a *Actor) Retire(ctx context.Context, m rooms.Member, lastOwner bool) (bool, error) {
	return do(ctx, a, "Retire", true, func() (bool, error) { return a.store.Retire(ctx, m, lastOwner) })
}

// IsErased implements [rooms.Retirements].
func (a *Actor) IsErased(ctx context.Context, user chat.UserID) (bool, error) {
	return do(ctx, a, "IsErased", false, func() (bool, error) { return a.store.IsErased(ctx, user) })
}

// Record implements [rooms.Audit].
func (a *Actor) Record(ctx context.Context, d rooms.Deed) error {
	return act(ctx, a, "Record", true, func() error { return a.store.Record(ctx, d) })
}

// DeedsIn implements [rooms.Audit].
func (a *Actor) DeedsIn(ctx context.Context, room chat.RoomID, before string, limit int) ([]rooms.Deed, string, error) {
	return a.store.DeedsIn(ctx, room, before, limit)
}

// Resize implements [rooms.Sizes].
func (a *Actor) Resize(ctx context.Context, room chat.RoomID, from, to rooms.Size) (bool, error) {
	return do(ctx, a, "Resize", true, func() (bool, error) { return a.store.Resize(ctx, room, from, to) })
}

// Pace implements [messages.Pacer].
func (a *Actor) Pace(ctx context.Context, user chat.UserID, room chat.RoomID, every time.Duration) (time.Duration, error) {
	return do(ctx, a, "Pace", true, func() (time.Duration, error) { return a.store.Pace(ctx, user, room, every) })
}

// FinishLater implements [rooms.FinishJobs]: no job is run by itself.
func (a *Actor) FinishLater(ctx context.Context, _ rooms.Finish, _ time.Duration) error {
	return act(ctx, a, "FinishLater", false, func() error { return nil })
}
