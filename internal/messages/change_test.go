package messages_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
)

// changers are the changes of a message, by ann.
func changers(target chat.EntryID) map[string]func(*messages.Sender, *testing.T) (chat.Entry, error) {
	return map[string]func(*messages.Sender, *testing.T) (chat.Entry, error){
		"edit": func(s *messages.Sender, t *testing.T) (chat.Entry, error) {
			return s.Edit(t.Context(), fake.Ann(), messages.EditMessage{Room: "r", Target: target, Content: "new", ClientMessageID: "m"})
		},
		"delete": func(s *messages.Sender, t *testing.T) (chat.Entry, error) {
			return s.Delete(t.Context(), fake.Ann(), messages.DeleteMessage{Room: "r", Target: target, ClientMessageID: "m"})
		},
		"react": func(s *messages.Sender, t *testing.T) (chat.Entry, error) {
			return s.React(t.Context(), fake.Ann(), messages.React{Room: "r", Target: target, Reaction: "+", ClientMessageID: "m"})
		},
	}
}

func senderOn(s *fake.Store) *messages.Sender {
	writer := roomlog.NewWriter(s, roomlog.WriterOptions{Now: time.Now, Random: func([]byte) {}})
	return messages.NewSender(s, writer, nil)
}

// TestWhoMayChangeAMessage: a change that is refused takes no id, and changes nothing.
func TestWhoMayChangeAMessage(t *testing.T) {
	message := func(change func(*chat.Entry)) chat.Entry {
		e := chat.Entry{Room: "r", ID: 1, Kind: chat.KindMessage, User: "ann", Content: "hi"}
		change(&e)
		return e
	}
	full := map[chat.Reaction][]chat.UserID{"-": nil}
	for i := range fold.MaxReactions {
		full["-"] = append(full["-"], chat.UserID(fmt.Sprintf("u%03d", i)))
	}
	for _, c := range []struct {
		name                string
		target              chat.Entry
		edit, delete, react chat.Code
	}{
		{"her own message", message(func(*chat.Entry) {}), "", "", ""},
		{"of another", message(func(e *chat.Entry) { e.User = "bob" }), chat.CodeForbidden, chat.CodeForbidden, ""},
		{"expired", message(func(e *chat.Entry) { e.ExpiresAt = time.Now().Add(-time.Second) }),
			chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"soon to expire", message(func(e *chat.Entry) { e.ExpiresAt = time.Now().Add(time.Hour) }), "", "", ""},
		{"deleted", message(func(e *chat.Entry) { e.Deleted = true }), chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"no message", message(func(e *chat.Entry) { e.Kind = chat.KindReaction }), chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"a member entry", message(func(e *chat.Entry) { e.Kind, e.Content, e.Subject = chat.KindMember, "", "ann" }),
			chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"a void", chat.VoidAt("r", 1, time.Now(), 0), chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"not there", message(func(e *chat.Entry) { e.ID = 2 }), chat.CodeNotFound, chat.CodeNotFound, chat.CodeNotFound},
		{"with as many edits as it takes", message(func(e *chat.Entry) { e.Edits = make([]chat.EntryID, fold.MaxEdits) }),
			chat.CodeTooLarge, "", ""},
		{"with as many reactions as it takes", message(func(e *chat.Entry) { e.Reactions = full }), "", "", chat.CodeTooLarge},
	} {
		for name, want := range map[string]chat.Code{"edit": c.edit, "delete": c.delete, "react": c.react} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				s := fake.NewStore().WithMembers("r", "ann")
				s.Entries[c.target.ID] = c.target
				s.Top.Seq = 2
				e, err := changers(1)[name](senderOn(s), t)
				if chat.CodeOf(err) != want {
					t.Fatalf("got %+v, %v, want %q", e, err, want)
				}
				if want != "" && !slices.Equal(s.Calls, []string{"precheck", "entry 1", "precheck"}) { // it may be a repeat
					t.Errorf("calls %q", s.Calls)
				}
				if want == "" && (e.ID != 3 || e.Target != 1 || e.User != "ann" || e.Kind != s.Entries[3].Kind) {
					t.Errorf("stored %+v", e)
				}
				if want == chat.CodeTooLarge {
					if failure, ok := errors.AsType[*chat.Error](err); !ok || failure.Field == "" {
						t.Errorf("%v names no field", err)
					}
				}
			})
		}
	}
}

// TestARepeatedChangeIsNotJudgedAgain: what was stored stays, though it would be refused now.
func TestARepeatedChangeIsNotJudgedAgain(t *testing.T) {
	for name, change := range changers(1) {
		t.Run(name, func(t *testing.T) {
			s := fake.NewStore(1).WithMembers("r", "ann")
			s.Top.Seq = 1
			first, err := change(senderOn(s), t)
			if err != nil {
				t.Fatal(err)
			}
			m := s.Entries[1]
			m.Deleted = true
			s.Entries[1] = m
			again, err := change(senderOn(s), t)
			if err != nil || !again.Equal(first) {
				t.Errorf("the repeat got %+v, %v, want %+v", again, err, first)
			}
		})
	}
}

// TestARepeatBesideTheFirst: of two that run side by side, the one that comes later to the message finds what the other
// has done to it. It gets what was stored all the same.
func TestARepeatBesideTheFirst(t *testing.T) {
	for name, change := range changers(1) {
		t.Run(name, func(t *testing.T) {
			s := fake.NewStore(1).WithMembers("r", "ann")
			s.Top.Seq = 1
			var first chat.Entry
			s.Before = func(call string) error {
				if call != "entry 1" || first.ID != 0 {
					return nil
				}
				s.Before = nil
				var err error
				if first, err = change(senderOn(s), t); err != nil {
					t.Error(err)
				}
				m := s.Entries[1]
				m.Deleted = true
				s.Entries[1] = m
				return nil
			}
			again, err := change(senderOn(s), t)
			if err != nil || !again.Equal(first) {
				t.Errorf("the repeat got %+v, %v, want %+v", again, err, first)
			}
		})
	}
}

// TestAClientMessageIDStandsForOneChange: another target, content or reaction under it is a conflict.
func TestAClientMessageIDStandsForOneChange(t *testing.T) {
	s := fake.NewStore(1, 2).WithMembers("r", "ann")
	s.Top.Seq = 2
	sender := senderOn(s)
	react := messages.React{Room: "r", Target: 1, Reaction: "+", ClientMessageID: "m"}
	if _, err := sender.React(t.Context(), fake.Ann(), react); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*messages.React){
		"target":   func(r *messages.React) { r.Target = 2 },
		"reaction": func(r *messages.React) { r.Reaction = "-" },
		"removal":  func(r *messages.React) { r.Remove = true },
	} {
		other := react
		change(&other)
		if _, err := sender.React(t.Context(), fake.Ann(), other); chat.CodeOf(err) != chat.CodeConflict {
			t.Errorf("another %s: got %v, want a conflict", name, err)
		}
	}
	for name, change := range changers(1) {
		if _, err := change(sender, t); (chat.CodeOf(err) == chat.CodeConflict) != (name != "react") {
			t.Errorf("%s under the same id: got %v", name, err)
		}
	}
}

// TestWhatAModeratorDeletesIsRecorded: before it is done, so that no crash leaves it unrecorded; and nothing else is.
func TestWhatAModeratorDeletesIsRecorded(t *testing.T) {
	for _, c := range []struct {
		name   string
		author chat.UserID
		role   chat.Role
		calls  []string // from the record on, as far as they begin so; nil for none
		code   chat.Code
	}{
		{"her own", "ann", chat.RoleModerator, nil, ""},
		{"of another", "bob", chat.RoleModerator, []string{"record delete", "reserve in r"}, ""},
		{"of another, as an ordinary member", "bob", chat.RoleMember, nil, chat.CodeForbidden},
	} {
		s := fake.NewStore().WithMembers("r", "ann", "bob")
		m := fake.Member("r", "ann")
		m.Role = c.role
		s.Members["r"]["ann"] = m
		s.Entries[1] = chat.Entry{Room: "r", ID: 1, Kind: chat.KindMessage, User: c.author, Content: "hi"}
		s.Top.Seq = 1
		_, err := senderOn(s).Delete(t.Context(), fake.Ann(), messages.DeleteMessage{Room: "r", Target: 1, ClientMessageID: "m"})
		if chat.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", c.name, err, c.code)
		}
		at := slices.Index(s.Calls, "record delete")
		if (at >= 0) != (c.calls != nil) || at >= 0 && !slices.Equal(s.Calls[at:at+2], c.calls) {
			t.Errorf("%s: calls %q", c.name, s.Calls)
		}
	}
}
