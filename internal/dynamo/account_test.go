package dynamo_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
)

func account(user chat.UserID) accounts.Account {
	return accounts.Account{User: user, Hash: "$hash of " + string(user), PasswordVersion: 1}
}

func TestAccounts(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		none, err := f.Account(ctx, "ann")
		if none != nil || err != nil {
			f.Errorf("there is an account: %+v, %v", none, err)
		}
		f.ok(f.CreateAccount(ctx, account("ann"), "Ann ☕", ""))
		if err := f.CreateAccount(ctx, accounts.Account{User: "ann", Hash: "x", PasswordVersion: 1}, "Eve", ""); !errors.Is(err, accounts.ErrTaken) {
			f.Errorf("a second account: %v", err)
		}
		name, err := f.DisplayName(ctx, "ann")
		got(f, "display name", name, err, "Ann ☕")
		f.ok(f.SetDisplayName(ctx, "ann", "A."))
		name, err = f.DisplayName(ctx, "ann")
		got(f, "display name", name, err, "A.")

		next := accounts.Account{User: "ann", Hash: "$other", PasswordVersion: 2}
		changed, err := f.ChangeHash(ctx, account("ann"), next)
		got(f, "changed", changed, err, true)
		changed, err = f.ChangeHash(ctx, account("ann"), account("ann"))
		got(f, "changed once more", changed, err, false)
		changed, err = f.ChangeHash(ctx, account("bob"), account("bob"))
		got(f, "changed of nobody", changed, err, false)
		a, err := f.Account(ctx, "ann")
		got(f, "account", *a, err, next)
	})
}

// Of all that register one name at once, one gets it; and of all that use one invite, too.
func TestOneOfManyRegisters(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.ok(f.PutInvite(ctx, "invite", time.Now().Add(time.Hour)))
		for what, c := range map[string]struct {
			user   func(i int) chat.UserID
			invite accounts.Invite
			lost   error
		}{
			"name":   {func(int) chat.UserID { return "ann" }, "", accounts.ErrTaken},
			"invite": {func(i int) chat.UserID { return chat.UserID(fmt.Sprint("user-", i)) }, "invite", accounts.ErrInvite},
		} {
			errs := make([]error, 20)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() { errs[i] = f.CreateAccount(ctx, account(c.user(i)), "x", c.invite) })
			}
			all.Wait()
			won := 0
			for _, err := range errs {
				switch {
				case err == nil:
					won++
				case !errors.Is(err, c.lost) && chat.CodeOf(err) != chat.CodeUnavailable:
					f.Errorf("%s: %v", what, err)
				}
			}
			if won != 1 {
				f.Errorf("%s: %d have won", what, won)
			}
		}
	})
}

func TestInvites(t *testing.T) {
	each(t, func(f fixture) {
		ctx, now := f.Context(), time.Now()
		s := dynamo.New(f.engine.DynamoDB, f.tables, func() time.Time { return now })
		holds := func(what string, invite accounts.Invite, want bool) {
			f.Helper()
			holds, err := s.InviteHolds(ctx, invite)
			got(f, what, holds, err, want)
		}
		holds("none", "a", false)
		f.ok(s.PutInvite(ctx, "a", now.Add(time.Hour)))
		f.ok(s.PutInvite(ctx, "b", now.Add(time.Hour)))
		holds("a new one", "a", true)
		if err := s.CreateAccount(ctx, account("ann"), "x", "nonsense"); !errors.Is(err, accounts.ErrInvite) {
			f.Errorf("no invite: %v", err)
		}
		f.ok(s.CreateAccount(ctx, account("ann"), "x", "a"))
		holds("a used one", "a", false)
		if err := s.CreateAccount(ctx, account("bob"), "x", "a"); !errors.Is(err, accounts.ErrInvite) {
			f.Errorf("a used invite: %v", err)
		}
		now = now.Add(time.Hour + time.Second)
		holds("an old one", "b", false)
		if err := s.CreateAccount(ctx, account("bob"), "x", "b"); !errors.Is(err, accounts.ErrInvite) {
			f.Errorf("an old invite: %v", err)
		}
		if bob, err := s.Account(ctx, "bob"); bob != nil || err != nil {
			f.Errorf("a refused one has made an account: %+v, %v", bob, err)
		}
	})
}
