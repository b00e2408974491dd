package dynamo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/telemetry"
)

// budget is the time that one call of DynamoDB may take.
type budget struct {
	total time.Duration // all tries, and the waits between them
	try   time.Duration // one try
}

// ordinary is the budget of every call but a reserve. DynamoDB answers within milliseconds. A try without an answer
// after a second has most likely lost its connection, and the budget has time for two tries more.
func ordinary() budget { return budget{total: 3 * time.Second, try: time.Second} }

// reserving is the budget of a reserve. A reserve that is tried again after it had succeeded costs a hole, which holds
// its room up. So a slow answer is waited for longer than that of other calls.
func reserving() budget { return budget{total: 5 * time.Second, try: 2 * time.Second} }

const (
	// maxBackoff bounds a wait between two tries. The SDK's default is 20 s, far above each budget.
	maxBackoff = 500 * time.Millisecond
	// maxTries is more than tries that hang or wait long have time for: the budget is to end a call. It bounds the tries
	// that fail at once.
	maxTries = 8
)

// NewRetryer makes what decides when the SDK's client tries a call again, as it fits the budgets of the calls.
func NewRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxTries
		o.MaxBackoff = maxBackoff
	})
}

// operation is a method of the SDK's client.
type operation[In, Out any] func(context.Context, *In, ...func(*dynamodb.Options)) (*Out, error)

// transacting is the budget of a transaction, which takes longer than a write of one item.
func transacting() budget { return budget{total: 5 * time.Second, try: 2 * time.Second} }

// call makes one call of DynamoDB, within its budget and the time that ctx has left, and again while a transaction of
// others holds one of its items. It counts a call that was not answered in that time. It returns the SDK's error, which
// names the time when it was over.
func call[In, Out any](ctx context.Context, b budget, do operation[In, Out], in *In) (*Out, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // not the store's fault
	}
	limited, cancel := context.WithTimeout(ctx, b.total)
	defer cancel()
	bound := func(o *dynamodb.Options) { o.HTTPClient = tryClient{o.HTTPClient, b.try} }
	var out *Out
	err := withoutConflict(limited, func() (err error) {
		request := *in // the SDK writes the token of a transaction into it, and each is to have its own
		out, err = do(limited, &request, bound)
		return err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		telemetry.From(ctx).Add(telemetry.StoreTimeouts, 1)
		err = fmt.Errorf("no answer within %v, or what was left of the invocation: %w", b.total, err)
	}
	return out, err
}

// tryClient ends a try of a call that takes too long.
type tryClient struct {
	inner   dynamodb.HTTPClient
	timeout time.Duration
}

// Do implements [dynamodb.HTTPClient].
func (c tryClient) Do(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), c.timeout)
	response, err := c.inner.Do(r.WithContext(ctx))
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.dropIdle()
		}
		cancel()
		return nil, err
	}
	response.Body = tryBody{response.Body, cancel}
	return response, nil
}

// dropIdle closes idle connections: what has cut one connection may have cut them all, and the next try is not to
// wait on another one.
func (c tryClient) dropIdle() {
	if client, ok := c.inner.(interface{ CloseIdleConnections() }); ok {
		client.CloseIdleConnections()
	}
}

// tryBody is the body of an answer. The try ends when it has been read.
type tryBody struct {
	io.ReadCloser
	end context.CancelFunc
}

func (b tryBody) Close() error {
	defer b.end()
	return b.ReadCloser.Close()
}
