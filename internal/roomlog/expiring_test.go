package roomlog_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// expiring is a log whose room changes its retention as it likes. Clocks differ by seconds, and rows that have expired for
// long may have been removed.
type expiring struct {
	t         *testing.T
	random    *rand.Rand
	store     *fake.Store
	reader    *roomlog.Reader
	retention time.Duration
	first     chat.EntryID // the highest first id that was told
}

func (x *expiring) step() {
	switch x.random.IntN(12) {
	case 0:
		x.retention = []time.Duration{0, 5 * time.Minute, 20 * time.Minute, time.Hour}[x.random.IntN(4)]
	case 1:
		time.Sleep(time.Duration(x.random.IntN(40)) * time.Minute)
	case 2:
		for id, e := range x.store.Entries {
			if e.IsExpired(time.Now().Add(-10*time.Minute), 0) && x.random.IntN(3) > 0 {
				delete(x.store.Entries, id)
			}
		}
	case 3, 4, 5, 6:
		for range x.random.IntN(30) {
			x.append()
		}
	default:
		x.read()
	}
}

func (x *expiring) append() {
	x.store.Top.Seq++
	id := x.store.Top.Seq
	at := time.Now().Add(time.Duration(x.random.IntN(6000)) * time.Millisecond)
	e := chat.NewEntry{Room: "r", Kind: chat.KindMessage, User: "ann", Retention: x.retention}.At(id, at)
	if x.random.IntN(20) == 0 {
		e = chat.VoidAt("r", id, at, x.retention)
	}
	x.store.Entries[id] = e
	x.store.Top.PushedID = id
	time.Sleep(time.Duration(x.random.IntN(60)) * time.Second)
}

// read reads a page from anywhere and holds it against the log.
func (x *expiring) read() {
	end, now := x.store.Top.Seq, time.Now()
	q := roomlog.Query{Room: "r", Limit: 1 + x.random.IntN(20), Retention: x.retention}
	at := chat.EntryID(x.random.Int64N(int64(end) + 2))
	way := x.random.IntN(3)
	switch way {
	case 0:
		q.After = &at
	case 1:
		at++
		q.Before = &at
	}
	p, err := x.reader.Page(x.t.Context(), q)
	if err != nil || p.LastID != end || p.FirstID > end+1 || p.FirstID < x.store.Top.FirstID {
		x.t.Fatalf("%+v: page %+v, %v", q, p, err)
	}
	x.judge(q, p, now)
	if x.first = max(x.first, p.FirstID); max(x.store.Top.FirstID, 1) != x.first {
		x.t.Fatalf("the head knows %d, %d was told", x.store.Top.FirstID, x.first)
	}
}

func (x *expiring) gone(id chat.EntryID, now time.Time) bool {
	e, there := x.store.Entries[id]
	return !there || e.IsExpired(now, x.retention)
}

func (x *expiring) judge(q roomlog.Query, p roomlog.Page, now time.Time) {
	ids := fake.IDs(p.Entries)
	for i, e := range p.Entries {
		if x.gone(e.ID, now) || e.ID < p.FirstID || i > 0 && e.ID != ids[i-1]+1 {
			x.t.Fatalf("%+v: page %v, first %d, has %+v", q, ids, p.FirstID, e)
		}
	}
	if p.FirstID > max(x.first, 1) && !x.gone(p.FirstID-1, now) {
		x.t.Fatalf("%+v: the first id is %d, and %d is there", q, p.FirstID, p.FirstID-1)
	}
	if q.After != nil {
		if begins := max(*q.After+1, p.FirstID); len(ids) > 0 && ids[0] != begins || len(ids) == 0 && begins <= p.LastID {
			x.t.Fatalf("%+v: page %v, first %d, last %d", q, ids, p.FirstID, p.LastID)
		}
		if more := len(ids) > 0 && ids[len(ids)-1] < p.LastID; p.More != more || more && len(ids) < q.Limit {
			x.t.Fatalf("%+v: page %v, first %d, more %v", q, ids, p.FirstID, p.More)
		}
		return
	}
	ends := p.LastID
	if q.Before != nil {
		ends = min(ends, *q.Before-1)
	}
	if len(ids) > 0 && ids[len(ids)-1] != ends || len(ids) == 0 && ends >= p.FirstID || p.More && ids[0] <= p.FirstID {
		x.t.Fatalf("%+v: page %v, first %d, last %d, more %v", q, ids, p.FirstID, p.LastID, p.More)
	}
	if !p.More && len(ids) > 0 && ids[0] != p.FirstID {
		x.t.Fatalf("%+v: page %v is the last, but the first id is %d", q, ids, p.FirstID)
	}
}

// TestReadersOfExpiringLogs: whatever has expired is never shown, and there is never a gap above the first id.
func TestReadersOfExpiringLogs(t *testing.T) {
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			s := fake.NewStore()
			x := &expiring{
				t: t, random: rand.New(rand.NewPCG(seed, 7)), store: s, reader: fake.NewReader(s, nil), first: 1,
			}
			for range 150 {
				x.step()
			}
			x.walk()
		})
	}
}

// walk is a client that comes back from the begin: it sees all that is there.
func (x *expiring) walk() {
	at, shown := chat.EntryID(0), []chat.EntryID{}
	for {
		p, err := x.reader.Page(x.t.Context(), roomlog.Query{Room: "r", After: &at, Limit: 7, Retention: x.retention})
		if err != nil {
			x.t.Fatal(err)
		}
		at = max(at, p.FirstID-1)
		for _, e := range p.Entries {
			if e.ID != at+1 {
				x.t.Fatalf("%d after %d, first %d", e.ID, at, p.FirstID)
			}
			at = e.ID
			shown = append(shown, at)
		}
		if !p.More {
			break
		}
	}
	if at != x.store.Top.Seq || !slices.IsSorted(shown) {
		x.t.Fatalf("the walk ends at %d, the log at %d", at, x.store.Top.Seq)
	}
}
