package streams

import (
	"encoding/json"
	"time"
)

// Conditions under which records are given up.
const (
	retriesExhausted = "RetryAttemptsExhausted"
	ageExceeded      = "RecordAgeExceeded"
)

// deadLetter says which records were given up, not what was in them (Lambda Developer Guide, "Retain discarded records
// for a DynamoDB event source in Lambda").
type deadLetter struct {
	RequestContext struct {
		RequestID              string `json:"requestId"`
		FunctionARN            string `json:"functionArn"`
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	// ResponseContext is missing if the function was never invoked with these records.
	ResponseContext *responseContext `json:"responseContext,omitempty"`
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           batchInfo        `json:"DDBStreamBatchInfo"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

type batchInfo struct {
	ShardID      string `json:"shardId"`
	FirstNumber  string `json:"startSequenceNumber"`
	LastNumber   string `json:"endSequenceNumber"`
	FirstArrived string `json:"approximateArrivalOfFirstRecord"`
	LastArrived  string `json:"approximateArrivalOfLastRecord"`
	BatchSize    int    `json:"batchSize"`
	StreamARN    string `json:"streamArn"`
}

// letter writes the letter about a part that is given up.
func (d *delivery) letter(p part, condition string, now time.Time) []byte {
	var l deadLetter
	l.RequestContext.RequestID = p.last.RequestID
	l.RequestContext.FunctionARN = d.mapping.FunctionARN
	l.RequestContext.Condition = condition
	l.RequestContext.ApproximateInvokeCount = p.invoked
	if p.invoked > 0 {
		l.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: "$LATEST", FunctionError: p.last.FunctionError}
	}
	l.Version = "1.0"
	l.Timestamp = now.UTC().Format("2006-01-02T15:04:05.000Z07:00")
	first, last := p.items[0], p.items[len(p.items)-1]
	l.Batch = batchInfo{
		ShardID:      d.shard,
		FirstNumber:  first.number,
		LastNumber:   last.number,
		FirstArrived: first.arrived.UTC().Format(time.RFC3339),
		LastArrived:  last.arrived.UTC().Format(time.RFC3339),
		BatchSize:    len(p.items),
		StreamARN:    d.streamARN,
	}
	text, _ := json.Marshal(l) // strings and numbers always can be
	return text
}
