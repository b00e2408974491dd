package apigw_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
)

// waker is a fan-out that does what wake says and counts how often each room was woken.
type waker struct {
	wake func(room chat.RoomID, time int) error

	mu    sync.Mutex
	times map[chat.RoomID]int
}

func (w *waker) Wake(_ context.Context, room chat.RoomID) error {
	w.mu.Lock()
	if w.times == nil {
		w.times = map[chat.RoomID]int{}
	}
	w.times[room]++
	time := w.times[room]
	w.mu.Unlock()
	if w.wake == nil {
		return nil
	}
	return w.wake(room, time)
}

// record is an entry's record of the stream.
func record(room string, sequenceNumber string) events.DynamoDBEventRecord {
	return events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{
		SequenceNumber: sequenceNumber,
		Keys: map[string]events.DynamoDBAttributeValue{
			"room_id": events.NewStringAttribute(room), "id": events.NewNumberAttribute("1"),
		},
	}}
}

func failures(r events.DynamoDBEventResponse) []string {
	var ids []string
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func TestEachRoomOfABatchIsWokenOnce(t *testing.T) {
	w := &waker{}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record("a", "101"), record("b", "102"), record("a", "103"), record("a", "104"), record("c", "105"), record("b", "106"),
	}}
	response, line := observe(t, apigw.Stream(w), batch)
	if got := failures(response); len(got) > 0 {
		t.Errorf("failures %v", got)
	}
	if fmt.Sprint(w.times) != "map[a:1 b:1 c:1]" {
		t.Errorf("woken %v", w.times)
	}
	expect(t, "outcome", line["outcome"], "ok")
}

func TestAFailingRoomIsReportedByItsFirstRecord(t *testing.T) {
	long := "100000000000000000000000000000000000" // longer is larger, whatever its digits
	w := &waker{wake: func(room chat.RoomID, _ int) error {
		if room == "b" || room == "c" || room == "d" {
			return errBroken
		}
		return nil
	}}
	response, line := observe(t, apigw.Stream(w), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record("d", "98"), record("a", "99"), record("b", "0100"), record("b", "101"), record("c", long), record("c", long+"1"),
	}})
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

func TestARoomIsTriedAgainBeforeItIsReported(t *testing.T) {
	w := &waker{wake: func(room chat.RoomID, time int) error {
		if room == "once" && time == 1 || room == "always" {
			return errBroken
		}
		return nil
	}}
	response, _ := observe(t, apigw.Stream(w), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record("once", "1"), record("always", "2"), record("never", "3"),
	}})
	if got := failures(response); !slices.Equal(got, []string{"2"}) {
		t.Errorf("failures %v", got)
	}
	if fmt.Sprint(w.times) != "map[always:2 never:1 once:2]" {
		t.Errorf("woken %v", w.times)
	}
}

func TestNothingIsTriedAgainWhenTimeIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := &waker{wake: func(chat.RoomID, int) error {
		cancel()
		return errors.New("too late")
	}}
	response, err := apigw.Stream(w)(ctx, events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record("a", "1")}})
	if err != nil || !slices.Equal(failures(response), []string{"1"}) || w.times["a"] != 1 {
		t.Errorf("failures %v, woken %v, error %v", failures(response), w.times, err)
	}
}

// One slow room must not hold up the others: a room that waits for another one of its batch sees it come.
func TestRoomsGoSideBySide(t *testing.T) {
	met := make(chan struct{})
	w := &waker{wake: func(room chat.RoomID, _ int) error {
		select {
		case met <- struct{}{}:
		case <-met:
		}
		return nil
	}}
	response, _ := observe(t, apigw.Stream(w), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{
		record("a", "1"), record("b", "2"),
	}})
	if got := failures(response); len(got) > 0 {
		t.Errorf("failures %v", got)
	}
}

func TestManyRoomsAreBounded(t *testing.T) {
	var mu sync.Mutex
	var now, peak int
	w := &waker{}
	w.wake = func(chat.RoomID, int) error {
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
		batch.Records = append(batch.Records, record(fmt.Sprint("room-", i), fmt.Sprint(i+1)))
	}
	observe(t, apigw.Stream(w), batch)
	if len(w.times) != 200 || peak > 16 {
		t.Errorf("%d rooms woken, %d at once", len(w.times), peak)
	}
}

func TestRecordsThatAreNoEntriesArePassedOver(t *testing.T) {
	w := &waker{}
	odd := record("a", "2")
	odd.Change.Keys = map[string]events.DynamoDBAttributeValue{"room_id": events.NewNumberAttribute("5")}
	response, _ := observe(t, apigw.Stream(w), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{{}, odd}})
	if len(w.times) > 0 || len(failures(response)) > 0 {
		t.Errorf("woken %v, failures %v", w.times, failures(response))
	}
}

func TestEmptyBatch(t *testing.T) {
	response, _ := observe(t, apigw.Stream(&waker{}), events.DynamoDBEvent{})
	if len(failures(response)) > 0 {
		t.Errorf("failures %v", failures(response))
	}
}
