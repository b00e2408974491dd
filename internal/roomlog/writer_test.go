package roomlog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/roomlog"
)

// outcome is a store call that Append is expected to make, and what has happened just before it.
type outcome struct {
	call  string         // as the fake writes it
	id    chat.EntryID   // that is reserved
	claim *roomlog.Claim // that is there
	entry *chat.Entry    // that is there
	err   error
}

// scriptedLog holds the calls of one Append against a script: before each call it does what the script says. Its clock
// goes on by a second with each call.
type scriptedLog struct {
	*fake.Store
	t      *testing.T
	script []outcome
	made   int            // calls
	after  func(call int) // called with each call; may be nil
}

func newScriptedLog(t *testing.T, script []outcome) *scriptedLog {
	s := &scriptedLog{Store: fake.NewStore(), t: t, script: script}
	s.Before = s.next
	return s
}

func newWriter(store roomlog.WriterStore, now func() time.Time) *roomlog.Writer {
	return roomlog.NewWriter(store, roomlog.WriterOptions{Now: now, Random: func(b []byte) { copy(b, "salt") }})
}

func (s *scriptedLog) now() time.Time { return fake.Noon().Add(time.Duration(s.made) * time.Second) }

func (s *scriptedLog) next(call string) error {
	s.t.Helper()
	s.made++
	if s.after != nil {
		defer s.after(s.made)
	}
	if s.made > len(s.script) {
		s.t.Errorf("call %d is %q, want no more calls", s.made, call)
		return errors.New("not in the script")
	}
	o := s.script[s.made-1]
	if o.call != call {
		s.t.Errorf("call %d is %q, want %q", s.made, call, o.call)
		return errors.New("not in the script")
	}
	if o.id != 0 {
		s.Top.Seq = o.id - 1
	}
	if o.claim != nil {
		s.Claims[appended.ClientMessageID] = *o.claim
	}
	if o.entry != nil {
		s.Entries[o.entry.ID] = *o.entry
	}
	return o.err
}

var appended = chat.NewEntry{Room: "r", Kind: chat.KindMessage, User: "ann", ClientMessageID: "m", Content: "hi"}

// sameClaim and otherClaim are claims at an id, of the appended entry and of other content.
func sameClaim(id chat.EntryID) *roomlog.Claim {
	return &roomlog.Claim{ID: id, Fingerprint: roomlog.NewFingerprint(appended, make([]byte, roomlog.SaltLength))}
}

func otherClaim(id chat.EntryID) *roomlog.Claim {
	other := appended
	other.Content = "ho"
	return &roomlog.Claim{ID: id, Fingerprint: roomlog.NewFingerprint(other, make([]byte, roomlog.SaltLength))}
}

// storedAt is the appended entry, as a repeat has placed it a minute before; voidOf is a void.
func storedAt(id chat.EntryID) *chat.Entry {
	e := appended.At(id, fake.Noon().Add(-time.Minute))
	return &e
}

func voidOf(id chat.EntryID) *chat.Entry {
	e := chat.VoidAt("r", id, fake.Noon(), 0)
	return &e
}

// TestAppend goes through every line of the algorithm: each row is the outcomes of store calls, and the calls that are
// to follow from them, in this order and no others.
func TestAppend(t *testing.T) {
	var (
		get     = outcome{call: "get m"}
		reserve = func(id chat.EntryID) outcome { return outcome{call: "reserve in r", id: id} }
		claim   = func(id chat.EntryID) outcome { return outcome{call: fmt.Sprint("claim ", id)} }
		place   = func(id chat.EntryID) outcome { return outcome{call: fmt.Sprint("place hi at ", id)} }
		void    = func(id chat.EntryID) outcome { return outcome{call: fmt.Sprint("place void at ", id)} }
		move    = func(from, to chat.EntryID) outcome { return outcome{call: fmt.Sprint("move ", from, " to ", to)} }

		finds = func(o outcome, what any) outcome {
			switch what := what.(type) {
			case *roomlog.Claim:
				o.claim = what
			case *chat.Entry:
				o.entry = what
			}
			return o
		}
		fails = func(o outcome) outcome { o.err = errors.New("broken"); return o }
	)
	for _, c := range []struct {
		name   string
		script []outcome
		placed chat.EntryID // the entry that this call placed
		stored *chat.Entry  // or the entry that was there
		code   chat.Code    // or the code of the error
	}{
		{"ordinary", []outcome{get, reserve(7), claim(7), place(7)}, 7, nil, ""},

		{"GET finds other content", []outcome{finds(get, otherClaim(3))}, 0, nil, chat.CodeConflict},
		{"GET finds the same, FOLLOW places", []outcome{finds(get, sameClaim(3)), place(3)}, 3, nil, ""},
		{"GET finds the same, FOLLOW finds it stored",
			[]outcome{finds(get, sameClaim(3)), finds(place(3), storedAt(3))}, 0, storedAt(3), ""},
		{"GET finds the same, FOLLOW finds a void: RESERVE, MOVE, PLACE",
			[]outcome{finds(get, sameClaim(3)), finds(place(3), voidOf(3)), reserve(7), move(3, 7), place(7)}, 7, nil, ""},

		{"CLAIM finds own id: the request was sent twice",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(7)), place(7)}, 7, nil, ""},
		{"CLAIM finds other content: VOIDOWN",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), void(7)}, 0, nil, chat.CodeConflict},
		{"CLAIM finds other content: VOIDOWN finds something",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), finds(void(7), voidOf(7))}, 0, nil, chat.CodeConflict},
		{"CLAIM finds other content: VOIDOWN fails",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), fails(void(7))}, 0, nil, chat.CodeConflict},
		{"CLAIM finds a repeat: FOLLOW places, VOIDOWN",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(6)), place(6), void(7)}, 6, nil, ""},
		{"CLAIM finds a repeat: FOLLOW finds it stored, VOIDOWN",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(6)), finds(place(6), storedAt(6)), void(7)}, 0, storedAt(6), ""},
		{"CLAIM finds a repeat: FOLLOW finds it stored, VOIDOWN fails",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(6)), finds(place(6), storedAt(6)), fails(void(7))},
			0, storedAt(6), ""},
		{"CLAIM finds a repeat at a void: MOVE with the id held",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(6)), finds(place(6), voidOf(6)), move(6, 7), place(7)},
			7, nil, ""},

		{"PLACE finds the entry of a repeat",
			[]outcome{get, reserve(7), claim(7), finds(place(7), storedAt(7))}, 0, storedAt(7), ""},
		{"PLACE finds a void: RESERVE, MOVE",
			[]outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)), reserve(9), move(7, 9), place(9)}, 9, nil, ""},

		{"MOVE finds own id: the request was sent twice", []outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)),
			reserve(9), finds(move(7, 9), sameClaim(9)), place(9)}, 9, nil, ""},
		{"MOVE finds other content: VOIDOWN", []outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)),
			reserve(9), finds(move(7, 9), otherClaim(8)), void(9)}, 0, nil, chat.CodeConflict},
		{"MOVE finds a repeat: FOLLOW, VOIDOWN", []outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)),
			reserve(9), finds(move(7, 9), sameClaim(8)), finds(place(8), storedAt(8)), void(9)}, 0, storedAt(8), ""},
		{"MOVE finds a repeat at a void: MOVE again with the same id", []outcome{get, reserve(7), claim(7),
			finds(place(7), voidOf(7)), reserve(9), finds(move(7, 9), sameClaim(8)), finds(place(8), voidOf(8)),
			move(8, 9), place(9)}, 9, nil, ""},

		{"three places lost", []outcome{get, reserve(1), claim(1), finds(place(1), voidOf(1)), reserve(2), move(1, 2),
			finds(place(2), voidOf(2)), reserve(3), move(2, 3), finds(place(3), voidOf(3))}, 0, nil, chat.CodeUnavailable},
		{"a repeat may reserve three times, too", []outcome{finds(get, sameClaim(1)), finds(place(1), voidOf(1)),
			reserve(2), move(1, 2), finds(place(2), voidOf(2)), reserve(3), move(2, 3), finds(place(3), voidOf(3)),
			reserve(4), move(3, 4), place(4)}, 4, nil, ""},

		{"GET fails", []outcome{fails(get)}, 0, nil, chat.CodeInternal},
		{"RESERVE fails", []outcome{get, fails(reserve(0))}, 0, nil, chat.CodeInternal},
		{"CLAIM fails", []outcome{get, reserve(7), fails(claim(7))}, 0, nil, chat.CodeInternal},
		{"PLACE fails", []outcome{get, reserve(7), claim(7), fails(place(7))}, 0, nil, chat.CodeInternal},
		{"FOLLOW fails", []outcome{finds(get, sameClaim(3)), fails(place(3))}, 0, nil, chat.CodeInternal},
		{"MOVE fails",
			[]outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)), reserve(9), fails(move(7, 9))}, 0, nil, chat.CodeInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := newScriptedLog(t, c.script)
			got, _, err := newWriter(log, log.now).Append(t.Context(), appended)
			if log.made != len(c.script) {
				t.Errorf("%d calls, want %d", log.made, len(c.script))
			}
			if chat.CodeOf(err) != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if c.code == chat.CodeInternal && !strings.HasSuffix(err.Error(), ": broken") {
				t.Errorf("error %q does not name the operation and the cause", err)
			}
			want := chat.Entry{}
			switch {
			case c.stored != nil:
				want = *c.stored
			case c.placed != 0:
				want = appended.At(c.placed, fake.Noon().Add(time.Duration(placing(c.script, c.placed))*time.Second))
			}
			if !got.Equal(want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestAppendTakesAMemberEntryOfAnyFinisher: each gets the entry of the first.
func TestAppendTakesAMemberEntryOfAnyFinisher(t *testing.T) {
	log := fake.NewStore()
	e := chat.NewEntry{
		Room: "r", Kind: chat.KindMember, User: "ann", ClientMessageID: chat.MemberEntryID("bob", 7),
		Subject: "bob", Change: chat.MemberRole, Role: chat.RoleModerator,
	}
	first, _, err := newWriter(log, time.Now).Append(t.Context(), e)
	if err != nil || first.Subject != "bob" || first.Change != chat.MemberRole || first.Role != chat.RoleModerator {
		t.Fatalf("stored %+v, %v", first, err)
	}
	e.User, e.Role = "cid", ""
	if again, _, err := newWriter(log, time.Now).Append(t.Context(), e); err != nil || !again.Equal(first) {
		t.Errorf("got %+v, %v, want %+v", again, err, first)
	}
}

// placing returns how many calls came before the last one that placed the entry at id.
func placing(script []outcome, id chat.EntryID) int {
	for i := len(script) - 1; i >= 0; i-- {
		if script[i].call == fmt.Sprint("place hi at ", id) {
			return i
		}
	}
	return 0
}

// TestAppendGivesUpWithItsCaller ends the context after each call in turn: no further call may follow.
func TestAppendGivesUpWithItsCaller(t *testing.T) {
	full := []outcome{{call: "get m"}, {call: "reserve in r", id: 7}, {call: "claim 7"}, {call: "place hi at 7"}}
	for calls := range len(full) {
		t.Run(fmt.Sprint("after ", calls), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			log := newScriptedLog(t, full[:calls])
			log.after = func(call int) {
				if call == calls {
					cancel()
				}
			}
			if calls == 0 {
				cancel()
			}
			_, _, err := newWriter(log, log.now).Append(ctx, appended)
			if chat.CodeOf(err) != chat.CodeUnavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %s with the cause", err, chat.CodeUnavailable)
			}
			if log.made != calls {
				t.Errorf("%d calls, want %d", log.made, calls)
			}
		})
	}
}

// TestAppendSaltsEachClaim: two claims of the same content must not be comparable.
func TestAppendSaltsEachClaim(t *testing.T) {
	var seen []string
	salt := byte(0)
	random := func(b []byte) {
		salt++
		for i := range b {
			b[i] = salt
		}
	}
	for range 2 {
		log := fake.NewStore()
		w := roomlog.NewWriter(log, roomlog.WriterOptions{Now: time.Now, Random: random})
		if _, _, err := w.Append(t.Context(), appended); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(log.Claims[appended.ClientMessageID].Fingerprint))
	}
	if seen[0] == seen[1] {
		t.Error("two claims have the same fingerprint")
	}
}
