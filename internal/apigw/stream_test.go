package apigw_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// waker is a fan-out that does what wake says and keeps for which entry each room was woken.
type waker struct {
	wake func(ctx context.Context, room chat.RoomID) error

	mu    sync.Mutex
	woken map[chat.RoomID][]chat.EntryID
}

func (w *waker) Wake(ctx context.Context, room chat.RoomID, id chat.EntryID) error {
	w.mu.Lock()
	if w.woken == nil {
		w.woken = map[chat.RoomID][]chat.EntryID{}
	}
	w.woken[room] = append(w.woken[room], id)
	w.mu.Unlock()
	if w.wake == nil {
		return nil
	}
	return w.wake(ctx, room)
}

// record is the stream's record of an entry.
func record(room, id, sequenceNumber string) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{
		SequenceNumber: sequenceNumber,
		Keys: map[string]events.DynamoDBAttributeValue{
			"room_id": events.NewStringAttribute(room), "id": events.NewNumberAttribute(id),
		},
	}}
}

func batchOf(records ...events.DynamoDBEventRecord) events.DynamoDBEvent {
	return events.DynamoDBEvent{Records: records}
}

func failures(r events.DynamoDBEventResponse) []string {
	var ids []string
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func TestEachRoomOfABatchIsWokenOnceForItsNewestEntry(t *testing.T) {
	w := &waker{}
	response, line := observe(t, apigw.Stream(w), batchOf(
		record("a", "7", "101"), record("b", "2", "102"), record("a", "9", "103"), record("a", "8", "104"), record("c", "1", "105"),
	))
	if got := failures(response); len(got) > 0 {
		t.Errorf("failures %v", got)
	}
	if fmt.Sprint(w.woken) != "map[a:[9] b:[2] c:[1]]" {
		t.Errorf("woken %v", w.woken)
	}
	expect(t, "outcome", line["outcome"], "ok")
}

func TestAFailingRoomIsReportedByItsFirstRecord(t *testing.T) {
	long := "100000000000000000000000000000000000" // longer is larger, whatever its digits
	w := &waker{wake: func(_ context.Context, room chat.RoomID) error {
		if room == "b" || room == "c" || room == "d" {
			return errBroken
		}
		return nil
	}}
	response, line := observe(t, apigw.Stream(w), batchOf(
		record("d", "1", "98"), record("a", "1", "99"), record("b", "1", "0100"), record("b", "2", "101"), record("c", "1", long),
		record("c", "2", long+"1"),
	))
	// The mapping takes the lowest for its checkpoint; sorted, it is the first to be seen too.
	if got := failures(response); !slices.Equal(got, []string{"98", "0100", long}) {
		t.Errorf("failures %v", got)
	}
	expect(t, "outcome", line["outcome"], "internal")
	expect(t, "Errors", line["Errors"], 3.0)
	for _, room := range []string{"b", "c", "d"} {
		if cause := fmt.Sprintf("room %s: %v", room, errBroken); !strings.Contains(fmt.Sprint(line["error"]), cause) {
			t.Errorf("the error %q does not say %q", line["error"], cause)
		}
	}
}

// TestARoomThatIsLeftToAJobIsDone: its record must not hold up its lane. It is told all the same, unless nothing failed.
func TestARoomThatIsLeftToAJobIsDone(t *testing.T) {
	for _, c := range []struct {
		name, outcome string
		cause         error
	}{
		{"it failed", "unavailable", chat.Errorf(chat.CodeUnavailable, "the gateway is down")},
		{"a defect", "internal", errBroken},
		{"there was no time", "ok", fmt.Errorf("push: %w", fanout.ErrTimeOver)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &waker{wake: func(context.Context, chat.RoomID) error { return &fanout.QueuedError{Err: c.cause} }}
			response, line := observe(t, apigw.Stream(w), batchOf(record("a", "1", "1"), record("b", "1", "2")))
			if got := failures(response); len(got) > 0 {
				t.Errorf("failures %v", got)
			}
			expect(t, "outcome", line["outcome"], c.outcome)
			expect(t, "Queued", line["Queued"], 2.0)
		})
	}
}

// TestABatchHasFiveSeconds: the other rooms of the lane wait for its end.
func TestABatchHasFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &waker{wake: func(ctx context.Context, _ chat.RoomID) error {
			<-ctx.Done()
			return &fanout.QueuedError{Err: ctx.Err()}
		}}
		start := time.Now()
		response, err := apigw.Stream(w)(t.Context(), batchOf(record("a", "1", "1")))
		if took := time.Since(start); err != nil || len(failures(response)) > 0 || took != 5*time.Second {
			t.Errorf("%v, failures %v after %v, want none after 5 s", err, failures(response), took)
		}
	})
}

// One slow room must not hold up the others: a room that waits for another one of its batch sees it come.
func TestRoomsGoSideBySide(t *testing.T) {
	met := make(chan struct{})
	w := &waker{wake: func(context.Context, chat.RoomID) error {
		select {
		case met <- struct{}{}:
		case <-met:
		}
		return nil
	}}
	response, _ := observe(t, apigw.Stream(w), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record("a", "1", "1"), record("b", "1", "2"),
	}})
	if got := failures(response); len(got) > 0 {
		t.Errorf("failures %v", got)
	}
}

func TestManyRoomsAreBounded(t *testing.T) {
	var mu sync.Mutex
	var now, peak int
	w := &waker{}
	w.wake = func(context.Context, chat.RoomID) error {
		mu.Lock()
		now++
		peak = max(peak, now)
		mu.Unlock()
		defer func() {
			mu.Lock()
			now--
			mu.Unlock()
		}()
		return nil
	}
	var batch events.DynamoDBEvent
	for i := range 200 {
		batch.Records = append(batch.Records, record(fmt.Sprint("room-", i), "1", fmt.Sprint(i+1)))
	}
	observe(t, apigw.Stream(w), batch)
	if len(w.woken) != 200 || peak > 64 {
		t.Errorf("%d rooms woken, %d at once", len(w.woken), peak)
	}
}

func TestRecordsThatAreNoEntriesArePassedOver(t *testing.T) {
	w := &waker{}
	odd := record("a", "1", "2")
	odd.Change.Keys = map[string]events.DynamoDBAttributeValue{"room_id": events.NewNumberAttribute("5")}
	response, _ := observe(t, apigw.Stream(w), batchOf(events.DynamoDBEventRecord{}, odd))
	if len(w.woken) > 0 || len(failures(response)) > 0 {
		t.Errorf("woken %v, failures %v", w.woken, failures(response))
	}
}

func TestEmptyBatch(t *testing.T) {
	response, _ := observe(t, apigw.Stream(&waker{}), events.DynamoDBEvent{})
	if len(failures(response)) > 0 {
		t.Errorf("failures %v", failures(response))
	}
}
