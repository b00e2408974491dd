package dynamo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/telemetry"
)

// httpFunc answers the tries of calls.
type httpFunc func(*http.Request) (*http.Response, error)

func (f httpFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

// storeOn returns a store whose client tries calls as a deployed one does.
func storeOn(client dynamodb.HTTPClient) *dynamo.Store {
	endpoint := "http://127.0.0.1:1"
	return dynamo.New(dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Retryer: dynamo.NewRetryer(), HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	}), dynamo.Tables{Entries: "e", Rooms: "r", Users: "u", Members: "m", Connections: "c", Subscriptions: "s", Sessions: "l"}, time.Now)
}

func answer(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(body)),
	}
}

const throttled = `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"no"}`

// hang waits for the end of a try.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestACallThatHangsEndsWithItsBudget: each of its tries ends before, so that another one can help.
func TestACallThatHangsEndsWithItsBudget(t *testing.T) {
	for name := range calls(nil) {
		total, try := 3*time.Second, time.Second
		switch name {
		case "update", "transact": // a reserve is an update
			total, try = 5*time.Second, 2*time.Second
		case "many": // calls side by side
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var tries []time.Duration
				s := storeOn(httpFunc(func(r *http.Request) (*http.Response, error) {
					begun := time.Now()
					defer func() { tries = append(tries, time.Since(begun)) }()
					return hang(r)
				}))
				ctx, count := telemetry.Recorded(t.Context())
				begun := time.Now()
				err := calls(s)[name](ctx)
				if took := time.Since(begun); took != total {
					t.Errorf("took %v, want %v", took, total)
				}
				if chat.CodeOf(err) != chat.CodeUnavailable || !strings.Contains(err.Error(), "no answer within "+total.String()) {
					t.Errorf("got %v, want %s with the time that was over", err, chat.CodeUnavailable)
				}
				if len(tries) != 3 || tries[0] != try || tries[1] != try || tries[2] < 800*time.Millisecond {
					t.Errorf("tries of %v, want two of %v and a third", tries, try)
				}
				if n := count(telemetry.StoreTimeouts); n != 1 {
					t.Errorf("%v calls were counted, want 1", n)
				}
			})
		})
	}
}

// TestATryThatHangsCostsNoMoreThanItself: the next one is answered.
func TestATryThatHangsCostsNoMoreThanItself(t *testing.T) {
	for name, first := range map[string]httpFunc{
		"without an answer": hang,
		"within the answer": func(r *http.Request) (*http.Response, error) {
			a := answer(http.StatusOK, "")
			a.Body = io.NopCloser(readerFunc(func([]byte) (int, error) {
				<-r.Context().Done()
				return 0, r.Context().Err()
			}))
			return a, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries := 0
				s := storeOn(httpFunc(func(r *http.Request) (*http.Response, error) {
					if tries++; tries == 1 {
						return first(r)
					}
					return answer(http.StatusOK, `{"Item":{"pushed_id":{"N":"7"}}}`), nil
				}))
				ctx, count := telemetry.Recorded(t.Context())
				begun := time.Now()
				head, err := s.Head(ctx, "r")
				id := head.PushedID
				if took := time.Since(begun); err != nil || id != 7 || took > 1100*time.Millisecond {
					t.Errorf("got %d, %v after %v, want 7 after a second", id, err, took)
				}
				if n := count(telemetry.StoreTimeouts); n != 0 {
					t.Errorf("%v calls were counted, want none", n)
				}
			})
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// TestWhatIsThrottledIsTriedWithinTheBudget: no wait between two tries is so long that it would be the last.
func TestWhatIsThrottledIsTriedWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		s := storeOn(httpFunc(func(*http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return answer(http.StatusBadRequest, throttled), nil
		}))
		begun := time.Now()
		_, err := s.Head(t.Context(), "r")
		if chat.CodeOf(err) != chat.CodeUnavailable {
			t.Errorf("got %v, want %s", err, chat.CodeUnavailable)
		}
		if took := time.Since(begun); took > 3*time.Second || len(at) < 4 {
			t.Errorf("%d tries in %v, want at least 4 in 3 s", len(at), took)
		}
		for i := range at[1:] {
			if wait := at[i+1].Sub(at[i]); wait > 500*time.Millisecond {
				t.Errorf("waited %v for try %d", wait, i+2)
			}
		}
	})
}

// TestTheTimeOfTheInvocationEndsACall: it is counted when it was begun, and only when time has ended it.
func TestTheTimeOfTheInvocationEndsACall(t *testing.T) {
	for _, c := range []struct {
		name    string
		timeout time.Duration // 0: over before
		cancel  bool
		counted float64
	}{
		{"during the call", 500 * time.Millisecond, false, 1},
		{"before", 0, false, 0},
		{"by its caller", time.Minute, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, count := telemetry.Recorded(t.Context())
				ctx, cancel := context.WithTimeout(ctx, c.timeout)
				defer cancel()
				if c.cancel {
					time.AfterFunc(100*time.Millisecond, cancel)
				}
				begun := time.Now()
				_, err := storeOn(httpFunc(hang)).Head(ctx, "r")
				if chat.CodeOf(err) != chat.CodeUnavailable || time.Since(begun) > c.timeout || count(telemetry.StoreTimeouts) != c.counted {
					t.Errorf("got %v after %v, %v counted, want %s, %v counted",
						err, time.Since(begun), count(telemetry.StoreTimeouts), chat.CodeUnavailable, c.counted)
				}
			})
		})
	}
}

// TestATryThatHangsDropsIdleConnections: the next one has a connection of its own.
func TestATryThatHangsDropsIdleConnections(t *testing.T) {
	var mu sync.Mutex
	var remotes []string
	two, gone := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		remotes = append(remotes, r.RemoteAddr)
		n := len(remotes)
		mu.Unlock()
		switch n {
		case 1:
			<-two // so that there are two connections
		case 2:
			close(two)
		case 3:
			<-gone
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(gone) })
	transport := &http.Transport{MaxIdleConnsPerHost: 2}
	t.Cleanup(transport.CloseIdleConnections)
	s := dynamo.New(dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Retryer: dynamo.NewRetryer(),
		HTTPClient: &http.Client{Transport: transport}, Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
	}), dynamo.Tables{Rooms: "r"}, time.Now)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if _, err := s.Head(t.Context(), "r"); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if _, err := s.Head(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if len(remotes) != 4 || slices.Contains(remotes[:3], remotes[3]) {
		t.Errorf("tries came from %q, want the fourth on a connection of its own", remotes)
	}
}

// TestUnprocessedKeysAreAskedForAgain: within the budget, and only they.
func TestUnprocessedKeysAreAskedForAgain(t *testing.T) {
	const claim = `{"user_id":{"S":"ann"},"item":{"S":"claim#r#a #1"},"n":{"N":"3"},"h":{"B":"aA=="}}`
	const member = `{"user_id":{"S":"ann"},"room_id":{"S":"r"},"state":{"S":"in"},"v":{"N":"1"}}`
	const memberKey = `{"user_id":{"S":"ann"},"room_id":{"S":"r"}}`
	const room = `{"item":{"S":"room#r"},"kind":{"S":"public"}}`
	unprocessed := func(rows string) string {
		return `{"Responses":{"u":[` + rows + `],"r":[` + room + `]},"UnprocessedKeys":{"m":{"ConsistentRead":true,"Keys":[` + memberKey + `]}}}`
	}
	t.Run("until they come", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			s := storeOn(httpFunc(func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				asked = append(asked, string(body))
				switch len(asked) {
				case 1:
					return answer(http.StatusOK, unprocessed(claim)), err
				case 2:
					return answer(http.StatusOK, unprocessed("")), err
				}
				return answer(http.StatusOK, `{"Responses":{"m":[`+member+`]}}`), err
			}))
			access, got, err := s.Precheck(t.Context(), newEntry("hi"))
			if err != nil || !access.IsIn() || got == nil || got.ID != 3 {
				t.Errorf("got %v, %+v, %v, want a member and its claim", access, got, err)
			}
			if len(asked) != 3 || !strings.Contains(asked[0], "claim#") {
				t.Fatalf("asked %q, want three times, at first for both keys", asked)
			}
			for _, again := range asked[1:] {
				if strings.Contains(again, "claim#") || !strings.Contains(again, `"room_id":{"S":"r"}`) || strings.Contains(again, "room#") || !strings.Contains(again, `"ConsistentRead":true`) {
					t.Errorf("asked again %q, want the key that was left out, consistently", again)
				}
			}
		})
	})
	t.Run("to the end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			s := storeOn(httpFunc(func(*http.Request) (*http.Response, error) {
				asked++
				return answer(http.StatusOK, unprocessed("")), nil
			}))
			ctx, count := telemetry.Recorded(t.Context())
			begun := time.Now()
			_, _, err := s.Precheck(ctx, newEntry("hi"))
			refused, ok := errors.AsType[*chat.Error](err)
			if !ok || refused.Code != chat.CodeUnavailable || refused.Message == "" || !strings.Contains(err.Error(), "unprocessed") {
				t.Errorf("got %v, want %s that says why", err, chat.CodeUnavailable)
			}
			if took := time.Since(begun); took != 3*time.Second || asked < 8 || asked > 13 || count(telemetry.StoreTimeouts) != 1 {
				t.Errorf("asked %d times in %v, %v counted, want waits that grow up to 3 s, 1 counted",
					asked, took, count(telemetry.StoreTimeouts))
			}
		})
	})
}
