package privacy

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// freshFor is how old a token may be by which a user asks to be erased: who has found one must not do it.
const freshFor = 5 * time.Minute

// Asker takes the word of users that they want to be erased.
type Asker struct {
	opts AskerOptions
}

// AskerOptions are the parts and the settings of an Asker.
type AskerOptions struct {
	Store  AskerStore
	Jobs   Jobs
	Closer Closer
	Admit  func(context.Context, chat.Identity) error // refuses a token whose sign-in was ended
	// Confirm reports whether the user has an account, and then refuses another password than its. It is nil where there
	// are no accounts.
	Confirm      func(ctx context.Context, user chat.UserID, password *string) (bool, error)
	Now          func() time.Time
	NewPseudonym func() chat.UserID
}

// AskerStore is what an Asker reads and writes.
type AskerStore interface {
	Ledger
	Sessions
}

// NewAsker makes an Asker.
func NewAsker(opts AskerOptions) *Asker { return &Asker{opts} }

// Erase asks for the erasure of a user.
type Erase struct {
	Password *string // of the user's account; nil when it is not given
}

// ReadErase reads the fields of a request for an erasure.
func ReadErase(f *chat.Fields) Erase {
	in := Erase{Password: f.OptionalText("password")}
	if in.Password != nil && len(*in.Password) > maxPassword {
		f.Check(chat.Invalid("password", "must have at most %d bytes", maxPassword))
	}
	return in
}

// maxPassword is as long as a password may be.
const maxPassword = 1024

// Ask has the user erased for good, and returns how far that is. From then on the user can do nothing. To ask again
// changes nothing.
//
// Errors: those of Admit and Confirm, and CodeForbidden for a token that is not fresh where there is no account, unless
// the user is being erased already.
func (a *Asker) Ask(ctx context.Context, identity chat.Identity, in Erase) (Erasure, error) {
	found, err := a.opts.Store.FindErasure(ctx, identity.User)
	if err != nil {
		return Erasure{}, chat.Wrap("read erasure", err)
	}
	now := a.opts.Now()
	if found != nil && !found.isStuck(now) {
		return *found, nil
	}
	if found == nil {
		if err := a.admit(ctx, identity, in, now); err != nil {
			return Erasure{}, err
		}
	}
	// The job comes first: whoever dies after that leaves nothing half done.
	if err := a.opts.Jobs.EraseUserLater(ctx, Job{User: identity.User, Began: now}, jobDelay); err != nil {
		return Erasure{}, chat.Wrap("send job", err)
	}
	begun, err := a.opts.Store.BeginErasure(ctx, Erasure{
		User: identity.User, Pseudonym: a.opts.NewPseudonym(), Part: EraseConnections,
		AskedAt: chat.Millis(now), SavedAt: chat.Millis(now),
	})
	if err != nil {
		return Erasure{}, chat.Wrap("begin erasure", err)
	}
	// The job does it too. Done here, nobody can write in the user's name when the answer comes.
	return begun, chat.Wrap("close connections", disconnect(ctx, a.opts.Store, a.opts.Closer, identity.User))
}

// admit lets in who may well be the user: who knows the password, or comes with a token that was made just now. A token
// that was refreshed says nothing of who holds it.
func (a *Asker) admit(ctx context.Context, identity chat.Identity, in Erase, now time.Time) error {
	if err := a.opts.Admit(ctx, identity); err != nil {
		return err
	}
	if a.opts.Confirm != nil {
		if confirmed, err := a.opts.Confirm(ctx, identity.User, in.Password); err != nil || confirmed {
			return err
		}
	}
	if now.Sub(identity.IssuedAt) > freshFor {
		return chat.Errorf(chat.CodeForbidden, "sign in again first: only a token of the last five minutes erases its user")
	}
	return nil
}

// isStuck reports whether an erasure should have gone on long ago: its job was lost.
func (e Erasure) isStuck(now time.Time) bool {
	due := e.SavedAt
	if e.NotBefore.After(due) {
		due = e.NotBefore
	}
	return !e.IsDone() && now.Sub(due) > stuckAfter
}

// Again begins all erasures of the ledger once more, as after a restore from a backup. It returns how many.
//
// Errors: what the store and the queue return, wrapped; then it is to be done again.
func Again(ctx context.Context, ledger Ledger, jobs Jobs, now time.Time, holder string) (int, error) {
	n := 0
	for after := ""; ; {
		page, next, err := ledger.Erasures(ctx, after, pageLimit)
		if err != nil {
			return n, chat.Wrap("read erasures", err)
		}
		for _, er := range page {
			if err := again(ctx, ledger, jobs, now, holder, er); err != nil {
				return n, err
			}
			n++
		}
		if after = next; after == "" {
			return n, nil
		}
	}
}

func again(ctx context.Context, ledger Ledger, jobs Jobs, now time.Time, holder string, er Erasure) error {
	taken, err := ledger.TakeErasure(ctx, er.User, holder, now, now.Add(leaseTime))
	if err != nil {
		return chat.Wrap("take erasure", err)
	}
	if taken == nil {
		return chat.Errorf(chat.CodeUnavailable, "an erasure runs at the moment; try again in two minutes")
	}
	er.Part, er.After, er.SavedAt = EraseConnections, "", chat.Millis(now)
	er.NotBefore, er.DoneAt = time.Time{}, time.Time{}
	if _, err = ledger.SaveErasure(ctx, er, holder, time.Time{}); err != nil {
		return chat.Wrap("save erasure", err)
	}
	// A job that comes before would find that all is done.
	return chat.Wrap("send job", jobs.EraseUserLater(ctx, Job{User: er.User, Began: now}, jobDelay))
}
