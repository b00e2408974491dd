package apigw

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
)

// Waker pushes the news of a room.
type Waker interface {
	Wake(ctx context.Context, room chat.RoomID) error
}

const (
	// roomTries is how often a room is tried in one invocation before its record is reported as failed.
	roomTries = 2
	// maxRooms bounds the rooms of a batch that are pushed side by side.
	maxRooms = 16
)

// Stream handles batches of the entries' stream: rooms side by side, each once per batch. A room that fails is reported
// by its first record. The stream mapping then delivers that record, and all after it, again.
func Stream(waker Waker) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return func(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		telemetry.From(ctx).Label("action", "stream")
		var (
			mu       sync.Mutex
			wg       sync.WaitGroup
			response events.DynamoDBEventResponse
			slots    = make(chan struct{}, maxRooms)
		)
		for room, sequenceNumber := range firstRecords(event.Records) {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if err := wake(ctx, waker, room); err != nil {
					telemetry.From(ctx).Label("room", string(room))
					telemetry.From(ctx).Fail(string(chat.CodeOf(err)), fmt.Errorf("room %s: %w", room, err))
					mu.Lock()
					defer mu.Unlock()
					response.BatchItemFailures = append(response.BatchItemFailures,
						events.DynamoDBBatchItemFailure{ItemIdentifier: sequenceNumber})
				}
			})
		}
		wg.Wait()
		slices.SortFunc(response.BatchItemFailures, func(a, b events.DynamoDBBatchItemFailure) int {
			return compareNumbers(a.ItemIdentifier, b.ItemIdentifier)
		})
		return response, nil
	}
}

func wake(ctx context.Context, waker Waker, room chat.RoomID) (err error) {
	for range roomTries {
		if err = waker.Wake(ctx, room); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// firstRecords returns the rooms of a batch, each with the sequence number of its first record.
func firstRecords(records []events.DynamoDBEventRecord) map[chat.RoomID]string {
	first := map[chat.RoomID]string{}
	for _, record := range records {
		key, ok := record.Change.Keys["room_id"]
		if !ok || key.DataType() != events.DataTypeString {
			continue // not a record of the entries; there is nothing to push for it
		}
		room := chat.RoomID(key.String())
		if _, seen := first[room]; !seen {
			first[room] = record.Change.SequenceNumber
		}
	}
	return first
}

// compareNumbers orders decimal numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
