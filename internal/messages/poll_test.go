package messages_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

func readPoll(query string) (messages.Poll, error) {
	values, err := wire.ParseQuery(query)
	if err != nil {
		return messages.Poll{}, err
	}
	f := chat.NewFields(values)
	in := messages.ReadPoll(f)
	return in, f.Err()
}

func TestReadPoll(t *testing.T) {
	got, err := readPoll("after=a:0&after=b%3A12&wait=20&tab=t%201&other=x")
	want := []messages.Position{{Room: "a", After: 0}, {Room: "b", After: 12}}
	if err != nil || !slices.Equal(got.Positions, want) || got.Wait != 20*time.Second || got.Tab != "t 1" {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = readPoll("after=a:9223372036854775807")
	if err != nil || got.Positions[0].After != 1<<63-1 || got.Wait != 0 || got.Tab != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBadPolls(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("after=r" + strings.Repeat("x", i) + ":1&")
		}
		return b.String()
	}
	if _, err := readPoll(many(25)); err != nil {
		t.Errorf("25 rooms: %v", err)
	}
	for query, field := range map[string]string{
		"":                            "after",
		"wait=20":                     "after",
		"after=":                      "after",
		"after=a":                     "after",
		"after=a:":                    "after",
		"after=:1":                    "after",
		"after=a:x":                   "after",
		"after=a:-1":                  "after",
		"after=a:%2B1":                "after",
		"after=a:1.0":                 "after",
		"after=a:1:2":                 "after",
		"after=a:1,b:2":               "after",
		"after=a:9223372036854775808": "after",
		"after=me:1":                  "after",
		"after=a%20b:1":               "after",
		"after=" + strings.Repeat("a", 65) + ":1":  "after",
		"after=a:1&after=a:2":                      "after",
		"after=a:1&after=":                         "after",
		many(26):                                   "after",
		"after=a:1&wait=-1":                        "wait",
		"after=a:1&wait=21":                        "wait",
		"after=a:1&wait=1.5":                       "wait",
		"after=a:1&wait=soon":                      "wait",
		"after=a:1&wait=":                          "wait",
		"after=a:1&wait=1&wait=2":                  "wait",
		"after=a:1&tab=":                           "tab",
		"after=a:1&tab=!x":                         "tab",
		"after=a:1&tab=%C3%A4":                     "tab",
		"after=a:1&tab=a&tab=b":                    "tab",
		"after=a:1&tab=" + strings.Repeat("t", 65): "tab",
		"after=%zz":                                "", // not a query at all
	} {
		_, err := readPoll(query)
		e, ok := errors.AsType[*chat.Error](err)
		if !ok || e.Code != chat.CodeInvalid || e.Field != field {
			t.Errorf("%q: got %v, want %s of %q", query, err, chat.CodeInvalid, field)
		}
	}
}

// FuzzReadPoll: what is taken keeps to the rules, and is written as it was read.
func FuzzReadPoll(f *testing.F) {
	for _, seed := range []string{"after=a:1&wait=20&tab=x", "after=a:0&after=b:7", "after=a:-1", "after=%zz", "after=:", "tab=%ff&after=a:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		in, err := readPoll(query)
		if err != nil {
			if code := chat.CodeOf(err); code != chat.CodeInvalid && code != chat.CodeNotFound {
				t.Errorf("%q: %v", query, err)
			}
			return
		}
		seen := map[chat.RoomID]bool{}
		for _, p := range in.Positions {
			if p.Room.Validate() != nil || p.After < 0 || seen[p.Room] {
				t.Errorf("%q: %+v", query, in)
			}
			seen[p.Room] = true
		}
		if n := len(in.Positions); n < 1 || n > 25 || in.Wait < 0 || in.Wait > 20*time.Second || len(in.Tab) > 64 {
			t.Errorf("%q: %+v", query, in)
		}
	})
}

// polled is a chat with a room "r" of ann's that has three entries, and a clock that a bubble moves.
type polled struct {
	*fake.Polls
	poller *messages.Poller
	made   int
}

func newPolled(concurrency int) *polled {
	store := fake.NewStore(1, 2, 3).WithMembers("r", "ann").WithMembers("s", "ann")
	store.Top.Seq = 3
	p := &polled{Polls: fake.NewPolls(store)}
	p.poller = messages.NewPoller(rooms.NewMembership(store), fake.NewReader(store, nil), p.Polls, messages.PollerOptions{
		Concurrency: concurrency, Now: time.Now,
		NewToken: func() string { p.made++; return strings.Repeat("t", p.made) },
		Jitter:   func() float64 { return 0.5 },
	})
	return p
}

func (p *polled) poll(t *testing.T, user chat.UserID, after chat.EntryID, wait time.Duration, tab string) ([]roomlog.Page, error) {
	identity := chat.Identity{User: user, ExpiresAt: time.Now().Add(time.Hour)}
	in := messages.Poll{Positions: []messages.Position{{Room: "r", After: after}}, Wait: wait, Tab: tab}
	return p.poller.Poll(t.Context(), identity, in)
}

func (p *polled) count(call string) (n int) {
	for _, c := range p.Calls {
		if c == call {
			n++
		}
	}
	return n
}

// say gives out the next id and puts an entry there.
func (p *polled) say() {
	if _, err := p.Reserve(context.Background(), "r", roomlog.NoLease); err != nil {
		panic(err)
	}
	p.Put(time.Now(), p.Top.Seq)
}

func TestPollAnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begun := newPolled(1), time.Now()
		pages, err := p.poll(t, "ann", 1, 20*time.Second, "")
		if err != nil || len(pages) != 1 || !slices.Equal(fake.IDs(pages[0].Entries), []chat.EntryID{2, 3}) || pages[0].LastID != 3 {
			t.Errorf("got %+v, %v", pages, err)
		}
		if took := time.Since(begun); took != 0 || p.Running != 0 {
			t.Errorf("took %v, %d still run", took, p.Running)
		}
	})
}

func TestPollWaits(t *testing.T) {
	for _, c := range []struct {
		name  string
		wait  time.Duration
		said  time.Duration // after the beginning; 0 for never
		took  time.Duration
		heads int
		want  []chat.EntryID
	}{
		{"not at all", 0, 0, 0, 1, nil},
		{"to the end", 3 * time.Second, 0, 3 * time.Second, 4, nil},
		{"as long as it may", 20 * time.Second, 0, 20 * time.Second, 21, nil},
		{"until there is something", 20 * time.Second, 1500 * time.Millisecond, 2 * time.Second, 3, []chat.EntryID{4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, begun := newPolled(1), time.Now()
				if c.said > 0 {
					time.AfterFunc(c.said, p.say)
				}
				pages, err := p.poll(t, "ann", 3, c.wait, "")
				if err != nil {
					t.Fatal(err)
				}
				var got []chat.EntryID
				for _, page := range pages {
					got = append(got, fake.IDs(page.Entries)...)
				}
				if took := time.Since(begun); took != c.took || !slices.Equal(got, c.want) {
					t.Errorf("got %v after %v, want %v after %v", got, took, c.want, c.took)
				}
				if heads := p.count("head"); heads != c.heads {
					t.Errorf("%d reads of the head, want %d", heads, c.heads)
				}
				// Where nothing is new nothing but the head is read.
				if reads := p.count("after 0") + p.count("after 3"); (reads > 0) != (len(c.want) > 0) {
					t.Errorf("%d reads of entries: %q", reads, p.Calls)
				}
			})
		})
	}
}

func TestPollDoesNotShowWhatIsPastAHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(1)
		p.Top.Seq = 5
		p.Put(time.Now(), 5)
		time.AfterFunc(2500*time.Millisecond, func() { p.Put(time.Now(), 4) })
		pages, err := p.poll(t, "ann", 3, 20*time.Second, "")
		if err != nil || len(pages) != 1 || !slices.Equal(fake.IDs(pages[0].Entries), []chat.EntryID{4, 5}) {
			t.Errorf("got %+v, %v", pages, err)
		}
	})
}

func TestANewerPollEndsTheOlder(t *testing.T) {
	for _, c := range []struct {
		name  string
		tab   string
		took  time.Duration // by the older one
		news  bool          // it gets the entry that comes after
		newer chat.UserID
	}{
		{"of the same tab", "one", 2 * time.Second, false, "ann"},
		{"of another tab", "two", 4 * time.Second, true, "ann"},
		{"of another user", "one", 4 * time.Second, true, "bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, begun := newPolled(2), time.Now()
				p.Members["r"]["bob"] = fake.Member("r", "bob")
				done := make(chan struct{})
				time.AfterFunc(1500*time.Millisecond, func() {
					defer close(done)
					if pages, err := p.poll(t, c.newer, 3, 20*time.Second, c.tab); err != nil || len(pages) != 1 {
						t.Errorf("the newer one got %+v, %v", pages, err)
					}
				})
				time.AfterFunc(3500*time.Millisecond, p.say)
				pages, err := p.poll(t, "ann", 3, 20*time.Second, "one")
				if took := time.Since(begun); err != nil || took != c.took || (len(pages) > 0) != c.news {
					t.Errorf("the older one got %+v, %v after %v, want %v", pages, err, took, c.took)
				}
				<-done
			})
		})
	}
}

// An older poll must not answer with entries when its client waits for the newer one, not even in its last second.
func TestAnOlderPollAnswersNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(2)
		time.AfterFunc(500*time.Millisecond, func() {
			_ = p.TakePoll(context.Background(), "ann", "", "newer")
			p.say()
		})
		if pages, err := p.poll(t, "ann", 3, 20*time.Second, ""); err != nil || len(pages) > 0 {
			t.Errorf("got %+v, %v", pages, err)
		}
	})
}

func TestTooManyPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPolled(1)
		p.Running = 1
		_, err := p.poll(t, "ann", 1, 20*time.Second, "")
		e, ok := errors.AsType[*chat.Error](err)
		if !ok || e.Code != chat.CodeUnavailable || e.RetryAfter != 7500*time.Millisecond || p.Running != 1 || p.count("take poll") != 0 {
			t.Errorf("got %v, %d run, calls %q", err, p.Running, p.Calls)
		}
		p.Running = 0
		if pages, err := p.poll(t, "ann", 1, 0, ""); err != nil || len(pages) != 1 {
			t.Errorf("afterwards: %+v, %v", pages, err)
		}
	})
}

func TestPollEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begun := newPolled(1), time.Now()
		pages, err := p.poller.Poll(t.Context(), chat.Identity{User: "ann", ExpiresAt: begun.Add(5 * time.Second)}, messages.Poll{
			Positions: []messages.Position{{Room: "r", After: 3}}, Wait: 20 * time.Second,
		})
		if took := time.Since(begun); err != nil || len(pages) > 0 || took != 5*time.Second {
			t.Errorf("got %+v, %v after %v", pages, err, took)
		}
	})
}

func TestWhoMayPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := func(name string, err error, code chat.Code) {
			t.Helper()
			if e, ok := errors.AsType[*chat.Error](err); !ok || e.Code != code || e.Room != "r" {
				t.Errorf("%s: got %v, want %s of r", name, err, code)
			}
		}
		p := newPolled(1)
		_, err := p.poll(t, "bob", 1, 20*time.Second, "")
		refused("a stranger", err, chat.CodeForbidden)
		if p.Running != 0 || p.count("enter poll") != 0 {
			t.Errorf("a stranger was counted: %q", p.Calls)
		}
		// One that is removed while it waits gets nothing that comes after.
		time.AfterFunc(1200*time.Millisecond, func() { delete(p.Members["r"], "ann"); p.say() })
		pages, err := p.poll(t, "ann", 3, 20*time.Second, "")
		refused("a removed one", err, chat.CodeForbidden)
		if len(pages) > 0 || p.Running != 0 {
			t.Errorf("got %+v; %d run", pages, p.Running)
		}
	})
}

func TestPollThatFails(t *testing.T) {
	broken := errors.New("broken")
	for _, failing := range []string{"access", "enter poll", "take poll", "head", "newest poll", "after 0", "after 1"} {
		synctest.Test(t, func(t *testing.T) {
			p := newPolled(1)
			p.Before = func(call string) error {
				if call == failing {
					return broken
				}
				return nil
			}
			if _, err := p.poll(t, "ann", 1, 0, ""); !errors.Is(err, broken) || p.Running != 0 {
				t.Errorf("%s: got %v; %d run", failing, err, p.Running)
			}
		})
	}
}

// In the rest of a second there is no other look: two would be less than a second apart.
func TestPollLooksOnceASecondAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begun := newPolled(1), time.Now()
		end := begun.Add(2500 * time.Millisecond)
		pages, err := p.poller.Poll(t.Context(), chat.Identity{User: "ann", ExpiresAt: end}, messages.Poll{
			Positions: []messages.Position{{Room: "r", After: 3}}, Wait: 20 * time.Second,
		})
		if took := time.Since(begun); err != nil || len(pages) > 0 || took != 2500*time.Millisecond || p.count("head") != 3 {
			t.Errorf("got %+v, %v after %v and %d reads of the head", pages, err, took, p.count("head"))
		}
	})
}
