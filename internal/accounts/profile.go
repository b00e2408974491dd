package accounts

import (
	"cmp"
	"context"

	"serverlesschat/internal/chat"
)

// Profiles keeps what users are called.
type Profiles interface {
	// DisplayName returns "" for a user who is called by the user_id.
	DisplayName(ctx context.Context, user chat.UserID) (string, error)
	// SetDisplayName stores what a user is called.
	SetDisplayName(ctx context.Context, user chat.UserID, name string) error
}

// Self shows users their own records, and changes them.
type Self struct{ store Profiles }

// NewSelf makes a Self.
func NewSelf(store Profiles) *Self { return &Self{store} }

// Show returns a user's own record.
//
// Errors: CodeUnavailable.
func (s *Self) Show(ctx context.Context, user chat.UserID) (Profile, error) {
	name, err := s.store.DisplayName(ctx, user)
	return Profile{user, cmp.Or(name, string(user))}, chat.Wrap("read profile", err)
}

// PatchSelf asks for a user's own record to be changed. What is nil stays as it is.
type PatchSelf struct{ DisplayName *string }

// ReadPatchSelf reads the fields of a change of one's own record.
func ReadPatchSelf(f *chat.Fields) PatchSelf { return PatchSelf{f.OptionalName("display_name")} }

// Patch changes a user's own record, and returns it.
//
// Errors: CodeUnavailable.
func (s *Self) Patch(ctx context.Context, user chat.UserID, in PatchSelf) (Profile, error) {
	if in.DisplayName == nil {
		return s.Show(ctx, user)
	}
	err := s.store.SetDisplayName(ctx, user, *in.DisplayName)
	return Profile{user, *in.DisplayName}, chat.Wrap("change profile", err)
}
