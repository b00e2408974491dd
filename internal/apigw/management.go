package apigw

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/telemetry"
)

// Management reaches connections through the @connections API. It implements [fanout.Poster].
type Management struct {
	client  *apigatewaymanagementapi.Client
	timeout time.Duration
}

var _ fanout.Poster = (*Management)(nil)

// NewManagement makes a Management. timeout bounds one call: a call for a connection that ends meanwhile has been seen
// to hang. The client must not retry: the caller knows the delivery, and decides how often to try.
func NewManagement(client *apigatewaymanagementapi.Client, timeout time.Duration) *Management {
	return &Management{client: client, timeout: timeout}
}

// Post implements [fanout.Poster].
func (m *Management) Post(ctx context.Context, id chat.ConnectionID, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	connectionID := string(id)
	_, err := m.client.PostToConnection(ctx, &apigatewaymanagementapi.PostToConnectionInput{
		ConnectionId: &connectionID, Data: frame,
	})
	return managementError("post to connection", err)
}

// Get implements [fanout.Poster].
func (m *Management) Get(ctx context.Context, id chat.ConnectionID) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	connectionID := string(id)
	_, err := m.client.GetConnection(ctx, &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &connectionID})
	return managementError("get connection", err)
}

// Close implements [fanout.Poster].
func (m *Management) Close(ctx context.Context, id chat.ConnectionID) error {
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	connectionID := string(id)
	_, err := m.client.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &connectionID})
	return managementError("close connection", err)
}

func managementError(operation string, err error) error {
	if err == nil {
		return nil
	}
	// The status is there even when an emulator leaves out the name of the error.
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		switch response.HTTPStatusCode() {
		case http.StatusGone:
			return fanout.ErrGone
		case http.StatusForbidden, http.StatusBadRequest:
			return fmt.Errorf("%s: %w: %w", operation, fanout.ErrForbidden, err)
		case http.StatusTooManyRequests:
			return fmt.Errorf("%s: %w: %w", operation, fanout.ErrThrottled, err)
		}
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// ObservePush records a delivery.
func ObservePush(ctx context.Context, p fanout.Pushed) {
	record := telemetry.From(ctx)
	record.Add(telemetry.Posts, float64(p.Posts))
	record.Add(telemetry.Deliveries, float64(p.Deliveries))
	if p.Gone > 0 {
		record.Add(telemetry.Gone, float64(p.Gone))
	}
	if p.Closed > 0 {
		record.Add(telemetry.Closed, float64(p.Closed))
	}
	if p.Throttled > 0 {
		record.Add(telemetry.Throttled, float64(p.Throttled))
	}
	if p.Failed > 0 {
		record.Add(telemetry.FailedPosts, float64(p.Failed))
	}
	for _, latency := range p.Latencies {
		record.Sample(telemetry.PushLatency, latency)
	}
}
