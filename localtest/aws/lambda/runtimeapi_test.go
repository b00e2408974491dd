package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// puppet is a process that does nothing: the test speaks to the Runtime API in its place.
type puppet struct {
	t       *testing.T
	address string
	client  *http.Client
	events  *events
	result  chan Result // of each invocation
}

func newPuppet(t *testing.T, change func(*Options, *Function)) (*puppet, *Service) {
	t.Helper()
	s, e := start(t, func(o *Options, f *Function) {
		f.Env["MODE"] = "puppet"
		o.InitLimit, o.MaxConcurrency, o.QueueWait, o.ShutdownGrace = bound, 1, bound, time.Millisecond
		if change != nil {
			change(o, f)
		}
	})
	p := &puppet{t: t, client: &http.Client{Transport: &http.Transport{}}, events: e, result: make(chan Result, 10)}
	t.Cleanup(p.client.CloseIdleConnections)
	p.invoke(s, `{"n":1}`)
	_, p.address, _ = strings.Cut(e.awaitLine(t, "127.0.0.1:"), ": ")
	return p, s
}

func (p *puppet) invoke(s *Service, payload string) {
	go func() {
		r, err := s.Invoke(context.Background(), Request{Function: "tester", Payload: []byte(payload)})
		if err != nil {
			r.Payload = []byte(err.Error())
		}
		p.result <- r
	}()
}

// answer is what the Runtime API says.
type answer struct {
	status int
	header http.Header
	body   string
	kind   string // errorType
}

func (p *puppet) call(method, path string, body io.Reader) answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), bound)
	defer cancel()
	a, err := p.try(ctx, method, path, body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (p *puppet) try(ctx context.Context, method, path string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+"/2018-06-01/runtime/"+path, body)
	if err != nil {
		return answer{}, err
	}
	res, err := p.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	var failed failureBody
	_ = json.Unmarshal(text, &failed)
	return answer{res.StatusCode, res.Header, string(text), failed.ErrorType}, err
}

// expect makes a call and compares status and error type.
func (p *puppet) expect(method, path string, status int, kind string) {
	p.t.Helper()
	if a := p.call(method, path, strings.NewReader(`{}`)); a.status != status || a.kind != kind {
		p.t.Errorf("%s %s: %d %s, want %d %s", method, path, a.status, a.body, status, kind)
	}
}

func (p *puppet) next() (id string) {
	p.t.Helper()
	a := p.call("GET", "invocation/next", nil)
	if a.status != 200 {
		p.t.Fatalf("next: %d %s", a.status, a.body)
	}
	return a.header.Get("Lambda-Runtime-Aws-Request-Id")
}

func TestTheStateMachineOfTheRuntimeAPI(t *testing.T) {
	p, s := newPuppet(t, nil)

	p.expect("POST", "invocation/x/response", 403, "InvalidStateTransition")
	p.expect("POST", "invocation/x/error", 403, "InvalidStateTransition")
	p.expect("POST", "invocation/next", 404, "NotFound")
	p.expect("GET", "invocation/x/response", 404, "NotFound")
	p.expect("POST", "invocation/x/other", 404, "NotFound")
	p.expect("GET", "elsewhere", 404, "NotFound")

	id := p.next()
	p.expect("GET", "invocation/next", 403, "InvalidStateTransition")
	p.expect("POST", "init/error", 403, "InvalidStateTransition")
	p.expect("POST", "invocation/x/response", 400, "InvalidRequestID")
	p.expect("POST", "invocation/x/error", 400, "InvalidRequestID")

	if a := p.call("POST", "invocation/"+id+"/response", strings.NewReader(`"done"`)); a.status != 202 || a.body != `{"status":"OK"}` {
		t.Errorf("response: %d %s", a.status, a.body)
	}
	if r := receive(t, p.result, "the result"); string(r.Payload) != `"done"` || r.RequestID != id || r.FunctionError != "" || !r.Cold {
		t.Errorf("result %+v: %s", r, r.Payload)
	}
	p.expect("POST", "invocation/"+id+"/response", 400, "InvalidRequestID")
	p.expect("POST", "invocation/"+id+"/error", 400, "InvalidRequestID")
	p.expect("POST", "init/error", 403, "InvalidStateTransition")

	p.invoke(s, `{"n":2}`)
	second := p.next()
	p.expect("POST", "invocation/"+id+"/response", 400, "InvalidRequestID")
	p.expect("POST", "invocation/"+second+"/error", 202, "")
	if r := receive(t, p.result, "the second result"); string(r.Payload) != `{}` || r.FunctionError != "Unhandled" || r.Cold {
		t.Errorf("second result %+v: %s", r, r.Payload)
	}
}

func TestHeadersOfNext(t *testing.T) {
	p, _ := newPuppet(t, nil)
	before := time.Now()
	a := p.call("GET", "invocation/next", nil)
	deadline, err := strconv.ParseInt(a.header.Get("Lambda-Runtime-Deadline-Ms"), 10, 64)
	if left := time.UnixMilli(deadline).Sub(before); err != nil || left <= 0 || left > bound+time.Second {
		t.Errorf("deadline %s, %v left", a.header.Get("Lambda-Runtime-Deadline-Ms"), left)
	}
	if a.body != `{"n":1}` || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("event %q, %s", a.body, a.header.Get("Content-Type"))
	}
	if got := a.header.Get("Lambda-Runtime-Invoked-Function-Arn"); got != testARN {
		t.Errorf("ARN %s", got)
	}
	trace := a.header.Get("Lambda-Runtime-Trace-Id")
	if len(trace) != 74 || !strings.HasPrefix(trace, "Root=1-") || !strings.HasSuffix(trace, ";Sampled=0") {
		t.Errorf("trace id %s", trace)
	}
	// Its time is that of the invocation, not of its deadline.
	at, err := strconv.ParseInt(strings.Split(trace, "-")[1], 16, 64)
	if err != nil || at < before.Unix() || at > time.Now().Unix() {
		t.Errorf("trace id %s, now is %x", trace, before.Unix())
	}
}

func TestInitErrorIsTakenOnce(t *testing.T) {
	p, _ := newPuppet(t, func(o *Options, _ *Function) { o.ShutdownGrace = bound })
	p.expect("POST", "init/error", 202, "")
	p.expect("POST", "init/error", 403, "InvalidStateTransition")
	p.expect("GET", "invocation/next", 403, "InvalidStateTransition")
	p.expect("POST", "invocation/x/response", 403, "InvalidStateTransition")
}

func TestTheResponseLimit(t *testing.T) {
	p, _ := newPuppet(t, nil)
	id := p.next()
	a := p.call("POST", "invocation/"+id+"/response", bytes.NewReader(make([]byte, 20<<20)))
	if a.status != 413 || a.kind != "RequestEntityTooLarge" {
		t.Errorf("answer %d %s", a.status, a.body)
	}
	if r := receive(t, p.result, "the result"); r.FunctionError != "Unhandled" || !strings.Contains(string(r.Payload), "Function.ResponseSizeTooLarge") {
		t.Errorf("result %+v: %s", r, r.Payload)
	}
}

func TestARuntimeThatNeverAsksAgainIsKilled(t *testing.T) {
	p, s := newPuppet(t, func(_ *Options, f *Function) { f.Timeout = 200 * time.Millisecond })
	id := p.next()
	pid := s.Processes()[0].PID
	p.expect("POST", "invocation/"+id+"/response", 202, "")
	if r := receive(t, p.result, "the result"); r.FunctionError != "" {
		t.Errorf("result %+v", r)
	}
	eventually(t, "the end of the process", func() bool {
		processes := s.Processes()
		return len(processes) == 0 || processes[0].PID != pid
	})
}
