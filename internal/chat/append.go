package chat

import (
	"context"
	"fmt"
	"time"
)

// maxReserves bounds the ids that one call may use up; more are needed only when voids overtake a writer again and
// again.
const maxReserves = 3

// WriterStore is what a Writer reads and writes.
type WriterStore interface {
	Log
	Claims
	Head
}

// Writer appends to the logs of rooms.
type Writer struct {
	store  WriterStore
	now    func() time.Time
	random func([]byte)
}

// NewWriter makes a Writer. now returns the time of entries; random fills a slice with random bytes.
func NewWriter(store WriterStore, now func() time.Time, random func([]byte)) *Writer {
	return &Writer{store: store, now: now, random: random}
}

// Append stores the draft once, however often and however concurrently it is sent, and gives the entry as it is stored.
//
// Errors: CodeConflict when the draft's client_message_id stands for other content; CodeUnavailable when the place was
// lost too often; what the store returns, wrapped. After an error the entry may be stored or not: sending it again
// settles it.
func (w *Writer) Append(ctx context.Context, d Draft) (Entry, error) {
	a := &appending{Writer: w, draft: d}
	return a.run(ctx, a.look)
}

// appendKnowing is Append for who has read the draft's claim already. It may be stale without harm; a fresh one spares
// ids on ordinary repeats.
func (w *Writer) appendKnowing(ctx context.Context, d Draft, claim *Claim) (Entry, error) {
	a := &appending{Writer: w, draft: d}
	return a.run(ctx, func(context.Context) (step, error) { return a.decide(claim) })
}

func (a *appending) run(ctx context.Context, next step) (Entry, error) {
	var err error
	for next != nil {
		// A caller that has given up must not go on reserving: each reserved id that is not placed is a hole.
		if err := ctx.Err(); err != nil {
			return Entry{}, &Error{Code: CodeUnavailable, Message: "the message was not stored in time", Err: err}
		}
		if next, err = next(ctx); err != nil {
			return Entry{}, err
		}
	}
	return a.stored, nil
}

// appending is one call of Append: reserve an id, claim it, place the entry at it. Each step is one store call and
// gives the next step; nil ends it, with the entry in stored.
type appending struct {
	*Writer
	draft    Draft
	own      EntryID // the id held, 0 for none; a held id that is not used is made void
	target   EntryID // where the claim points, when it is not own
	reserves int
	stored   Entry
}

type step func(context.Context) (step, error)

// look spares ids on repeats: only a draft without a claim reserves.
func (a *appending) look(ctx context.Context) (step, error) {
	claim, err := a.store.Claim(ctx, a.draft)
	if err != nil {
		return nil, fmt.Errorf("read claim: %w", err)
	}
	return a.decide(claim)
}

func (a *appending) decide(claim *Claim) (step, error) {
	switch {
	case claim == nil:
		return a.reserveThen(a.claim), nil
	case !claim.Fingerprint.matches(a.draft):
		return nil, errOtherContent
	}
	a.target = claim.ID
	return a.follow, nil
}

func (a *appending) reserveThen(next step) step {
	return func(ctx context.Context) (step, error) {
		if a.reserves == maxReserves {
			return nil, Failed(CodeUnavailable, "the room is too busy; send the message again")
		}
		id, err := a.store.Reserve(ctx, a.draft.Room)
		if err != nil {
			return nil, fmt.Errorf("reserve id: %w", err)
		}
		a.own = id
		a.reserves++
		return next, nil
	}
}

func (a *appending) claim(ctx context.Context) (step, error) {
	salt := make([]byte, saltLength)
	a.random(salt)
	old, err := a.store.PutClaim(ctx, a.draft, Claim{ID: a.own, Fingerprint: fingerprint(a.draft, salt)})
	if err != nil {
		return nil, fmt.Errorf("claim id: %w", err)
	}
	return a.claimed(ctx, old)
}

// claimed goes on from a claim that was put or moved (old is nil), or was found to be another's.
func (a *appending) claimed(ctx context.Context, old *Claim) (step, error) {
	switch {
	case old == nil || old.ID == a.own && old.Fingerprint.matches(a.draft):
		return a.place, nil // the second is this very request, sent twice below us
	case !old.Fingerprint.matches(a.draft):
		a.voidOwn(ctx)
		return nil, errOtherContent
	}
	a.target = old.ID
	return a.follow, nil
}

func (a *appending) place(ctx context.Context) (step, error) {
	e := a.draft.at(a.own, a.now())
	old, err := a.store.Place(ctx, e)
	switch {
	case err != nil:
		return nil, fmt.Errorf("place entry: %w", err)
	case old == nil:
		a.stored = e
		return nil, nil
	case old.IsVoid():
		a.target, a.own = a.own, 0
		return a.reserveThen(a.move), nil
	}
	a.stored = *old // a repeat, or a copy of this request, was faster
	return nil, nil
}

// follow helps the request that claimed first: its place gets this content, which is the same.
func (a *appending) follow(ctx context.Context) (step, error) {
	e := a.draft.at(a.target, a.now())
	old, err := a.store.Place(ctx, e)
	switch {
	case err != nil:
		return nil, fmt.Errorf("place entry of claim: %w", err)
	case old != nil && old.IsVoid():
		if a.own != 0 {
			return a.move, nil
		}
		return a.reserveThen(a.move), nil
	case old == nil:
		a.stored = e
	default:
		a.stored = *old
	}
	a.voidOwn(ctx)
	return nil, nil
}

// move makes the claim point to the held id. Only who has seen a void at the target may do so: a void is for good.
func (a *appending) move(ctx context.Context) (step, error) {
	old, err := a.store.MoveClaim(ctx, a.draft, a.target, a.own)
	if err != nil {
		return nil, fmt.Errorf("move claim: %w", err)
	}
	return a.claimed(ctx, old)
}

// voidOwn gives a held id up at once, so that no reader has to wait for it. Any outcome is fine: what stays a hole is
// filled by who needs what lies past it.
func (a *appending) voidOwn(ctx context.Context) {
	if a.own != 0 {
		_, _ = a.store.Place(ctx, voidAt(a.draft.Room, a.own, a.now()))
	}
}

var errOtherContent = Failed(CodeConflict, "client_message_id was used before for other content")
