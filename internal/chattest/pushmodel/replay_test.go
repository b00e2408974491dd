package pushmodel

import (
	"strings"
	"testing"
)

// TestReplay: traces that the model allows, and such that it does not.
func TestReplay(t *testing.T) {
	for _, c := range []struct {
		name   string
		wrong  string // part of the error; "" for none
		happen func() *trace
	}{
		{"a send that pushes itself", "", func() *trace {
			tr := newTrace(Config{}, 0)
			tr.sends()
			return tr
		}},
		{"the log before the subscriptions beside it", "", func() *trace {
			tr := newTrace(Config{}, 0)
			s := tr.reserves(1, 1, 0, TokenOf)
			tr.places(s, 1)
			tr.reads(s, 0, 1, 0)
			tr.lists(s)
			tr.posts(s, 1, 1, 0)
			return tr
		}},
		{"a second sender leaves it to the first, which looks again", "", func() *trace {
			tr := newTrace(Config{}, 0)
			first := tr.reserves(1, 1, 0, TokenOf)
			tr.places(first, 1)
			second := tr.reserves(2, 2, 0, held(first))
			tr.lists(first)
			tr.reads(first, 0, 1, 0)
			tr.places(second, 2)
			tr.does(second, ReadHead, Event{Seq: 2, Lease: TokenOf(first)})
			tr.ends(second, true)
			tr.posts(first, 1, 1, 0)
			tr.releases(first, 1, TokenOf(first), Free, 2)
			tr.reads(first, 1, 2, 0)
			tr.does(first, Take, Event{Seq: 2, Pushed: 1, Lease: TokenOf(first)})
			tr.lists(first)
			tr.posts(first, 2, 2, 0)
			tr.releases(first, 2, TokenOf(first), Free, 2)
			tr.ends(first, true)
			return tr
		}},
		{"it does not look again", "ends too early", func() *trace {
			tr := newTrace(Config{}, 0)
			first := tr.reserves(1, 1, 0, TokenOf)
			tr.places(first, 1)
			tr.reserves(2, 2, 0, held(first))
			tr.reads(first, 0, 1, 0)
			tr.lists(first)
			tr.posts(first, 1, 1, 0)
			tr.releases(first, 1, TokenOf(first), Free, 2)
			tr.ends(first, true)
			return tr
		}},
		{"no look at the head after the place", "ends too early", func() *trace {
			tr := newTrace(Config{}, 0)
			first := tr.reserves(1, 1, 0, TokenOf)
			second := tr.reserves(2, 2, 0, held(first))
			tr.places(second, 2)
			tr.ends(second, true)
			return tr
		}},
		{"the position before the post", "does not allow: sender 1  RELEASE", func() *trace {
			tr := newTrace(Config{}, 0)
			s := tr.reserves(1, 1, 0, TokenOf)
			tr.places(s, 1)
			tr.lists(s)
			tr.reads(s, 0, 1, 0)
			tr.releases(s, 1, TokenOf(s), Free, 1)
			return tr
		}},
		{"the subscriptions first, of more than the own entry", "does not allow: sender 2  SUBS", func() *trace {
			tr := newTrace(Config{NoDirect: false}, 0)
			first := tr.reserves(1, 1, 0, TokenOf)
			second := tr.reserves(2, 2, 0, held(first))
			tr.does(first, Place, Event{Fault: Failed})
			tr.reads(first, 0, 0, 0)
			tr.releases(first, 0, TokenOf(first), Free, 2)
			tr.places(second, 2)
			tr.does(second, ReadHead, Event{Seq: 2})
			tr.does(second, Take, Event{Seq: 2, Lease: TokenOf(second)})
			tr.lists(second)
			return tr
		}},
		{"frames in order", "", func() *trace { return frames(1, 2, 3, 3) }},
		{"a frame left out", string(OutOfOrder), func() *trace { return frames(2, 3) }},
		{"a frame too few", "does not allow: sender 1  RELEASE", func() *trace { return frames(1, 2) }},
		{"a connection that is gone", "", func() *trace {
			tr := newTrace(Config{}, 0, 1)
			s := tr.reserves(1, 1, 0, TokenOf)
			tr.places(s, 1)
			tr.lists(s)
			tr.reads(s, 0, 1, 0)
			tr.does(s, Post, Event{From: 1, ID: 1, Conn: 1, Found: Refused})
			tr.does(s, Unsubscribe, Event{Conn: 1})
			tr.posts(s, 1, 1, 0)
			tr.releases(s, 1, TokenOf(s), Free, 1)
			tr.ends(s, true)
			return tr
		}},
		{"a post that fails for good", "", func() *trace { return refused(Give) }},
		{"it frees the lease", "does not allow: sender 1  RELEASE", func() *trace { return refused(Release) }},
		{"a wake that finds all pushed", "", func() *trace {
			tr := newTrace(Config{}, 0)
			tr.sends()
			f := tr.begins(tr.Fanout(1))
			tr.does(f, ReadHead, Event{Seq: 1, Pushed: 1})
			tr.ends(f, true)
			return tr
		}},
		{"a wake that takes the lease of one that died", "", func() *trace {
			tr, s := dead()
			f := tr.begins(tr.Fanout(1))
			tr.does(f, ReadHead, Event{Seq: 1, Lease: TokenOf(s)})
			tr.reads(f, 0, 1, 0)
			tr.does(f, Take, Event{Held: TokenOf(s), Seq: 1, Lease: TokenOf(f)})
			tr.reads(f, 0, 1, 0)
			tr.lists(f)
			tr.posts(f, 1, 1, 0)
			tr.releases(f, 1, TokenOf(f), Free, 1)
			tr.ends(f, true)
			return tr
		}},
		{"a wake that leaves the lease to one that died", "ends too early", func() *trace {
			tr, s := dead()
			f := tr.begins(tr.Fanout(1))
			tr.does(f, ReadHead, Event{Seq: 1, Lease: TokenOf(s)})
			tr.reads(f, 0, 1, 0)
			tr.ends(f, true)
			return tr
		}},
		{"a wake in a large room that fails, and its job", "", func() *trace { return job(true) }},
		{"a job that does not look once more", "ends too early", func() *trace { return job(false) }},
		{"a mark before the job is sent", "does not allow: fan-out 1 MARK", func() *trace {
			tr := newTrace(Config{Large: true}, 0)
			s := tr.reserves(1, 1, 0, TokenOf)
			tr.places(s, 1)
			f := tr.begins(tr.Fanout(1))
			tr.does(f, ReadHead, Event{Fault: Failed})
			tr.does(f, Mark, Event{ID: 1, Held: Free})
			return tr
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			switch err := c.happen().err; {
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("got %v, want an error with %q", err, c.wrong)
			}
		})
	}
}
