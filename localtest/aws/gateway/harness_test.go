package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/edge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout bounds what should happen at once; only a failing test waits that long.
const testTimeout = 20 * time.Second

// invocation is one call of a function.
type invocation struct {
	function, source string
	payload          []byte
	event            events.APIGatewayWebsocketProxyRequest
}

// functions stands for Lambda: a handler per name, {"statusCode":200} without one. It keeps all invocations.
type functions struct {
	t testing.TB

	mu       sync.Mutex
	handlers map[string]func(context.Context, invocation) (Response, error)
	calls    map[string]chan invocation
}

func newFunctions(t testing.TB) *functions {
	return &functions{
		t:        t,
		handlers: make(map[string]func(context.Context, invocation) (Response, error)),
		calls:    make(map[string]chan invocation),
	}
}

func (f *functions) handle(name string, h func(context.Context, invocation) (Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handlers[name] = h
}

// returns makes a function return a result.
func (f *functions) returns(name, result string) {
	f.handle(name, func(context.Context, invocation) (Response, error) {
		return Response{Payload: []byte(result)}, nil
	})
}

func (f *functions) of(name string) chan invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls[name] == nil {
		f.calls[name] = make(chan invocation, 4096)
	}
	return f.calls[name]
}

func (f *functions) invoke(ctx context.Context, function, source string, payload []byte) (Response, error) {
	in := invocation{function: function, source: source, payload: payload}
	if err := json.Unmarshal(payload, &in.event); err != nil {
		f.t.Errorf("event of %s: %v\n%s", function, err, payload)
	}
	if !utf8.Valid(payload) {
		f.t.Errorf("event of %s is not UTF-8: %q", function, payload)
	}
	f.of(function) <- in
	f.mu.Lock()
	h := f.handlers[function]
	f.mu.Unlock()
	if h == nil {
		return Response{Payload: []byte(`{"statusCode":200}`)}, nil
	}
	return h(ctx, in)
}

// next waits for the next invocation of a function.
func (f *functions) next(name string) invocation {
	f.t.Helper()
	select {
	case in := <-f.of(name):
		return in
	case <-time.After(testTimeout):
		f.t.Fatalf("%s was not invoked", name)
		panic("unreachable")
	}
}

// none checks that nothing (more) was invoked. It means something only after the gateway was closed.
func (f *functions) none(name string) {
	f.t.Helper()
	select {
	case in := <-f.of(name):
		f.t.Errorf("%s was invoked: %s", name, in.payload)
	default:
	}
}

// harness is a gateway with functions behind it on a real port.
type harness struct {
	t testing.TB
	*functions
	g   *Gateway
	srv *httptest.Server
	log *bytes.Buffer
}

func testConfig(f *functions) Config {
	return Config{
		APIID: "dl7ptocha9", Stage: "dev", DomainName: "dl7ptocha9.execute-api.us-east-1.amazonaws.com",
		SelectionExpression: "$request.body.action",
		Invoke:              f.invoke,
		Routes: []Route{
			{Key: "$connect", Function: "connect"},
			{Key: "$disconnect", Function: "disconnect"},
			{Key: "sendMessage", Function: "send", HasResponse: true},
			{Key: "oneWay", Function: "oneway"},
			{Key: "$default", Function: "default", HasResponse: true},
		},
	}
}

func start(t testing.TB, change ...func(*Config)) *harness {
	t.Helper()
	h := &harness{t: t, functions: newFunctions(t), log: new(bytes.Buffer)}
	cfg := testConfig(h.functions)
	cfg.Logger = slog.New(slog.NewTextHandler(&lockedWriter{w: h.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, c := range change {
		c(&cfg)
	}
	g, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.g = g
	h.srv = httptest.NewUnstartedServer(g)
	h.srv.Listener, h.srv.Config.ConnContext = edge.KeepNames(h.srv.Listener), edge.ConnContext
	h.srv.Start()
	t.Cleanup(func() {
		h.close()
		h.srv.Close()
	})
	return h
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// close ends all connections and waits for their functions.
func (h *harness) close() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	defer cancel()
	if err := h.g.Close(ctx); err != nil {
		h.t.Error(err)
	}
	if left := h.g.all(); len(left) != 0 {
		h.t.Errorf("%d connections are left", len(left))
	}
}

func (h *harness) url(path string) string { return h.srv.URL + path }

func (h *harness) ctx() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	h.t.Cleanup(cancel)
	return ctx
}

// dial connects a client and returns it with its connection id.
func (h *harness) dial(opts *websocket.DialOptions) (*websocket.Conn, string) {
	h.t.Helper()
	client, resp, err := websocket.Dial(h.ctx(), h.url("/dev"), opts)
	if err != nil {
		h.t.Fatalf("dial: %v (%v)", err, resp)
	}
	client.SetReadLimit(-1)
	h.t.Cleanup(func() { client.CloseNow() })
	return client, h.next("connect").event.RequestContext.ConnectionID
}

func (h *harness) write(client *websocket.Conn, text string) {
	h.t.Helper()
	if err := client.Write(h.ctx(), websocket.MessageText, []byte(text)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) read(client *websocket.Conn) string {
	h.t.Helper()
	kind, data, err := client.Read(h.ctx())
	if err != nil {
		h.t.Fatal(err)
	}
	if kind != websocket.MessageText {
		h.t.Fatalf("got a %v message", kind)
	}
	return string(data)
}

// readClose reads until the end and returns the close frame's code and reason.
func (h *harness) readClose(client *websocket.Conn) (int, string) {
	h.t.Helper()
	_, data, err := client.Read(h.ctx())
	var ce websocket.CloseError
	if !errors.As(err, &ce) {
		h.t.Fatalf("want a close frame, got %q, %v", data, err)
	}
	return int(ce.Code), ce.Reason
}

// answered waits until no message of the connection is under way.
func (h *harness) answered(id string) {
	h.t.Helper()
	c, _ := h.g.find(id)
	h.until("messages are under way", func() bool { return len(c.slots) == 0 })
}

// until waits for something that nothing announces.
func (h *harness) until(otherwise string, ok func() bool) {
	h.t.Helper()
	for ctx := h.ctx(); !ok(); runtime.Gosched() {
		if ctx.Err() != nil {
			h.t.Fatal(otherwise)
		}
	}
}

// request makes a plain HTTP request.
func (h *harness) request(method, path string, body io.Reader) (int, http.Header, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.ctx(), method, h.url(path), body)
	if err != nil {
		h.t.Fatal(err)
	}
	resp, err := h.srv.Client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(data)
}

func (h *harness) post(id, data string) int {
	h.t.Helper()
	status, _, _ := h.request("POST", "/dev/@connections/"+id, strings.NewReader(data))
	return status
}
