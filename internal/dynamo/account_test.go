package dynamo_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
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
		f.ok(err)
		next.Networks = map[string]time.Time{}
		if !reflect.DeepEqual(*a, next) {
			f.Errorf("account %+v, want %+v", *a, next)
		}
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

func TestNetworks(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		f.ok(f.CreateAccount(ctx, account("ann"), "Ann", ""))
		for i, c := range []struct {
			network string
			forget  []string
			want    map[string]time.Time
		}{
			{"192.0.2.1", nil, map[string]time.Time{"192.0.2.1": noon}},
			{"2001:db8::/64", nil, map[string]time.Time{"192.0.2.1": noon, "2001:db8::/64": noon}},
			{"192.0.2.3", []string{"192.0.2.1", "2001:db8::/64"}, map[string]time.Time{"192.0.2.3": noon}},
		} {
			f.ok(f.RememberNetwork(ctx, "ann", c.network, noon, c.forget))
			a, err := f.Account(ctx, "ann")
			f.ok(err)
			if !reflect.DeepEqual(a.Networks, c.want) {
				f.Errorf("step %d: %v, want %v", i, a.Networks, c.want)
			}
		}
		f.ok(f.RememberNetwork(ctx, "nobody", "192.0.2.1", noon, nil))
		if a, err := f.Account(ctx, "nobody"); a != nil || err != nil {
			f.Errorf("an account was made: %+v, %v", a, err)
		}
	})
}

// Of an account that is forgotten nothing is left but its name, which nobody gets.
func TestForgettingAnAccount(t *testing.T) {
	each(t, func(f fixture) {
		s := newFamilies(f)
		ctx := f.Context()
		token := s.opens()
		f.ok(s.store.RememberNetwork(ctx, "ann", "192.0.2.1", noon, nil))
		for range 2 {
			f.ok(s.store.ForgetAccount(ctx, "ann"))
		}
		f.ok(s.store.ForgetAccount(ctx, "nobody"))
		s.refuses("a token of it", token, "")
		a, err := s.store.Account(ctx, "ann")
		f.ok(err)
		if a.Hash != "" || len(a.Networks) > 0 {
			f.Errorf("left is %+v", a)
		}
		if err := s.store.CreateAccount(ctx, account("ann"), "Eve", ""); !errors.Is(err, accounts.ErrTaken) {
			f.Errorf("its name is given again: %v", err)
		}
		if _, err := s.tokens.Open(ctx, "ann", 1); err == nil {
			f.Error("a sign-in was added to it")
		}
		if rows := f.rows(); rows["family"] != "" || strings.Contains(rows["account"], "192.0.2.1") {
			f.Errorf("the tables have %v", rows)
		}
	})
}
