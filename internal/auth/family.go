package auth

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// Family is a sign-in: who, how far its refresh tokens are, and until when.
type Family struct {
	ID         FamilyID
	User       chat.UserID
	Generation int
	RotatedAt  time.Time // when this generation began, to the millisecond
	Attempt    []byte    // hash of the attempt by which it began; empty for none
	EndsAt     time.Time
	EndedAt    time.Time // when it was ended before that; zero for a family that was not
}

// FamilyStore keeps families.
type FamilyStore interface {
	// OpenFamily stores a new family, and names it among those of its user, if the user's password is still the one of
	// that version.
	OpenFamily(ctx context.Context, f Family, passwordVersion int64) (opened bool, err error)
	// RotateFamily moves a family on to its next generation, with this hash of an attempt, if it is of the generation
	// given, has not ended, and has been so for RotateEvery at the time now. It returns the family as it is then; one
	// without a user where there is none.
	RotateFamily(
		ctx context.Context, id FamilyID, generation int, attempt []byte, now time.Time,
	) (f Family, rotated bool, err error)
	// EndFamily ends a family that has not ended, and returns it; one without a user where there is none.
	EndFamily(ctx context.Context, id FamilyID, now time.Time) (Family, error)
}

// FamilyLists keeps which families each user has.
type FamilyLists interface {
	// FamiliesOf returns the families of a user that were not forgotten, and when they end by themselves.
	FamiliesOf(ctx context.Context, user chat.UserID) (map[FamilyID]time.Time, error)
	// ForgetFamily takes one out.
	ForgetFamily(ctx context.Context, user chat.UserID, id FamilyID) error
}

// RotateEvery is the least time between two generations of a family. Tabs that refresh at the same time, and clients
// that have lost an answer, are no thieves.
const RotateEvery = 10 * time.Second

// verdict is what a refresh token is good for that has not moved its family on.
type verdict int

const (
	refused   verdict = iota // it, or its family, holds no longer
	successor                // it gets the newest token of its family
	reused                   // two have it
)

// judge says what the token of a generation is good for, of a family that did not move on.
func (f Family) judge(generation int, attempt []byte, now time.Time) verdict {
	recent := now.Sub(f.RotatedAt) < RotateEvery
	switch {
	case f.User == "" || !f.EndedAt.IsZero() || !now.Before(f.EndsAt):
		return refused
	case generation > f.Generation:
		return refused // the table was restored from an older state
	case generation == f.Generation:
		return successor // it is as old as that
	case generation == f.Generation-1 && (recent || isSame(attempt, f.Attempt)):
		return successor
	}
	return reused
}
