package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// outcome is a store call that Append is expected to make, and what the store answers.
type outcome struct {
	call  string // as scriptedLog writes it
	id    EntryID
	claim *Claim
	entry *Entry
	err   error
}

// scriptedLog answers the calls of one Append from a script, and refuses any call that differs from it. Its clock goes
// on by a second with each call.
type scriptedLog struct {
	t      *testing.T
	script []outcome
	calls  int
	start  time.Time
	after  func(call int) // called after each call; may be nil
}

func (s *scriptedLog) now() time.Time { return s.start.Add(time.Duration(s.calls) * time.Second) }

func (s *scriptedLog) next(format string, args ...any) outcome {
	s.t.Helper()
	call := fmt.Sprintf(format, args...)
	s.calls++
	if s.after != nil {
		defer s.after(s.calls)
	}
	if s.calls > len(s.script) {
		s.t.Errorf("call %d is %q, want no more calls", s.calls, call)
		return outcome{err: errors.New("not in the script")}
	}
	o := s.script[s.calls-1]
	if o.call != call {
		s.t.Errorf("call %d is %q, want %q", s.calls, call, o.call)
		return outcome{err: errors.New("not in the script")}
	}
	return o
}

func (s *scriptedLog) Claim(_ context.Context, d Draft) (*Claim, error) {
	o := s.next("get %s", d.ClientMessageID)
	return o.claim, o.err
}

func (s *scriptedLog) Reserve(_ context.Context, room RoomID) (EntryID, error) {
	o := s.next("reserve in %s", room)
	return o.id, o.err
}

func (s *scriptedLog) PutClaim(_ context.Context, d Draft, c Claim) (*Claim, error) {
	if !c.Fingerprint.matches(d) {
		s.t.Error("the claim's fingerprint is not that of the draft")
	}
	o := s.next("claim %d", c.ID)
	return o.claim, o.err
}

func (s *scriptedLog) MoveClaim(_ context.Context, _ Draft, from, to EntryID) (*Claim, error) {
	o := s.next("move %d to %d", from, to)
	return o.claim, o.err
}

func (s *scriptedLog) Place(_ context.Context, e Entry) (*Entry, error) {
	what := "void"
	if !e.IsVoid() {
		what = e.Content
	}
	if want := toMillis(s.now()); e.CreatedAt != want {
		s.t.Errorf("entry %d is from %v, want %v: just before it is placed", e.ID, e.CreatedAt, want)
	}
	o := s.next("place %s at %d", what, e.ID)
	return o.entry, o.err
}

var (
	appended = Draft{Room: "r", Kind: KindMessage, User: "ann", ClientMessageID: "m", Content: "hi"}
	script0  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

// sameClaim and otherClaim are claims at an id, of the appended draft and of other content.
func sameClaim(id EntryID) *Claim {
	return &Claim{ID: id, Fingerprint: appended.fingerprint(make([]byte, saltLength))}
}

func otherClaim(id EntryID) *Claim {
	other := appended
	other.Content = "ho"
	return &Claim{ID: id, Fingerprint: other.fingerprint(make([]byte, saltLength))}
}

// storedAt is the appended draft as a repeat has placed it a minute before; voidOf a void.
func storedAt(id EntryID) *Entry {
	e := appended.at(id, script0.Add(-time.Minute))
	return &e
}

func voidOf(id EntryID) *Entry {
	e := voidAt("r", id, script0)
	return &e
}

// TestAppend goes through every line of the algorithm: each row is the outcomes of store calls, and the calls that are
// to follow from them, in this order and no others.
func TestAppend(t *testing.T) {
	var (
		get     = outcome{call: "get m"}
		reserve = func(id EntryID) outcome { return outcome{call: "reserve in r", id: id} }
		claim   = func(id EntryID) outcome { return outcome{call: fmt.Sprint("claim ", id)} }
		place   = func(id EntryID) outcome { return outcome{call: fmt.Sprint("place hi at ", id)} }
		void    = func(id EntryID) outcome { return outcome{call: fmt.Sprint("place void at ", id)} }
		move    = func(from, to EntryID) outcome { return outcome{call: fmt.Sprint("move ", from, " to ", to)} }

		finds = func(o outcome, what any) outcome {
			switch what := what.(type) {
			case *Claim:
				o.claim = what
			case *Entry:
				o.entry = what
			}
			return o
		}
		fails = func(o outcome) outcome { o.err = errors.New("broken"); return o }
	)
	for _, c := range []struct {
		name   string
		script []outcome
		placed EntryID // the entry that this call placed
		stored *Entry  // or the entry that was there
		code   Code    // or the code of the error
	}{
		{"ordinary", []outcome{get, reserve(7), claim(7), place(7)}, 7, nil, ""},

		{"GET finds other content", []outcome{finds(get, otherClaim(3))}, 0, nil, CodeConflict},
		{"GET finds the same, FOLLOW places", []outcome{finds(get, sameClaim(3)), place(3)}, 3, nil, ""},
		{"GET finds the same, FOLLOW finds it stored",
			[]outcome{finds(get, sameClaim(3)), finds(place(3), storedAt(3))}, 0, storedAt(3), ""},
		{"GET finds the same, FOLLOW finds a void: RESERVE, MOVE, PLACE",
			[]outcome{finds(get, sameClaim(3)), finds(place(3), voidOf(3)), reserve(7), move(3, 7), place(7)}, 7, nil, ""},

		{"CLAIM finds own id: the request was sent twice",
			[]outcome{get, reserve(7), finds(claim(7), sameClaim(7)), place(7)}, 7, nil, ""},
		{"CLAIM finds other content: VOIDOWN",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), void(7)}, 0, nil, CodeConflict},
		{"CLAIM finds other content: VOIDOWN finds something",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), finds(void(7), voidOf(7))}, 0, nil, CodeConflict},
		{"CLAIM finds other content: VOIDOWN fails",
			[]outcome{get, reserve(7), finds(claim(7), otherClaim(6)), fails(void(7))}, 0, nil, CodeConflict},
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
			reserve(9), finds(move(7, 9), otherClaim(8)), void(9)}, 0, nil, CodeConflict},
		{"MOVE finds a repeat: FOLLOW, VOIDOWN", []outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)),
			reserve(9), finds(move(7, 9), sameClaim(8)), finds(place(8), storedAt(8)), void(9)}, 0, storedAt(8), ""},
		{"MOVE finds a repeat at a void: MOVE again with the same id", []outcome{get, reserve(7), claim(7),
			finds(place(7), voidOf(7)), reserve(9), finds(move(7, 9), sameClaim(8)), finds(place(8), voidOf(8)),
			move(8, 9), place(9)}, 9, nil, ""},

		{"three places lost", []outcome{get, reserve(1), claim(1), finds(place(1), voidOf(1)), reserve(2), move(1, 2),
			finds(place(2), voidOf(2)), reserve(3), move(2, 3), finds(place(3), voidOf(3))}, 0, nil, CodeUnavailable},
		{"a repeat may reserve three times, too", []outcome{finds(get, sameClaim(1)), finds(place(1), voidOf(1)),
			reserve(2), move(1, 2), finds(place(2), voidOf(2)), reserve(3), move(2, 3), finds(place(3), voidOf(3)),
			reserve(4), move(3, 4), place(4)}, 4, nil, ""},

		{"GET fails", []outcome{fails(get)}, 0, nil, CodeInternal},
		{"RESERVE fails", []outcome{get, fails(reserve(0))}, 0, nil, CodeInternal},
		{"CLAIM fails", []outcome{get, reserve(7), fails(claim(7))}, 0, nil, CodeInternal},
		{"PLACE fails", []outcome{get, reserve(7), claim(7), fails(place(7))}, 0, nil, CodeInternal},
		{"FOLLOW fails", []outcome{finds(get, sameClaim(3)), fails(place(3))}, 0, nil, CodeInternal},
		{"MOVE fails",
			[]outcome{get, reserve(7), claim(7), finds(place(7), voidOf(7)), reserve(9), fails(move(7, 9))}, 0, nil, CodeInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := &scriptedLog{t: t, script: c.script, start: script0}
			got, err := NewWriter(log, log, log, log.now, func(b []byte) { copy(b, "salt") }).Append(t.Context(), appended)
			if log.calls != len(c.script) {
				t.Errorf("%d calls, want %d", log.calls, len(c.script))
			}
			if CodeOf(err) != c.code {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if c.code == CodeInternal && !strings.HasSuffix(err.Error(), ": broken") {
				t.Errorf("error %q does not tell the operation and the cause", err)
			}
			want := Entry{}
			switch {
			case c.stored != nil:
				want = *c.stored
			case c.placed != 0:
				want = appended.at(c.placed, script0.Add(time.Duration(placing(c.script, c.placed))*time.Second))
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// placing gives how many calls came before the last one that placed the entry at id.
func placing(script []outcome, id EntryID) int {
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
			log := &scriptedLog{t: t, script: full[:calls], start: script0}
			log.after = func(call int) {
				if call == calls {
					cancel()
				}
			}
			if calls == 0 {
				cancel()
			}
			_, err := NewWriter(log, log, log, log.now, func([]byte) {}).Append(ctx, appended)
			if CodeOf(err) != CodeUnavailable || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %s with the cause", err, CodeUnavailable)
			}
			if log.calls != calls {
				t.Errorf("%d calls, want %d", log.calls, calls)
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
		log := &scriptedLog{t: t, start: script0, script: []outcome{
			{call: "get m"}, {call: "reserve in r", id: 7}, {call: "claim 7"}, {call: "place hi at 7"}}}
		claims := &keptClaims{Claims: log}
		if _, err := NewWriter(claims, log, log, log.now, random).Append(t.Context(), appended); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, string(claims.put.Fingerprint))
	}
	if seen[0] == seen[1] {
		t.Error("two claims have the same fingerprint")
	}
}

type keptClaims struct {
	Claims
	put Claim
}

func (k *keptClaims) PutClaim(ctx context.Context, d Draft, c Claim) (*Claim, error) {
	k.put = c
	return k.Claims.PutClaim(ctx, d, c)
}
