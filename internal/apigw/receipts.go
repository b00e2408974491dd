package apigw

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/telemetry"
)

// Announcer tells the members of a room how far others are; errors as [receipts.Announcer.Announce].
type Announcer interface {
	Announce(ctx context.Context, room chat.RoomID, all []receipts.Receipt) error
}

// Receipts handles batches of the members' stream: each room once, with the newest cursors of each member. What fails is
// not tried again: receipts may be lost.
func Receipts(a Announcer) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return func(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		telemetry.From(ctx).Label("action", "receipts")
		marked := receiptsOf(event.Records)
		rooms := slices.Sorted(maps.Keys(marked))
		_ = chat.ForEach(ctx, rooms, maxRooms, func(ctx context.Context, room chat.RoomID) error {
			err := a.Announce(ctx, room, marked[room])
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				telemetry.From(ctx).Label("room", string(room))
				telemetry.From(ctx).Fail(string(chat.CodeOf(err)), fmt.Errorf("room %s: %w", room, err))
			}
			return nil
		})
		return events.DynamoDBEventResponse{}, nil
	}
}

// receiptsOf returns the newest cursors of each member, in the order of their names, by room.
func receiptsOf(records []events.DynamoDBEventRecord) map[chat.RoomID][]receipts.Receipt {
	type memberOf struct {
		room chat.RoomID
		user chat.UserID
	}
	newest := map[memberOf]receipts.Receipt{}
	for _, record := range records {
		row := image(record.Change.NewImage)
		m := memberOf{chat.RoomID(row.text("room_id")), chat.UserID(row.text("user_id"))}
		if m.room == "" || m.user == "" {
			continue // not a record of a member
		}
		r, old := receipts.NewReceipt(m.user, row.id("delivered_id"), row.id("read_id")), newest[m]
		newest[m] = receipts.NewReceipt(m.user, max(r.DeliveredID, old.DeliveredID), max(r.ReadID, old.ReadID))
	}
	all := map[chat.RoomID][]receipts.Receipt{}
	for m, r := range newest {
		all[m.room] = append(all[m.room], r)
	}
	for _, of := range all {
		slices.SortFunc(of, func(a, b receipts.Receipt) int { return strings.Compare(string(a.User), string(b.User)) })
	}
	return all
}

// image is a row as the stream tells it.
type image map[string]events.DynamoDBAttributeValue

func (i image) text(name string) string {
	if v := i[name]; v.DataType() == events.DataTypeString {
		return v.String()
	}
	return ""
}

func (i image) id(name string) chat.EntryID {
	if v := i[name]; v.DataType() == events.DataTypeNumber {
		n, _ := v.Integer()
		return chat.EntryID(n)
	}
	return 0
}
