package apigw_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
)

// announcer keeps what each room is told. It fails for the room "broken".
type announcer struct {
	mu   sync.Mutex
	told map[chat.RoomID][]receipts.Receipt
}

func (a *announcer) Announce(_ context.Context, room chat.RoomID, all []receipts.Receipt) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := a.told[room]; again {
		return fmt.Errorf("room %s is told twice", room)
	}
	a.told[room] = all
	if room == "broken" {
		return errBroken
	}
	if room == "late" {
		return fmt.Errorf("push: %w", context.DeadlineExceeded)
	}
	return nil
}

// markOf is the stream's record of a mark.
func markOf(room, user, delivered, read string) events.DynamoDBEventRecord {
	row := map[string]events.DynamoDBAttributeValue{
		"room_id": events.NewStringAttribute(room), "user_id": events.NewStringAttribute(user),
	}
	for name, value := range map[string]string{"delivered_id": delivered, "read_id": read} {
		if value != "" {
			row[name] = events.NewNumberAttribute(value)
		}
	}
	return events.DynamoDBEventRecord{EventName: "MODIFY", Change: events.DynamoDBStreamRecord{NewImage: row}}
}

// TestReceiptsOfABatch: each room is told once, with the newest cursors of each member.
func TestReceiptsOfABatch(t *testing.T) {
	a := &announcer{told: map[chat.RoomID][]receipts.Receipt{}}
	batch := batchOf(
		markOf("r", "bob", "", "3"), markOf("r", "ann", "7", ""), markOf("q", "ann", "", "1"),
		markOf("r", "bob", "9", "3"), markOf("r", "ann", "7", "5"), markOf("r", "ann", "6", "4"), // of a shard that is late
		record("entry", "1", "1"),
	)
	reply, line := observe(t, apigw.Receipts(a), batch)
	want := map[chat.RoomID][]receipts.Receipt{
		"r": {{User: "ann", DeliveredID: 7, ReadID: 5}, {User: "bob", DeliveredID: 9, ReadID: 3}},
		"q": {{User: "ann", DeliveredID: 1, ReadID: 1}},
	}
	if !maps.EqualFunc(a.told, want, slices.Equal) || len(reply.BatchItemFailures) > 0 {
		t.Errorf("told %v, want %v; failures %v", a.told, want, reply.BatchItemFailures)
	}
	expect(t, "outcome", line["outcome"], "ok")
}

// TestReceiptsThatFailAreDropped: nothing is tried again, and a defect is written down. That the time was over is none.
func TestReceiptsThatFailAreDropped(t *testing.T) {
	for room, outcome := range map[string]string{"broken": "internal", "late": "ok"} {
		a := &announcer{told: map[chat.RoomID][]receipts.Receipt{}}
		reply, line := observe(t, apigw.Receipts(a), batchOf(markOf(room, "ann", "", "1"), markOf("r", "ann", "", "1")))
		if len(reply.BatchItemFailures) > 0 || len(a.told) != 2 {
			t.Errorf("%s: failures %v, told %v", room, reply.BatchItemFailures, a.told)
		}
		expect(t, "outcome of "+room, line["outcome"], outcome)
	}
}
