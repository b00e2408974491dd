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

// pushJob is a fanout.Job as it goes from a function that pushes to a worker. Nothing else reads it. Functions of two
// versions may run side by side, so fields that came later may be missing.
type pushJob struct {
	Room          chat.RoomID    `json:"room_id"`
	After         chat.EntryID   `json:"after_id"`
	Last          chat.EntryID   `json:"last_id"`
	Subscriptions []subscription `json:"subscriptions"`
	ReadAt        int64          `json:"read_at,omitempty"`  // milliseconds since 1970
	Rate          float64        `json:"rate,omitempty"`     // posts a second
	Deadline      int64          `json:"deadline,omitempty"` // milliseconds since 1970
}

type subscription struct {
	Connection chat.ConnectionID `json:"connection_id"`
	User       chat.UserID       `json:"user_id,omitempty"`
	Shard      int               `json:"shard"`
	ExpiresAt  int64             `json:"expires_at"` // seconds since 1970
	Closing    bool              `json:"closing,omitempty"`
	Got        chat.EntryID      `json:"got_id,omitempty"`
}

// pushAnswer is what a worker answers: which subscriptions of its job have not got everything, by their place in it, and
// why. An empty one is a job that is done.
type pushAnswer struct {
	Rest      []left `json:"rest,omitempty"`
	Error     string `json:"error,omitempty"`
	Forbidden bool   `json:"forbidden,omitempty"`
}

type left struct {
	Index int          `json:"index"`
	Got   chat.EntryID `json:"got_id,omitempty"`
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
func (w *Workers) Run(ctx context.Context, job fanout.Job) ([]fanout.Recipient, error) {
	payload := pushJob{Room: job.Room, After: job.After, Last: job.Last, Rate: job.Rate}
	if !job.ReadAt.IsZero() {
		payload.ReadAt = job.ReadAt.UnixMilli()
	}
	if !job.Deadline.IsZero() {
		payload.Deadline = job.Deadline.UnixMilli()
	}
	for _, r := range job.Recipients {
		payload.Subscriptions = append(payload.Subscriptions, subscription{
			Connection: r.Connection, User: r.User, Shard: r.Shard, ExpiresAt: r.ExpiresAt.Unix(), Closing: r.Closing, Got: r.Got,
		})
	}
	data, err := json.Marshal(payload)
	if err != nil {
		return job.Recipients, fmt.Errorf("encode push job: %w", err)
	}
	out, err := w.client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &w.function, Payload: data})
	if err != nil {
		return job.Recipients, fmt.Errorf("invoke push worker: %w", err)
	}
	if out.FunctionError != nil {
		return job.Recipients, errors.New("push worker failed: " + *out.FunctionError)
	}
	return readAnswer(job, out.Payload)
}

// readAnswer returns what a worker has left of a job.
func readAnswer(job fanout.Job, data []byte) ([]fanout.Recipient, error) {
	var answer pushAnswer
	if err := json.Unmarshal(data, &answer); err != nil {
		return job.Recipients, fmt.Errorf("decode answer of push worker: %w", err)
	}
	if answer.Error == "" {
		return nil, nil
	}
	var rest []fanout.Recipient
	for _, l := range answer.Rest {
		if l.Index < 0 || l.Index >= len(job.Recipients) {
			return job.Recipients, fmt.Errorf("push worker leaves recipient %d of %d", l.Index, len(job.Recipients))
		}
		r := job.Recipients[l.Index]
		r.Got = max(r.Got, l.Got)
		rest = append(rest, r)
	}
	err := errors.New("push worker: " + answer.Error)
	if answer.Forbidden {
		err = fmt.Errorf("%w: %w", fanout.ErrForbidden, err)
	}
	return rest, err
}

// PushWorker handles the invocations of the function push.
func PushWorker(worker *fanout.Worker) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, data json.RawMessage) (json.RawMessage, error) {
		var payload pushJob
		if err := json.Unmarshal(data, &payload); err != nil {
			return nil, fmt.Errorf("decode push job: %w", err)
		}
		telemetry.From(ctx).Label("action", "push")
		telemetry.From(ctx).Label("room", string(payload.Room))
		job := payload.job()
		rest, err := worker.Run(ctx, job)
		if err != nil {
			telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
		}
		return json.Marshal(answerOf(job, rest, err))
	}
}

func (p pushJob) job() fanout.Job {
	job := fanout.Job{Room: p.Room, After: p.After, Last: p.Last, Rate: p.Rate}
	if p.ReadAt != 0 {
		job.ReadAt = time.UnixMilli(p.ReadAt)
	}
	if p.Deadline != 0 {
		job.Deadline = time.UnixMilli(p.Deadline)
	}
	for _, s := range p.Subscriptions {
		job.Recipients = append(job.Recipients, fanout.Recipient{Got: s.Got, Subscription: chat.Subscription{
			Room: p.Room, Connection: s.Connection, User: s.User, Shard: s.Shard, ExpiresAt: time.Unix(s.ExpiresAt, 0),
			Closing: s.Closing,
		}})
	}
	return job
}

func answerOf(job fanout.Job, rest []fanout.Recipient, err error) pushAnswer {
	if err == nil {
		return pushAnswer{}
	}
	answer := pushAnswer{Error: err.Error(), Forbidden: errors.Is(err, fanout.ErrForbidden)}
	at := make(map[chat.ConnectionID]int, len(job.Recipients))
	for i, r := range job.Recipients {
		at[r.Connection] = i
	}
	for _, r := range rest {
		answer.Rest = append(answer.Rest, left{Index: at[r.Connection], Got: r.Got})
	}
	return answer
}
