package apigw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/telemetry"
)

// pushJob is a fanout.Job as it goes from the fan-out to a worker. Nothing else reads it.
type pushJob struct {
	Room          chat.RoomID    `json:"room_id"`
	After         chat.EntryID   `json:"after_id"`
	Last          chat.EntryID   `json:"last_id"`
	Subscriptions []subscription `json:"subscriptions"`
}

type subscription struct {
	Connection chat.ConnectionID `json:"connection_id"`
	Shard      int               `json:"shard"`
	ExpiresAt  int64             `json:"expires_at"` // seconds since 1970
	Closing    bool              `json:"closing,omitempty"`
}

// Workers runs push jobs in the function push. It implements [fanout.Workers].
type Workers struct {
	client   *lambda.Client
	function string
}

var _ fanout.Workers = (*Workers)(nil)

// NewWorkers makes Workers; function is the name or ARN of the function push.
func NewWorkers(client *lambda.Client, function string) *Workers {
	return &Workers{client: client, function: function}
}

// Run implements [fanout.Workers].
func (w *Workers) Run(ctx context.Context, job fanout.Job) error {
	payload := pushJob{Room: job.Room, After: job.After, Last: job.Last}
	for _, s := range job.Subscriptions {
		payload.Subscriptions = append(payload.Subscriptions, subscription{
			Connection: s.Connection, Shard: s.Shard, ExpiresAt: s.ExpiresAt.Unix(), Closing: s.Closing,
		})
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("encode push job: %w", err)
	}
	out, err := w.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &w.function, Payload: data})
	if err != nil {
		return fmt.Errorf("invoke push worker: %w", err)
	}
	if out.FunctionError != nil {
		return errors.New("push worker failed: " + *out.FunctionError)
	}
	return nil
}

// PushJobs handles the invocations of the function push.
func PushJobs(worker *fanout.Worker) func(context.Context, json.RawMessage) (struct{}, error) {
	return func(ctx context.Context, data json.RawMessage) (struct{}, error) {
		var payload pushJob
		if err := json.Unmarshal(data, &payload); err != nil {
			return struct{}{}, fmt.Errorf("decode push job: %w", err)
		}
		telemetry.From(ctx).Label("action", "push")
		telemetry.From(ctx).Label("room", string(payload.Room))
		job := fanout.Job{Room: payload.Room, After: payload.After, Last: payload.Last}
		for _, s := range payload.Subscriptions {
			job.Subscriptions = append(job.Subscriptions, chat.Subscription{
				Room: payload.Room, Connection: s.Connection, Shard: s.Shard,
				ExpiresAt: time.Unix(s.ExpiresAt, 0), Closing: s.Closing,
			})
		}
		return struct{}{}, worker.Run(ctx, job)
	}
}
