package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

func TestReserveGivesEachIDOnce(t *testing.T) {
	each(t, func(f fixture) {
		const writers, ids = 8, 12
		var (
			mu  sync.Mutex
			all []chat.EntryID
			wg  sync.WaitGroup
		)
		for range writers {
			wg.Go(func() {
				for range ids {
					head, err := f.Reserve(f.Context(), "r", roomlog.NoLease)
					id := head.Seq
					if err != nil {
						f.Error(err)
					}
					mu.Lock()
					all = append(all, id)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(all)
		for i, id := range all {
			if id != chat.EntryID(i+1) {
				f.Fatalf("ids %v, want 1 to %d", all, writers*ids)
			}
		}
		head, err := f.Reserve(f.Context(), "other", roomlog.NoLease)
		id := head.Seq
		got(f, "first id of another room", id, err, 1)
	})
}

func TestClaims(t *testing.T) {
	each(t, func(f fixture) {
		ctx, d := f.Context(), newEntry("hi")
		first := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first")}
		c, err := f.Claim(ctx, d)
		gotClaim(f, "none yet", c, err, nil)
		c, err = f.PutClaim(ctx, d, first)
		gotClaim(f, "put", c, err, nil)
		c, err = f.Claim(ctx, d)
		gotClaim(f, "read", c, err, &first)
		c, err = f.PutClaim(ctx, d, roomlog.Claim{ID: 8, Fingerprint: roomlog.Fingerprint("second")})
		gotClaim(f, "put again", c, err, &first)

		c, err = f.MoveClaim(ctx, d, 6, 9, time.Time{})
		gotClaim(f, "move from where it is not", c, err, &first)
		c, err = f.MoveClaim(ctx, d, 7, 9, time.Time{})
		gotClaim(f, "move", c, err, nil)
		moved := roomlog.Claim{ID: 9, Fingerprint: first.Fingerprint}
		c, err = f.Claim(ctx, d)
		gotClaim(f, "moved: the fingerprint stays", c, err, &moved)
		c, err = f.MoveClaim(ctx, d, 7, 9, time.Time{})
		gotClaim(f, "the same move, sent twice", c, err, &moved)

		for name, change := range map[string]func(*chat.NewEntry){
			"another room": func(d *chat.NewEntry) { d.Room = "s" },
			"another user": func(d *chat.NewEntry) { d.User = "bob" },
			"another id":   func(d *chat.NewEntry) { d.ClientMessageID = "a #2" },
		} {
			other := d
			change(&other)
			c, err := f.Claim(ctx, other)
			gotClaim(f, name, c, err, nil)
			if _, err := f.MoveClaim(ctx, other, 1, 2, time.Time{}); err == nil {
				f.Errorf("%s: moved a claim that is not there", name)
			}
			c, err = f.Claim(ctx, other)
			gotClaim(f, name+", after the move", c, err, nil)
		}
	})
}

// TestTheClaimOfAMemberEntryLiesUnderItsSubject, by whomever it is written.
func TestTheClaimOfAMemberEntryLiesUnderItsSubject(t *testing.T) {
	each(t, func(f fixture) {
		ctx, e := f.Context(), removal()
		first := roomlog.Claim{ID: 3, Fingerprint: roomlog.NewFingerprint(e, make([]byte, roomlog.SaltLength))}
		c, err := f.PutClaim(ctx, e, first)
		gotClaim(f, "put", c, err, nil)
		e.User = "cid"
		c, err = f.PutClaim(ctx, e, first)
		gotClaim(f, "put by another", c, err, &first)
		_, c, err = f.Precheck(ctx, e)
		gotClaim(f, "precheck", c, err, &first)
		e.Subject = "ann"
		c, err = f.Claim(ctx, e)
		gotClaim(f, "of another subject", c, err, nil)
	})
}

func TestPlace(t *testing.T) {
	each(t, func(f fixture) {
		ctx, hi, hole := f.Context(), message(1, "hi \x00 \u2028 👍"), void(2)
		e, err := f.Place(ctx, hi)
		gotEntry(f, "place", e, err, nil)
		e, err = f.Place(ctx, hi)
		gotEntry(f, "the same, sent twice", e, err, &hi)
		e, err = f.Place(ctx, message(1, "other"))
		gotEntry(f, "another entry", e, err, &hi)
		e, err = f.Place(ctx, void(1))
		gotEntry(f, "a void over an entry", e, err, &hi)
		e, err = f.Place(ctx, hole)
		gotEntry(f, "void", e, err, nil)
		e, err = f.Place(ctx, message(2, "late"))
		gotEntry(f, "an entry over a void", e, err, &hole)
		if e != nil && !e.IsVoid() {
			f.Error("a stored void is none")
		}
		all, err := f.EntriesAfter(ctx, "r", 0, 10)
		if err != nil || !slices.EqualFunc(all, []chat.Entry{hi, hole}, chat.Entry.Equal) {
			f.Errorf("stored is %+v, %v", all, err)
		}
	})
}

// TestAnEntryKeepsAllThatItHas besides content.
func TestAnEntryKeepsAllThatItHas(t *testing.T) {
	pin, member, noRole := message(2, ""), removal().At(2, noon), removal().At(2, noon)
	pin.Kind, pin.Target = "pin", 1
	member.Room, noRole.Room, noRole.Role = "r", "r", ""
	expiring, void := message(2, "hi"), chat.VoidAt("r", 2, noon, time.Hour)
	expiring.ExpiresAt = noon.Add(24 * time.Hour)
	for _, e := range []chat.Entry{pin, member, noRole, expiring, void} {
		each(t, func(f fixture) {
			for range 2 { // the second time it is what is there
				old, err := f.Place(f.Context(), e)
				f.ok(err)
				if old != nil {
					gotEntry(f, "what is there", old, err, &e)
				}
			}
			found, err := f.EntriesAfter(f.Context(), "r", 0, 10)
			if err != nil || len(found) != 1 || !found[0].Equal(e) {
				f.Errorf("read %+v, %v; want %+v", found, err, e)
			}
		})
	}
}

func TestEntries(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		for _, id := range []chat.EntryID{12, 3, 1, 100, 2, 11} {
			_, err := f.Place(ctx, message(id, "hi"))
			f.ok(err)
		}
		other := message(4, "elsewhere")
		other.Room = "r2"
		_, err := f.Place(ctx, other)
		f.ok(err)
		for _, c := range []struct {
			after bool
			id    chat.EntryID
			limit int
			want  string
		}{
			{true, 0, 10, "[1 2 3 11 12 100]"}, {true, 2, 2, "[3 11]"}, {true, 12, 1, "[100]"}, {true, 100, 5, "[]"},
			{false, 101, 10, "[1 2 3 11 12 100]"}, {false, 100, 2, "[11 12]"}, {false, 3, 1, "[2]"}, {false, 1, 5, "[]"},
			{false, 1<<63 - 1, 1, "[100]"},
		} {
			read := f.EntriesAfter
			if !c.after {
				read = f.EntriesBefore
			}
			entries, err := read(ctx, "r", c.id, c.limit)
			got(f, fmt.Sprintf("%+v", c), fmt.Sprint(idsOf(entries)), err, c.want)
		}
	})
}

func idsOf(entries []chat.Entry) []chat.EntryID {
	ids := []chat.EntryID{}
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// TestEntriesOverManyPages: DynamoDB ends a page at 1 MB, whatever the limit is.
func TestEntriesOverManyPages(t *testing.T) {
	each(t, func(f fixture) {
		const length = 80 // of 16 KB
		large := strings.Repeat("👍", 4000)
		for id := chat.EntryID(1); id <= length; id++ {
			_, err := f.Place(f.Context(), message(id, large))
			f.ok(err)
		}
		for _, limit := range []int{3, 75, 1000} {
			want := min(limit, length)
			entries, err := f.EntriesAfter(f.Context(), "r", 0, limit)
			if err != nil || len(entries) != want || entries[0].ID != 1 || entries[want-1].ID != chat.EntryID(want) {
				f.Errorf("after, limit %d: %d entries, %v", limit, len(entries), err)
			}
			entries, err = f.EntriesBefore(f.Context(), "r", length+1, limit)
			if err != nil || len(entries) != want || entries[want-1].ID != length || entries[0].ID != chat.EntryID(length-want+1) {
				f.Errorf("before, limit %d: %d entries, %v", limit, len(entries), err)
			}
			if entries[0].Content != large {
				f.Error("content differs")
			}
		}
	})
}
