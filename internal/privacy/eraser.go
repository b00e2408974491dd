package privacy

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// EraserStore is what an Eraser reads and writes.
type EraserStore interface {
	Ledger
	Sessions
	Memberships
	Written
	Deeds
	Blockers
}

// EraserOptions are the parts and the settings of an Eraser.
type EraserOptions struct {
	Store    EraserStore
	Rooms    Retirer
	Writer   *roomlog.Writer
	Reader   *roomlog.Reader
	Jobs     Jobs
	Closer   Closer
	Accounts Accounts
	// After is longer than anything runs that may still place an entry, or a change of one.
	After     time.Duration
	Now       func() time.Time
	NewHolder func() string // names one run, never the same twice
}

// Eraser erases users.
type Eraser struct {
	EraserOptions
}

// NewEraser makes an Eraser.
func NewEraser(opts EraserOptions) *Eraser { return &Eraser{opts} }

const (
	// jobDelay is after how long the first job looks for the erasure that it was sent for.
	jobDelay = time.Second
	// askWait is how long such jobs wait for it: longer than who asks for it can take.
	askWait = 30 * time.Second
	// leaseTime is longer than one run may take.
	leaseTime = 70 * time.Second
	// stuckAfter is after how long an erasure that does not go on gets another job, if somebody asks again.
	stuckAfter = 5 * time.Minute
)

// Run goes on with an erasure, as far as there is time, and has the rest done later.
//
// Errors: what the store and the queue return, wrapped; then it is to be tried again.
func (e *Eraser) Run(ctx context.Context, j Job) error {
	found, err := e.Store.FindErasure(ctx, j.User)
	now := e.Now()
	switch {
	case err != nil:
		return chat.Wrap("read erasure", err)
	case found == nil && now.Sub(j.Began) >= askWait: // whoever was to store it has died
		return nil
	case found == nil:
		return e.later(ctx, j, jobDelay)
	case found.IsDone():
		return nil
	case now.Before(found.NotBefore):
		return e.later(ctx, j, found.NotBefore.Sub(now))
	}
	holder := e.NewHolder()
	taken, err := e.Store.TakeErasure(ctx, j.User, holder, now, now.Add(leaseTime))
	switch {
	case err != nil:
		return chat.Wrap("take erasure", err)
	case taken == nil: // another run is at it, or has died; it goes on after this one's time
		return e.later(ctx, j, leaseTime)
	}
	return e.run(ctx, j, *taken, holder)
}

func (e *Eraser) later(ctx context.Context, j Job, delay time.Duration) error {
	if delay > 0 { // the queue counts whole seconds, and cuts
		delay = (delay + time.Second - 1).Truncate(time.Second)
	}
	return chat.Wrap("send job", e.Jobs.EraseUserLater(ctx, j, delay))
}

// run makes steps until all is erased, a part has to wait, or the time is over.
func (e *Eraser) run(ctx context.Context, j Job, er Erasure, holder string) error {
	for {
		if ctx.Err() != nil || e.Now().Before(er.NotBefore) {
			return e.pause(context.WithoutCancel(ctx), j, er, holder)
		}
		next, err := e.step(ctx, er)
		switch {
		case err != nil && ctx.Err() != nil: // the time was over in the middle
			continue
		case err != nil:
			_, _ = e.Store.SaveErasure(ctx, er, holder, time.Time{}) // the next try need not wait
			return chat.Wrap("erase "+string(er.Part), err)
		}
		er = next
		until := er.SavedAt.Add(leaseTime)
		if er.IsDone() {
			until = time.Time{}
		}
		saved, err := e.Store.SaveErasure(ctx, er, holder, until)
		switch {
		case err != nil && ctx.Err() != nil:
		case err != nil:
			return chat.Wrap("save erasure", err)
		case !saved || er.IsDone(): // another run has it, or nobody need have it any more
			return nil
		}
	}
}

// pause gives the lease back and has the erasure go on later, by a new job: one that is tried again too often would be
// given up. The job is sent first.
func (e *Eraser) pause(ctx context.Context, j Job, er Erasure, holder string) error {
	if err := e.later(ctx, j, max(0, er.NotBefore.Sub(e.Now()))); err != nil {
		return err
	}
	_, err := e.Store.SaveErasure(ctx, er, holder, time.Time{})
	return chat.Wrap("save erasure", err)
}

// step does a bounded piece of the part that is next, and returns how far the erasure is then.
func (e *Eraser) step(ctx context.Context, er Erasure) (Erasure, error) {
	steps := map[Part]func(context.Context, Erasure) (progress, error){
		EraseConnections: e.eraseConnections, EraseMemberships: e.retire, ErasePresence: e.erasePresence,
		EraseRooms: e.eraseRooms, EraseBlocks: e.eraseBlocks, EraseClaims: e.eraseClaims, EraseSession: e.eraseSession,
	}
	made, err := steps[er.Part](ctx, er)
	if err != nil {
		return er, err
	}
	er.After, er.SavedAt = made.after, chat.Millis(e.Now())
	if !made.done {
		return er, nil
	}
	er.After = ""
	er.Part = er.Part.next()
	if er.Part == EraseNothing {
		er.DoneAt = er.SavedAt
	}
	if er.Part.waits() {
		er.NotBefore = er.SavedAt.Add(e.After)
	}
	return er, nil
}
