package apigw_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
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

func pushJob() fanout.Job {
	expires := noon().Add(2 * time.Hour)
	return fanout.Job{
		Room: "general", After: 1, Last: 3, Rate: 400, ReadAt: noon().Add(5 * time.Millisecond), Deadline: noon().Add(time.Hour * 24 * 3650),
		Recipients: []fanout.Recipient{
			{Subscription: chat.Subscription{Room: "general", Connection: connectionID, Shard: 0, ExpiresAt: expires}},
			{Subscription: chat.Subscription{
				Room: "general", Connection: "JC1dgf9yoAMCK-g=", Shard: 7, ExpiresAt: expires.Add(time.Minute), Closing: true,
			}, Got: 2},
		},
	}
}

// framesOf puts all entries into one frame.
func framesOf(_ chat.RoomID, entries []chat.Entry) []fanout.Frame {
	return []fanout.Frame{{Entries: entries}}
}

// workerOn serves a worker as Lambda does.
func workerOn(t *testing.T, worker *fanout.Worker) *apigw.Workers {
	handle := apigw.PushWorker(worker)
	return workers(t, func(w http.ResponseWriter, r *http.Request) {
		expect(t, "request", r.Method+" "+r.URL.Path, "POST /2015-03-31/functions/local-PushFunction/invocations")
		payload, _ := io.ReadAll(r.Body)
		answer, err := handle(r.Context(), payload)
		if err != nil {
			t.Error(err)
		}
		_, _ = w.Write(answer)
	})
}

// What the fan-out hands to a worker is what the worker does.
func TestPushJobRoundTrip(t *testing.T) {
	d := &fake.Deliverer{}
	w := workerOn(t, fanout.NewWorker(newStore(log(5)...), framesOf, d, time.Now))
	if rest, err := w.Run(t.Context(), pushJob()); err != nil || len(rest) > 0 {
		t.Fatalf("left %v, %v", rest, err)
	}
	if len(d.Got) != 1 {
		t.Fatalf("%d deliveries", len(d.Got))
	}
	want := fanout.Delivery{Room: "general", Frames: framesOf("", log(5)[1:3]), Recipients: pushJob().Recipients, Rate: 400, ReadAt: pushJob().ReadAt}
	for i := range want.Recipients {
		// The same time, in whatever zone.
		if got := &d.Got[0].Recipients[i]; got.ExpiresAt.Equal(want.Recipients[i].ExpiresAt) {
			got.ExpiresAt = want.Recipients[i].ExpiresAt
		}
	}
	if got := &d.Got[0]; got.ReadAt.Equal(want.ReadAt) {
		got.ReadAt = want.ReadAt
	}
	if !reflect.DeepEqual(d.Got[0], want) {
		t.Errorf("delivered %+v\nwant      %+v", d.Got[0], want)
	}
}

// What a worker leaves comes back, with how far each has got and why.
func TestWhatAWorkerLeavesComesBack(t *testing.T) {
	for name, cause := range map[string]error{"unavailable": errBroken, "forbidden": fanout.ErrForbidden} {
		t.Run(name, func(t *testing.T) {
			second := pushJob().Recipients[1]
			second.Got = 3
			w := workerOn(t, fanout.NewWorker(newStore(log(5)...), framesOf, &fake.Deliverer{Rest: []fanout.Recipient{second}, Err: cause}, time.Now))
			rest, err := w.Run(t.Context(), pushJob())
			if err == nil || !strings.Contains(err.Error(), cause.Error()) {
				t.Errorf("got %v, want the cause %v", err, cause)
			}
			if errors.Is(err, fanout.ErrForbidden) != (name == "forbidden") {
				t.Errorf("got %v: forbidden or not is not told", err)
			}
			if !reflect.DeepEqual(rest, []fanout.Recipient{second}) {
				t.Errorf("left %+v, want %+v", rest, second)
			}
		})
	}
}

// A function of the version before knows nothing of rates, deadlines and of what is left.
func TestWorkersOfTheVersionBefore(t *testing.T) {
	old := workers(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	if rest, err := old.Run(t.Context(), pushJob()); err != nil || len(rest) > 0 {
		t.Errorf("left %v, %v, want that all is done", rest, err)
	}
	d := &fake.Deliverer{}
	worker := apigw.PushWorker(fanout.NewWorker(newStore(log(1)...), framesOf, d, time.Now))
	answer, err := worker(t.Context(), json.RawMessage(
		`{"room_id":"general","after_id":0,"last_id":1,"subscriptions":[{"connection_id":"a","shard":0,"expires_at":1}]}`))
	if err != nil || string(answer) != "{}" || len(d.Got) != 1 || len(d.Got[0].Recipients) != 1 || !d.Got[0].ReadAt.IsZero() {
		t.Errorf("answered %s, %v, after the deliveries %+v", answer, err, d.Got)
	}
}

func TestAWorkerThatLeavesWhatItNeverGot(t *testing.T) {
	w := workers(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"error":"down","rest":[{"index":2}]}`)
	})
	if rest, err := w.Run(t.Context(), pushJob()); err == nil || len(rest) != 2 {
		t.Errorf("left %v, %v, want all and an error", rest, err)
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
			rest, err := workers(t, c.handle).Run(t.Context(), pushJob())
			if err == nil || !strings.Contains(err.Error(), c.want) || len(rest) != 2 {
				t.Errorf("left %v, %v, want all and an error with %q", rest, err, c.want)
			}
		})
	}
}

func TestPushJobsThatFail(t *testing.T) {
	if _, err := apigw.PushWorker(nil)(t.Context(), json.RawMessage(`[]`)); err == nil {
		t.Error("no error for what is no job")
	}
	s := failing(newStore(log(3)...), "after", errBroken)
	rest, err := workerOn(t, fanout.NewWorker(s, framesOf, &fake.Deliverer{}, time.Now)).Run(t.Context(), pushJob())
	if err == nil || len(rest) != 2 {
		t.Errorf("a failed reading has left %v, %v, want all and an error", rest, err)
	}
}

// TestPushJobsOfWhatHasExpired: an entry that expired since the job was made is pushed to nobody, whether its row is still
// there or not.
func TestPushJobsOfWhatHasExpired(t *testing.T) {
	expired := log(5)
	expired[1].ExpiresAt = time.Now().Add(-time.Minute)
	for name, c := range map[string]struct {
		entries []chat.Entry
		want    []chat.EntryID
	}{
		"one has expired":     {expired, []chat.EntryID{3}},
		"one is gone":         {log(5)[2:], []chat.EntryID{3}},
		"the last is gone":    {log(2), []chat.EntryID{2}},
		"all are gone":        {nil, nil},
		"all but later ones":  {log(5)[4:], nil},
		"nothing has expired": {log(5), []chat.EntryID{2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fake.Deliverer{}
			rest, err := workerOn(t, fanout.NewWorker(newStore(c.entries...), framesOf, d, time.Now)).Run(t.Context(), pushJob())
			if err != nil || len(rest) > 0 {
				t.Errorf("left %v, %v", rest, err)
			}
			var got []chat.EntryID
			for _, delivery := range d.Got {
				for _, f := range delivery.Frames {
					got = append(got, fake.IDs(f.Entries)...)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("pushed %v, want %v", got, c.want)
			}
		})
	}
}
