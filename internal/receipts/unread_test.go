package receipts_test

import (
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
)

// change changes entries of a log.
type change func(map[chat.EntryID]chat.Entry)

func of(kind chat.Kind, target chat.EntryID, ids ...chat.EntryID) change {
	return func(log map[chat.EntryID]chat.Entry) {
		for _, id := range ids {
			e := log[id]
			e.Kind, e.Target = kind, target
			log[id] = e
		}
	}
}

func each(do func(*chat.Entry), ids ...chat.EntryID) change {
	return func(log map[chat.EntryID]chat.Entry) {
		for _, id := range ids {
			e := log[id]
			do(&e)
			log[id] = e
		}
	}
}

func span(from, to chat.EntryID) []chat.EntryID { return fake.UpTo(to)[from-1:] }

// TestUnread counts messages of ann's that bob has not read, in a log of n entries.
func TestUnread(t *testing.T) {
	own := func(e *chat.Entry) { e.User = "bob" }
	deleted := func(e *chat.Entry) { e.Deleted = true }
	expired := func(e *chat.Entry) { e.ExpiresAt = fake.Noon() }
	old := func(e *chat.Entry) { e.CreatedAt = fake.Noon().Add(-time.Hour) }
	gone := func(log map[chat.EntryID]chat.Entry) { delete(log, 3) }
	for _, c := range []struct {
		name          string
		n, read, last chat.EntryID
		changes       []change
		size          int
		want          int
		reads         int
	}{
		{"nothing was written", 0, 0, 0, nil, 100, 0, 0},
		{"all is read", 5, 5, 5, nil, 100, 0, 0},
		{"further read than shown", 5, 5, 4, nil, 100, 0, 0},
		{"some are not", 5, 2, 5, nil, 100, 3, 1},
		{"what is not shown yet", 6, 2, 5, nil, 100, 3, 1},
		{"own ones", 5, 0, 5, []change{each(own, 2, 3)}, 100, 3, 1},
		{"voids, edits, reactions and members", 7, 0, 7, []change{of(chat.KindVoid, 0, 2), of(chat.KindEdit, 1, 3),
			of(chat.KindReaction, 1, 4), of(chat.KindMember, 0, 5)}, 100, 3, 1},
		{"deleted", 5, 0, 5, []change{each(deleted, 1, 2)}, 100, 3, 1},
		{"deleted, and the row does not say so yet", 5, 0, 5, []change{of(chat.KindDelete, 2, 5)}, 100, 3, 1},
		{"a deletion of what was read", 5, 2, 5, []change{of(chat.KindDelete, 1, 5)}, 100, 2, 1},
		{"expired", 5, 0, 5, []change{each(expired, 1, 2)}, 100, 3, 1},
		{"below an expired one", 5, 0, 5, []change{each(expired, 3)}, 100, 2, 1},
		{"too old for the room", 5, 0, 5, []change{each(old, 1, 2, 3)}, 100, 2, 1},
		{"below a row that is removed", 5, 0, 5, []change{gone}, 100, 2, 1},
		{"99", 99, 0, 99, nil, 100, 99, 4},
		{"100", 100, 0, 100, nil, 100, 100, 4},
		{"very many", 5000, 0, 5000, nil, 100, 100, 4},
		{"one behind 999 of the own", 1000, 0, 1000, []change{each(own, span(1, 999)...)}, 100, 1, 7},
		{"more than are read", 1001, 0, 1001, []change{each(own, span(1, 1000)...)}, 100, 100, 7},
		{"the largest", 40, 0, 40, nil, 16 << 10, 100, 1},
		{"as large as may be", 32, 0, 32, nil, 4 << 10, 32, 3},
		{"larger in all", 33, 0, 33, nil, 4 << 10, 100, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fake.NewStore()
			s.Put(fake.Noon().Add(-time.Minute), fake.UpTo(c.n)...)
			for _, change := range c.changes {
				change(s.Entries)
			}
			count := receipts.NewCounter(s, func(chat.Entry) int { return c.size }, fake.Noon)
			got, err := count.Unread(t.Context(), rooms.Room{ID: "r", Retention: time.Hour}, "bob", c.read, c.last)
			if err != nil || got != c.want || len(s.Calls) != c.reads {
				t.Errorf("%d, %v, with the reads %q; want %d with %d", got, err, s.Calls, c.want, c.reads)
			}
		})
	}
}

// TestUnreadReadsAsMuchAsItMay: no read asks for more than fits of entries of the size that was seen.
func TestUnreadReadsAsMuchAsItMay(t *testing.T) {
	for size := 50; size <= 16<<10; size *= 2 {
		s := fake.NewStore(fake.UpTo(2000)...)
		for id, e := range s.Entries {
			e.User = "bob"
			s.Entries[id] = e
		}
		read := 0
		count := receipts.NewCounter(s, func(chat.Entry) int { read++; return size }, fake.Noon)
		if got, err := count.Unread(t.Context(), rooms.Room{ID: "r"}, "bob", 0, 2000); err != nil || got != receipts.MaxUnread {
			t.Errorf("%d, %v", got, err)
		}
		if read > 1000 || (read-1)*size >= 128<<10 && read > 8 {
			t.Errorf("%d entries of %d bytes were read", read, size)
		}
	}
	s := fake.NewStore(1)
	s.Before = func(string) error { return chat.Errorf(chat.CodeUnavailable, "no") }
	count := receipts.NewCounter(s, func(chat.Entry) int { return 1 }, fake.Noon)
	if _, err := count.Unread(t.Context(), rooms.Room{ID: "r"}, "bob", 0, 1); chat.CodeOf(err) != chat.CodeUnavailable {
		t.Error(err)
	}
}
