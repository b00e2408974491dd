package apigw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/telemetry"
)

// Waker pushes the news of a room up to an entry; errors as [fanout.Waker.Wake].
type Waker interface {
	Wake(ctx context.Context, room chat.RoomID, id chat.EntryID) error
}

const (
	// maxRooms bounds the rooms of a batch that are pushed side by side.
	maxRooms = 64
	// batchTime is how long the rooms of a batch have. What takes longer is left to jobs: the other rooms of the lane
	// wait for the end of this batch.
	batchTime = 5 * time.Second
)

// Stream handles batches of the entries' stream: rooms side by side, each once per batch. The record of a room that is
// left to a job counts as done. A room that failed without that is reported by its first record. The stream mapping then
// delivers that record, and all after it, again.
func Stream(waker Waker) func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return func(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		telemetry.From(ctx).Label("action", "stream")
		batchCtx, cancel := context.WithTimeout(ctx, batchTime)
		defer cancel()
		var (
			mu       sync.Mutex
			wg       sync.WaitGroup
			response events.DynamoDBEventResponse
			slots    = make(chan struct{}, maxRooms)
		)
		for room, n := range newsOf(event.Records) {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if settled(ctx, room, waker.Wake(batchCtx, room, n.newest)) {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				response.BatchItemFailures = append(response.BatchItemFailures,
					events.DynamoDBBatchItemFailure{ItemIdentifier: n.sequenceNumber})
			})
		}
		wg.Wait()
		slices.SortFunc(response.BatchItemFailures, func(a, b events.DynamoDBBatchItemFailure) int {
			return compareNumbers(a.ItemIdentifier, b.ItemIdentifier)
		})
		return response, nil
	}
}

// settled reports whether a room is pushed or left to a job, and records what failed.
func settled(ctx context.Context, room chat.RoomID, err error) bool {
	if err == nil {
		return true
	}
	_, queued := errors.AsType[*fanout.QueuedError](err)
	if queued {
		telemetry.From(ctx).Add(telemetry.Queued, 1)
	}
	if !errors.Is(err, fanout.ErrTimeOver) {
		telemetry.From(ctx).Label("room", string(room))
		telemetry.From(ctx).Fail(string(chat.CodeOf(err)), fmt.Errorf("room %s: %w", room, err))
	}
	return queued
}

// news is what a batch says of a room.
type news struct {
	newest         chat.EntryID
	sequenceNumber string // of its first record
}

// newsOf returns the rooms of a batch.
func newsOf(records []events.DynamoDBEventRecord) map[chat.RoomID]news {
	rooms := map[chat.RoomID]news{}
	for _, record := range records {
		key, id := record.Change.Keys["room_id"], record.Change.Keys["id"]
		if key.DataType() != events.DataTypeString || id.DataType() != events.DataTypeNumber {
			continue // not a record of the entries; there is nothing to push for it
		}
		entry, err := id.Integer()
		if err != nil {
			continue
		}
		n, known := rooms[chat.RoomID(key.String())]
		if !known {
			n.sequenceNumber = record.Change.SequenceNumber
		}
		n.newest = max(n.newest, chat.EntryID(entry))
		rooms[chat.RoomID(key.String())] = n
	}
	return rooms
}

// compareNumbers orders decimal numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// ObserveLeft records that a sender has left a room to the stream. That a room is large is no failure.
func ObserveLeft(ctx context.Context, cause error) {
	if errors.Is(cause, fanout.ErrLarge) || errors.Is(cause, fanout.ErrBehind) {
		return
	}
	telemetry.From(ctx).Add(telemetry.LeftToStream, 1)
	telemetry.From(ctx).Label("left_to_stream", cause.Error())
}
