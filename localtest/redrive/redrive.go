// Package redrive has done once more what was given up: jobs, and wakes of rooms. It is for an operator, after the cause
// is mended. It may be run again at any time.
package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
)

// Names are outputs of the template, by the same names.
type Names struct {
	DeadLetters     string // URL of the queue of wakes that were given up
	Jobs            string // URL of the queue of jobs
	JobsDeadLetters string // URL of the queue of jobs that were given up, those of Checks too
	RoomsTable      string
}

// Clients reach the services.
type Clients struct {
	SQS      *sqs.Client
	DynamoDB *dynamodb.Client
	Streams  *dynamodbstreams.Client
}

// Report says what was done.
type Report struct {
	Letters int  // of wakes
	Rooms   int  // that got a job for them
	Scanned bool // some letter's records were not in the stream any more, so all rooms were looked at
}

// Run brings jobs back to the queues they came from, and sends a job for each room that a letter is about. A letter goes when its jobs
// are stored.
func Run(ctx context.Context, c Clients, n Names) (Report, error) {
	if err := moveJobs(ctx, c.SQS, n.JobsDeadLetters); err != nil {
		return Report{}, err
	}
	r := &redrive{
		Clients: c, names: n, queue: apigw.NewJobQueue(c.SQS, n.Jobs), sent: map[chat.RoomID]bool{},
		store: dynamo.New(c.DynamoDB, dynamo.Tables{Rooms: n.RoomsTable}, time.Now),
	}
	err := r.letters(ctx)
	r.report.Rooms = len(r.sent)
	return r.report, err
}

// moveJobs has SQS bring jobs that were given up back. Their letters name the room, so nothing else is needed.
func moveJobs(ctx context.Context, client *sqs.Client, url string) error {
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return fmt.Errorf("find dead letters of jobs: %w", err)
	}
	arn := attributes.Attributes[string(types.QueueAttributeNameQueueArn)]
	if _, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &arn}); err != nil {
		return fmt.Errorf("bring jobs back: %w", err)
	}
	return nil
}

type redrive struct {
	Clients
	names  Names
	queue  fanout.Jobs
	store  *dynamo.Store
	sent   map[chat.RoomID]bool
	report Report
}

// letter is what Lambda writes about records that it gave up: no content, and no keys (Lambda Developer Guide, "Retain
// discarded records for a DynamoDB event source in Lambda").
type letter struct {
	Batch struct {
		ShardID     string `json:"shardId"`
		FirstNumber string `json:"startSequenceNumber"`
		LastNumber  string `json:"endSequenceNumber"`
		BatchSize   int    `json:"batchSize"`
		StreamARN   string `json:"streamArn"`
	} `json:"DDBStreamBatchInfo"`
}

// letterTime is for how long a letter is ours: longer than its jobs take to send.
const letterTime = 300

func (r *redrive) letters(ctx context.Context) error {
	for {
		out, err := r.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &r.names.DeadLetters, MaxNumberOfMessages: 10, VisibilityTimeout: letterTime, WaitTimeSeconds: 1,
		})
		if err != nil {
			return fmt.Errorf("read dead letters: %w", err)
		}
		if len(out.Messages) == 0 {
			return nil
		}
		for _, m := range out.Messages {
			if err := r.answer(ctx, *m.Body); err != nil {
				return err
			}
			_, err := r.SQS.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &r.names.DeadLetters, ReceiptHandle: m.ReceiptHandle})
			if err != nil {
				return fmt.Errorf("delete dead letter: %w", err)
			}
			r.report.Letters++
		}
	}
}

// answer sends the jobs for one letter. The stream keeps records for 24 hours. After that the heads of the rooms tell
// which of them are behind.
func (r *redrive) answer(ctx context.Context, body string) error {
	var l letter
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return fmt.Errorf("decode dead letter: %w", err)
	}
	err := r.byRecords(ctx, l)
	if !isGone(err) {
		return err
	}
	if r.report.Scanned {
		return nil
	}
	r.report.Scanned = true
	return r.store.RoomsBehind(ctx, func(room chat.RoomID) error { return r.send(ctx, room) })
}

// isGone reports whether records, or their stream, are not there any more.
func isGone(err error) bool {
	_, trimmed := errors.AsType[*streamtypes.TrimmedDataAccessException](err)
	_, missing := errors.AsType[*streamtypes.ResourceNotFoundException](err)
	return trimmed || missing
}

func (r *redrive) byRecords(ctx context.Context, l letter) error {
	at, err := r.Streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
		StreamArn: &l.Batch.StreamARN, ShardId: &l.Batch.ShardID, SequenceNumber: &l.Batch.FirstNumber,
		ShardIteratorType: streamtypes.ShardIteratorTypeAtSequenceNumber,
	})
	if err != nil {
		return fmt.Errorf("find records of dead letter: %w", err)
	}
	next := at.ShardIterator
	for empty := 0; next != nil && empty < maxEmptyReads; {
		out, err := r.Streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next})
		if err != nil {
			return fmt.Errorf("read records of dead letter: %w", err)
		}
		if empty++; len(out.Records) > 0 {
			empty = 0
		}
		for _, record := range out.Records {
			if err := r.sendFor(ctx, record); err != nil || !isBelow(*record.Dynamodb.SequenceNumber, l.Batch.LastNumber) {
				return err
			}
		}
		next = out.NextShardIterator
	}
	return nil
}

// maxEmptyReads is how often a read of the stream may bring nothing before its end is taken to be reached. A read may be
// empty where records follow.
const maxEmptyReads = 20

// isBelow compares sequence numbers: decimal, of any length.
func isBelow(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return len(a) < len(b) || len(a) == len(b) && a < b
}

func (r *redrive) sendFor(ctx context.Context, record streamtypes.Record) error {
	if key, ok := record.Dynamodb.Keys["room_id"].(*streamtypes.AttributeValueMemberS); ok {
		return r.send(ctx, chat.RoomID(key.Value))
	}
	return nil
}

// send sends one job for each room.
func (r *redrive) send(ctx context.Context, room chat.RoomID) error {
	if r.sent[room] {
		return nil
	}
	r.sent[room] = true
	return r.queue.PushLater(ctx, room, 0)
}
