package queues

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"
)

// States and failures of move tasks (Amazon SQS API Reference, "ListMessageMoveTasks"; Developer Guide, "Dead-letter
// queue and DLQ redrive issues").
const (
	taskRunning   = "RUNNING"
	taskCompleted = "COMPLETED"
	taskFailed    = "FAILED"

	unknownSource = "CouldNotDetermineMessageSource"
)

// maxTasks is how many tasks of a source are remembered; AWS tells of ten at most.
const maxTasks = 10

// moveTask moves messages out of a dead-letter queue. What can change of it is guarded by the service's lock.
type moveTask struct {
	id                  string
	source, destination *queue // destination nil: each message goes back to the queue it came from
	rate                int    // messages a second; 0: no limit
	started             time.Time

	status, failure string
	moved, toMove   int
}

// handle has the form of AWS's: base64 of JSON.
func (t *moveTask) handle() string {
	b, _ := json.Marshal(map[string]string{"taskId": t.id, "sourceArn": t.source.ARN}) // of texts alone: it cannot fail
	return base64.StdEncoding.EncodeToString(b)
}

type startMessageMoveTaskInput struct {
	SourceArn, DestinationArn    string
	MaxNumberOfMessagesPerSecond *int
}

type startMessageMoveTaskOutput struct{ TaskHandle string }

func (s *Service) startMessageMoveTask(
	_ call, in startMessageMoveTaskInput,
) (out startMessageMoveTaskOutput, err error) {
	t, err := s.newMoveTask(in)
	if err != nil {
		return out, err
	}
	if err := s.lock(); err != nil {
		return out, err
	}
	defer s.mu.Unlock()
	tasks := s.tasks[in.SourceArn]
	if len(tasks) > 0 && tasks[0].status == taskRunning {
		return out, invalid("There is already a task running. Only one active task is allowed for a source queue " +
			"arn at a given time.")
	}
	s.tasks[in.SourceArn] = append([]*moveTask{t}, tasks[:min(len(tasks), maxTasks-1)]...)
	now := s.config.Now()
	var ids []string
	for _, m := range t.source.inOrder() {
		if !m.due.After(now) && !t.source.expired(m, now) {
			ids = append(ids, m.id)
		}
	}
	t.started, t.toMove = now, len(ids)
	s.work.Go(func() { s.runMoveTask(t, ids) })
	return startMessageMoveTaskOutput{t.handle()}, nil
}

// newMoveTask checks the input of a task.
func (s *Service) newMoveTask(in startMessageMoveTaskInput) (*moveTask, error) {
	t := &moveTask{id: newUUID(), status: taskRunning, source: s.queues[in.SourceArn]}
	switch {
	case in.SourceArn == "":
		return nil, missing("SourceArn")
	case t.source == nil:
		return nil, noResource("SourceArn")
	case !s.isDeadLetterQueue(in.SourceArn):
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestinationArn != "" {
		if t.destination = s.queues[in.DestinationArn]; t.destination == nil {
			return nil, noResource("DestinationArn")
		}
		if t.destination == t.source {
			return nil, invalid("Source queue arn and destination queue arn cannot be the same.")
		}
	}
	if n := in.MaxNumberOfMessagesPerSecond; n != nil {
		if *n < 1 || *n > 500 {
			return nil, badValue(*n, "MaxNumberOfMessagesPerSecond", "Must be between 1 and 500, if provided.")
		}
		t.rate = *n
	}
	return t, nil
}

// isDeadLetterQueue reports whether another queue has the queue in its redrive policy.
func (s *Service) isDeadLetterQueue(arn string) bool {
	for _, q := range s.config.Queues {
		if q.DeadLetterARN == arn {
			return true
		}
	}
	return false
}

// runMoveTask moves messages one by one until all are moved, one can't be, or the service closes.
func (s *Service) runMoveTask(t *moveTask, ids []string) {
	for i, id := range ids {
		if i > 0 && t.rate > 0 {
			s.waitFor(context.Background(), nil, time.Second/time.Duration(t.rate), true)
		}
		if !s.moveOne(t, id) {
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.status = taskCompleted
}

// moveOne moves one message. It returns false when the task has ended with that. A message that a receiver has got
// since the task began stays.
func (s *Service) moveOne(t *moveTask, id string) bool {
	if s.lock() != nil {
		return false
	}
	defer s.mu.Unlock()
	now := s.config.Now()
	m := t.source.messages[id]
	if m == nil || m.due.After(now) || t.source.expired(m, now) {
		return true
	}
	target := t.destination
	if target == nil {
		target = s.queues[m.origin]
	}
	switch {
	case target == nil && m.origin == "":
		t.status, t.failure = taskFailed, unknownSource
		return false
	case target == nil: // a queue that the template had before
		t.status, t.failure = taskFailed, "AWS.SimpleQueueService.NonExistentQueue"
		return false
	}
	if err := redrive(t.source, target, m, now); err != nil {
		s.config.Log.Error("message can't be moved", "from", t.source.Name, "to", target.Name, "why", err)
		t.status, t.failure = taskFailed, "InternalFailure"
		return false
	}
	t.moved++
	return true
}

// redrive moves a message as a new one. It is on the disk in its new queue before it leaves the old one.
func redrive(source, target *queue, m *message, now time.Time) error {
	if err := target.put(&message{id: newUUID(), body: m.body, sent: now, due: now}); err != nil {
		return err
	}
	if err := target.journal.sync(target.journal.mark()); err != nil {
		return err
	}
	return source.remove(m)
}

type listMessageMoveTasksInput struct {
	SourceArn  string
	MaxResults *int
}

type moveTaskResult struct {
	TaskHandle                        string `json:",omitempty"` // of a running task alone
	Status                            string
	SourceArn                         string
	DestinationArn                    string `json:",omitempty"`
	MaxNumberOfMessagesPerSecond      int    `json:",omitempty"`
	ApproximateNumberOfMessagesMoved  int
	ApproximateNumberOfMessagesToMove int
	FailureReason                     string `json:",omitempty"`
	StartedTimestamp                  int64  // milliseconds of the epoch
}

type listMessageMoveTasksOutput struct{ Results []moveTaskResult }

func (s *Service) listMessageMoveTasks(
	_ call, in listMessageMoveTasksInput,
) (out listMessageMoveTasksOutput, err error) {
	most := 1
	if n := in.MaxResults; n != nil {
		if *n < 1 || *n > maxTasks {
			return out, badValue(*n, "MaxResults", "Must be between 1 and 10, if provided.")
		}
		most = *n
	}
	switch {
	case in.SourceArn == "":
		return out, missing("SourceArn")
	case s.queues[in.SourceArn] == nil:
		return out, noResource("SourceArn")
	}
	if err := s.lock(); err != nil {
		return out, err
	}
	defer s.mu.Unlock()
	tasks := s.tasks[in.SourceArn]
	out.Results = []moveTaskResult{}
	for _, t := range tasks[:min(len(tasks), most)] {
		out.Results = append(out.Results, t.result())
	}
	return out, nil
}

func (t *moveTask) result() moveTaskResult {
	r := moveTaskResult{
		Status: t.status, SourceArn: t.source.ARN, MaxNumberOfMessagesPerSecond: t.rate, FailureReason: t.failure,
		ApproximateNumberOfMessagesMoved: t.moved, ApproximateNumberOfMessagesToMove: t.toMove,
		StartedTimestamp: t.started.UnixMilli(),
	}
	if t.status == taskRunning {
		r.TaskHandle = t.handle()
	}
	if t.destination != nil {
		r.DestinationArn = t.destination.ARN
	}
	return r
}
