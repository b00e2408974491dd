package stack

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/localtest/aws/gateway"
	"serverlesschat/localtest/aws/httpapi"
	"serverlesschat/localtest/aws/lambda"
	"serverlesschat/localtest/aws/queues"
	"serverlesschat/localtest/aws/streams"
)

// idleTimeout ends unused processes sooner than AWS does: a new one takes milliseconds, and a laptop has other uses for
// the memory.
const idleTimeout = time.Minute

// shutdownGrace is shorter than AWS's 2 s, since the stack has 5 s to end. On AWS a function is not told that its
// process ends unless it has an extension (AWS Lambda Developer Guide, "Lambda execution environment lifecycle").
const shutdownGrace = 500 * time.Millisecond

// startFunctions makes the functions invocable; their processes start when there is work.
func (s *Stack) startFunctions() error {
	options := lambda.Options{
		Region:         s.system.Region,
		Environment:    s.keys,
		LogDir:         s.options.path("log"),
		MaxConcurrency: s.options.MaxProcesses,
		FreeWait:       s.options.FreeWait,
		IdleTimeout:    idleTimeout,
		ShutdownGrace:  shutdownGrace,
		OnLine: func(function string, line []byte) {
			s.metrics.Line(line)
			s.console.line(function, line)
			s.judgeLog(function)
		},
		OnInvocation: s.console.invocation,
		Logger:       s.log,
	}
	for _, f := range s.system.Functions {
		spec := lambda.Function{
			Name: f.Name, LogicalID: f.LogicalID, ARN: f.ARN, Handler: f.Handler, Binary: binary(s.options.BinDir, f),
			Timeout: f.Timeout, MemoryMB: f.MemoryMB, Env: f.Environment, LogGroup: f.LogGroup,
		}
		if f.ReservedConcurrency != nil {
			if *f.ReservedConcurrency == 0 {
				return fmt.Errorf("template.yaml:%d: %s: a function without concurrency is stopped; the local stack runs all",
					f.Line, f.LogicalID)
			}
			spec.MaxConcurrency = *f.ReservedConcurrency
		}
		options.Functions = append(options.Functions, spec)
	}
	var err error
	s.lambda, err = lambda.New(options)
	return err
}

// Each emulated service declares what it needs of Lambda by itself; these are the seams.

func (s *Stack) invokeForGateway(ctx context.Context, function, source string, payload []byte) (gateway.Response, error) {
	r, err := s.lambda.Invoke(ctx, lambda.Request{Function: function, Source: source, Payload: payload})
	return gateway.Response{Payload: r.Payload, Failure: r.Failure}, err
}

func (s *Stack) invokeForHTTP(ctx context.Context, function, source string, payload []byte) (httpapi.Response, error) {
	r, err := s.lambda.Invoke(ctx, lambda.Request{Function: function, Source: source, Payload: payload})
	return httpapi.Response{Payload: r.Payload, Failure: r.Failure}, err
}

func (s *Stack) invokeForStream(ctx context.Context, function, source string, payload []byte) (streams.Response, error) {
	r, err := s.lambda.Invoke(ctx, lambda.Request{Function: function, Source: source, Payload: payload})
	return streams.Response{Payload: r.Payload, FunctionError: r.FunctionError, RequestID: r.RequestID}, err
}

func (s *Stack) invokeForQueue(ctx context.Context, function, source string, payload []byte) (queues.Response, error) {
	r, err := s.lambda.Invoke(ctx, lambda.Request{Function: function, Source: source, Payload: payload})
	return queues.Response{Payload: r.Payload, FunctionError: r.FunctionError}, err
}
