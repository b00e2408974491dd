package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// storeAt returns a store on an endpoint, whose client tries each call once.
func storeAt(t *testing.T, endpoint string) *dynamo.Store {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("x", "x", ""),
		HTTPClient:  &http.Client{Transport: transport},
	})
	tables := dynamo.Tables{Entries: "e", Rooms: "r", Users: "u", Members: "m", Connections: "c", Subscriptions: "s", Sessions: "l"}
	return dynamo.New(client, tables, time.Now)
}

// calls are one of each kind that the store makes.
func calls(s *dynamo.Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"get":    func(ctx context.Context) error { _, err := s.Claim(ctx, newEntry("hi")); return err },
		"put":    func(ctx context.Context) error { _, err := s.Place(ctx, message(1, "hi")); return err },
		"update": func(ctx context.Context) error { _, err := s.Reserve(ctx, "r", roomlog.NoLease); return err },
		"delete": func(ctx context.Context) error { return s.RemoveSubscription(ctx, subscription("r", "c")) },
		"transact": func(ctx context.Context) error {
			_, err := s.OpenRoom(ctx, rooms.Room{ID: "r", Kind: rooms.KindPublic}, rooms.Member{Room: "r", User: "ann"})
			return err
		},
		"query": func(ctx context.Context) error { _, err := s.EntriesAfter(ctx, "r", 0, 1); return err },
		"many":  func(ctx context.Context) error { _, err := s.Subscribers(ctx, "r", nil, 1); return err },
		"some": func(ctx context.Context) error {
			_, err := s.Current(ctx, "r", []chat.Subscription{subscription("r", "c")})
			return err
		},
	}
}

// wantCode makes all calls and checks the code of their errors, and that users learn nothing of the inside.
func wantCode(t *testing.T, ctx context.Context, s *dynamo.Store, want chat.Code) {
	t.Helper()
	for name, call := range calls(s) {
		err := call(ctx)
		if chat.CodeOf(err) != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if e, ok := errors.AsType[*chat.Error](err); ok && (e.Message == "" || strings.Contains(e.Message, "ynamo")) {
			t.Errorf("%s: users read %q", name, e.Message)
		}
	}
}

// TestFailures: what passes is unavailable, which is safe to repeat; what is our defect is internal.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		status int
		name   string
		want   chat.Code
	}{
		{400, "ProvisionedThroughputExceededException", chat.CodeUnavailable},
		{400, "RequestLimitExceeded", chat.CodeUnavailable},
		{400, "ThrottlingException", chat.CodeUnavailable},
		{500, "InternalServerError", chat.CodeUnavailable},
		{503, "ServiceUnavailable", chat.CodeUnavailable},
		{500, "SomethingNew", chat.CodeUnavailable},
		{400, "ValidationException", chat.CodeInternal},
		{400, "ResourceNotFoundException", chat.CodeInternal},
		{400, "AccessDeniedException", chat.CodeInternal},
		{400, "ItemCollectionSizeLimitExceededException", chat.CodeInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprintf(w, `{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"no"}`, c.name)
			}))
			t.Cleanup(server.Close)
			wantCode(t, t.Context(), storeAt(t, server.URL), c.want)
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + listener.Addr().String()
	_ = listener.Close()
	wantCode(t, t.Context(), storeAt(t, endpoint), chat.CodeUnavailable)
}

func TestTimeIsOver(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the end of the client is not seen
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantCode(t, ctx, storeAt(t, server.URL), chat.CodeUnavailable)
}

// TestRetriedByTheSDK: a request whose answer was lost comes a second time. No caller may take its own first try for
// somebody else's.
func TestRetriedByTheSDK(t *testing.T) {
	each(t, func(f fixture) {
		ctx, lost := f.Context(), &losingTransport{}
		client := dynamodb.New(f.engine.DynamoDB.Options(), func(o *dynamodb.Options) {
			lost.inner = o.HTTPClient
			o.HTTPClient = lost
		})
		s := dynamo.New(client, f.tables, time.Now)
		salt := func(b []byte) { copy(b, "0123456789abcdef") }
		e, a, err := roomlog.NewWriter(s, roomlog.WriterOptions{Now: time.Now, Random: salt, Leases: true}).Append(ctx, newEntry("hi"))
		if err != nil || e.ID != 2 {
			f.Fatalf("got %+v, %v, want id 2: the first was reserved twice", e, err)
		}
		if !a.Holds() || a.Own != 2 {
			f.Errorf("the head is %+v, want the lease of the first try", a.Head)
		}
		if want := []string{"GetItem", "UpdateItem", "GetItem", "PutItem", "PutItem"}; !slices.Equal(lost.calls, want) {
			f.Errorf("lost the answers of %q, want %q", lost.calls, want)
		}
		head, done, err := s.Release(ctx, "r", 2, a.Me, roomlog.NoLease)
		if err != nil || done || head.PushedID != 2 || head.Lease != roomlog.NoLease {
			f.Errorf("the second try of a release got %+v, %t, %v, want the head as the first left it", head, done, err)
		}
		head, held, err := s.Take(ctx, "r", a.Me, roomlog.NoLease)
		if err != nil || !held || head.PushedID != 2 {
			f.Errorf("the second try of a take got %+v, %t, %v, want the lease of the first", head, held, err)
		}
		all, err := f.EntriesAfter(ctx, "r", 0, 5)
		if err != nil || len(all) != 1 || !all[0].Equal(e) {
			f.Errorf("stored %+v, %v, want %+v alone", all, err, e)
		}
	})
}

// losingTransport loses the first answer to each request.
type losingTransport struct {
	inner dynamodb.HTTPClient
	last  string
	calls []string
}

func (l *losingTransport) Do(r *http.Request) (*http.Response, error) {
	response, err := l.inner.Do(r)
	id := r.Header.Get("Amz-Sdk-Invocation-Id")
	if err != nil || id == l.last {
		return response, err
	}
	l.last = id
	l.calls = append(l.calls, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810."))
	_ = response.Body.Close()
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
}

// storeBy returns a store whose calls go through an HTTP client, each once.
func (f fixture) storeBy(client dynamodb.HTTPClient) *dynamo.Store {
	return dynamo.New(dynamodb.New(f.engine.DynamoDB.Options(), func(o *dynamodb.Options) {
		o.HTTPClient, o.Retryer = client, aws.NopRetryer{}
	}), f.tables, time.Now)
}

// TestAShardThatCannotBeAddedKeepsNobodyWaiting: the subscriptions are given all the same, and the next reader tries
// again.
func TestAShardThatCannotBeAddedKeepsNobodyWaiting(t *testing.T) {
	each(t, func(f fixture) {
		const many = 1001
		f.open("r")
		f.fillShard("r#0", many)
		page, err := f.storeBy(noUpdates{f.engine.DynamoDB.Options().HTTPClient}).Subscribers(f.Context(), "r", nil, 5000)
		if err != nil || len(page.Subscriptions) != many {
			f.Errorf("got %d subscriptions, %v, want %d", len(page.Subscriptions), err, many)
		}
	})
}

// noUpdates lets no UpdateItem through.
type noUpdates struct{ inner dynamodb.HTTPClient }

func (n noUpdates) Do(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		return nil, errors.New("no updates")
	}
	return n.inner.Do(r)
}
