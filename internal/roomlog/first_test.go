package roomlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// aged is a log of messages, one an hour, the last of them just now, of a room that keeps them for so long.
func aged(length int, retention time.Duration) *fake.Store {
	s := fake.NewStore()
	for i := range length {
		id := chat.EntryID(i + 1)
		at := time.Now().Add(-time.Duration(length-i-1) * time.Hour)
		s.Entries[id] = chat.NewEntry{Room: "r", Kind: chat.KindMessage, User: "ann", Retention: retention}.At(id, at)
	}
	s.Top.Seq, s.Top.PushedID = chat.EntryID(length), chat.EntryID(length)
	return s
}

// TestWhatHasExpiredIsNotShown: 20 entries, and the room keeps them for 10 hours; those from 11 on are there.
func TestWhatHasExpiredIsNotShown(t *testing.T) {
	after := func(id chat.EntryID) roomlog.Query { return roomlog.Query{After: &id} }
	before := func(id chat.EntryID) roomlog.Query { return roomlog.Query{Before: &id} }
	untouched := func(*fake.Store) {}
	for _, c := range []struct {
		name  string
		query roomlog.Query
		limit int // 0 for 50
		log   func(*fake.Store)
		want  []chat.EntryID // first and last
		first chat.EntryID
		more  bool
		known chat.EntryID // the first id in the head then
	}{
		{"newest", roomlog.Query{}, 0, untouched, []chat.EntryID{11, 20}, 11, false, 11},
		{"newest few", roomlog.Query{}, 5, untouched, []chat.EntryID{16, 20}, 1, true, 0},
		{"newest to the edge", roomlog.Query{}, 10, untouched, []chat.EntryID{11, 20}, 11, false, 11},
		{"after all", after(20), 0, untouched, nil, 1, false, 0},
		{"after the begin", after(0), 0, untouched, []chat.EntryID{11, 20}, 11, false, 11},
		{"after one that has expired", after(4), 5, untouched, []chat.EntryID{11, 15}, 11, true, 11},
		{"after the last that has expired", after(10), 0, untouched, []chat.EntryID{11, 20}, 1, false, 0},
		{"after one that is there", after(12), 3, untouched, []chat.EntryID{13, 15}, 1, true, 0},
		{"before the end", before(15), 0, untouched, []chat.EntryID{11, 14}, 11, false, 11},
		{"before the edge", before(11), 0, untouched, nil, 11, false, 11},
		{"before what has expired", before(3), 0, untouched, nil, 11, false, 11},
		{"rows are removed", after(0), 0, removed(7), []chat.EntryID{11, 20}, 11, false, 11},
		{"all that has expired is removed", after(0), 0, removed(10), []chat.EntryID{11, 20}, 11, false, 11},
		{"backwards, where rows are removed", before(14), 0, removed(10), []chat.EntryID{11, 13}, 11, false, 11},
		{"the newest, where rows are removed", roomlog.Query{}, 10, removed(10), []chat.EntryID{11, 20}, 11, false, 11},
		{"all rows are removed", after(0), 0, removed(20), nil, 21, false, 21},
		{"all rows are removed, backwards", roomlog.Query{}, 0, removed(20), nil, 21, false, 21},
		{"all has expired", after(0), 0, shortened, nil, 21, false, 21},
		{"all has expired, backwards", roomlog.Query{}, 0, shortened, nil, 21, false, 21},
		{"it is known", after(3), 0, func(s *fake.Store) { s.Top.FirstID = 11 }, []chat.EntryID{11, 20}, 11, false, 11},
		{"what is known is not the newest", after(3), 0, func(s *fake.Store) { s.Top.FirstID = 8 }, []chat.EntryID{11, 20}, 11, false, 11},
		{"it does not come back", after(3), 0, func(s *fake.Store) { s.Top.FirstID = 15 }, []chat.EntryID{15, 20}, 15, false, 15},
		{"nor backwards", before(18), 0, func(s *fake.Store) { s.Top.FirstID = 15 }, []chat.EntryID{15, 17}, 15, false, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := aged(20, 10*time.Hour)
				c.log(s)
				c.query.Room, c.query.Limit = "r", max(c.limit, 50*(1-min(c.limit, 1)))
				p, err := fake.NewReader(s, nil).Page(t.Context(), c.query)
				got := fake.IDs(p.Entries)
				if len(got) > 1 {
					got = []chat.EntryID{got[0], got[len(got)-1]}
				}
				if err != nil || !slices.Equal(got, c.want) || p.FirstID != c.first || p.LastID != 20 || p.More != c.more {
					t.Errorf("got %v, first %d, last %d, more %v, %v", fake.IDs(p.Entries), p.FirstID, p.LastID, p.More, err)
				}
				if s.Top.FirstID != c.known {
					t.Errorf("the head knows %d, want %d", s.Top.FirstID, c.known)
				}
			})
		})
	}
}

func removed(upTo chat.EntryID) func(*fake.Store) {
	return func(s *fake.Store) {
		for id := range upTo {
			delete(s.Entries, id+1)
		}
	}
}

// shortened makes all entries expire at once.
func shortened(s *fake.Store) {
	for id, e := range s.Entries {
		e.ExpiresAt = e.CreatedAt
		s.Entries[id] = e
	}
}

// TestAShorterRetentionHidesAtOnce, and a longer one is for new entries alone.
func TestAShorterRetentionHidesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for retention, want := range map[time.Duration]chat.EntryID{5 * time.Hour: 16, 100 * time.Hour: 11, 0: 11} {
			q := roomlog.Query{Room: "r", After: new(chat.EntryID(0)), Limit: 50, Retention: retention}
			p, err := fake.NewReader(aged(20, 10*time.Hour), nil).Page(t.Context(), q)
			if err != nil || p.FirstID != want || p.Entries[0].ID != want {
				t.Errorf("with %v: %v, first %d, %v, want %d", retention, fake.IDs(p.Entries), p.FirstID, err, want)
			}
		}
	})
}

// TestNewsAndBoundsOfWhatHasExpired: who joins is told the first id that is known. Who polls below it gets what is above it,
// and where all has expired a look costs the head alone.
func TestNewsAndBoundsOfWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := aged(20, 10*time.Hour)
		r := fake.NewReader(s, nil)
		news := roomlog.Query{Room: "r", After: new(chat.EntryID(2)), Limit: 50}
		if p, err := r.Bounds(t.Context(), "r"); err != nil || p.FirstID != 1 || p.LastID != 20 || len(p.Entries) > 0 {
			t.Errorf("bounds %+v, %v", p, err)
		}
		if p, err := r.News(t.Context(), news); err != nil || len(p.Entries) != 10 || p.FirstID != 11 {
			t.Errorf("news %v, first %d, %v", fake.IDs(p.Entries), p.FirstID, err)
		}
		if p, err := r.Bounds(t.Context(), "r"); err != nil || p.FirstID != 11 {
			t.Errorf("bounds %+v, %v", p, err)
		}
		time.Sleep(20 * time.Hour)
		for _, calls := range []int{5, 1} { // head, run, page, first id of all, and what is remembered; then the head
			s.Calls = nil
			p, err := r.News(t.Context(), news)
			if err != nil || len(p.Entries) > 0 || len(s.Calls) > calls {
				t.Errorf("news %v, %v, after calls %q", fake.IDs(p.Entries), err, s.Calls)
			}
		}
	})
}

// TestAFirstIDThatCannotBeKept does no harm.
func TestAFirstIDThatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := aged(20, 10*time.Hour)
		s.Before = func(call string) error {
			if strings.HasPrefix(call, "first") {
				return fmt.Errorf("broken")
			}
			return nil
		}
		p, err := fake.NewReader(s, nil).Page(t.Context(), roomlog.Query{Room: "r", Limit: 50})
		if err != nil || p.FirstID != 11 {
			t.Errorf("got %+v, %v", p, err)
		}
	})
}

// longStore has a million entries, a second apart, of which the last 1,000 are there.
type longStore struct {
	*fake.Store
	reads int
}

const longLog = 1_000_000

func (s *longStore) EntriesAfter(_ context.Context, _ chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	s.reads++
	var read []chat.Entry
	for id := after + 1; id <= longLog && len(read) < limit; id++ {
		at := time.Now().Add(-time.Duration(longLog-id) * time.Second)
		read = append(read, chat.NewEntry{Room: "r", Kind: chat.KindMessage, Retention: 1000 * time.Second}.At(id, at))
	}
	return read, nil
}

// TestTheFirstIDIsFoundByHalves: in a log of a million entries with about 20 reads, once.
func TestTheFirstIDIsFoundByHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &longStore{Store: fake.NewStore()}
		s.Top.Seq, s.Top.PushedID = longLog, longLog
		r := roomlog.NewReader(s, roomlog.ReaderOptions{
			HoleAge: fake.HoleAge, Now: time.Now, Jitter: rand.Float64, Size: func(chat.Entry) int { return 1 },
		})
		for _, most := range []int{3 + 20, 2} { // the end, the page that has expired, halves, the page that is there
			s.reads = 0
			p, err := r.PageNow(t.Context(), roomlog.Query{Room: "r", After: new(chat.EntryID(0)), Limit: 50})
			if err != nil || p.FirstID != longLog-999 || len(p.Entries) != 50 || s.reads > most {
				t.Errorf("first %d, %d entries, %v after %d reads, want %d at most", p.FirstID, len(p.Entries), err, s.reads, most)
			}
		}
	})
}
