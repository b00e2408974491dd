package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"serverlesschat/localtest/aws/metrics"
	"serverlesschat/localtest/aws/queues"
)

// startQueues opens the template's queues and serves them.
func (s *Stack) startQueues() error {
	var all, judged http.Handler = http.NotFoundHandler(), http.NotFoundHandler()
	if len(s.system.Queues) > 0 {
		if err := s.openQueues(); err != nil {
			return err
		}
		all, judged = s.queues, s.judgedQueues()
	}
	s.lateServers = append(s.lateServers, s.startServer(s.listeners.sqs, all))
	if l := s.listeners.judgedSQS; l != nil {
		s.lateServers = append(s.lateServers, s.startServer(l, judged))
	}
	return nil
}

// queueDir is the folder of the messages. Each engine has its own data, and its messages are about them.
func (s *Stack) queueDir() string { return s.options.path("queues", string(s.options.Engine)) }

func (s *Stack) openQueues() (err error) {
	if s.options.InMemory {
		if err := os.RemoveAll(s.queueDir()); err != nil {
			return fmt.Errorf("empty the queues: %w", err)
		}
	}
	config := queues.Config{
		Region: s.system.Region, AccountID: s.system.AccountID, Dir: s.queueDir(), Log: s.log,
		// As the template's !Ref has it, which is what functions are told.
		BaseURL: "https://sqs." + s.system.Region + ".amazonaws.com",
	}
	for _, q := range s.system.Queues {
		config.Queues = append(config.Queues, queues.Queue{
			Name: q.Name, ARN: q.ARN, VisibilityTimeout: cmp.Or(q.VisibilityTimeout, -1), Delay: q.Delay,
			Retention: q.RetentionPeriod, MaximumMessageSize: q.MaximumMessageSize,
			DeadLetterARN: s.system.Queue(q.DeadLetters).ARN, MaxReceiveCount: q.MaxReceiveCount,
		})
	}
	s.queues, err = queues.Open(config)
	return err
}

// startPollers runs the mappings from queues.
func (s *Stack) startPollers(ctx context.Context) error {
	for _, m := range s.system.QueueMappings {
		if err := s.mayHaveQueueMapping(m); err != nil {
			return err
		}
		if !m.Enabled {
			continue
		}
		function := s.system.Function(m.Function)
		poller, err := s.queues.NewPoller(queues.Mapping{
			Function: m.Function, FunctionARN: function.ARN, QueueARN: s.system.Queue(m.Queue).ARN, BatchSize: m.BatchSize,
			MaximumBatchingWindow: m.MaximumBatchingWindow, MaximumConcurrency: m.MaximumConcurrency,
			ReportBatchItemFailures: m.ReportBatchItemFailures, FunctionTimeout: function.Timeout,
		}, s.judgedInvokeForQueue(m))
		if err != nil {
			return fmt.Errorf("queue mapping of %s: %w", m.Function, err)
		}
		s.mappings.Go(func() { poller.Run(ctx) })
	}
	return nil
}

// closeQueues ends the queues, and with them the requests that wait for messages; then nothing calls secrets any more,
// either.
func (s *Stack) closeQueues(ctx context.Context) error {
	var errs []error
	if s.queues != nil {
		errs = append(errs, s.queues.Close())
	}
	for _, server := range s.lateServers {
		_ = server.Shutdown(ctx)
		_ = server.Close()
	}
	if s.queues != nil && s.options.InMemory {
		errs = append(errs, os.RemoveAll(s.queueDir()))
	}
	return errors.Join(errs...)
}

// queueGauges are metrics that SQS publishes of a queue (Amazon SQS Developer Guide, "Available CloudWatch metrics for
// Amazon SQS").
func (s *Stack) queueGauges() []metrics.Gauge {
	if s.queues == nil {
		return nil
	}
	var gauges []metrics.Gauge
	for _, c := range s.queues.Counts() {
		add := func(name, unit string, value float64) {
			gauges = append(gauges, metrics.Gauge{
				Namespace: "AWS/SQS", Name: name, Unit: unit, Dimension: "QueueName", DimensionValue: c.Name, Value: value,
			})
		}
		add("ApproximateNumberOfMessagesVisible", "Count", float64(c.Visible))
		add("ApproximateNumberOfMessagesNotVisible", "Count", float64(c.InFlight))
		add("ApproximateNumberOfMessagesDelayed", "Count", float64(c.Delayed))
		add("ApproximateAgeOfOldestMessage", "Seconds", c.OldestAge.Seconds())
	}
	return gauges
}
