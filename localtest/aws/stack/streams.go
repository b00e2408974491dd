package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/streams"
	"serverlesschat/localtest/aws/template"
)

// startMappings feeds functions from streams and queues until Close.
func (s *Stack) startMappings() error {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	return errors.Join(s.startStreams(ctx), s.startPollers(ctx))
}

func (s *Stack) startStreams(ctx context.Context) error {
	for _, m := range s.system.Mappings {
		if err := s.mayHaveMapping(m); err != nil {
			return err
		}
		poller, err := s.newPoller(ctx, m)
		if err != nil {
			return fmt.Errorf("stream mapping of %s: %w", m.Function, err)
		}
		s.mappings.Go(func() { poller.Run(ctx) })
	}
	return nil
}

func (s *Stack) newPoller(ctx context.Context, m template.StreamMapping) (*streams.Poller, error) {
	table, function := s.system.Table(m.Table), s.system.Function(m.Function)
	engineARN, err := engine.StreamARN(ctx, dynamodb.NewFromConfig(s.engine.Config()), table.Name)
	if err != nil {
		return nil, err
	}
	config := streams.Config{
		Stream: streams.Stream{
			EngineARN: engineARN, ARN: table.StreamARN, Region: s.system.Region, PartitionKey: table.KeySchema[0].AttributeName,
		},
		Mapping: streams.Mapping{
			Function: m.Function, FunctionARN: function.ARN, StartingPosition: m.StartingPosition, BatchSize: m.BatchSize,
			MaximumBatchingWindow: m.MaximumBatchingWindow, ParallelizationFactor: m.ParallelizationFactor,
			MaximumRetryAttempts: m.MaximumRetryAttempts, MaximumRecordAge: m.MaximumRecordAge,
			Bisect: m.BisectBatchOnError, ReportBatchItemFailures: m.ReportBatchItemFailures, Filters: m.Filters,
		},
		Client:       dynamodbstreams.NewFromConfig(s.engine.Config()),
		Invoke:       s.invokeForStream,
		Checkpoints:  streams.CheckpointFile(s.options.path("streams", m.LogicalID+".json")),
		PollInterval: s.options.StreamPoll,
		Log:          s.log,
	}
	if m.DeadLetters != "" {
		arn := s.system.Queue(m.DeadLetters).ARN
		config.DeadLetter = func(letter []byte) error { return s.queues.Send(context.Background(), arn, string(letter)) }
	}
	s.judgeMapping(m, &config)
	return streams.New(config)
}
