package app_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/app"
	"serverlesschat/internal/telemetry"
	"serverlesschat/localtest/aws/engine/enginetest"
)

// A handler's context ends before Lambda's deadline, and is never over from the start.
func TestHandlersEndBeforeLambdaEndsThem(t *testing.T) {
	for _, c := range []struct {
		function string
		timeout  time.Duration
		want     time.Duration
	}{
		{"sendmessage", 10 * time.Second, 9 * time.Second},
		{"history", 10 * time.Second, 9 * time.Second},
		{"fanout", 120 * time.Second, 115 * time.Second},
		{"push", 20 * time.Second, 15 * time.Second},
		{"connect", 1500 * time.Millisecond, 750 * time.Millisecond},
		{"fanout", 6 * time.Second, 3 * time.Second},
	} {
		p := newParts(t, "http://127.0.0.1:1")
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
			defer cancel()
			begun := time.Now()
			handler := app.Handler(p, c.function, time.Now, func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				return "late", context.Cause(ctx)
			})
			reply, err := handler(ctx, "event")
			if took := time.Since(begun); took != c.want || ctx.Err() != nil {
				t.Errorf("%s with %v: its context ended after %v, want %v", c.function, c.timeout, took, c.want)
			}
			if reply != "late" || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %q, %v, want its own reply and the cause", c.function, reply, err)
			}
		})
	}
}

func TestAHandlerWithoutADeadlineHasNone(t *testing.T) {
	p := newParts(t, "http://127.0.0.1:1")
	handler := app.Handler(p, "default", time.Now, func(ctx context.Context, _ string) (bool, error) {
		_, has := ctx.Deadline()
		return has, nil
	})
	if has, err := handler(t.Context(), "event"); has || err != nil {
		t.Errorf("got a deadline: %v, %v", has, err)
	}
}

// wall is a clock that a test moves.
type wall struct {
	mu sync.Mutex
	at time.Time
}

func (w *wall) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *wall) pause(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// healthy asks for the health, which makes one call of the store.
func healthy(t *testing.T, handler telemetry.Handler[events.APIGatewayV2HTTPRequest, events.APIGatewayV2HTTPResponse]) {
	t.Helper()
	reply, err := handler(t.Context(), events.APIGatewayV2HTTPRequest{RouteKey: "GET /health"})
	if err != nil || reply.StatusCode != http.StatusOK {
		t.Errorf("got %d %s, %v, want 200", reply.StatusCode, reply.Body, err)
	}
}

// While a process is frozen its connections are cut without a word. The first call after that goes to none of them.
func TestAFrozenProcessLeavesConnectionsThatWereCut(t *testing.T) {
	store, calls := countingStore(t)
	relay := enginetest.StartRelay(t, store.URL)
	p := newParts(t, relay.Endpoint())
	clock := &wall{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	handler := app.Handler(p, "history", clock.now, app.History(p))
	t.Cleanup(func() { // no connection may outlive the test
		clock.pause(time.Hour)
		_, _ = handler(t.Context(), events.APIGatewayV2HTTPRequest{RouteKey: "GET /nothing"})
	})
	for range 3 {
		healthy(t, handler)
		relay.Silence()
		clock.pause(31 * time.Second)
	}
	if n := relay.Lost(); n > 0 {
		t.Errorf("%d bytes went to connections that were cut", n)
	}
	if n, opened := calls.Load(), relay.Opened(); n != 3 || opened != 3 {
		t.Errorf("the store was called %d times over %d connections, want 3 over 3", n, opened)
	}
}
