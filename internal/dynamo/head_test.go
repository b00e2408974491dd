package dynamo_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// gotHead checks a head that a call gave.
func gotHead(f fixture, what string, head roomlog.Head, err error, want roomlog.Head) {
	f.Helper()
	if err != nil || head != want {
		f.Errorf("%s: got %+v, %v, want %+v", what, head, err, want)
	}
}

// gotChange checks the head after a call that changes it if a condition holds, and whether it did.
func gotChange(f fixture, what string, head roomlog.Head, done bool, err error, wantDone bool, want roomlog.Head) {
	f.Helper()
	gotHead(f, what, head, err, want)
	if done != wantDone {
		f.Errorf("%s: done %t, want %t", what, done, wantDone)
	}
}

func TestReserveTakesAFreeLease(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		head, err := f.Head(ctx, "r")
		gotHead(f, "a room without a head", head, err, roomlog.Head{})
		head, err = f.Reserve(ctx, "r", "ann")
		gotHead(f, "the first", head, err, roomlog.Head{Seq: 1, Lease: "ann"})
		head, err = f.Reserve(ctx, "r", "bob")
		gotHead(f, "another, while it is held", head, err, roomlog.Head{Seq: 2, Lease: "ann"})
		f.ok(f.DropLease(ctx, "r", "bob"))
		head, err = f.Head(ctx, "r")
		gotHead(f, "dropped by another", head, err, roomlog.Head{Seq: 2, Lease: "ann"})
		f.ok(f.DropLease(ctx, "r", "ann"))
		head, err = f.Reserve(ctx, "r", roomlog.NoLease)
		gotHead(f, "by one that takes none", head, err, roomlog.Head{Seq: 3})
	})
}

func TestTake(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		_, err := f.Reserve(ctx, "r", roomlog.NoLease)
		f.ok(err)
		for _, c := range []struct {
			what     string
			me, seen roomlog.Lease
			held     bool
			holder   roomlog.Lease
		}{
			{"free", "a", "", true, "a"},
			{"my own", "a", "", true, "a"},
			{"another's", "b", "", false, "a"},
			{"another's, and a third was seen", "b", "c", false, "a"},
			{"the one that was seen", "b", "a", true, "b"},
		} {
			head, held, err := f.Take(ctx, "r", c.me, c.seen)
			gotChange(f, c.what, head, held, err, c.held, roomlog.Head{Seq: 1, Lease: c.holder})
		}
		f.ok(f.Give(ctx, "r", "b"))
		head, held, err := f.Take(ctx, "r", "a", "b")
		gotChange(f, "the stream's", head, held, err, false, roomlog.Head{Seq: 1, Lease: roomlog.StreamLease})
	})
}

func TestAdvanceAndRelease(t *testing.T) {
	until := noon.Truncate(time.Millisecond)
	each(t, func(f fixture) {
		ctx := f.Context()
		room := 0
		for _, c := range []struct {
			what       string
			holder     roomlog.Lease // in the head, at pushed id 5
			to         chat.EntryID
			held, next roomlog.Lease
			done       bool
		}{
			{"free", "", 6, "", "", true},
			{"my own", "a", 6, "a", "", true},
			{"the same id", "a", 5, "a", "", true},
			{"another's", "a", 6, "b", "", false},
			{"held, thought free", "a", 6, "", "", false},
			{"free, thought held", "", 6, "a", "", false},
			{"the stream's", "stream", 6, "stream", "", true},
			{"to the stream", "a", 6, "a", "stream", true},
			{"from nobody to the stream", "", 6, "", "stream", true},
		} {
			before := roomlog.Head{Seq: 1, PushedID: 5, SettledID: 5, Lease: c.holder, JobUntil: until}
			advanced, released := before, before
			if c.done {
				advanced.PushedID, advanced.SettledID = c.to, c.to
				released = roomlog.Head{Seq: 1, PushedID: c.to, SettledID: c.to, Lease: c.next}
			}
			room++
			name := chat.RoomID(fmt.Sprint("advance", room))
			f.putHead(name, before)
			done, err := f.Advance(ctx, name, 5, c.to, c.held)
			head, headErr := f.Head(ctx, name)
			gotChange(f, "advance, "+c.what, head, done, errors.Join(err, headErr), c.done, advanced)
			name = chat.RoomID(fmt.Sprint("release", room))
			f.putHead(name, before)
			head, done, err = f.Release(ctx, name, c.to, c.held, c.next)
			gotChange(f, "release, "+c.what, head, done, err, c.done, released)
			head, err = f.Head(ctx, name)
			gotHead(f, "after release, "+c.what, head, err, released)
		}
	})
}

// TestReleaseNeverMovesBack: what another has pushed meanwhile stays pushed.
func TestReleaseNeverMovesBack(t *testing.T) {
	each(t, func(f fixture) {
		before := roomlog.Head{Seq: 9, PushedID: 5, SettledID: 5, Lease: "a"}
		f.putHead("r", before)
		head, done, err := f.Release(f.Context(), "r", 4, "a", roomlog.NoLease)
		gotChange(f, "not so far", head, done, err, false, before)
	})
}

// putHead writes a head as it is to be.
func (f fixture) putHead(room chat.RoomID, h roomlog.Head) {
	f.Helper()
	row := map[string]types.AttributeValue{
		"item": &types.AttributeValueMemberS{Value: "counter#" + string(room)},
		"seq":  &types.AttributeValueMemberN{Value: fmt.Sprint(h.Seq)}, "pushed_id": &types.AttributeValueMemberN{Value: fmt.Sprint(h.PushedID)},
	}
	if h.Lease != roomlog.NoLease {
		row["lease"] = &types.AttributeValueMemberS{Value: string(h.Lease)}
	}
	if !h.JobUntil.IsZero() {
		row["job_until"] = &types.AttributeValueMemberN{Value: fmt.Sprint(h.JobUntil.UnixMilli())}
	}
	_, err := f.engine.DynamoDB.PutItem(f.Context(), &dynamodb.PutItemInput{TableName: &f.tables.Rooms, Item: row})
	f.ok(err)
}

func TestGiveAndMark(t *testing.T) {
	until := noon.Truncate(time.Millisecond)
	later := until.Add(time.Minute)
	given := func(lease roomlog.Lease, until time.Time) roomlog.Head {
		return roomlog.Head{Seq: 1, PushedID: 5, SettledID: 5, Lease: lease, JobUntil: until}
	}
	give := func(held roomlog.Lease) func(fixture) error {
		return func(f fixture) error { return f.Give(f.Context(), "r", held) }
	}
	mark := func(held roomlog.Lease, below chat.EntryID) func(fixture) error {
		return func(f fixture) error { return f.Mark(f.Context(), "r", held, below, until) }
	}
	extend := func(f fixture) error { return f.ExtendMark(f.Context(), "r", later) }
	none := time.Time{}
	each(t, func(f fixture) {
		for _, c := range []struct {
			what   string
			before roomlog.Head
			call   func(fixture) error
			want   roomlog.Head
		}{
			{"give", given("a", none), give("a"), given("stream", none)},
			{"give what another holds", given("a", none), give("b"), given("a", none)},
			{"mark", given("a", none), mark("a", 6), given("stream", until)},
			{"mark what another holds", given("a", none), mark("b", 6), given("a", none)},
			{"mark what nobody holds", given("", none), mark("", 6), given("stream", until)},
			{"mark the stream's", given("stream", none), mark("stream", 6), given("stream", until)},
			{"mark what a job has pushed", given("stream", none), mark("stream", 5), given("stream", none)},
			{"extend", given("stream", until), extend, given("stream", later)},
			{"extend without a mark", given("stream", none), extend, given("stream", none)},
		} {
			f.putHead("r", c.before)
			f.ok(c.call(f))
			head, err := f.Head(f.Context(), "r")
			gotHead(f, c.what, head, err, c.want)
		}
	})
}

func TestSettledIDIsNeverBelowPushedID(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		_, err := f.Reserve(ctx, "r", roomlog.NoLease)
		f.ok(err)
		for _, to := range []chat.EntryID{7, 5} {
			f.ok(f.Settle(ctx, "r", to))
			head, err := f.Head(ctx, "r")
			gotHead(f, fmt.Sprint("settled to ", to), head, err, roomlog.Head{Seq: 1, SettledID: 7})
		}
		done, err := f.Advance(ctx, "r", 0, 9, roomlog.NoLease)
		got(f, "from where it is", done, err, true)
		head, err := f.Head(ctx, "r")
		gotHead(f, "pushed further", head, err, roomlog.Head{Seq: 1, PushedID: 9, SettledID: 9})
		done, err = f.Advance(ctx, "r", 8, 10, roomlog.NoLease)
		got(f, "from where it was", done, err, false)
	})
}

// TestHeadOfTheVersionBefore: that version kept the counter under the head's key, and pushed_id in an item of its own. The
// head takes it from there, once.
func TestHeadOfTheVersionBefore(t *testing.T) {
	for name, first := range map[string]func(fixture) (roomlog.Head, error){
		"head":    func(f fixture) (roomlog.Head, error) { return f.Head(f.Context(), "r") },
		"reserve": func(f fixture) (roomlog.Head, error) { return f.Reserve(f.Context(), "r", roomlog.NoLease) },
		"take": func(f fixture) (roomlog.Head, error) {
			head, _, err := f.Take(f.Context(), "r", "a", roomlog.NoLease)
			return head, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(f fixture) {
				f.putOld("counter#r", "seq", 7)
				f.putOld("position#r", "pushed_id", 5)
				head, err := first(f)
				if err != nil || head.PushedID != 5 || head.SettledID != 5 || head.Seq < 7 {
					f.Errorf("got %+v, %v, want pushed id 5 and what was counted", head, err)
				}
				f.putOld("position#r", "pushed_id", 6) // by a function of that version that is still at work
				head, err = f.Head(f.Context(), "r")
				if err != nil || head.PushedID != 5 {
					f.Errorf("got %+v, %v, want pushed id 5 still", head, err)
				}
			})
		})
	}
}

// TestRoomOfTheVersionBeforeWithOneEntry: nothing of it is pushed again.
func TestRoomOfTheVersionBeforeWithOneEntry(t *testing.T) {
	each(t, func(f fixture) {
		f.putOld("counter#r", "seq", 1)
		f.putOld("position#r", "pushed_id", 1)
		head, err := f.Head(f.Context(), "r")
		gotHead(f, "head", head, err, roomlog.Head{Seq: 1, PushedID: 1, SettledID: 1})
	})
}

func (f fixture) putOld(key, attribute string, n int) {
	f.Helper()
	_, err := f.engine.DynamoDB.PutItem(f.Context(), &dynamodb.PutItemInput{
		TableName: &f.tables.Rooms,
		Item: map[string]types.AttributeValue{
			"item": &types.AttributeValueMemberS{Value: key}, attribute: &types.AttributeValueMemberN{Value: fmt.Sprint(n)},
		},
	})
	f.ok(err)
}
