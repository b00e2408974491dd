package roomlog

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
)

// maxReserves bounds the ids that one call may use up. It needs more than one only when its place becomes a void before
// it is filled.
const maxReserves = 3

// WriterStore is what a Writer reads and writes.
type WriterStore interface {
	Log
	Claims
	Heads
}

// WriterOptions are the settings of a Writer.
type WriterOptions struct {
	Now    func() time.Time
	Random func([]byte) // fills a slice with random bytes
	Leases bool         // whether a call takes the lease of a room that nobody pushes, to push what it stores itself
}

// Writer appends to the logs of rooms.
type Writer struct {
	store WriterStore
	opts  WriterOptions
}

// NewWriter makes a Writer.
func NewWriter(store WriterStore, opts WriterOptions) *Writer {
	return &Writer{store: store, opts: opts}
}

// Append stores e once, however often and however concurrently it is sent, and returns the entry as it is stored, and
// what the call knows of the room's head.
//
// Errors: CodeConflict when e's client_message_id stands for other content; CodeUnavailable when the place was lost too
// often, or when ctx ends first; what the store returns, wrapped. After an error the entry may be stored or not. To
// send it again settles that. Appended is true after an error too: the call may hold the room's lease.
func (w *Writer) Append(ctx context.Context, e chat.NewEntry) (chat.Entry, Appended, error) {
	a := w.appending(e)
	return a.run(ctx, a.look)
}

// AppendWithClaim is Append for a caller that has read the claim of e already; nil when there is none. A stale claim
// does no harm. A fresh one spares ids on ordinary repeats.
func (w *Writer) AppendWithClaim(ctx context.Context, e chat.NewEntry, claim *Claim) (chat.Entry, Appended, error) {
	a := w.appending(e)
	return a.run(ctx, func(context.Context) (step, error) { return a.decide(claim) })
}

func (w *Writer) appending(e chat.NewEntry) *appending {
	a := &appending{Writer: w, entry: e, done: Appended{Room: e.Room}}
	if w.opts.Leases {
		a.done.Me = NewLease(w.opts.Random)
	}
	return a
}

// Appended is what a call of Append knows of the room's head, and has left to be pushed.
type Appended struct {
	Room   chat.RoomID
	Me     Lease        // the call's own token; NoLease when the Writer takes no leases
	Own    chat.EntryID // the id that it reserved last; 0 for none
	Head   Head         // as that id was reserved
	Placed chat.EntryID // the highest id at which something of this call lies; 0 for none
}

// Holds reports whether the call took the lease when it last reserved an id.
func (a Appended) Holds() bool { return a.Me != NoLease && a.Head.Lease == a.Me }

// IsExpired reports whether an entry of a room with that retention is to be shown no longer.
func (w *Writer) IsExpired(e chat.Entry, retention time.Duration) bool {
	return e.IsExpired(w.opts.Now(), retention)
}

// appending is one call of Append: reserve an id, claim it, place the entry at it. Each step is one store call and
// returns the next step; nil ends it, with the entry in stored. A put is made only if nothing is there; else its
// outcome is what is there. "Same" and "other" mean a claim for the same content, and for other content.
//
//	step     store call                       outcome                        next
//	look     read the claim                   none                           reserve, then claim
//	                                          same                           follow
//	                                          other                          conflict
//	reserve  add 1 to the counter             a new own id                   the step that asked for it
//	         (not more than maxReserves)                                     else unavailable
//	claim    put the claim, at own            put, or at own already         place
//	                                          same, at another id            follow
//	                                          other                          voidOwn, conflict
//	place    put the entry at own             put, or an entry is there      done
//	                                          a void is there                reserve, then move
//	follow   put the entry where the claim    put, or an entry is there      voidOwn, done
//	         points                           a void is there                move; without an own id reserve first
//	renew    keep the claim for longer, if    kept                           follow
//	         it points there as before;       same, at another id            follow
//	         before a follow, if it is not    other                          voidOwn, conflict
//	         kept for longer than the entry
//	move     point the claim to own, if it    moved, or at own already       place
//	         points to the void               same, at another id            follow
//	                                          other                          voidOwn, conflict
//	voidOwn  put a void at own                any                            –
//
// A reserve also takes the room's lease if nobody holds it. What has been placed then is for the caller to push.
type appending struct {
	*Writer
	entry    chat.NewEntry
	done     Appended
	own      chat.EntryID // the id held, 0 for none; a held id that is not used is made void
	target   Claim        // the claim, when it does not point to own
	reserves int
	stored   chat.Entry
}

type step func(context.Context) (step, error)

func (a *appending) run(ctx context.Context, next step) (chat.Entry, Appended, error) {
	var err error
	for next != nil {
		// A caller that has given up must not go on reserving: each reserved id that is not placed is a hole.
		if err := ctx.Err(); err != nil {
			return chat.Entry{}, a.done, &chat.Error{Code: chat.CodeUnavailable, Message: "the message was not stored in time", Err: err}
		}
		if next, err = next(ctx); err != nil {
			return chat.Entry{}, a.done, err
		}
	}
	return a.stored, a.done, nil
}

// placed notes that something of this call lies at the id.
func (a *appending) placed(id chat.EntryID) { a.done.Placed = max(a.done.Placed, id) }

// look spares ids on repeats: only an entry without a claim reserves.
func (a *appending) look(ctx context.Context) (step, error) {
	claim, err := a.store.Claim(ctx, a.entry)
	if err != nil {
		return nil, fmt.Errorf("read claim: %w", err)
	}
	return a.decide(claim)
}

func (a *appending) decide(claim *Claim) (step, error) {
	switch {
	case claim == nil:
		return a.reserveThen(a.claim), nil
	case !claim.Fingerprint.Matches(a.entry):
		return nil, errOtherContent
	}
	a.target = *claim
	return a.follow, nil
}

func (a *appending) reserveThen(next step) step {
	return func(ctx context.Context) (step, error) {
		if a.reserves == maxReserves {
			return nil, chat.Errorf(chat.CodeUnavailable, "the room is too busy; send the message again")
		}
		head, err := a.store.Reserve(ctx, a.entry.Room, a.done.Me)
		if err != nil {
			a.dropLease(ctx)
			return nil, fmt.Errorf("reserve id: %w", err)
		}
		a.own = head.Seq
		a.done.Own, a.done.Head = head.Seq, head
		a.reserves++
		return next, nil
	}
}

// dropLeaseTime bounds the attempt to give a lease back. Without it the fan-out takes the lease after a while.
const dropLeaseTime = 500 * time.Millisecond

// dropLease gives back the lease that a reserve without a reply may have taken.
func (a *appending) dropLease(ctx context.Context) {
	a.done.Head = Head{}
	if a.done.Me == NoLease {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropLeaseTime)
	defer cancel()
	_ = a.store.DropLease(ctx, a.entry.Room, a.done.Me)
}

func (a *appending) claim(ctx context.Context) (step, error) {
	salt := make([]byte, SaltLength)
	a.opts.Random(salt)
	old, err := a.store.PutClaim(ctx, a.entry, Claim{
		ID: a.own, Fingerprint: NewFingerprint(a.entry, salt), ExpiresAt: claimUntil(a.opts.Now(), a.entry.Retention),
	})
	if err != nil {
		return nil, fmt.Errorf("claim id: %w", err)
	}
	return a.claimed(ctx, old)
}

// claimed goes on from a claim that was put or moved (old is nil), or was found to be another's.
func (a *appending) claimed(ctx context.Context, old *Claim) (step, error) {
	switch {
	case old == nil || old.ID == a.own && old.Fingerprint.Matches(a.entry):
		return a.place, nil // the second is this very request, sent twice below us
	case !old.Fingerprint.Matches(a.entry):
		a.voidOwn(ctx)
		return nil, errOtherContent
	}
	a.target = *old
	return a.follow, nil
}

func (a *appending) place(ctx context.Context) (step, error) {
	e := a.entry.At(a.own, a.opts.Now())
	old, err := a.store.Place(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("place entry: %w", err)
	}
	a.placed(a.own)
	switch {
	case old == nil:
		a.stored = e
		return nil, nil
	case old.IsVoid():
		a.target, a.own = Claim{ID: a.own}, 0
		return a.reserveThen(a.move), nil
	}
	a.stored = *old // a repeat, or a copy of this request, was faster
	return nil, nil
}

// follow helps the request that claimed first: its place gets this content, which is the same.
func (a *appending) follow(ctx context.Context) (step, error) {
	now := a.opts.Now()
	if !a.target.outlives(now, a.entry.Retention) {
		return a.renew, nil
	}
	e := a.entry.At(a.target.ID, now)
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
		a.placed(a.target.ID)
	default:
		a.stored = *old
	}
	a.voidOwn(ctx)
	return nil, nil
}

// renew keeps the claim for as long as an entry that is placed now. Then it is followed: an entry is seen no longer than
// its claim lives.
func (a *appending) renew(ctx context.Context) (step, error) {
	until := claimUntil(a.opts.Now(), a.entry.Retention)
	old, err := a.store.RenewClaim(ctx, a.entry, a.target, until)
	switch {
	case err != nil:
		return nil, fmt.Errorf("renew claim: %w", err)
	case old != nil:
		return a.claimed(ctx, old)
	}
	a.target.ExpiresAt = until
	return a.follow, nil
}

// move makes the claim point to the held id. Only a call that has seen a void at the target may do so: a void is for
// good.
func (a *appending) move(ctx context.Context) (step, error) {
	old, err := a.store.MoveClaim(ctx, a.entry, a.target.ID, a.own, claimUntil(a.opts.Now(), a.entry.Retention))
	if err != nil {
		return nil, fmt.Errorf("move claim: %w", err)
	}
	return a.claimed(ctx, old)
}

// voidOwn gives up a held id at once, so that no reader has to wait for it. Any outcome is fine: if the place stays a
// hole, the first reader that needs what lies past it fills it.
func (a *appending) voidOwn(ctx context.Context) {
	if a.own == 0 {
		return
	}
	if _, err := a.store.Place(ctx, chat.VoidAt(a.entry.Room, a.own, a.opts.Now(), a.entry.Retention)); err == nil {
		a.placed(a.own)
	}
}

var errOtherContent = chat.Errorf(chat.CodeConflict, "client_message_id was used before for other content")
