package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/localtest/aws/childproc"
)

// bound is how long a test waits for what should come before it fails.
const bound = 20 * time.Second

const testARN = "arn:aws:lambda:us-east-1:000000000000:function:tester"

// The programs that the tests run, built once.
var programs = struct{ dir, function, echo string }{}

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		playVictim()
	}
	dir, err := buildPrograms()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction(childproc.StarterFunction),
		goleak.Cleanup(func(code int) { os.RemoveAll(dir); os.Exit(code) }))
}

func buildPrograms() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "lambda-test-"); err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // a function reports the folder itself, not a link to it (macOS)
		return "", err
	}
	// The stack's flags (stack.Build), so that the compiler's work is shared.
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags=lambda.norpc", "-ldflags=-s -w", "-o", dir, "./testdata/function", "./testdata/echo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("build test functions: %w\n%s", err, out)
	}
	programs.dir = dir
	programs.function, programs.echo = filepath.Join(dir, "function"), filepath.Join(dir, "echo")
	return dir, nil
}

// events collects what OnInvocation and OnLine report.
type events struct {
	mu          sync.Mutex
	changed     *sync.Cond
	invocations []Invocation
	lines       []string
}

func newEvents() *events {
	e := &events{}
	e.changed = sync.NewCond(&e.mu)
	return e
}

func (e *events) onInvocation(i Invocation) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.invocations = append(e.invocations, i)
	e.changed.Broadcast()
}

func (e *events) onLine(function string, line []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lines = append(e.lines, function+": "+string(line))
	e.changed.Broadcast()
}

// await waits until done says so.
func (e *events) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	late := false
	timer := time.AfterFunc(bound, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		late = true
		e.changed.Broadcast()
	})
	defer timer.Stop()
	e.mu.Lock()
	defer e.mu.Unlock()
	for !done() {
		if late {
			t.Fatalf("waited in vain for %s; invocations %+v, lines %q", what, e.invocations, e.lines)
		}
		e.changed.Wait()
	}
}

func (e *events) awaitLine(t *testing.T, part string) string {
	t.Helper()
	return e.awaitLines(t, part, 1)
}

// awaitLines waits for n lines with that part and returns the last.
func (e *events) awaitLines(t *testing.T, part string, n int) string {
	t.Helper()
	var last string
	e.await(t, "line "+part, func() bool {
		found := 0
		for _, line := range e.lines {
			if strings.Contains(line, part) {
				last = line
				found++
			}
		}
		return found >= n
	})
	return last
}

func (e *events) awaitInvocation(t *testing.T, what string, is func(Invocation) bool) Invocation {
	t.Helper()
	var found Invocation
	e.await(t, "an invocation that "+what, func() bool {
		for _, i := range e.invocations {
			if is(i) {
				found = i
				return true
			}
		}
		return false
	})
	return found
}

// start starts a service with the function "tester", as change wants it.
func start(t testing.TB, change func(*Options, *Function)) (*Service, *events) {
	t.Helper()
	e := newEvents()
	f := Function{
		Name: "tester", LogicalID: "TesterFunction", ARN: testARN,
		Binary: programs.function, Timeout: bound, MemoryMB: 512, Env: map[string]string{},
	}
	opts := Options{OnInvocation: e.onInvocation, OnLine: e.onLine}
	if change != nil {
		change(&opts, &f)
	}
	opts.Functions = append(opts.Functions, f)
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, e
}

// event is the event that testdata/function takes, reply its answer.
type event struct {
	Do   string `json:"do"`
	Text string `json:"text,omitempty"`
	Size int    `json:"size,omitempty"`
}

type reply struct {
	Text      string   `json:"text"`
	PID       int      `json:"pid"`
	RequestID string   `json:"request_id"`
	ARN       string   `json:"arn"`
	LeftMs    int64    `json:"left_ms"`
	Env       []string `json:"env"`
	Dir       string   `json:"dir"`

	ErrorMessage string `json:"errorMessage"`
	ErrorType    string `json:"errorType"`
}

func invoke(t testing.TB, s *Service, e event) (Result, reply) {
	t.Helper()
	r, out, err := tryInvoke(t.Context(), s, e)
	if err != nil {
		t.Fatalf("invoke %+v: %v", e, err)
	}
	return r, out
}

func tryInvoke(ctx context.Context, s *Service, e event) (Result, reply, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return Result{}, reply{}, err
	}
	r, err := s.Invoke(ctx, Request{Function: "tester", Payload: payload, Source: "test"})
	var out reply
	_ = json.Unmarshal(r.Payload, &out)
	return r, out, err
}

// gate is a server that the function calls with "call": each call is held until the gate lets it through, or the caller
// dies.
type gate struct {
	*httptest.Server
	calls chan struct{} // one for each call that has come in
	open  chan struct{} // one for each call that may go on
	lost  chan struct{} // one for each caller that died
}

func newGate(t *testing.T) *gate {
	g := &gate{calls: make(chan struct{}, 100), open: make(chan struct{}, 100), lost: make(chan struct{}, 100)}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.calls <- struct{}{}
		select {
		case <-g.open:
		case <-r.Context().Done():
			g.lost <- struct{}{}
		case <-t.Context().Done():
		}
	}))
	t.Cleanup(g.Close)
	return g
}

// receive waits for something on the channel.
func receive[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(bound):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// eventually looks until it sees what it looks for, where nothing reports it.
func eventually(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for end := time.Now().Add(bound); !seen(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("looked in vain for %s", what)
		}
	}
}
