package roomlog_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

func change(id chat.EntryID, kind chat.Kind, target chat.EntryID, content string) chat.Entry {
	e := chat.Entry{Room: "r", ID: id, Kind: kind, User: "ann", Target: target, CreatedAt: fake.Noon()}
	if kind == chat.KindReaction {
		e.Reaction = chat.Reaction(content)
	} else {
		e.Content = content
	}
	return e
}

func memberEntry(id chat.EntryID) chat.Entry {
	e := change(id, chat.KindMember, 0, "")
	e.Subject, e.Change = "bob", chat.MemberJoined
	return e
}

// changedLog is a store with messages at 1 and 2 and these changes after them, none of which is applied.
func changedLog(changes ...chat.Entry) *fake.Store {
	s := fake.NewStore(1, 2)
	for _, e := range changes {
		s.Entries[e.ID] = e
	}
	return s
}

// TestApply goes through what is read and written, and what comes back to be shown.
func TestApply(t *testing.T) {
	edit, later, deletion := change(3, chat.KindEdit, 1, "new"), change(4, chat.KindEdit, 1, "newer"), change(5, chat.KindDelete, 1, "")
	for _, c := range []struct {
		name    string
		changes []chat.Entry
		from    chat.EntryID // what was before is applied already
		calls   []string
		content map[chat.EntryID]string // of what is shown
	}{
		{"no changes", nil, 0, nil, map[chat.EntryID]string{1: "1", 2: "2"}},
		{"an edit", []chat.Entry{edit}, 0, []string{"entry 1", "update 1 by 3"}, map[chat.EntryID]string{1: "new", 2: "2", 3: "new"}},
		{"two of one message are one update", []chat.Entry{edit, later}, 0, []string{"entry 1", "update 1 by 4"},
			map[chat.EntryID]string{1: "newer", 2: "2", 3: "new", 4: "newer"}},
		{"of two messages", []chat.Entry{edit, change(4, chat.KindReaction, 2, "+")}, 0,
			[]string{"entry 1", "update 1 by 3", "entry 2", "update 2 by 4"}, nil},
		{"of a member entry", []chat.Entry{memberEntry(3), change(4, chat.KindDelete, 3, "")}, 0, []string{"entry 3"}, nil},
		{"a member entry is none", []chat.Entry{memberEntry(3)}, 0, nil, map[chat.EntryID]string{1: "1", 3: ""}},
		{"of one that is not there", []chat.Entry{change(3, chat.KindEdit, 99, "x")}, 0, []string{"entry 99"}, nil},
		{"of what is no message", []chat.Entry{edit, change(4, chat.KindEdit, 3, "x")}, 0,
			[]string{"entry 1", "update 1 by 3", "entry 3"}, map[chat.EntryID]string{3: "new"}},
		{"a deletion takes the contents away first", []chat.Entry{edit, later, deletion}, 0,
			[]string{"entry 1", "empty 3", "empty 4", "update 1 by 5"}, map[chat.EntryID]string{1: "", 3: "", 4: ""}},
		{"also those of edits that were applied before", []chat.Entry{edit, later, deletion}, 4,
			[]string{"entry 1", "empty 3", "empty 4", "update 1 by 5"}, nil},
		{"an edit of what is deleted", []chat.Entry{change(3, chat.KindDelete, 1, ""), change(4, chat.KindEdit, 1, "x")}, 3,
			[]string{"entry 1", "empty 4"}, map[chat.EntryID]string{4: ""}},
		{"what changes nothing", []chat.Entry{change(3, chat.KindReaction, 1, "+"), change(4, chat.KindReaction, 1, "+")}, 3,
			[]string{"entry 1"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := changedLog(c.changes...)
			applier := roomlog.Applier{Store: s, InTurn: true}
			var before, after []chat.Entry
			for _, e := range s.All() {
				if e.ID <= c.from {
					before = append(before, e)
				} else {
					after = append(after, e)
				}
			}
			if _, err := applier.Apply(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			s.Calls = nil
			shown, err := applier.Apply(t.Context(), after)
			if err != nil || !slices.Equal(s.Calls, c.calls) {
				t.Errorf("calls %q, %v, want %q", s.Calls, err, c.calls)
			}
			for _, e := range shown {
				if want, ok := c.content[e.ID]; ok && e.Content != want {
					t.Errorf("entry %d is shown with %q, want %q", e.ID, e.Content, want)
				}
				if stored := s.Entries[e.ID]; !e.Equal(stored) {
					t.Errorf("%+v is shown, %+v is stored", e, stored)
				}
			}
			stored := s.All()
			if _, err := applier.Apply(t.Context(), after); err != nil || !slices.EqualFunc(s.All(), stored, chat.Entry.Equal) {
				t.Errorf("to apply it again changes something (%v): %+v", err, s.All())
			}
		})
	}
}

// TestApplyBeginsAgain when another has changed the message between its read and its update.
func TestApplyBeginsAgain(t *testing.T) {
	s := changedLog(change(3, chat.KindReaction, 1, "+"), change(4, chat.KindReaction, 1, "-"))
	entries := s.All()
	raced := false
	s.Before = func(call string) error {
		if call == "update 1 by 4" && !raced {
			raced = true
			_, err := roomlog.Applier{Store: s}.Apply(t.Context(), entries[:3])
			return err
		}
		return nil
	}
	if _, err := (roomlog.Applier{Store: s}).Apply(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	if m := s.Entries[1]; m.UpdatedID != 4 || len(m.Reactions) != 2 {
		t.Errorf("stored %+v, want both reactions", m)
	}
}

// TestApplyThatFails returns the error, and nothing to show.
func TestApplyThatFails(t *testing.T) {
	broken := errors.New("broken")
	for _, failing := range []string{"entry 1", "empty 3", "update 1 by 4"} {
		s := changedLog(change(3, chat.KindEdit, 1, "x"), change(4, chat.KindDelete, 1, ""))
		entries := s.All()
		s.Before = func(call string) error {
			if call == failing {
				return broken
			}
			return nil
		}
		if shown, err := (roomlog.Applier{Store: s}).Apply(t.Context(), entries); !errors.Is(err, broken) || shown != nil {
			t.Errorf("%s failed: got %+v, %v", failing, shown, err)
		}
	}
}

// TestPagesShowWhatIsNotApplied: the tail of the log is folded into a page, whatever the rows say yet.
func TestPagesShowWhatIsNotApplied(t *testing.T) {
	s := changedLog(change(3, chat.KindEdit, 1, "new"), change(4, chat.KindDelete, 2, ""), change(5, chat.KindEdit, 2, "late"))
	p, err := fake.NewReader(s, nil).Page(t.Context(), roomlog.Query{Room: "r", Limit: 10})
	if err != nil || len(p.Entries) != 5 {
		t.Fatalf("page %+v, %v", p, err)
	}
	if m := p.Entries[0]; m.Content != "new" || m.UpdatedID != 3 || !m.EditedAt.Equal(fake.Noon()) {
		t.Errorf("the edited message is %+v", m)
	}
	if m := p.Entries[1]; m.Content != "" || !m.Deleted || m.UpdatedID != 4 {
		t.Errorf("the deleted message is %+v", m)
	}
	if e := p.Entries[4]; e.Content != "" {
		t.Errorf("the edit of a deleted message shows %q", e.Content)
	}
	if s.Entries[1].UpdatedID != 0 {
		t.Error("a reader of a few entries has changed a message")
	}
}

// TestAnEditInTheTailOfADeletedMessageIsEmpty though the deletion lies before the tail.
func TestAnEditInTheTailOfADeletedMessageIsEmpty(t *testing.T) {
	s := changedLog(change(3, chat.KindDelete, 1, ""), change(4, chat.KindEdit, 1, "late"))
	if _, err := (roomlog.Applier{Store: s}).Apply(t.Context(), s.All()[:3]); err != nil {
		t.Fatal(err)
	}
	s.Top.PushedID = 3
	s.Calls = nil
	after := chat.EntryID(3)
	p, err := fake.NewReader(s, nil).Page(t.Context(), roomlog.Query{Room: "r", After: &after, Limit: 10})
	if err != nil || len(p.Entries) != 1 || p.Entries[0].Content != "" {
		t.Errorf("page %+v, %v, want the edit without content", p.Entries, err)
	}
	if want := []string{"head", "after 3", "after 3", "entry 1"}; !slices.Equal(s.Calls, want) {
		t.Errorf("calls %q, want %q", s.Calls, want)
	}
}

// TestAReaderThatSettlesAppliesFirst: up to the settled id nobody folds any more.
func TestAReaderThatSettlesAppliesFirst(t *testing.T) {
	s := changedLog(change(3, chat.KindEdit, 1, "new"))
	for id := chat.EntryID(4); id <= roomlog.ScanLimit+1; id++ {
		s.Put(time.Now(), id)
	}
	if _, err := fake.NewReader(s, nil).LastID(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if s.Top.SettledID != roomlog.ScanLimit+1 || s.Entries[1].Content != "new" {
		t.Errorf("settled up to %d, the message is %+v", s.Top.SettledID, s.Entries[1])
	}
	at := slices.Index(s.Calls, "update 1 by 3")
	if at < 0 || at > slices.Index(s.Calls, "settle to 501") {
		t.Errorf("calls %q, want the update before the settling", s.Calls)
	}
}
