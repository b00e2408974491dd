package fold_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
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
