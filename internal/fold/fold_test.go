package fold_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
)

// logOf makes a log of a few messages and many changes of them.
func logOf(random *rand.Rand, length int) []chat.Entry {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var log []chat.Entry
	for i := range length {
		e := chat.Entry{
			Room: "r", ID: chat.EntryID(i + 1), User: chat.UserID(fmt.Sprint("u", random.IntN(4))),
			Target: chat.EntryID(1 + random.IntN(i+1)), CreatedAt: at.Add(time.Duration(i) * time.Second),
		}
		switch n := random.IntN(20); {
		case i == 0 || n < 3:
			e.Kind, e.Target, e.Content = chat.KindMessage, 0, fmt.Sprint("message ", i)
		case n < 8:
			e.Kind, e.Content = chat.KindEdit, fmt.Sprint("edit ", i)
		case n == 8:
			e.Kind = chat.KindDelete
		case n == 9:
			e.Kind, e.Target, e.User = chat.KindVoid, 0, ""
		default:
			e.Kind, e.Reaction, e.Remove = chat.KindReaction, chat.Reaction(fmt.Sprint("r", random.IntN(3))), random.IntN(3) == 0
		}
		log = append(log, e)
	}
	return log
}

// asOf returns the log as a reader shows it when it is so long: messages as they are then.
func asOf(log []chat.Entry, length int) []chat.Entry {
	return fold.Over(log[:length], changesOf(log[:length]))
}

func changesOf(log []chat.Entry) (changes []chat.Entry) {
	for _, e := range log {
		if e.IsChange() {
			changes = append(changes, e)
		}
	}
	return changes
}

// TestViewsAreEqual: from whichever copies of the entries a view is built, and in whichever order they come, it is the
// same.
func TestViewsAreEqual(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 0))
		log := logOf(random, 40)
		var want []chat.Entry
		for _, e := range asOf(log, len(log)) {
			if e.Kind == chat.KindMessage {
				want = append(want, e)
			}
		}
		var given []chat.Entry
		for i := range log {
			copies := 1 + random.IntN(2)
			for range copies {
				given = append(given, asOf(log, i+1+random.IntN(len(log)-i))[i])
			}
		}
		random.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
		view := fold.NewView()
		for _, e := range given {
			view.Add(e)
		}
		got := view.Messages()
		for i := range got { // which edits were emptied since does not show in a message, nor which are in it
			got[i].Edits, want[i].Edits = nil, nil
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, got, want)
		}
	}
}

// TestViewsAreEqualAfterAnErasure: from whichever copies a view is built, of before and of after the erasure of a user, and
// in whichever order they come with the entry that tells of it, nothing of the user is in it, and it is the same.
func TestViewsAreEqualAfterAnErasure(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		log := logOf(random, 40)
		for i := range log { // only its author edits a message
			if log[i].Kind == chat.KindEdit {
				log[i].User = log[log[i].Target-1].User
			}
		}
		erased := chat.Entry{
			Room: "r", ID: 41, Kind: chat.KindMember, User: "deleted-x", Subject: "u0", Change: chat.MemberErased,
		}
		after := afterErasure(asOf(log, len(log)), erased)
		given := []chat.Entry{erased}
		for i := range log {
			given = append(given, asOf(log, i+1+random.IntN(len(log)-i))[i])
			if random.IntN(2) == 0 {
				given[len(given)-1] = after[i]
			}
		}
		random.Shuffle(len(given), func(i, j int) { given[i], given[j] = given[j], given[i] })
		view := fold.NewView()
		for _, e := range given {
			view.Add(e)
		}
		got, want := plain(view.Messages()), plain(after)
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, got, want)
		}
		for _, m := range got {
			if m.User == "u0" || strings.Contains(fmt.Sprint(m.Reactions), "u0") {
				t.Fatalf("seed %d: of the erased user is left %+v", seed, m)
			}
		}
	}
}

// afterErasure returns entries as they lie in the store after an erasure.
func afterErasure(entries []chat.Entry, erased chat.Entry) []chat.Entry {
	after := slices.Clone(entries)
	for i := range after {
		e := &after[i]
		switch {
		case e.Kind == chat.KindMessage:
			fold.Erase(e, erased)
		case e.User == erased.Subject && e.Kind == chat.KindReaction:
			*e = chat.VoidAt(e.Room, e.ID, e.CreatedAt, 0)
		case e.User == erased.Subject:
			e.User, e.Content = erased.User, ""
		}
	}
	return after
}

// plain returns the messages among entries, without what tells only which of two copies is newer.
func plain(entries []chat.Entry) (messages []chat.Entry) {
	for _, e := range entries {
		if e.Kind == chat.KindMessage {
			e.Edits, e.UpdatedID = nil, 0
			if e.Deleted { // a copy of before the last edit may be the one that is left
				e.EditedAt = time.Time{}
			}
			messages = append(messages, e)
		}
	}
	return messages
}

// TestAMessageTakesSoManyReactions and no more, and HasRoom says so.
func TestAMessageTakesSoManyReactions(t *testing.T) {
	m := chat.Entry{ID: 1, Kind: chat.KindMessage}
	add := func(id int, user string) bool {
		return fold.Into(&m, chat.Entry{
			ID: chat.EntryID(id), Kind: chat.KindReaction, Target: 1, User: chat.UserID(user), Reaction: "+",
		})
	}
	for i := range fold.MaxReactions {
		if !fold.HasRoom(m, chat.UserID(fmt.Sprint(i)), "+") || !add(i+2, fmt.Sprint(i)) {
			t.Fatalf("the message takes %d reactions", i)
		}
	}
	before := m
	if fold.HasRoom(m, "more", "+") || add(fold.MaxReactions+2, "more") || !m.Equal(before) {
		t.Errorf("the message takes more than %d reactions", fold.MaxReactions)
	}
	if !fold.HasRoom(m, "7", "+") {
		t.Error("a reaction that is there needs room")
	}
}

// TestCopiesStayAsTheyAre: a fold writes into nothing that a copy of the message shares.
func TestCopiesStayAsTheyAre(t *testing.T) {
	log := logOf(rand.New(rand.NewPCG(1, 1)), 60)
	m := chat.Entry{Room: "r", ID: 1, Kind: chat.KindMessage, Content: "x"}
	var copies, pictures []chat.Entry
	for _, c := range changesOf(log) {
		c.Target = 1
		if c.Kind == chat.KindDelete {
			continue
		}
		copies = append(copies, m)
		pictures = append(pictures, deepCopy(m))
		fold.Into(&m, c)
	}
	for i := range copies {
		if !copies[i].Equal(pictures[i]) {
			t.Fatalf("a copy became %+v, it was %+v", copies[i], pictures[i])
		}
	}
}

func deepCopy(m chat.Entry) chat.Entry {
	m.Edits = append([]chat.EntryID(nil), m.Edits...)
	var reactions map[chat.Reaction][]chat.UserID
	for name, users := range m.Reactions {
		if reactions == nil {
			reactions = map[chat.Reaction][]chat.UserID{}
		}
		reactions[name] = append([]chat.UserID(nil), users...)
	}
	m.Reactions = reactions
	return m
}
