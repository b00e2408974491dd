package apigw_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

func workers(t *testing.T, handle http.HandlerFunc) *apigw.Workers {
	t.Helper()
	url, client := serve(t, handle)
	return apigw.NewWorkers(lambda.New(lambda.Options{
		BaseEndpoint: aws.String(url),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("id", "key", ""),
		Retryer:      aws.NopRetryer{},
		HTTPClient:   client,
	}), "local-PushFunction")
}

func job() fanout.Job {
	expires := noon().Add(2 * time.Hour)
	return fanout.Job{Room: "general", After: 1, Last: 3, Subscriptions: []chat.Subscription{
		{Room: "general", Connection: connectionID, Shard: 0, ExpiresAt: expires},
		{Room: "general", Connection: "JC1dgf9yoAMCK-g=", Shard: 7, ExpiresAt: expires.Add(time.Minute), Closing: true},
	}}
}

// What the fan-out hands to a worker is what the worker does.
func TestPushJobRoundTrip(t *testing.T) {
	d := &fake.Deliverer{}
	worker := apigw.PushJobs(fanout.NewWorker(newStore(log(5)...), d))
	w := workers(t, func(w http.ResponseWriter, r *http.Request) {
		expect(t, "request", r.Method+" "+r.URL.Path, "POST /2015-03-31/functions/local-PushFunction/invocations")
		payload, _ := io.ReadAll(r.Body)
		if _, err := worker(r.Context(), payload); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, "{}")
	})
	if err := w.Run(t.Context(), job()); err != nil {
		t.Fatal(err)
	}
	if len(d.Got) != 1 {
		t.Fatalf("%d deliveries", len(d.Got))
	}
	want := fanout.Delivery{Room: "general", Entries: log(5)[1:3], Subscriptions: job().Subscriptions}
	for i := range want.Subscriptions {
		// The same time, in whatever zone.
		if got := &d.Got[0].Subscriptions[i]; got.ExpiresAt.Equal(want.Subscriptions[i].ExpiresAt) {
			got.ExpiresAt = want.Subscriptions[i].ExpiresAt
		}
	}
	if !reflect.DeepEqual(d.Got[0], want) {
		t.Errorf("delivered %+v\nwant      %+v", d.Got[0], want)
	}
}

func TestWorkerFailuresAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   string
	}{
		"the function failed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"no","errorType":"errorString"}`)
		}, "push worker failed"},
		"throttled": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-Errortype", "TooManyRequestsException")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "invoke push worker"},
		"broken": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "invoke push worker"},
	} {
		t.Run(name, func(t *testing.T) {
			err := workers(t, c.handle).Run(t.Context(), job())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestPushJobsThatFailAreErrorsForLambda(t *testing.T) {
	good := json.RawMessage(`{"room_id":"general","after_id":0,"last_id":1,"subscriptions":[{"connection_id":"a","shard":0,"expires_at":1}]}`)
	for name, c := range map[string]struct {
		payload json.RawMessage
		entries []chat.Entry
		err     error
	}{
		"not a job":        {json.RawMessage(`[]`), log(1), nil},
		"a missing entry":  {good, nil, nil},
		"a failed push":    {good, log(1), errBroken},
		"a failed reading": {good, log(1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(c.entries...)
			if name == "a failed reading" {
				failing(s, "after", errBroken)
			}
			handle := apigw.PushJobs(fanout.NewWorker(s, &fake.Deliverer{Err: c.err}))
			if _, err := handle(t.Context(), c.payload); err == nil {
				t.Error("no error")
			}
		})
	}
}
