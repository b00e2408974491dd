package apigw

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/telemetry"
)

// job is a message of the queue: what is to be done, and to what. It holds no content. It may be done twice, and late.
type job struct {
	Name string      `json:"job"`
	Room chat.RoomID `json:"room_id,omitempty"`
	memberFields
	eraseFields
	drainFields

	sent time.Time // when the queue got it, the same in each try; zero when that is not known
}

// pushRoom is the job that pushes a room's news.
const pushRoom = "pushRoom"

// RoomFinisher pushes all that lies in a room's log; errors as [fanout.Waker.Finish].
type RoomFinisher interface {
	Finish(ctx context.Context, room chat.RoomID, retry time.Duration) error
}

// Members does the jobs about rooms and members.
type Members interface {
	MemberFinisher
	RoomEraser
}

// jobTable has what does each job, by its name. retry is after how long a job that fails is tried again.
type jobTable map[string]func(ctx context.Context, j job, retry time.Duration) error

func newJobTable(
	finisher RoomFinisher, members Members, drainer Drainer, checker PresenceChecker, users UserEraser,
) jobTable {
	return jobTable{
		eraseUser:    func(ctx context.Context, j job, _ time.Duration) error { return users.Run(ctx, j.erasure()) },
		eraseRoom:    func(ctx context.Context, j job, _ time.Duration) error { return members.Erase(ctx, j.erase()) },
		finishMember: func(ctx context.Context, j job, _ time.Duration) error { return members.Finish(ctx, j.finish()) },
		pushRoom: func(ctx context.Context, j job, retry time.Duration) error {
			return finisher.Finish(ctx, j.Room, retry)
		},
		checkPresence: func(ctx context.Context, j job, _ time.Duration) error { return checker.Check(ctx, j.check()) },
		drain:         func(ctx context.Context, j job, _ time.Duration) error { return drainer.Drain(ctx, j.drain()) },
	}
}

// JobQueue is a queue of jobs. It implements [fanout.Jobs].
type JobQueue struct {
	client *sqs.Client
	url    string
}

var _ fanout.Jobs = (*JobQueue)(nil)

// NewJobQueue makes a JobQueue; url is the queue's.
func NewJobQueue(client *sqs.Client, url string) *JobQueue {
	return &JobQueue{client: client, url: url}
}

// PushLater implements [fanout.Jobs]. The delay is cut to whole seconds, and to the longest that SQS takes (15 minutes;
// SQS API Reference, SendMessage).
func (q *JobQueue) PushLater(ctx context.Context, room chat.RoomID, delay time.Duration) error {
	return q.send(ctx, job{Name: pushRoom, Room: room}, delay)
}

func (q *JobQueue) send(ctx context.Context, j job, delay time.Duration) error {
	body, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	_, err = q.client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: &q.url, MessageBody: aws.String(string(body)), DelaySeconds: seconds(min(delay, maxDelay)),
	})
	if err != nil { // whatever it is, it is safe to ask again
		return &chat.Error{
			Code: chat.CodeUnavailable, Message: "the queue did not answer in time; try again", Err: fmt.Errorf("send message: %w", err),
		}
	}
	return nil
}

const (
	maxDelay   = 15 * time.Minute
	firstRetry = time.Second
	lastRetry  = time.Minute
)

func seconds(d time.Duration) int32 { return int32(d / time.Second) }

// retryAfter returns how long a job waits that fails when it has been received so often.
func retryAfter(receives int) time.Duration {
	wait := firstRetry
	for range receives - 1 {
		if wait *= 2; wait >= lastRetry {
			return lastRetry
		}
	}
	return wait
}

// Jobs handles messages of the queues. A job that fails comes again after its wait, which it is given as the time for
// which it cannot be seen. After as many receives as the template says, it goes to the dead letters.
func Jobs(
	finisher RoomFinisher, members Members, drainer Drainer, checker PresenceChecker, users UserEraser,
	queues ...*JobQueue,
) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	table := newJobTable(finisher, members, drainer, checker, users)
	return func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
		var response events.SQSEventResponse
		for _, message := range event.Records {
			receives, _ := strconv.Atoi(message.Attributes["ApproximateReceiveCount"])
			retry := retryAfter(receives)
			err := runJob(ctx, table, message, retry)
			if err == nil {
				continue
			}
			telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
			if err := hide(ctx, queues, message, retry); err != nil {
				telemetry.From(ctx).Fail(string(chat.CodeUnavailable), err) // it comes again when its usual time is over
			}
			response.BatchItemFailures = append(response.BatchItemFailures,
				events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
		return response, nil
	}
}

func runJob(ctx context.Context, table jobTable, message events.SQSMessage, retry time.Duration) error {
	var j job
	if err := json.Unmarshal([]byte(message.Body), &j); err != nil {
		return fmt.Errorf("decode job: %w", err)
	}
	run, known := table[j.Name]
	if !known {
		return fmt.Errorf("there is no job %q", j.Name)
	}
	if sent, err := strconv.ParseInt(message.Attributes["SentTimestamp"], 10, 64); err == nil {
		j.sent = time.UnixMilli(sent)
	}
	telemetry.From(ctx).Label("action", j.Name)
	what := "job " + j.Name
	if j.Room != "" {
		telemetry.From(ctx).Label("room", string(j.Room))
		what += " of room " + string(j.Room)
	}
	return chat.Wrap(what, run(ctx, j, retry))
}

// hideTime bounds the call that says when a job comes again.
const hideTime = 2 * time.Second

// hide makes a message come again after the time, and not when its queue's own time is over.
func hide(ctx context.Context, queues []*JobQueue, message events.SQSMessage, wait time.Duration) error {
	for _, q := range queues {
		if q.isAt(message.EventSourceARN) {
			return q.hide(ctx, message.ReceiptHandle, wait)
		}
	}
	return fmt.Errorf("hide job: no queue is %q", message.EventSourceARN)
}

// isAt reports whether the ARN is the queue's. Its last part is the queue's name, as that of the URL (Amazon SQS
// Developer Guide, "Queue and message identifiers"). A function has queues of one account and Region alone.
func (q *JobQueue) isAt(arn string) bool {
	return arn[strings.LastIndexByte(arn, ':')+1:] == path.Base(q.url)
}

func (q *JobQueue) hide(ctx context.Context, receipt string, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hideTime)
	defer cancel()
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(wait),
	})
	return chat.Wrap("hide job", err)
}
