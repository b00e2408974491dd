package stack

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"serverlesschat/localtest/aws/metrics"
	"serverlesschat/localtest/aws/template"
)

// templateHead is what the templates of these tests begin with: the parameters that a stack gives, and Resources.
const templateHead = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Architecture: {Type: String}
  ManagementEndpoint: {Type: String}
  LambdaEndpoint: {Type: String}
  DynamoDBEndpoint: {Type: String, Default: ""}
  SQSEndpoint: {Type: String}
  SecretsManagerEndpoint: {Type: String}
Resources:
`

// roleHead is the role of the function Fn, up to the statements of its rights.
const roleHead = `  FnRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
      Policies:
        - PolicyName: rights
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
`

// apisTemplate has both APIs, with testdata/function behind every route.
const apisTemplate = templateHead + `  Socket:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.do
      Routes:
        $connect: {FunctionArn: !GetAtt Fn.Arn}
        $default: {FunctionArn: !GetAtt Fn.Arn, RouteResponseSelectionExpression: $default}
        slow: {FunctionArn: !GetAtt Fn.Arn, IntegrationTimeout: 300}
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Socket, RouteId: !Ref SocketDefaultRoute, RouteResponseKey: $default}
  Rest:
    Type: AWS::Serverless::HttpApi
  Fn:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: go1.x}
    Properties:
      CodeUri: function
      Handler: bootstrap
      Runtime: provided.al2023
      Architectures: [!Ref Architecture]
      Timeout: 30
      Events:
        All: {Type: HttpApi, Properties: {ApiId: !Ref Rest}}
        Slow: {Type: HttpApi, Properties: {ApiId: !Ref Rest, Method: POST, Path: /slow, TimeoutInMillis: 50}}
`

var binDir = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "stack-test-")
	if err != nil {
		return "", err
	}
	return dir, Build(context.Background(), "testdata", dir, []template.Function{{CodeURI: "function"}})
})

// apis is a stack without an engine, on free ports.
type apis struct {
	t     *testing.T
	s     *Stack
	log   *lockedBuffer
	at    atomic.Int64 // time of the buckets, in ns
	close func()       // at the end of the test, if not before
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serveAPIs starts one whose template has changes, pairs of old and new text.
func serveAPIs(t *testing.T, o Options, changes ...string) *apis {
	t.Helper()
	return serve(t, o, strings.NewReplacer(changes...).Replace(apisTemplate))
}

// serve starts one with a template.
func serve(t *testing.T, o Options, text string) *apis {
	t.Helper()
	bin, err := binDir()
	if err != nil {
		t.Fatal(err)
	}
	o.Root, o.BinDir = writeProject(t, map[string]string{"template.yaml": text}), bin
	o.FreeWait = cmp.Or(o.FreeWait, -1)
	a := &apis{t: t, log: &lockedBuffer{}}
	log := slog.New(slog.NewTextHandler(a.log, nil))
	a.s = &Stack{
		options: o.withDefaults(), log: log, health: &health{log: log, problems: map[string]string{}},
		console: newConsole(io.Discard, func() time.Time { return time.Unix(1_800_000_000, a.at.Load()) }, false),
	}
	a.s.metrics = metrics.New(metrics.Options{Logger: log, Gauges: a.s.queueGauges})
	a.close = sync.OnceFunc(func() {
		if err := a.s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(a.close)
	if a.s.listeners, err = listen(t.Context(), a.s.options); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.s.loadTemplate(""), a.s.loadTemplate("")); err != nil { // the second knows the stage
		t.Fatal(err)
	}
	for _, start := range []func() error{
		a.s.startRights, a.s.startSecrets, a.s.startFunctions, a.s.startQueues, a.s.startAPIs, a.s.startMappings,
	} {
		if err := start(); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

const testTimeout = 20 * time.Second

func (a *apis) ctx() context.Context {
	ctx, cancel := context.WithTimeout(a.t.Context(), testTimeout)
	a.t.Cleanup(cancel)
	return ctx
}

func (a *apis) dial() (*websocket.Conn, *http.Response, error) {
	client, resp, err := websocket.Dial(a.ctx(), a.s.endpoints.WebSocket, nil)
	if err == nil {
		a.t.Cleanup(func() { client.CloseNow() })
	}
	return client, resp, err
}

func (a *apis) mustDial() *websocket.Conn {
	a.t.Helper()
	client, _, err := a.dial()
	if err != nil {
		a.t.Fatal(err)
	}
	return client
}

func (a *apis) write(client *websocket.Conn, text string) {
	a.t.Helper()
	if err := client.Write(a.ctx(), websocket.MessageText, []byte(text)); err != nil {
		a.t.Fatal(err)
	}
}

func (a *apis) read(client *websocket.Conn) string {
	a.t.Helper()
	_, data, err := client.Read(a.ctx())
	if err != nil {
		a.t.Fatal(err)
	}
	return string(data)
}

// post makes a request and returns the reply's status, request id and body.
func (a *apis) post(url, body string) (status int, id, text string) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.ctx(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Apigw-Requestid"), string(data)
}

func (a *apis) connections() string {
	return "http" + strings.TrimPrefix(a.s.endpoints.WebSocket, "ws") + "/@connections/"
}

// A frame is answered while the function still works on the one before it, in a process of its own.
func TestASecondFrameDoesNotWaitForTheFirst(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	held := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		called <- struct{}{}
		<-release
	}))
	defer held.Close()
	free := sync.OnceFunc(func() { close(release) })
	defer free() // also when the test fails: held waits for its handler
	a := serveAPIs(t, Options{})
	client := a.mustDial()
	a.write(client, `{"do":"call","text":"`+held.URL+`"}`)
	<-called // the first is inside the function
	a.write(client, `{"do":"second"}`)
	if got := a.read(client); got != "second" {
		t.Errorf("got %s while the first frame is held", got)
	}
	free()
	if got := a.read(client); got != "call" {
		t.Errorf("got %s", got)
	}
}

// One that waits for the first one's process as long as it takes gets no answer in time.
func TestHowLongAProcessIsWaitedForIsASetting(t *testing.T) {
	called, release := make(chan struct{}, 1), make(chan struct{})
	held := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		called <- struct{}{}
		<-release
	}))
	defer held.Close()
	defer close(release)
	a := serveAPIs(t, Options{FreeWait: time.Hour})
	client := a.mustDial()
	a.write(client, `{"do":"call","text":"`+held.URL+`"}`)
	<-called
	a.write(client, `{"do":"slow"}`)
	if got := a.read(client); !strings.Contains(got, "Endpoint request timed out") {
		t.Errorf("got %s", got)
	}
}

// A ServeMux would redirect such paths. An API takes them as they are.
func TestPathsAreNotCleaned(t *testing.T) {
	a := serveAPIs(t, Options{})
	for _, path := range []string{"//a", "/b/../a", "/a", healthPath, metricsPath} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.s.endpoints.HTTP+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK { // the API has a route for any path
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestPagesAndAFrontOfTheHTTPAPI(t *testing.T) {
	a := serveAPIs(t, Options{
		Docs: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page "+r.URL.Path) }),
		HTTPFront: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Front", "yes")
				next.ServeHTTP(w, r)
			})
		},
	})
	for _, c := range []struct {
		path, body, front string
	}{
		{docsPath, "page /", ""}, {docsPath + "/", "page /", ""}, {docsPath + "/a.yaml", "page /a.yaml", ""},
		{docsPath + "x", "", "yes"}, {"/a", "", "yes"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.s.endpoints.HTTP+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if c.body != "" && string(body) != c.body || response.StatusCode != http.StatusOK || response.Header.Get("Front") != c.front {
			t.Errorf("%s: %d %s, front %q", c.path, response.StatusCode, body, response.Header.Get("Front"))
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// Frames, requests to the HTTP API and @connections calls draw from one bucket, which fills with time.
func TestOneBucketForAllOfTheAccount(t *testing.T) {
	a := serveAPIs(t, Options{AccountRate: 10, AccountBurst: 3})
	client := a.mustDial()
	a.write(client, `{"do":"x"}`)
	if got := a.read(client); got != "x" {
		t.Errorf("a frame: %s", got)
	}
	if status, _, body := a.post(a.s.endpoints.HTTP+"/a", "{}"); status != 200 {
		t.Errorf("a request: %d %s", status, body)
	}
	if status, _, _ := a.post(a.connections()+"L0SM9cOFvHcCIhw=", "x"); status != 410 {
		t.Errorf("a POST to a connection that is not there: %d", status)
	}
	allRefused := func(after string) {
		t.Helper()
		a.write(client, `{"do":"x"}`)
		if got := a.read(client); !strings.Contains(got, `{"message": "Too Many Requests"`) {
			t.Errorf("a frame after %s: %s", after, got)
		}
		if status, _, body := a.post(a.s.endpoints.HTTP+"/a", "{}"); status != 429 || body != `{"message":"Too Many Requests"}` {
			t.Errorf("a request after %s: %d %s", after, status, body)
		}
		if status, _, _ := a.post(a.connections()+"L0SM9cOFvHcCIhw=", "x"); status != 429 {
			t.Errorf("a POST after %s: %d", after, status)
		}
	}
	allRefused("the burst")
	a.at.Add(int64(100 * time.Millisecond)) // one token
	if status, _, body := a.post(a.s.endpoints.HTTP+"/a", "{}"); status != 200 {
		t.Errorf("a request with a token: %d %s", status, body)
	}
	allRefused("the one token")
}

func TestSettingsOfStagesAndRoutesHold(t *testing.T) {
	const limits = "      RouteSettings: {KEY: {ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1}}\n"
	const stage = "      DefaultRouteSettings: {ThrottlingRateLimit: RATE, ThrottlingBurstLimit: 2}\n"
	socket, rest := "      Routes:\n", "    Type: AWS::Serverless::HttpApi\n"
	for name, c := range map[string]struct {
		at, settings string
		want         string // a handshake, two frames, two requests
	}{
		"none":               {socket, "", "101 x x 200 200"},
		"WebSocket stage":    {socket, strings.Replace(stage, "RATE", "1", 1), "101 x 429 200 200"},
		"stopped":            {socket, strings.Replace(stage, "RATE", "0", 1), "429 200 200"},
		"WebSocket route":    {socket, strings.Replace(limits, "KEY", "$default", 1), "101 x 429 200 200"},
		"handshakes' route":  {socket, strings.Replace(limits, "KEY", "$connect", 1), "101 x x 200 200"},
		"HTTP stage stopped": {rest, "    Properties:\n" + strings.Replace(stage, "RATE", "0", 1), "101 x x 429 429"},
		"HTTP route":         {rest, "    Properties:\n" + strings.Replace(limits, "KEY", "$default", 1), "101 x x 200 429"},
	} {
		t.Run(name, func(t *testing.T) {
			change := c.settings + c.at
			if c.at == rest {
				change = c.at + c.settings
			}
			a := serveAPIs(t, Options{}, c.at, change)
			client, resp, err := a.dial()
			got := fmt.Sprint(resp.StatusCode)
			for range 2 {
				if err != nil {
					break
				}
				a.write(client, `{"do":"x"}`)
				frame := a.read(client)
				if strings.Contains(frame, "Too Many Requests") {
					frame = "429"
				}
				got += " " + frame
			}
			for range 2 {
				status, _, _ := a.post(a.s.endpoints.HTTP+"/a", "{}")
				got += fmt.Sprint(" ", status)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTheQuotaOfNewConnections(t *testing.T) {
	a := serveAPIs(t, Options{HandshakeRate: 1})
	a.mustDial()
	if _, resp, err := a.dial(); err == nil || resp.StatusCode != 429 {
		t.Errorf("the second handshake: %v, %v, want 429", resp, err)
	}
	a.at.Add(int64(time.Second))
	a.mustDial()
}

// Rights read the log group too, so that the field is read does not say that functions are told it.
func TestFunctionsAreToldTheirLogGroup(t *testing.T) {
	const handler = "      Handler: bootstrap\n"
	for group, change := range map[string]string{
		"/aws/lambda/local-Fn": handler,
		"lines":                handler + "      LoggingConfig: {LogGroup: lines}\n",
	} {
		a := serveAPIs(t, Options{}, handler, change)
		order := `{"do":"variable","text":"AWS_LAMBDA_LOG_GROUP_NAME"}`
		if status, _, got := a.post(a.s.endpoints.HTTP+"/a", order); status != 200 || got != group {
			t.Errorf("got %d %q, want %q", status, got, group)
		}
	}
}
