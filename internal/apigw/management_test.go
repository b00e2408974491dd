package apigw_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/fanout"
)

// serve starts a server for one test. It returns its address and a client that leaves no connection open.
func serve(t *testing.T, handle http.HandlerFunc) (url string, client *http.Client) {
	t.Helper()
	server := httptest.NewServer(handle)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server.URL, &http.Client{Transport: transport}
}

// management returns a Management whose calls are answered by handle.
func management(t *testing.T, timeout time.Duration, handle http.HandlerFunc) *apigw.Management {
	t.Helper()
	url, client := serve(t, handle)
	return apigw.NewManagement(apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint: aws.String(url + "/dev"),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   client,
	}), timeout)
}

// calls are both operations, as one.
func calls(m *apigw.Management) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"post":  func(ctx context.Context) error { return m.Post(ctx, connectionID, []byte("frame")) },
		"close": func(ctx context.Context) error { return m.Close(ctx, connectionID) },
	}
}

func TestManagementRequests(t *testing.T) {
	requests := make(chan string, 2)
	m := management(t, time.Minute, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r.Method + " " + r.RequestURI + " " + string(body)
		if !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/execute-api/aws4_request") {
			t.Errorf("not signed for execute-api: %s", r.Header.Get("Authorization"))
		}
		if r.Method == http.MethodDelete {
			w.WriteHeader(http.StatusNoContent)
		}
	})
	if err := m.Post(t.Context(), connectionID, []byte(`{"type":"messages"}`)); err != nil {
		t.Error(err)
	}
	expect(t, "post", <-requests, `POST /dev/@connections/L0SM9cOFvHcCIhw%3D {"type":"messages"}`)
	if err := m.Close(t.Context(), connectionID); err != nil {
		t.Error(err)
	}
	expect(t, "close", <-requests, `DELETE /dev/@connections/L0SM9cOFvHcCIhw%3D `)
}

func TestManagementErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		kind, body string
		check      func(error) bool
	}{
		"gone":                 {http.StatusGone, "GoneException", "", isGone},
		"gone, without a name": {http.StatusGone, "", "", isGone},
		"full buffer or rate":  {http.StatusTooManyRequests, "LimitExceededException", "", is[*types.LimitExceededException]},
		"too large":            {http.StatusRequestEntityTooLarge, "PayloadTooLargeException", `{"message":"too large"}`, isFailure},
		"forbidden":            {http.StatusForbidden, "ForbiddenException", `{"message":"Forbidden"}`, isForbidden},
		"bad id":               {http.StatusBadRequest, "BadRequestException", `{"message":"Invalid connectionId"}`, isFailure},
		"broken":               {http.StatusInternalServerError, "", "oops", isFailure},
		"not JSON":             {http.StatusBadGateway, "", "<html>", isFailure},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			m := management(t, time.Minute, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				if c.kind != "" {
					w.Header().Set("x-amzn-ErrorType", c.kind)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			for operation, call := range calls(m) {
				requests = 0
				if err := call(t.Context()); !c.check(err) {
					t.Errorf("%s: error %v", operation, err)
				}
				// The caller knows what else is to be posted, and decides whether to try again.
				expect(t, "requests", requests, 1)
			}
		})
	}
}

func isGone(err error) bool { return errors.Is(err, fanout.ErrGone) }

func isForbidden(err error) bool {
	return errors.Is(err, fanout.ErrForbidden) && is[*types.ForbiddenException](err)
}

func isFailure(err error) bool { return err != nil && !isGone(err) }

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok && isFailure(err)
}

func TestManagementDoesNotHang(t *testing.T) {
	over := make(chan struct{})
	m := management(t, 20*time.Millisecond, func(http.ResponseWriter, *http.Request) { <-over })
	defer close(over)
	for operation, call := range calls(m) {
		if err := call(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v", operation, err)
		}
	}
}

func TestManagementEndsWithItsInvocation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	m := management(t, time.Minute, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-over
	})
	defer close(over)
	if err := m.Post(ctx, connectionID, []byte("frame")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestManagementWithoutAServer(t *testing.T) {
	m := apigw.NewManagement(apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint: aws.String("http://127.0.0.1:1/dev"), // nobody listens on port 1
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer:      aws.NopRetryer{},
	}), time.Minute)
	if err := m.Post(t.Context(), connectionID, nil); !isFailure(err) {
		t.Errorf("error %v", err)
	}
}

func TestPushesAreRecorded(t *testing.T) {
	push := func(ctx context.Context, p fanout.Pushed) (struct{}, error) {
		apigw.ObservePush(ctx, p)
		apigw.ObservePush(ctx, fanout.Pushed{Posts: 1, Deliveries: 1})
		return struct{}{}, nil
	}
	_, line := observe(t, push, fanout.Pushed{
		Posts: 4, Deliveries: 6, Gone: 1, Closed: 2, Latencies: []time.Duration{5 * time.Millisecond, 7 * time.Millisecond},
	})
	for name, want := range map[string]float64{"Posts": 5, "Deliveries": 7, "Gone": 1, "Closed": 2} {
		expect(t, name, line[name], want)
	}
	if samples, _ := line["PushLatency"].([]any); len(samples) != 2 || samples[0] != 5.0 || samples[1] != 7.0 {
		t.Errorf("PushLatency %v", line["PushLatency"])
	}
}
