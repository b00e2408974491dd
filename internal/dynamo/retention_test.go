package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/roomlog"
)

// at returns the store as it is for a function whose clock says so.
func (f fixture) at(now time.Time) *dynamo.Store {
	return dynamo.New(f.engine.DynamoDB, f.tables, func() time.Time { return now })
}

// TestClaimsExpire: an expired claim counts as none, and the next one replaces it, whatever it is for.
func TestClaimsExpire(t *testing.T) {
	each(t, func(f fixture) {
		ctx, e := f.Context(), newEntry("hi")
		claim := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first"), ExpiresAt: noon.Add(time.Hour)}
		other := roomlog.Claim{ID: 9, Fingerprint: roomlog.Fingerprint("second")}
		f.open("r")
		c, err := f.at(noon).PutClaim(ctx, e, claim)
		gotClaim(f, "put", c, err, nil)
		for at, want := range map[time.Time]*roomlog.Claim{claim.ExpiresAt: &claim, claim.ExpiresAt.Add(time.Millisecond): nil} {
			c, err = f.at(at).Claim(ctx, e)
			gotClaim(f, "read", c, err, want)
			if c != nil && !c.ExpiresAt.Equal(claim.ExpiresAt) {
				f.Errorf("kept until %v", c.ExpiresAt)
			}
			_, c, err = f.at(at).Precheck(ctx, e)
			gotClaim(f, "precheck", c, err, want)
		}
		c, err = f.at(claim.ExpiresAt).PutClaim(ctx, e, other)
		gotClaim(f, "put while it is kept", c, err, &claim)
		c, err = f.at(claim.ExpiresAt.Add(time.Second)).PutClaim(ctx, e, other)
		gotClaim(f, "put when it has expired", c, err, nil)
		c, err = f.at(noon.AddDate(9, 0, 0)).Claim(ctx, e)
		gotClaim(f, "one for ever", c, err, &other)
	})
}

// TestClaimsAreKeptForLonger: by a move, and by a renewal, which never makes it shorter.
func TestClaimsAreKeptForLonger(t *testing.T) {
	each(t, func(f fixture) {
		ctx, e, s := f.Context(), newEntry("hi"), f.at(noon)
		until := func(hours int) time.Time { return noon.Add(time.Duration(hours) * time.Hour) }
		claim := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first"), ExpiresAt: until(1)}
		kept := func(what string, want time.Time) {
			f.Helper()
			c, err := s.Claim(ctx, e)
			if err != nil || c == nil || !c.ExpiresAt.Equal(want) {
				f.Errorf("%s: %+v, %v, want until %v", what, c, err, want)
			}
		}
		_, err := s.PutClaim(ctx, e, claim)
		f.ok(err)
		c, err := s.RenewClaim(ctx, e, claim, until(3))
		gotClaim(f, "renew", c, err, nil)
		kept("renewed", until(3))
		c, err = s.RenewClaim(ctx, e, claim, until(2))
		gotClaim(f, "renew for less", c, err, &claim)
		kept("renewed for less", until(3))
		for name, not := range map[string]roomlog.Claim{
			"another id": {ID: 8, Fingerprint: claim.Fingerprint}, "other content": {ID: 7, Fingerprint: roomlog.Fingerprint("second")},
		} {
			c, err = s.RenewClaim(ctx, e, not, until(9))
			gotClaim(f, name, c, err, &claim)
		}
		c, err = s.MoveClaim(ctx, e, 7, 9, until(5))
		gotClaim(f, "move", c, err, nil)
		kept("moved", until(5))
		claim.ID = 9
		c, err = s.RenewClaim(ctx, e, claim, time.Time{})
		gotClaim(f, "renew for ever", c, err, nil)
		kept("for ever", time.Time{})
		c, err = s.RenewClaim(ctx, e, claim, until(9))
		gotClaim(f, "renew what is for ever", c, err, &claim)
		kept("still for ever", time.Time{})
		c, err = s.MoveClaim(ctx, e, 9, 10, time.Time{})
		gotClaim(f, "move for ever", c, err, nil)
		kept("moved for ever", time.Time{})
		if c, err := s.RenewClaim(ctx, newEntryOf("none"), claim, until(1)); err == nil {
			f.Errorf("renewed a claim that is not there: %+v", c)
		}
	})
}

func newEntryOf(id chat.ClientMessageID) chat.NewEntry {
	e := newEntry("hi")
	e.ClientMessageID = id
	return e
}

// TestTheFirstIDMovesForward, and the head's other ids stay.
func TestTheFirstIDMovesForward(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		head, err := f.Reserve(ctx, "r", roomlog.NoLease)
		got(f, "before", head.FirstID, err, 0)
		for _, c := range []struct{ to, want chat.EntryID }{{5, 5}, {3, 5}, {5, 5}, {9, 9}} {
			f.ok(f.MoveFirst(ctx, "r", c.to))
			head, err = f.Head(ctx, "r")
			got(f, "moved", head.FirstID, err, c.want)
		}
		got(f, "the last id", head.Seq, nil, 1)
	})
}

// TestExpiringLog: what a writer stores, readers show until it has expired, from then on only what is left. Some rows are
// removed, others are not yet.
func TestExpiringLog(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		for i := range 6 {
			now := noon.Add(time.Duration(i) * time.Hour)
			e := newEntryOf(chat.ClientMessageID(rune('a' + i)))
			e.Retention = 3 * time.Hour
			w := roomlog.NewWriter(f.at(now), roomlog.WriterOptions{Now: func() time.Time { return now }, Random: random})
			_, _, err := w.Append(ctx, e)
			f.ok(err)
		}
		for _, c := range []struct {
			hours     int
			retention time.Duration
			want      []chat.EntryID
			first     chat.EntryID
		}{
			{2, 0, []chat.EntryID{1, 2, 3, 4, 5, 6}, 1}, {4, 0, []chat.EntryID{3, 4, 5, 6}, 3},
			{5, 2 * time.Hour, []chat.EntryID{5, 6}, 5}, {5, 0, []chat.EntryID{5, 6}, 5}, {9, 0, nil, 7},
		} {
			now := noon.Add(time.Duration(c.hours) * time.Hour)
			r := roomlog.NewReader(f.at(now), roomlog.ReaderOptions{
				HoleAge: time.Second, Now: func() time.Time { return now }, Jitter: func() float64 { return 0 },
				Size: func(chat.Entry) int { return 1 },
			})
			for _, q := range []roomlog.Query{{After: new(chat.EntryID(0))}, {}} {
				q.Room, q.Limit, q.Retention = "r", 50, c.retention
				p, err := r.Page(ctx, q)
				if err != nil || !slices.Equal(idsOf(p.Entries), append([]chat.EntryID{}, c.want...)) || p.FirstID != c.first || p.LastID != 6 {
					f.Errorf("after %d hours: %v, first %d, last %d, %v", c.hours, idsOf(p.Entries), p.FirstID, p.LastID, err)
				}
			}
		}
	})
}
