package streams_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/streams"
)

const sourceARN = "arn:aws:dynamodb:us-east-1:000000000000:table/Entries/stream/2026-01-01T00:00:00.000"

func TestRecordsOfAnEngineLookLikeThoseOfAWS(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		s := make(sink, 10)
		o := newOnEngine(t, e, "NEW_AND_OLD_IMAGES", s.invoke)
		stop := o.start(t)
		began := time.Now().Truncate(time.Minute) // as one engine cuts it
		o.put(t, "lobby", 1)
		changed := itemKey("lobby", 1)
		changed["blob"] = &types.AttributeValueMemberB{Value: []byte{1, 2, 3}}
		if _, err := e.DynamoDB.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &o.table, Item: changed}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.DynamoDB.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &o.table, Key: itemKey("lobby", 1)}); err != nil {
			t.Fatal(err)
		}
		var first []events.DynamoDBEventRecord
		for i, want := range []string{"INSERT", "MODIFY", "REMOVE"} {
			r := s.next(t)
			first = append(first, r)
			c := r.Change
			if r.EventName != want || r.EventSource != "aws:dynamodb" || r.EventVersion != "1.1" || r.AWSRegion != "us-east-1" ||
				r.EventSourceArn != sourceARN || len(r.EventID) != 32 || len(c.SequenceNumber) < 21 ||
				c.StreamViewType != "NEW_AND_OLD_IMAGES" || c.Keys["key"].String() != "lobby" || c.Keys["id"].Number() != "1" ||
				c.ApproximateCreationDateTime.Before(began) || c.ApproximateCreationDateTime.After(time.Now()) {
				t.Errorf("%s: %+v", want, r)
			}
			if (c.OldImage == nil) != (want == "INSERT") || (c.NewImage == nil) != (want == "REMOVE") {
				t.Errorf("%s: images %v, %v", want, c.OldImage, c.NewImage)
			}
			if i > 0 && c.SequenceNumber <= first[i-1].Change.SequenceNumber {
				t.Errorf("number %s comes after %s", c.SequenceNumber, first[i-1].Change.SequenceNumber)
			}
		}
		if got := first[1].Change.NewImage["blob"].Binary(); string(got) != "\x01\x02\x03" {
			t.Errorf("bytes arrive as %v", got)
		}
		stop()
		o.config.Checkpoints = &memory{} // once more from the beginning
		o.start(t)
		for _, before := range first {
			if r := s.next(t); r.EventID != before.EventID || r.Change.SequenceNumber != before.Change.SequenceNumber {
				t.Errorf("read again, %s %s is %s %s", before.EventID, before.Change.SequenceNumber, r.EventID, r.Change.SequenceNumber)
			}
		}
	})
}

// Twenty keys, ten lanes, a function that fails at every third attempt in one way or another: each key's records get
// through in order.
func TestOrderPerKeyUnderLanes(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		const keys, each = 20, 25
		var mu sync.Mutex
		seen := map[string]int{} // highest id by key
		left, calls := keys*each, 0
		all := make(chan struct{})
		invoke := func(_ context.Context, _, _ string, payload []byte) (streams.Response, error) {
			var event events.DynamoDBEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				return streams.Response{}, err
			}
			mu.Lock()
			defer mu.Unlock()
			calls++
			good := len(event.Records)
			switch crc32.ChecksumIEEE([]byte(strconv.Itoa(calls))) % 9 {
			case 0:
				return failed()
			case 1:
				return streams.Response{}, errThrottled
			case 2:
				good /= 2
			}
			for _, r := range event.Records[:good] {
				key := r.Change.Keys["key"].String()
				id, _ := r.Change.Keys["id"].Integer()
				if int(id) != seen[key]+1 {
					t.Errorf("of %s, %d came after %d", key, id, seen[key])
				}
				seen[key] = int(id)
				if left--; left == 0 {
					close(all)
				}
			}
			if good < len(event.Records) {
				return report(event.Records[good].Change.SequenceNumber)
			}
			return report()
		}
		o := newOnEngine(t, e, "KEYS_ONLY", invoke)
		o.config.Mapping.ParallelizationFactor, o.config.Mapping.BatchSize = 10, 7
		o.config.Mapping.ReportBatchItemFailures, o.config.Mapping.Bisect = true, true
		o.start(t)
		var writers sync.WaitGroup
		for k := range keys {
			writers.Go(func() {
				for id := 1; id <= each; id++ {
					o.put(t, fmt.Sprint("key-", k), id)
				}
			})
		}
		writers.Wait()
		select {
		case <-all:
		case <-time.After(time.Minute):
			mu.Lock()
			defer mu.Unlock()
			t.Fatalf("%d records of %d did not come: %v", left, keys*each, seen)
		}
	})
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		s := make(sink, 10)
		o := newOnEngine(t, e, "KEYS_ONLY", s.invoke)
		id := 0
		for range 3 {
			stop := o.start(t)
			for range 4 {
				id++
				o.put(t, "lobby", id)
				if got := s.next(t).Change.Keys["id"].Number(); got != strconv.Itoa(id) {
					t.Fatalf("record %s came, want %d", got, id)
				}
			}
			stop()
			id++
			o.put(t, "lobby", id) // while nobody reads
			id++
			o.put(t, "lobby", id)
			stop = o.start(t)
			for want := id - 1; want <= id; want++ {
				if got := s.next(t).Change.Keys["id"].Number(); got != strconv.Itoa(want) {
					t.Fatalf("after the restart record %s came, want %d", got, want)
				}
			}
			stop()
		}
	})
}

// A mapping that is killed has saved what it had finished at some moment before, and what it saves is never ahead of
// that.
func TestNothingIsLostByACrash(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		var stuck sync.WaitGroup
		stuck.Add(1)
		s := make(sink, 100)
		store := &memory{}
		reached := make(chan struct{})
		reach := sync.OnceFunc(func() { close(reached) }) // it may be tried again before it stops
		crashing := func(ctx context.Context, function, source string, payload []byte) (streams.Response, error) {
			var event events.DynamoDBEvent
			_ = json.Unmarshal(payload, &event)
			if id, _ := event.Records[0].Change.Keys["id"].Integer(); id == 5 {
				reach()
				stuck.Wait() // it dies in the middle of this
				return streams.Response{}, errThrottled
			}
			return s.invoke(ctx, function, source, payload)
		}
		o := newOnEngine(t, e, "KEYS_ONLY", crashing)
		o.config.Checkpoints = store
		o.config.Mapping.BatchSize = 1
		stop := o.start(t)
		for id := 1; id <= 10; id++ {
			o.put(t, "lobby", id)
		}
		<-reached
		atCrash, _ := store.Load()
		stuck.Done()
		stop()
		for range 4 {
			s.next(t)
		}
		o.config.Invoke = s.invoke
		o.config.Checkpoints = &memory{saved: atCrash}
		o.start(t)
		last := 0
		for last != 10 {
			id, _ := s.next(t).Change.Keys["id"].Integer()
			if last == 0 && id > 5 || last > 0 && int(id) != last+1 {
				t.Fatalf("after the crash %d came after %d", id, last)
			}
			last = int(id)
		}
	})
}

func TestLatestOnAnEngine(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		for _, before := range []int{0, 3} { // DynamoDB Local takes an empty stream for a trimmed one
			s := make(sink, 10)
			o := newOnEngine(t, e, "KEYS_ONLY", s.invoke)
			o.config.Mapping.StartingPosition = "LATEST"
			o.config.Client = &announcing{Client: o.config.Client, read: make(chan struct{})}
			for id := range before {
				o.put(t, "before", id)
			}
			stop := o.start(t)
			<-o.config.Client.(*announcing).read
			o.put(t, "after", 1)
			if got := s.next(t).Change.Keys["key"].String(); got != "after" {
				t.Errorf("%d records before: the first that came was of %q", before, got)
			}
			stop()
			_, err := e.DynamoDB.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String(o.table)})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
