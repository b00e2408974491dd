package roomlog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

func TestPages(t *testing.T) {
	const kb, limit = 1 << 10, 96<<10 - 1024
	after := func(id chat.EntryID, limit int) roomlog.Query { return roomlog.Query{After: &id, Limit: limit} }
	before := func(id chat.EntryID, limit int) roomlog.Query { return roomlog.Query{Before: &id, Limit: limit} }
	newest := func(limit int) roomlog.Query { return roomlog.Query{Limit: limit} }
	from := func(first, last chat.EntryID) []chat.EntryID { return fake.UpTo(last)[first-1:] }
	for _, c := range []struct {
		name   string
		query  roomlog.Query
		length chat.EntryID
		sizes  map[chat.EntryID]int
		want   []chat.EntryID
		more   bool
	}{
		{"newest of an empty room", newest(50), 0, nil, nil, false},
		{"after 0 in an empty room", after(0, 50), 0, nil, nil, false},
		{"newest, all", newest(10), 10, nil, from(1, 10), false},
		{"newest, some", newest(10), 11, nil, from(2, 11), true},
		{"after 0, all", after(0, 10), 10, nil, from(1, 10), false},
		{"after 0, some", after(0, 10), 11, nil, from(1, 10), true},
		{"after 3", after(3, 4), 9, nil, from(4, 7), true},
		{"after 5, to the end", after(5, 4), 9, nil, from(6, 9), false},
		{"after the last", after(9, 4), 9, nil, nil, false},
		{"after more than there are", after(99, 4), 9, nil, nil, false},
		{"before 5", before(5, 2), 9, nil, from(3, 4), true},
		{"before 5, all", before(5, 4), 9, nil, from(1, 4), false},
		{"before the first", before(1, 4), 9, nil, nil, false},
		{"before more than there are", before(99, 4), 9, nil, from(6, 9), true},
		{"more than 96 KB", after(0, 100), 300, nil, from(1, 94), true}, // of 1 KB and a comma

		{"96 KB, rising", after(0, 100), 5, map[chat.EntryID]int{1: 40 * kb, 2: 40 * kb, 3: limit - 80*kb - 3, 4: 1}, from(1, 3), true},
		{"96 KB, from the end", newest(100), 5, map[chat.EntryID]int{5: 40 * kb, 4: 40 * kb, 3: limit - 80*kb - 3, 2: 1}, from(3, 5), true},
		{"one entry, however large", after(0, 100), 2, map[chat.EntryID]int{1: 200 * kb}, from(1, 1), true},
		{"one entry, however large, from the end", newest(100), 2, map[chat.EntryID]int{2: 200 * kb}, from(2, 2), true},
		{"96 KB and no more", after(0, 100), 2, map[chat.EntryID]int{1: limit - kb - 2}, from(1, 2), false},
		{"a byte more", after(0, 100), 2, map[chat.EntryID]int{1: limit - kb - 1}, from(1, 1), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, position := range []chat.EntryID{0, c.length / 2, c.length} {
				log := fake.NewStore(fake.UpTo(c.length)...)
				log.Top.PushedID = position
				c.query.Room = "r"
				for name, read := range map[string]func(context.Context, roomlog.Query) (roomlog.Page, error){
					"Page": fake.NewReader(log, c.sizes).Page, "PageNow": fake.NewReader(log, c.sizes).PageNow,
				} {
					p, err := read(t.Context(), c.query)
					if err != nil {
						t.Fatal(err)
					}
					if !slices.Equal(fake.IDs(p.Entries), c.want) || p.More != c.more {
						t.Errorf("%s: entries %v, more %v, want %v, %v", name, fake.IDs(p.Entries), p.More, c.want, c.more)
					}
					if p.Room != "r" || p.FirstID != 1 || p.LastID != c.length {
						t.Errorf("%s: room %s, first %d, last %d, want r, 1, %d", name, p.Room, p.FirstID, p.LastID, c.length)
					}
				}
			}
		})
	}
}

// TestNothingIsShownPastAHole asks for all kinds of pages of a log with holes, without waiting.
func TestNothingIsShownPastAHole(t *testing.T) {
	for _, c := range []struct {
		ids      []chat.EntryID
		position chat.EntryID
		last     chat.EntryID
	}{
		{[]chat.EntryID{1, 2, 3, 5, 6}, 0, 3},
		{[]chat.EntryID{1, 2, 3, 5, 6}, 3, 3},
		{[]chat.EntryID{2, 3}, 0, 0},
		{[]chat.EntryID{1, 2, 4, 6}, 1, 2},
		{[]chat.EntryID{3, 4, 6}, 2, 4}, // 1 and 2 lie below the position: they have expired
	} {
		t.Run(fmt.Sprint(c.ids, c.position), func(t *testing.T) {
			log := fake.NewStore(c.ids...)
			log.Top.PushedID = c.position
			r := fake.NewReader(log, nil)
			for _, q := range []roomlog.Query{{}, {After: new(chat.EntryID(0))}, {After: new(chat.EntryID(2))}, {After: new(chat.EntryID(5))}, {Before: new(chat.EntryID(3))}, {Before: new(chat.EntryID(99))}} {
				q.Room, q.Limit = "r", 100
				p, err := r.PageNow(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if p.LastID != c.last {
					t.Errorf("%+v: last id %d, want %d", q, p.LastID, c.last)
				}
				if n := len(p.Entries); n > 0 && p.Entries[n-1].ID > c.last {
					t.Errorf("%+v: shows %v", q, fake.IDs(p.Entries))
				}
				if p.More {
					t.Errorf("%+v: says that there is more", q)
				}
			}
			if last, err := r.LastID(t.Context(), "r"); err != nil || last != c.last {
				t.Errorf("last id %d, %v, want %d", last, err, c.last)
			}
		})
	}
}

// TestRunLongerThanOneRead: a run is read to its end, in reads of ScanLimit.
func TestRunLongerThanOneRead(t *testing.T) {
	for _, length := range []chat.EntryID{roomlog.ScanLimit - 1, roomlog.ScanLimit, roomlog.ScanLimit + 1, 2*roomlog.ScanLimit + 7} {
		log := fake.NewStore(fake.UpTo(length)...)
		last, err := fake.NewReader(log, nil).LastID(t.Context(), "r")
		if err != nil || last != length {
			t.Errorf("last id %d, %v, want %d", last, err, length)
		}
	}
	log := fake.NewStore(append(fake.UpTo(roomlog.ScanLimit+3), roomlog.ScanLimit+5)...)
	if last, err := fake.NewReader(log, nil).LastID(t.Context(), "r"); err != nil || last != roomlog.ScanLimit+3 {
		t.Errorf("last id %d, %v, want %d: there is a hole after it", last, err, roomlog.ScanLimit+3)
	}
}

func TestReaderReadsTheHeadBeforeTheLog(t *testing.T) {
	log := fake.NewStore(1, 2, 3)
	log.Top.PushedID = 2
	if _, err := fake.NewReader(log, nil).LastID(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"head", "after 2"}; !slices.Equal(log.Calls, want) {
		t.Errorf("calls %q, want %q", log.Calls, want)
	}
}

// TestPageWaitsAtAHole: what was acknowledged must be in the page, so a page waits longer than the fan-out does, and
// then fills.
func TestPageWaitsAtAHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		start := time.Now()
		p, err := fake.NewReader(log, nil).Page(t.Context(), roomlog.Query{Room: "r", Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		if got := fake.IDs(p.Entries); !slices.Equal(got, fake.UpTo(3)) || p.LastID != 3 || !p.Entries[1].IsVoid() {
			t.Errorf("got %v, last id %d", got, p.LastID)
		}
		if waited := time.Since(start); waited != fake.HoleAge*7/4 { // 1.5, and half of the half that jitter spreads over
			t.Errorf("waited %v", waited)
		}
	})
}

// TestReadersWaitDifferently: 1.5 to 2 times as long as the fan-out, by the jitter.
func TestReadersWaitDifferently(t *testing.T) {
	for jitter, want := range map[float64]time.Duration{0: fake.HoleAge * 3 / 2, 0.99: fake.HoleAge * 1995 / 1000} {
		synctest.Test(t, func(t *testing.T) {
			log := fake.NewStore(1)
			log.Put(time.Now(), 3)
			start := time.Now()
			r := roomlog.NewReader(log, roomlog.ReaderOptions{
				HoleAge: fake.HoleAge, Now: time.Now, Jitter: func() float64 { return jitter },
				Size: func(chat.Entry) int { return 1 },
			})
			if _, err := r.Page(t.Context(), roomlog.Query{Room: "r", Limit: 50}); err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(start); waited != want {
				t.Errorf("with the jitter %v it waited %v, want %v", jitter, waited, want)
			}
		})
	}
}

func TestPageThatIsOverBeforeTheHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewStore(1)
		log.Put(time.Now(), 3)
		ctx, cancel := context.WithTimeout(t.Context(), fake.HoleAge/2)
		defer cancel()
		if _, err := fake.NewReader(log, nil).Page(ctx, roomlog.Query{Room: "r", Limit: 50}); chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("got %v, want %s", err, chat.CodeUnavailable)
		}
	})
}

func TestReaderReportsWhatTheStoreReturns(t *testing.T) {
	broken := errors.New("broken")
	for _, failing := range []string{"head", "after 0", "before 4", "after 2"} {
		t.Run(failing, func(t *testing.T) {
			log := fake.NewStore(1, 2, 3)
			log.Before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			q := roomlog.Query{Room: "r", Limit: 5}
			if failing == "after 2" {
				q.After = new(chat.EntryID(2))
			}
			p, err := fake.NewReader(log, nil).Page(t.Context(), q)
			if !errors.Is(err, broken) || p.Entries != nil {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

// TestPageEndsInABusyRoom: in a room whose writers always leave a new hole for a moment, a page waits for what was
// there when it was asked for, and no longer.
func TestPageEndsInABusyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := fake.NewBusyStore()
		p, err := fake.NewReader(log, nil).Page(t.Context(), roomlog.Query{Room: "r", Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(fake.IDs(p.Entries), fake.UpTo(5)) {
			t.Errorf("got %v, want what was there, 1 to 5", fake.IDs(p.Entries))
		}
	})
}
