package chattest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest"
	"serverlesschat/internal/roomlog"
)

func entry(id chat.EntryID) chat.Entry {
	return chat.Entry{
		Room: "r", ID: id, Kind: chat.KindMessage, User: "ann", ClientMessageID: chat.ClientMessageID(fmt.Sprint("m", id)),
		Content: fmt.Sprint("content ", id), CreatedAt: time.Unix(int64(id), 0).UTC(),
	}
}

func voidEntry(id chat.EntryID) chat.Entry {
	return chat.Entry{Room: "r", ID: id, Kind: chat.KindVoid, CreatedAt: time.Unix(int64(id), 0).UTC()}
}

func newEntryOf(e chat.Entry) chat.NewEntry {
	return chat.NewEntry{
		Room: e.Room, Kind: e.Kind, User: e.User, ClientMessageID: e.ClientMessageID, Content: e.Content, Target: e.Target,
	}
}

func entries(ids ...chat.EntryID) []chat.Entry {
	var all []chat.Entry
	for _, id := range ids {
		all = append(all, entry(id))
	}
	return all
}

func page(last chat.EntryID, more bool, e ...chat.Entry) roomlog.Page {
	return roomlog.Page{Room: "r", Entries: e, FirstID: 1, LastID: last, More: more}
}

func after(id chat.EntryID) *chat.EntryID { return &id }

func send(r *chattest.Record, e chat.Entry) { r.Sending(newEntryOf(e)).Acked(e) }

func read(r *chattest.Record, q roomlog.Query, p roomlog.Page) { r.Reading(q).Got(p) }

// TestCheck: to an ordinary record something is added, and the log may be another one; each case is one mistake, or
// none.
func TestCheck(t *testing.T) {
	three := entries(1, 2, 3)
	changed := entry(2)
	changed.Content = "changed"
	about := entry(4)
	about.Target = 1
	aboutVoid := voidEntry(4)
	aboutVoid.Target = 1
	member := voidEntry(4)
	member.Kind, member.User, member.Subject, member.Change = chat.KindMember, "ann", "bob", chat.MemberRemoved
	member.ClientMessageID = chat.MemberEntryID("bob", 7)
	again := member // by another who finished the same change
	again.ID, again.User = 5, "cid"
	forged := member
	forged.ClientMessageID = "m7"
	expiring := entries(1, 2, 3)
	for i := range expiring {
		expiring[i].ExpiresAt = expiring[i].CreatedAt.Add(time.Hour)
	}
	from2 := func(e ...chat.Entry) roomlog.Page {
		return roomlog.Page{Room: "r", Entries: e, FirstID: 2, LastID: 3}
	}
	skips := func(r *chattest.Record) {
		v := r.Viewing("v", 0)
		v.Skipped(2)
		v.Shown(expiring[1])
		v.Shown(expiring[2])
	}
	conflicting := newEntryOf(entry(2))
	conflicting.Content = "other"
	for _, c := range []struct {
		name string
		add  func(*chattest.Record)
		log  []chat.Entry // nil for three
		want string       // "" for no mistake
	}{
		{"ordinary", func(*chattest.Record) {}, nil, ""},

		{"an acked entry is not in history", func(r *chattest.Record) { send(r, entry(4)) }, nil, "promise 1: an ack has entry 4"},
		{"an ack differs from history", func(r *chattest.Record) {}, []chat.Entry{entry(1), changed, entry(3)}, "promise 1: an ack has"},
		{"an acked entry is void", func(r *chattest.Record) {}, []chat.Entry{entry(1), voidEntry(2), entry(3)}, "promise 1: an ack has"},
		{"a page ends before what was acked",
			func(r *chattest.Record) { read(r, roomlog.Query{}, page(2, false, entries(1, 2)...)) }, nil, "promise 1: 3 was acknowledged, but a later"},
		{"a page ends before an earlier page", func(r *chattest.Record) {
			r.Sending(newEntryOf(entry(4)))
			read(r, roomlog.Query{}, page(4, false, entries(1, 2, 3, 4)...))
			read(r, roomlog.Query{}, page(3, false, entries(1, 2, 3)...))
		}, entries(1, 2, 3, 4), "promise 1: 4 was in history, but"},
		{"a page that was asked for earlier may end earlier", func(r *chattest.Record) {
			early := r.Reading(roomlog.Query{})
			r.Sending(newEntryOf(entry(4))).Acked(entry(4))
			early.Got(page(3, false, three...))
		}, entries(1, 2, 3, 4), ""},

		{"an entry of the server's own, which nobody sent", func(r *chattest.Record) {
			all := append(entries(1, 2, 3), member)
			c := r.Connected("x")
			c.Joined(after(0), page(4, false, all...))
			v := r.Viewing("x", 0)
			for _, e := range all {
				v.Shown(e)
			}
		}, append(entries(1, 2, 3), member), ""},
		{"the same one twice", func(*chattest.Record) {}, append(entries(1, 2, 3), member, again), "promise 3"},
		{"one with a client's name", func(*chattest.Record) {}, append(entries(1, 2, 3), forged), "promise 7"},

		{"a page that goes on from the first id", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, from2(expiring[1:]...))
			read(r, roomlog.Query{}, from2(expiring[1:]...))
			read(r, roomlog.Query{Before: after(2)}, from2())
			skips(r)
		}, expiring, ""},
		{"one that goes on later", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, from2(expiring[2]))
		}, expiring, "promise 2: a page (after 0) begins with 3"},
		{"one that leaves out what never expires", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, from2(three[1:]...))
		}, nil, "promise 1: a page (after 0) says that 1 has expired, which never does"},
		{"a client that goes on where no page said so", func(r *chattest.Record) { skips(r) }, expiring,
			"promise 4: client v goes on from 2"},

		{"a void about an entry", func(*chattest.Record) {}, append(entries(1, 2, 3), aboutVoid), "promise 2: a void holds something"},
		{"a missing id", func(*chattest.Record) {}, []chat.Entry{entry(1), entry(3)}, "promise 2: history has 3 where 2 belongs"},
		{"an id twice", func(*chattest.Record) {}, []chat.Entry{entry(1), entry(1), entry(2), entry(3)}, "promise 2: history has 1 where 2"},
		{"a void with content", func(*chattest.Record) {}, append(entries(1, 2, 3), func() chat.Entry { v := voidEntry(4); v.User = "ann"; return v }()),
			"promise 2: a void holds something"},
		{"an ordinary void", func(*chattest.Record) {}, append(entries(1, 2, 3), voidEntry(4)), "promise 4"}, // but nobody got it
		{"a page with a gap", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, page(3, false, entries(1, 3)...))
		}, nil, "promise 2: a page (after 0) has 3 after 1"},
		{"a page with other content", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(1)}, page(3, false, changed, entry(3)))
		}, nil, "promise 2: a page (after 1) has"},
		{"a page that begins late", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, page(3, false, entries(2, 3)...))
		}, nil, "promise 2: a page (after 0) begins with 2"},
		{"a page that ends early and says so", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, page(3, true, entries(1)...))
		}, nil, ""},
		{"a page that ends early", func(r *chattest.Record) {
			read(r, roomlog.Query{After: after(0)}, page(3, false, entries(1)...))
		}, nil, "promise 2: a page (after 0) says more: false"},
		{"an empty page", func(r *chattest.Record) { read(r, roomlog.Query{Before: after(3)}, page(3, false)) }, nil,
			"promise 2: a page (before 3) is empty"},
		{"an older page", func(r *chattest.Record) {
			read(r, roomlog.Query{Before: after(3)}, page(3, true, entry(2)))
		}, nil, ""},
		{"an older page with another end", func(r *chattest.Record) {
			read(r, roomlog.Query{Before: after(3)}, page(3, false, entry(1)))
		}, nil, "promise 2: a page (before 3) ends with 1, not with 2"},
		{"a page past the end", func(r *chattest.Record) { read(r, roomlog.Query{}, page(4, false, three...)) }, nil,
			"promise 2: a page (newest) says that the last id is 4"},
		{"a frame with a gap", func(r *chattest.Record) { r.Connected("c").Pushed(entries(1, 3)) }, nil,
			"promise 2: connection c got 3 after 1 in one frame"},
		{"a frame with other content", func(r *chattest.Record) { r.Connected("c").Pushed([]chat.Entry{changed}) }, nil,
			"promise 2: connection c has"},
		{"a push past a hole", func(r *chattest.Record) {
			r.Placing(entry(1)).Stored()
			r.Placing(entry(3)).Stored()
			r.Connected("c").Pushed(entries(3))
			r.Placing(entry(2)).Stored()
		}, nil, "promise 2: connection c has 3 while a place below it was a hole"},
		{"a push while a place was being filled", func(r *chattest.Record) {
			r.Placing(entry(1)).Stored()
			second := r.Placing(entry(2))
			r.Placing(entry(3)).Stored()
			r.Connected("c").Pushed(entries(3))
			second.Stored()
		}, nil, ""},
		{"a page past a hole", func(r *chattest.Record) {
			r.Placing(entry(1)).Stored()
			r.Placing(entry(3)).Stored()
			read(r, roomlog.Query{}, page(3, false, three...))
			r.Placing(entry(2)).Stored()
		}, nil, "promise 2: a page (newest) has 3 while"},
		{"a join past a hole", func(r *chattest.Record) {
			r.Placing(entry(1)).Stored()
			r.Placing(entry(3)).Stored()
			r.Connected("c").Joined(nil, page(3, false))
			r.Placing(entry(2)).Stored()
		}, nil, "promise 2: connection c (joined) has 3 while"},
		{"a place that was filled twice", func(r *chattest.Record) {
			for _, id := range []chat.EntryID{1, 2, 3, 3} {
				r.Placing(entry(id)).Stored()
			}
		}, nil, "promise 2: place 3 was filled twice"},
		{"a place that nobody filled", func(r *chattest.Record) {
			r.Placing(entry(1)).Stored()
			r.Placing(entry(2)).Stored()
			r.Placing(entry(3))
		}, nil, "promise 2: history has 3, which nobody placed"},

		{"two ids for one message", func(r *chattest.Record) {
			e := entry(4)
			e.ClientMessageID, e.Content = "m2", "content 2"
			send(r, e)
		}, append(entries(1, 2, 3), func() chat.Entry {
			e := entry(4)
			e.ClientMessageID, e.Content = "m2", "content 2"
			return e
		}()), `promise 3: "m2" of ann has the ids 2 and 4`},
		{"a message stored twice", func(r *chattest.Record) {}, append(entries(1, 2, 3), func() chat.Entry {
			e := entry(4)
			e.ClientMessageID, e.Content = "m2", "content 2"
			return e
		}()), `promise 3: "m2" of ann is stored at 2 and at 4`},
		{"an entry about another one", func(r *chattest.Record) { send(r, about) }, append(entries(1, 2, 3), about), ""},
		{"an ack about another entry than was sent", func(r *chattest.Record) {
			elsewhere := newEntryOf(about)
			elsewhere.Target = 2
			r.Sending(elsewhere).Acked(about)
			r.Sending(newEntryOf(about))
		}, append(entries(1, 2, 3), about), "promise 3: "},
		{"an ack of another message", func(r *chattest.Record) { r.Sending(newEntryOf(entry(2))).Acked(entry(3)) }, nil, "promise 3: "},
		{"refused and acknowledged", func(r *chattest.Record) { r.Sending(newEntryOf(entry(2))).Refused(chat.CodeConflict) }, nil,
			"promise 3: "},
		{"refused without a reason", func(r *chattest.Record) {
			r.Sending(newEntryOf(entry(9))).Refused(chat.CodeConflict)
		}, nil, "but no other content was ever sent"},
		{"refused for other content", func(r *chattest.Record) { r.Sending(conflicting).RefusedAfter(chat.CodeConflict, 0) }, nil, ""},

		{"refused and written, without a race", func(r *chattest.Record) {
			r.Sending(conflicting).RefusedAfter(chat.CodeConflict, 1)
		}, nil, "was refused with conflict after 1 writes"},
		{"refused and written, in a race", func(r *chattest.Record) {
			e := entry(4)
			other := newEntryOf(e)
			other.Content = "other"
			first, second := r.Sending(newEntryOf(e)), r.Sending(other)
			first.Acked(e)
			second.RefusedAfter(chat.CodeConflict, 2)
		}, entries(1, 2, 3, 4), ""},
		{"a change that is refused beside its twin", func(r *chattest.Record) {
			first, second := r.Sending(newEntryOf(deletion())), r.Sending(newEntryOf(deletion()))
			second.RefusedAfter(chat.CodeNotFound, 0)
			first.Acked(deletion())
		}, deleted(), ""},
		{"a change that is refused after it was acknowledged", func(r *chattest.Record) {
			r.Sending(newEntryOf(deletion())).Acked(deletion())
			r.Sending(newEntryOf(deletion())).RefusedAfter(chat.CodeNotFound, 0)
		}, deleted(), "was refused with not_found, and acknowledged as 4"},
		{"forbidden and written", func(r *chattest.Record) {
			r.Sending(newEntryOf(entry(9))).RefusedAfter(chat.CodeForbidden, 1)
		}, nil, "was refused with forbidden after 1 writes"},
		{"refused and stored", func(r *chattest.Record) { r.Sending(newEntryOf(entry(4))).Refused(chat.CodeForbidden) }, entries(1, 2, 3, 4),
			"promise 7: history has"},
		{"stored and never sent", func(*chattest.Record) {}, entries(1, 2, 3, 4), "which nobody sent"},
		{"stored without an answer", func(r *chattest.Record) { r.Sending(newEntryOf(entry(4))) }, entries(1, 2, 3, 4), ""},

		{"joined and pushed", func(r *chattest.Record) {
			c := r.Connected("c")
			c.Joined(nil, page(1, false))
			c.Pushed(entries(2))
			c.Pushed(entries(2, 3))
		}, nil, ""},
		{"pushed before the reply", func(r *chattest.Record) {
			c := r.Connected("c")
			c.Pushed(entries(2, 3))
			c.Joined(nil, page(1, false))
		}, nil, ""},
		{"pushed in another order", func(r *chattest.Record) {
			c := r.Connected("c")
			c.Joined(nil, page(1, false))
			c.Pushed(entries(3))
			c.Pushed(entries(2))
		}, nil, ""},
		{"not pushed", func(r *chattest.Record) {
			c := r.Connected("c")
			c.Joined(nil, page(1, false))
			c.Pushed(entries(3))
		}, nil, "promise 4: connection c is open and never got 2"},
		{"not pushed and closed", func(r *chattest.Record) {
			c := r.Connected("c")
			c.Joined(nil, page(1, false))
			c.Pushed(entries(2))
			c.Ended()
		}, nil, ""},
		{"never joined", func(r *chattest.Record) { r.Connected("c") }, nil, ""},
		{"shown twice", func(r *chattest.Record) {
			v := r.Viewing("v", 1)
			v.Shown(entry(2))
			v.Shown(entry(2))
			v.Shown(entry(3))
		}, nil, "promise 4: client v shows 2 where 3 belongs"},
		{"shown in another order", func(r *chattest.Record) {
			v := r.Viewing("v", 1)
			v.Shown(entry(3))
			v.Shown(entry(2))
		}, nil, "promise 4: client v shows 3 where 2 belongs"},
		{"not shown", func(r *chattest.Record) { r.Viewing("v", 1).Shown(entry(2)) }, nil, "promise 4: client v shows nothing past 2"},
		{"not shown, and gone", func(r *chattest.Record) { r.Viewing("v", 1).Left() }, nil, ""},
		{"shown with other content", func(r *chattest.Record) {
			v := r.Viewing("v", 1)
			v.Shown(changed)
			v.Shown(entry(3))
		}, nil, "promise 2: client v has"},

		{"came back and missed the end", func(r *chattest.Record) {
			v := r.Viewing("v", 1)
			v.Returned()
			v.Shown(entry(2))
		}, nil, "promise 5: client v shows nothing past 2"},
		{"came back to a page with a gap", func(r *chattest.Record) {
			r.Connected("c").Joined(after(0), page(3, false, entries(2, 3)...))
		}, nil, "promise 5: connection c (joined after 0) begins with 2"},
		{"came back to nothing", func(r *chattest.Record) { r.Connected("c").Joined(after(1), page(3, false)) }, nil,
			"promise 5: connection c (joined after 1) is empty"},
		{"came back to all", func(r *chattest.Record) { r.Connected("c").Joined(after(1), page(3, false, entries(2, 3)...)) }, nil, ""},
		{"got entries that it had not asked for", func(r *chattest.Record) {
			r.Connected("c").Joined(nil, page(3, false, entry(3)))
		}, nil, "promise 5: connection c asked for no entries"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := chattest.NewRecord("r")
			for _, e := range three {
				send(r, e)
			}
			if len(c.log) == 4 && c.log[3].IsVoid() {
				r.Connected("witness").Joined(nil, page(3, false))
			}
			c.add(r)
			if c.log == nil {
				c.log = three
			}
			found := r.Check(slices.Clone(c.log))
			switch {
			case c.want == "" && len(found) > 0:
				t.Errorf("found\n%v", found)
			case c.want != "" && !strings.Contains(found.String(), c.want):
				t.Errorf("found\n%vwant %q", found, c.want)
			}
		})
	}
}

// deletion deletes the first message.
func deletion() chat.Entry {
	e := entry(4)
	e.Kind, e.Content, e.Target = chat.KindDelete, "", 1
	return e
}

// deleted is a log whose first message is deleted.
func deleted() []chat.Entry {
	log := append(entries(1, 2, 3), deletion())
	log[0].Content, log[0].Deleted, log[0].UpdatedID = "", true, 4
	return log
}
