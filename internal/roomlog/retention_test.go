package roomlog_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// TestAppendExpires: the entry after the retention, its claim an hour later, and a void that is left beside it too.
func TestAppendExpires(t *testing.T) {
	e := appended
	e.Retention = 24 * time.Hour
	s := fake.NewStore()
	s.Now = fake.Noon
	stored, _, err := newWriter(s, fake.Noon).Append(t.Context(), e)
	day := fake.Noon().Add(24 * time.Hour)
	if err != nil || !stored.ExpiresAt.Equal(day) || !s.Claims["m"].ExpiresAt.Equal(day.Add(time.Hour)) {
		t.Errorf("stored %+v, %v, with the claim %+v", stored, err, s.Claims["m"])
	}
	if stored, _, err = newWriter(s, fake.Noon).Append(t.Context(), e); err != nil || stored.ID != 1 || len(s.Entries) != 1 {
		t.Errorf("a repeat got %+v, %v", stored, err)
	}
	if slices.Contains(s.Calls, "renew 1") {
		t.Error("a repeat that comes soon has renewed the claim")
	}
	hole := roomlog.HoleWait{Log: s, Now: fake.Noon}
	if err := hole.Fill(t.Context(), 1, e.At(3, fake.Noon())); err != nil || !s.Entries[2].ExpiresAt.Equal(day) {
		t.Errorf("the void is %+v, %v", s.Entries[2], err)
	}
	e.Retention = 0
	e.ClientMessageID = "other"
	s.Top.Seq = 3
	stored, _, err = newWriter(s, fake.Noon).Append(t.Context(), e)
	if err != nil || !stored.ExpiresAt.IsZero() || !s.Claims["other"].ExpiresAt.IsZero() {
		t.Errorf("for ever: %+v, %v, with the claim %+v", stored, err, s.Claims["other"])
	}
}

// TestRepeatsNearTheEnd: a claim whose place was never filled, or became void, is renewed before it is followed. So the
// entry is stored once for as long as it is there.
func TestRepeatsNearTheEnd(t *testing.T) {
	const retention = 24 * time.Hour
	claimOf := func(id chat.EntryID, left time.Duration) roomlog.Claim {
		c := *sameClaim(id)
		c.ExpiresAt = time.Now().Add(left)
		return c
	}
	void := func(s *fake.Store) { s.Entries[3] = chat.VoidAt("r", 3, time.Now(), 0) }
	unplaced := func(*fake.Store) {}
	for _, c := range []struct {
		name      string
		claimed   time.Duration // how long the claim is kept
		retention time.Duration
		log       func(*fake.Store)
		calls     []string
		claim     chat.EntryID  // then
		until     time.Duration // the claim is kept then; 0 for ever
	}{
		{"its place is free, and it is kept for long", retention + time.Hour, retention, unplaced,
			[]string{"get m", "place hi at 3"}, 3, retention + time.Hour},
		{"its place is free", time.Minute, retention, unplaced,
			[]string{"get m", "renew 3", "place hi at 3"}, 3, retention + time.Hour},
		{"its place is free, and the room keeps all now", time.Minute, 0, unplaced,
			[]string{"get m", "renew 3", "place hi at 3"}, 3, 0},
		{"its place is void", time.Minute, retention, void,
			[]string{"get m", "renew 3", "place hi at 3", "reserve in r", "move 3 to 8", "place hi at 8"}, 8, retention + time.Hour},
		{"it has expired", -time.Minute, retention, unplaced,
			[]string{"get m", "reserve in r", "claim 8", "place hi at 8"}, 8, retention + time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fake.NewStore()
				s.Top.Seq = 7
				s.Claims["m"] = claimOf(3, c.claimed)
				c.log(s)
				e := appended
				e.Retention = c.retention
				stored, _, err := newWriter(s, time.Now).Append(t.Context(), e)
				if err != nil || stored.ID != c.claim || !slices.Equal(s.Calls, c.calls) {
					t.Errorf("stored %+v, %v, with the calls %q", stored, err, s.Calls)
				}
				got := s.Claims["m"]
				if want := chat.Expiry(time.Now(), c.until); got.ID != c.claim || !got.ExpiresAt.Equal(want) {
					t.Errorf("the claim is %+v, want at %d until %v", got, c.claim, want)
				}
			})
		})
	}
}

// TestARenewalThatComesTooLate: another has replaced the claim meanwhile, moved it, or kept it for longer.
func TestARenewalThatComesTooLate(t *testing.T) {
	const retention = 24 * time.Hour
	for name, c := range map[string]struct {
		then  func() roomlog.Claim
		id    chat.EntryID
		code  chat.Code
		calls []string
	}{
		"moved": {func() roomlog.Claim { return *sameClaim(5) }, 5, "",
			[]string{"get m", "renew 3", "place hi at 5"}},
		"replaced by other content": {func() roomlog.Claim { return *otherClaim(5) }, 0, chat.CodeConflict,
			[]string{"get m", "renew 3"}},
		"kept for ever": {func() roomlog.Claim { return *sameClaim(3) }, 3, "",
			[]string{"get m", "renew 3", "place hi at 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fake.NewStore()
				claim := *sameClaim(3)
				claim.ExpiresAt = time.Now().Add(time.Minute)
				s.Claims["m"] = claim
				s.Before = func(call string) error {
					if call == "renew 3" {
						s.Claims["m"] = c.then()
					}
					return nil
				}
				e := appended
				e.Retention = retention
				stored, _, err := newWriter(s, time.Now).Append(t.Context(), e)
				if chat.CodeOf(err) != c.code || stored.ID != c.id || !slices.Equal(s.Calls, c.calls) {
					t.Errorf("stored %+v, %v, with the calls %q", stored, err, s.Calls)
				}
			})
		})
	}
}

// TestStoredOnceForAsLongAsItIsThere: whenever a repeat comes, there is no second copy of an entry that has not expired.
func TestStoredOnceForAsLongAsItIsThere(t *testing.T) {
	const retention = 24 * time.Hour
	e := appended
	e.Retention = retention
	for first := range 3 { // the first try dies before its call number so
		for _, second := range []time.Duration{time.Minute, retention - time.Minute, retention + 59*time.Minute, retention + 2*time.Hour} {
			for _, third := range []time.Duration{time.Minute, 2 * time.Hour, retention - time.Second} {
				synctest.Test(t, func(t *testing.T) {
					s := fake.NewStore()
					calls := 0
					s.Before = func(string) error {
						if calls++; calls == 2+first {
							return chat.Errorf(chat.CodeUnavailable, "dead")
						}
						return nil
					}
					_, _, _ = newWriter(s, time.Now).Append(t.Context(), e)
					for _, wait := range []time.Duration{second, third} {
						time.Sleep(wait)
						stored, _, err := newWriter(s, time.Now).Append(t.Context(), e)
						if err != nil {
							t.Fatal(err)
						}
						if n := len(chat.Unexpired(s.All(), time.Now())); n > 1 || n == 0 && !stored.IsExpired(time.Now(), 0) {
							t.Errorf("%d, %v, %v: %d copies: %+v", first, second, third, n, s.All())
						}
					}
				})
			}
		}
	}
}
