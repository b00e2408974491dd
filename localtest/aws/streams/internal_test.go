package streams

import (
	"bytes"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"pgregory.net/rapid"
)

func TestFilters(t *testing.T) {
	const event = `{"eventName":"INSERT","dynamodb":{"Keys":{"room":{"S":"Lobby"},"id":{"N":"7"}},` +
		`"NewImage":{"kind":{"S":""},"deleted":{"BOOL":true},"gone":{"NULL":true},"tags":{"SS":["x","y"]}},"SizeBytes":12}}`
	for _, c := range []struct {
		pattern string
		passes  bool
	}{
		{`{"eventName":["INSERT"]}`, true},
		{`{"eventName":["REMOVE","INSERT"]}`, true},
		{`{"eventName":["insert"]}`, false},
		{`{"eventName":["REMOVE"]}`, false},
		{`{"eventName":["INSERT"],"dynamodb":{"Keys":{"room":{"S":["Lobby"]}}}}`, true},
		{`{"eventName":["INSERT"],"dynamodb":{"Keys":{"room":{"S":["other"]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"prefix":"Lob"}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"prefix":"ob"}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"suffix":"bby"}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"suffix":"bb"}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"equals-ignore-case":"lOBBY"}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"equals-ignore-case":"lobb"}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"anything-but":"Lobby"}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"anything-but":["a","b"]}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"anything-but":{"prefix":"Lo"}}]}}}}`, false},
		{`{"dynamodb":{"Keys":{"room":{"S":[{"anything-but":{"prefix":"x"}}]}}}}`, true},
		{`{"dynamodb":{"Keys":{"none":{"S":[{"anything-but":"x"}]}}}}`, false},
		{`{"dynamodb":{"OldImage":{"kind":{"S":[{"exists":false}]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"kind":{"S":[{"exists":true}]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"kind":{"S":[{"exists":false}]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"kind":[{"exists":true}]}}}`, false}, // not a leaf
		{`{"dynamodb":{"NewImage":{"kind":{"S":[""]}}}}`, true},
		{`{"dynamodb":{"Keys":{"room":{"S":[""]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"deleted":{"BOOL":[true]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"deleted":{"BOOL":[false]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"deleted":{"BOOL":["true"]}}}}`, false},
		{`{"dynamodb":{"NewImage":{"tags":{"SS":["y"]}}}}`, true},
		{`{"dynamodb":{"NewImage":{"tags":{"SS":["z"]}}}}`, false},
		{`{"dynamodb":{"SizeBytes":[12]}}`, true},
		{`{"$or":[{"eventName":["REMOVE"]},{"dynamodb":{"Keys":{"id":{"N":["7"]}}}}]}`, true},
		{`{"$or":[{"eventName":["REMOVE"]},{"dynamodb":{"Keys":{"id":{"N":["8"]}}}}]}`, false},
		{`{"dynamodb":{"Keys":{"$or":[{"room":{"S":["x"]}},{"id":{"N":["7"]}}]}}}`, true},
	} {
		f, err := compile([]string{c.pattern})
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := f.passes([]byte(event)); got != c.passes {
			t.Errorf("%s: passes is %t", c.pattern, got)
		}
	}
	either, err := compile([]string{`{"eventName":["REMOVE"]}`, `{"eventName":["INSERT"]}`})
	if err != nil || !either.passes([]byte(event)) {
		t.Errorf("of two filters one matches, and nothing passes (%v)", err)
	}
	if !filter(nil).passes([]byte(event)) {
		t.Error("without filters nothing passes")
	}
}

func TestFiltersThatCannotBeMatchedAreErrors(t *testing.T) {
	for _, pattern := range []string{
		``, `[]`, `"INSERT"`, `{}`, `{"eventName":"INSERT"}`, `{"eventName":[]}`, `{"eventName":{}}`, `{"a":["b"]} {}`,
		`{"dynamodb":{"Keys":{"id":{"N":[{"numeric":[">",1]}]}}}}`,
		`{"eventName":[{"wildcard":"I*"}]}`, `{"eventName":[{"cidr":"10.0.0.0/8"}]}`,
		`{"eventName":[{"prefix":1}]}`, `{"eventName":[{"exists":"yes"}]}`, `{"eventName":[{"prefix":"a","suffix":"b"}]}`,
		`{"eventName":[{"anything-but":[]}]}`, `{"$or":{"a":["b"]}}`, `{"$or":[{"a":["b"]}]}`, `{"$or":["a","b"]}`,
	} {
		if _, err := compile([]string{pattern}); err == nil || !strings.Contains(err.Error(), "filter "+pattern) {
			t.Errorf("%s: the error is %v", pattern, err)
		}
	}
}

func TestVerdicts(t *testing.T) {
	items := []item{{number: "1"}, {number: "2"}, {number: "3"}, {number: "10"}}
	success, whole := verdict{done: 4}, verdict{failed: true, whole: true}
	part := func(done int) verdict { return verdict{done: done, failed: true} }
	for payload, want := range map[string]verdict{
		``: success, `null`: success, `{}`: success, `{"batchItemFailures":null}`: success, `{"batchItemFailures":[]}`: success,
		` {"other":1} `: success, `{"BatchItemFailures":[{"itemIdentifier":"2"}]}`: success,
		`{"batchItemFailures":[{"itemIdentifier":"2"}]}`:                         part(1),
		`{"batchItemFailures":[{"itemIdentifier":"10"},{"itemIdentifier":"3"}]}`: part(2),
		`{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"10"}]}`: part(2),
		`{"batchItemFailures":[{"itemIdentifier":"1"}]}`:                         part(0),
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:                          whole,
		`{"batchItemFailures":[{"itemIdentifier":null}]}`:                        whole,
		`{"batchItemFailures":[{"itemIdentifier":2}]}`:                           whole,
		`{"batchItemFailures":[{"ItemIdentifier":"2"}]}`:                         whole,
		`{"batchItemFailures":[{"itemIdentifier":"2"},{"id":"3"}]}`:              whole,
		`{"batchItemFailures":[null]}`:                                           whole,
		`{"batchItemFailures":["2"]}`:                                            whole,
		`{"batchItemFailures":"2"}`:                                              whole,
		`{"batchItemFailures":[{"itemIdentifier":"4"}]}`:                         whole,
		`"done"`: whole, `[]`: whole, `{"batchItem`: whole,
	} {
		got := judge(Response{Payload: []byte(payload)}, true, items)
		if (got.problem != "") != got.failed {
			t.Errorf("%s: problem %q", payload, got.problem)
		}
		if got.problem = ""; got != want {
			t.Errorf("%s: %+v, want %+v", payload, got, want)
		}
	}
	if got := judge(Response{Payload: []byte(`{"batchItemFailures":[{"itemIdentifier":"2"}]}`)}, false, items); got != success {
		t.Errorf("without reports: %+v", got)
	}
	if got := judge(Response{FunctionError: "Unhandled", Payload: []byte(`{}`)}, true, items); !got.whole || !got.failed || got.done != 0 {
		t.Errorf("a function error: %+v", got)
	}
}

// golden is a record with all kinds of values, as Lambda would deliver it.
const golden = `{"eventID":"18831e2553d63b6b7db50c362e583b8e","eventName":"REMOVE","eventVersion":"1.1","eventSource":"aws:dynamodb",` +
	`"awsRegion":"eu-west-1","dynamodb":{"ApproximateCreationDateTime":1480642020,"Keys":{"id":{"N":"1"}},` +
	`"NewImage":{"b":{"B":"AQID"},"bool":{"BOOL":false},"bs":{"BS":["AQ==","Ag=="]},"l":{"L":[{"S":"x"},{"NULL":true}]},` +
	`"m":{"M":{"n":{"N":"2"}}},"none":{"L":[]},"ns":{"NS":["1","2"]},"s":{"S":""},"ss":{"SS":["a"]}},` +
	`"SequenceNumber":"000000000000000000042","SizeBytes":54,"StreamViewType":"NEW_AND_OLD_IMAGES"},` +
	`"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"eventSourceARN":"arn:stream"}`

func TestEvent(t *testing.T) {
	r := types.Record{
		EventName:    types.OperationTypeRemove,
		EventID:      aws.String("the engine's own"),
		UserIdentity: &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &types.StreamRecord{
			ApproximateCreationDateTime: aws.Time(time.Unix(1480642020, 0)),
			Keys:                        map[string]types.AttributeValue{"id": &types.AttributeValueMemberN{Value: "1"}},
			NewImage: map[string]types.AttributeValue{
				"s":    &types.AttributeValueMemberS{Value: ""},
				"b":    &types.AttributeValueMemberB{Value: []byte{1, 2, 3}},
				"bool": &types.AttributeValueMemberBOOL{Value: false},
				"ss":   &types.AttributeValueMemberSS{Value: []string{"a"}},
				"ns":   &types.AttributeValueMemberNS{Value: []string{"1", "2"}},
				"bs":   &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
				"none": &types.AttributeValueMemberL{},
				"l":    &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "x"}, &types.AttributeValueMemberNULL{Value: true}}},
				"m":    &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"n": &types.AttributeValueMemberN{Value: "2"}}},
			},
			SequenceNumber: aws.String("42"), SizeBytes: aws.Int64(54), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	}
	got, err := Stream{EngineARN: "arn:engine", ARN: "arn:stream", Region: "eu-west-1"}.event("shard", r)
	if err != nil || string(got) != golden {
		t.Errorf("%v\n%s\nwant\n%s", err, got, golden)
	}
	// What Lambda's own types make of it says the same.
	var e events.DynamoDBEventRecord
	if err := json.Unmarshal(got, &e); err != nil {
		t.Fatal(err)
	}
	if e.Change.NewImage["l"].List()[0].String() != "x" || !bytes.Equal(e.Change.NewImage["b"].Binary(), []byte{1, 2, 3}) ||
		!e.Change.ApproximateCreationDateTime.Equal(time.Unix(1480642020, 0)) {
		t.Errorf("decoded: %+v", e)
	}
}

func TestSmallThings(t *testing.T) {
	long := strings.Repeat("9", 40)
	for in, want := range map[string]string{"1": strings.Repeat("0", 20) + "1", "": strings.Repeat("0", 21), long: long} {
		if got := pad(in); got != want {
			t.Errorf("pad(%q) is %q", in, got)
		}
	}
	if got := epochSeconds(time.UnixMilli(1500000000250)); got != "1500000000.250" {
		t.Errorf("a time with a fraction is %s", got)
	}
	minute := time.Unix(1480642020, 0)
	for _, c := range []struct{ created, read, want time.Time }{
		{minute.Add(7 * time.Second), minute.Add(time.Hour), minute.Add(7 * time.Second)},
		{minute, minute.Add(time.Hour), minute.Add(time.Minute)},
		{minute, minute.Add(5 * time.Second), minute.Add(5 * time.Second)},
		{time.Time{}, minute, minute},
	} {
		if got := arrival(c.created, c.read); !got.Equal(c.want) {
			t.Errorf("a record of %s, read at %s, arrived at %s", c.created, c.read, got)
		}
	}
}

func TestLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l ledger
		var entered []int
		done := map[int]bool{}
		names := []string{""} // by ticket + 1
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			var open []int
			for _, k := range entered {
				if !done[k] {
					open = append(open, k)
				}
			}
			if len(open) == 0 || rapid.Bool().Draw(t, "enter") {
				name := string(rune('a' + len(entered)))
				names = append(names, name)
				entered = append(entered, l.enter(name))
				continue
			}
			k := rapid.SampledFrom(open).Draw(t, "finish")
			done[k] = true
			l.finish(k)
			prefix := 0
			for prefix < len(entered) && done[entered[prefix]] {
				prefix++
			}
			if l.after != names[prefix] || l.unfinished() != len(entered)-prefix {
				t.Fatalf("after %q with %d unfinished, want %q and %d", l.after, l.unfinished(), names[prefix], len(entered)-prefix)
			}
		}
	})
}

func TestCheckpointFile(t *testing.T) {
	f := CheckpointFile(filepath.Join(t.TempDir(), "folder", "mapping.json"))
	if c, err := f.Load(); err != nil || c.Stream != "" {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	for _, after := range []string{"1", "2"} {
		c := Checkpoint{Stream: "arn", Shards: map[string]Position{"a": {After: after}, "b": {Finished: true}, "c": {At: "9"}, "d": {}}}
		if err := f.Save(c); err != nil {
			t.Fatal(err)
		}
		got, err := f.Load()
		if err != nil || got.Stream != "arn" || len(got.Shards) != 4 || got.Shards["a"] != c.Shards["a"] || got.Shards["c"] != c.Shards["c"] {
			t.Errorf("loaded %+v, %v", got, err)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	_, err := New(Config{Mapping: Mapping{Function: "fanout", StartingPosition: "AT_TIMESTAMP", BatchSize: 10_001, ParallelizationFactor: 11,
		MaximumBatchingWindow: time.Hour, MaximumRetryAttempts: -2, MaximumRecordAge: time.Second, Filters: []string{`{}`}}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{"fanout", "StartingPosition", "BatchSize", "ParallelizationFactor", "MaximumBatchingWindow",
		"MaximumRetryAttempts", "MaximumRecordAge", "client", "partition key", "filter {}"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

// Each key has its lane, and a hundred keys use all of ten.
func TestLanes(t *testing.T) {
	used := map[int]int{}
	for i := range 100 {
		value := &types.AttributeValueMemberS{Value: strings.Repeat("k", i)}
		n := laneOf(value, 10)
		if laneOf(value, 10) != n {
			t.Error("a key has two lanes")
		}
		used[n]++
	}
	if len(used) != 10 || slices.Max(slices.Collect(maps.Values(used))) > 30 {
		t.Errorf("keys by lane: %v", used)
	}
}
