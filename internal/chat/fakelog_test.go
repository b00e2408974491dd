package chat

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// fakeLog is one room's log for tests of its readers: it answers from a map, writes down every call, and lets a test do
// something before one.
type fakeLog struct {
	mu          sync.Mutex
	entries     map[EntryID]Entry
	position    EntryID
	seq         EntryID
	claims      map[ClientMessageID]Claim // of the room's one user
	subscribers []Subscription
	calls       []string
	before      func(call string) error // its error is the call's; may be nil
	asked       []int                   // the limits of reads
}

// noon is when a test begins whose clock stands still.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newFakeLog makes a log with entries at the ids given.
func newFakeLog(ids ...EntryID) *fakeLog {
	l := &fakeLog{entries: map[EntryID]Entry{}, claims: map[ClientMessageID]Claim{}}
	l.put(time.Time{}, ids...)
	return l
}

func (l *fakeLog) put(at time.Time, ids ...EntryID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		l.entries[id] = Draft{Room: "r", Kind: KindMessage, User: "ann", Content: fmt.Sprint(id)}.at(id, at)
	}
}

func (l *fakeLog) call(format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	if l.before != nil {
		if err := l.before(call); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
	return nil
}

func (l *fakeLog) Position(context.Context, RoomID) (EntryID, error) {
	err := l.call("position")
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.position, err
}

func (l *fakeLog) AdvancePosition(_ context.Context, _ RoomID, to EntryID) error {
	err := l.call("advance to %d", to)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.position = max(l.position, to)
	}
	return err
}

func (l *fakeLog) EntriesAfter(_ context.Context, _ RoomID, after EntryID, limit int) ([]Entry, error) {
	err := l.call("after %d", after)
	return l.some(limit, func(id EntryID) bool { return id > after }, false), err
}

func (l *fakeLog) EntriesBefore(_ context.Context, _ RoomID, before EntryID, limit int) ([]Entry, error) {
	call := fmt.Sprintf("before %d", before)
	if before == math.MaxInt64 {
		call = "newest"
	}
	err := l.call("%s", call)
	return l.some(limit, func(id EntryID) bool { return id < before }, true), err
}

func (l *fakeLog) some(limit int, in func(EntryID) bool, fromEnd bool) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, limit)
	var found []Entry
	for id, e := range l.entries {
		if in(id) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b Entry) int { return int(a.ID - b.ID) })
	if fromEnd {
		return found[max(0, len(found)-limit):]
	}
	return found[:min(limit, len(found))]
}

func (l *fakeLog) Place(_ context.Context, e Entry) (*Entry, error) {
	what := "void"
	if !e.IsVoid() {
		what = e.Content
	}
	if err := l.call("place %s at %d", what, e.ID); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old, ok := l.entries[e.ID]; ok {
		return &old, nil
	}
	l.entries[e.ID] = e
	return nil, nil
}

func (l *fakeLog) Subscribers(context.Context, RoomID) ([]Subscription, error) {
	err := l.call("subscribers")
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.subscribers), err
}

func (l *fakeLog) Reserve(_ context.Context, room RoomID) (EntryID, error) {
	err := l.call("reserve in %s", room)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.seq++
	}
	return l.seq, err
}

func (l *fakeLog) Claim(_ context.Context, d Draft) (*Claim, error) {
	if err := l.call("get %s", d.ClientMessageID); err != nil {
		return nil, err
	}
	return l.claim(d), nil
}

func (l *fakeLog) claim(d Draft) *Claim {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c, ok := l.claims[d.ClientMessageID]; ok {
		return &c
	}
	return nil
}

func (l *fakeLog) PutClaim(_ context.Context, d Draft, c Claim) (*Claim, error) {
	if err := l.call("claim %d", c.ID); err != nil {
		return nil, err
	}
	if old := l.claim(d); old != nil {
		return old, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims[d.ClientMessageID] = c
	return nil, nil
}

func (l *fakeLog) MoveClaim(_ context.Context, d Draft, from, to EntryID) (*Claim, error) {
	if err := l.call("move %d to %d", from, to); err != nil {
		return nil, err
	}
	old := l.claim(d)
	if old == nil || old.ID != from {
		return old, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.claims[d.ClientMessageID] = Claim{ID: to, Fingerprint: old.Fingerprint}
	return nil, nil
}

func (l *fakeLog) RemoveSubscription(_ context.Context, s Subscription) error {
	return l.call("remove %s", s.Connection)
}

func (l *fakeLog) MarkClosing(_ context.Context, s Subscription) error {
	return l.call("mark %s", s.Connection)
}

// idsOf gives the ids of entries.
func idsOf(entries []Entry) []EntryID {
	var ids []EntryID
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// upToID gives 1 … n.
func upToID(n EntryID) []EntryID {
	var ids []EntryID
	for id := EntryID(1); id <= n; id++ {
		ids = append(ids, id)
	}
	return ids
}
