package dynamo_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// TestCursorsMoveForward, each alone, and that of delivery not behind the other one.
func TestCursorsMoveForward(t *testing.T) {
	each(t, func(f fixture) {
		_, err := f.Store.OpenRoom(f.Context(), rooms.Room{ID: "r", Kind: rooms.KindPublic}, member("r", "ann"))
		f.ok(err)
		const read, delivered = receipts.CursorRead, receipts.CursorDelivered
		for i, step := range []struct {
			cursor                      receipts.Cursor
			to, readThen, deliveredThen chat.EntryID
		}{
			{delivered, 2, 0, 2}, {read, 1, 1, 2}, {read, 5, 5, 2}, {delivered, 4, 5, 2}, {read, 3, 5, 2}, {delivered, 6, 5, 6},
			{delivered, 6, 5, 6}, {read, 5, 5, 6},
		} {
			var m rooms.Member
			write, reads := f.units(func(ctx context.Context) (err error) {
				m, err = f.Store.MoveCursor(ctx, "ann", "r", step.cursor, step.to)
				return err
			})
			if m.ReadID != step.readThen || m.DeliveredID != step.deliveredThen || m.State != rooms.StateIn || m.User != "ann" {
				f.Errorf("step %d: %+v", i, m)
			}
			if write != 1 || reads != 0 {
				f.Errorf("step %d took %v write units and %v read units, want one write", i, write, reads)
			}
		}
		access, err := f.Store.Access(f.Context(), "ann", "r")
		f.ok(err)
		if m := access.Member; m.ReadID != 5 || m.DeliveredID != 6 || m.Version != 1 || m.Role != chat.RoleMember {
			f.Errorf("the row has become %+v", m)
		}
	})
}

// TestOnlyMembersMoveCursors: the row of who is out stays as it is, and nobody gets one by marking.
func TestOnlyMembersMoveCursors(t *testing.T) {
	each(t, func(f fixture) {
		out := member("r", "eve")
		out.State = rooms.StateBanned
		_, err := f.Store.OpenRoom(f.Context(), rooms.Room{ID: "r", Kind: rooms.KindPublic}, member("r", "ann"), out)
		f.ok(err)
		for user, want := range map[chat.UserID]rooms.State{"eve": rooms.StateBanned, "bob": ""} {
			for _, cursor := range []receipts.Cursor{receipts.CursorRead, receipts.CursorDelivered} {
				m, err := f.Store.MoveCursor(f.Context(), user, "r", cursor, 3)
				if err != nil || m.State != want || m.ReadID > 0 || m.DeliveredID > 0 {
					f.Errorf("%s: %+v, %v", user, m, err)
				}
			}
		}
		access, err := f.Store.Access(f.Context(), "bob", "r")
		f.ok(err)
		if access.Member != nil {
			f.Errorf("bob has the row %+v", access.Member)
		}
	})
}

// TestOnlyTheLastWriteIsAMark: by the attribute "marked" the stream's filter tells marks from all other writes of a row.
func TestOnlyTheLastWriteIsAMark(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		ann := member("r", "ann")
		_, err := f.Store.OpenRoom(ctx, rooms.Room{ID: "r", Kind: rooms.KindPublic}, ann)
		f.ok(err)
		changed := ann
		changed.Version, changed.Pending = 2, &rooms.Pending{Change: chat.MemberMuted, By: "bob", At: noon}
		var at chat.EntryID
		for _, write := range []struct {
			name string
			do   func() error
		}{
			{"change", func() error { _, err := f.Store.ChangeMember(ctx, ann, changed); return err }},
			{"finish", func() error { return f.Store.Finished(ctx, changed) }},
			{"pace", func() error { _, err := f.Store.Pace(ctx, "ann", "r", time.Second); return err }},
			{"dismiss", func() error { return f.Store.Dismissed(ctx, changed) }},
		} {
			for _, cursor := range []receipts.Cursor{receipts.CursorDelivered, receipts.CursorRead} {
				at++
				_, err := f.Store.MoveCursor(ctx, "ann", "r", cursor, at)
				f.ok(err)
				if !f.isMarked("ann", "r") {
					f.Errorf("before %s: a mark is not told", write.name)
				}
			}
			f.ok(write.do())
			if f.isMarked("ann", "r") {
				f.Errorf("%s is told as a mark", write.name)
			}
		}
	})
}

func (f fixture) isMarked(user, room string) bool {
	f.Helper()
	out, err := f.engine.DynamoDB.GetItem(f.Context(), &dynamodb.GetItemInput{
		TableName: &f.tables.Members, ConsistentRead: aws.Bool(true), Key: map[string]types.AttributeValue{
			"user_id": &types.AttributeValueMemberS{Value: user}, "room_id": &types.AttributeValueMemberS{Value: room},
		},
	})
	f.ok(err)
	_, is := out.Item["marked"]
	return is
}

// TestUnitsOfCounting: to count what is unread takes less than 40 read units, however much there is.
func TestUnitsOfCounting(t *testing.T) {
	each(t, func(f fixture) {
		f.ok(f.fillLog("short", 120, "hi"))
		f.ok(f.fillLog("long", 60, strings.Repeat("a", 4000)))
		f.ok(f.fillLog("longest", 20, strings.Repeat("😀", 4000)))
		for room, c := range map[chat.RoomID]struct {
			last chat.EntryID
			user chat.UserID
			want int
			most float64
		}{
			"short": {120, "bob", 100, 12}, "long": {60, "bob", 100, 40}, "longest": {20, "bob", 100, 40},
		} {
			count := receipts.NewCounter(f.Store, wire.EntrySize, time.Now)
			n := 0
			_, read := f.units(func(ctx context.Context) (err error) {
				n, err = count.Unread(ctx, rooms.Room{ID: room}, c.user, 0, c.last)
				return err
			})
			if n != c.want || read > c.most {
				f.Errorf("%s: %d unread took %v read units, want %d with %v at most", room, n, read, c.want, c.most)
			}
			f.Logf("%s: %v read units", room, read)
		}
	})
}

// fillLog places messages of ann's.
func (f fixture) fillLog(room chat.RoomID, n chat.EntryID, content string) error {
	ids := make([]chat.EntryID, n)
	for i := range ids {
		ids[i] = chat.EntryID(i + 1)
	}
	return chat.ForEach(f.Context(), ids, 16, func(ctx context.Context, id chat.EntryID) error {
		_, err := f.Store.Place(ctx, chat.NewEntry{
			Room: room, Kind: chat.KindMessage, User: "ann", ClientMessageID: "m", Content: content,
		}.At(id, noon))
		return err
	})
}
