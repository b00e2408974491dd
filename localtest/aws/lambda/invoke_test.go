package lambda

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestInvokeReturnsWhatTheFunctionReturns(t *testing.T) {
	s, e := start(t, nil)
	for _, name := range []string{"tester", "TesterFunction", testARN, testARN + ":$LATEST"} {
		r, err := s.Invoke(t.Context(), Request{Function: name, Payload: []byte(`{"do":"echo","text":"hi"}`), Source: "here"})
		if err != nil || r.FunctionError != "" || !strings.Contains(string(r.Payload), `"text":"hi"`) {
			t.Fatalf("invoke %s: %s, %q, %v", name, r.Payload, r.FunctionError, err)
		}
	}
	r, out := invoke(t, s, event{Do: "echo"})
	if out.RequestID != r.RequestID || out.ARN != testARN || r.Duration <= 0 {
		t.Errorf("result %+v, the function saw %+v", r, out)
	}
	if out.LeftMs <= 0 || out.LeftMs > bound.Milliseconds() {
		t.Errorf("the function has %d ms left of %v", out.LeftMs, bound)
	}
	first := e.awaitInvocation(t, "is cold", func(i Invocation) bool { return i.Cold })
	if first.Init <= 0 || first.Duration <= 0 || first.Source != "here" || first.Function != "tester" || first.Error != "" {
		t.Errorf("first invocation: %+v", first)
	}
	last := e.awaitInvocation(t, "is the last", func(i Invocation) bool { return i.RequestID == r.RequestID })
	if last.Cold || last.Init != 0 || last.Duration != r.Duration || last.Source != "test" {
		t.Errorf("last invocation: %+v", last)
	}
}

func TestInvokePassesLargePayloads(t *testing.T) {
	s, _ := start(t, nil)
	text := strings.Repeat("a long text ", 400_000) // 4.8 MB
	if _, out := invoke(t, s, event{Do: "echo", Text: text}); out.Text != text {
		t.Errorf("of %d bytes %d came back", len(text), len(out.Text))
	}
	var large *RequestTooLargeError
	_, err := s.Invoke(t.Context(), Request{Function: "tester", Payload: make([]byte, MaxPayload+1)})
	if !errors.As(err, &large) {
		t.Errorf("over the limit: %v", err)
	}
}

func TestInvokeOfAnUnknownFunction(t *testing.T) {
	s, _ := start(t, nil)
	var unknown *UnknownFunctionError
	if _, err := s.Invoke(t.Context(), Request{Function: "nobody"}); !errors.As(err, &unknown) {
		t.Errorf("invoke: %v", err)
	}
}

func TestFailures(t *testing.T) {
	const id = "RequestId: ID Error: "
	for name, c := range map[string]struct {
		do            event
		kind, message string
		samePID       bool // the process goes on
	}{
		"error": {event{Do: "fail", Text: "no luck"}, "errorString", "no luck", true},
		"panic": {event{Do: "panic", Text: "oh"}, "string", "oh", false},
		"exit":  {event{Do: "exit", Size: 7}, "Runtime.ExitError", id + "Runtime exited with error: exit status 7", false},
		"end":   {event{Do: "exit"}, "Runtime.ExitError", id + "Runtime exited without providing a reason", false},
		"too large": {
			event{Do: "huge", Size: maxResponse}, "Function.ResponseSizeTooLarge",
			"Response payload size (6291558 bytes) exceeded maximum allowed payload size (6291556 bytes).", false,
		},
		"broken off":     {event{Do: "broken-off"}, "errorString", "broken off", true},
		"leaves a child": {event{Do: "leave"}, "Runtime.ExitError", id + "Runtime exited without providing a reason", false},
	} {
		t.Run(name, func(t *testing.T) {
			s, e := start(t, nil)
			_, before := invoke(t, s, event{Do: "echo"})
			r, out := invoke(t, s, c.do)
			message := strings.ReplaceAll(out.ErrorMessage, r.RequestID, "ID")
			if r.FunctionError != "Unhandled" || out.ErrorType != c.kind || message != c.message {
				t.Errorf("result %q %.300s", r.FunctionError, r.Payload)
			}
			_, after := invoke(t, s, event{Do: "echo"})
			if same := before.PID == after.PID; same != c.samePID || after.PID == 0 {
				t.Errorf("process %d before, %d after", before.PID, after.PID)
			}
			failed := e.awaitInvocation(t, "failed", func(i Invocation) bool { return i.RequestID == r.RequestID })
			if !strings.HasPrefix(failed.Error, c.kind+": ") {
				t.Errorf("OnInvocation got %+v", failed)
			}
		})
	}
}

func TestAResponseOfTheLargestSize(t *testing.T) {
	s, _ := start(t, nil)
	r, _ := invoke(t, s, event{Do: "huge", Size: maxResponse - 2}) // two are the quotes
	if r.FunctionError != "" || len(r.Payload) != maxResponse {
		t.Errorf("result %q with %d bytes", r.FunctionError, len(r.Payload))
	}
}

func TestATimeoutKillsTheProcess(t *testing.T) {
	s, e := start(t, func(_ *Options, f *Function) { f.Timeout = 250 * time.Millisecond })
	g := newGate(t)
	_, before := invoke(t, s, event{Do: "echo"})
	r, out := invoke(t, s, event{Do: "call", Text: g.URL})
	want := "RequestId: " + r.RequestID + " Error: Task timed out after 0.25 seconds"
	if r.FunctionError != "Unhandled" || out.ErrorType != "Sandbox.Timedout" || out.ErrorMessage != want {
		t.Errorf("result %q %s, want %s", r.FunctionError, r.Payload, want)
	}
	receive(t, g.lost, "the end of the process")
	if _, after := invoke(t, s, event{Do: "echo"}); after.PID == before.PID {
		t.Error("the process lives on")
	}
	failed := e.awaitInvocation(t, "timed out", func(i Invocation) bool { return i.RequestID == r.RequestID })
	if failed.Error != "Sandbox.Timedout: "+want {
		t.Errorf("OnInvocation got %+v", failed)
	}
}

func TestAKilledProcessIsReplaced(t *testing.T) {
	s, _ := start(t, nil)
	g := newGate(t)
	done := make(chan reply, 1)
	go func() {
		_, out, _ := tryInvoke(context.Background(), s, event{Do: "call", Text: g.URL})
		done <- out
	}()
	receive(t, g.calls, "the call")
	pid := s.Processes()[0].PID
	p, err := os.FindProcess(pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if out := receive(t, done, "the result"); !strings.HasSuffix(out.ErrorMessage, "Runtime exited with error: signal: killed") {
		t.Errorf("result %+v", out)
	}
	if _, after := invoke(t, s, event{Do: "echo"}); after.PID == pid || after.PID == 0 {
		t.Errorf("process %d after %d", after.PID, pid)
	}
}

func TestTheEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "private")
	t.Setenv("SECRET_OF_THE_DEVELOPER", "1")
	s, _ := start(t, func(o *Options, f *Function) {
		o.Region = "eu-west-1"
		o.Environment = map[string]string{"AWS_ACCESS_KEY_ID": "mine"}
		f.Env = map[string]string{"TABLE": "t", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
		f.MemoryMB, f.Handler, f.LogGroup = 1770, "main.handle", "lines"
	})
	_, out := invoke(t, s, event{Do: "env"})
	env := map[string]string{}
	for _, v := range out.Env {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	for name, want := range map[string]string{
		"_HANDLER": "main.handle", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": "local",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_LAMBDA_FUNCTION_NAME": "tester", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1770", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME": "lines",
		"LAMBDA_TASK_ROOT":          programs.dir, "LAMBDA_RUNTIME_DIR": "/var/runtime",
		"TZ": ":UTC", "LANG": "en_US.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "GOMAXPROCS": "2",
		"LD_LIBRARY_PATH":          "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:" + programs.dir + ":" + programs.dir + "/lib:/opt/lib",
		"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
		"_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1", "_AWS_XRAY_DAEMON_PORT": "2000",
		"TABLE": "t", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
	} {
		if env[name] != want {
			t.Errorf("%s is %q, want %q", name, env[name], want)
		}
		delete(env, name)
	}
	for _, name := range []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME"} {
		if env[name] == "" {
			t.Errorf("%s is missing", name)
		}
		delete(env, name)
	}
	delete(env, "_X_AMZN_TRACE_ID") // set by aws-lambda-go
	if len(env) > 0 {
		t.Errorf("the function also has %v", env)
	}
	if out.Dir != programs.dir {
		t.Errorf("it runs in %s, want %s", out.Dir, programs.dir)
	}
}

func TestNewRefuses(t *testing.T) {
	good := Function{Name: "a", Binary: programs.function}
	with := func(change func(*Function)) []Function {
		f := good
		change(&f)
		return []Function{f}
	}
	for want, functions := range map[string][]Function{
		"it has no name":  with(func(f *Function) { f.Name = "" }),
		"find its binary": with(func(f *Function) { f.Binary = filepath.Join(programs.dir, "none") }),
		"names another":   {good, good},
	} {
		s, err := New(Options{Functions: functions})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want %s", err, want)
		}
	}
}

func TestProcessors(t *testing.T) {
	for memory, want := range map[int]int{128: 1, 1769: 1, 1770: 2, 3538: 2, 3539: 3, 10240: 6} {
		if got := processors(memory); got != want {
			t.Errorf("%d MB: %d, want %d", memory, got, want)
		}
	}
}

func TestUUIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := newUUID()
		parts := strings.Split(id, "-")
		lengths := []int{}
		for _, part := range parts {
			lengths = append(lengths, len(part))
			if _, err := strconv.ParseUint(part, 16, 64); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(lengths, []int{8, 4, 4, 4, 12}) || parts[2][0] != '4' || !bytes.Contains([]byte("89ab"), []byte{parts[3][0]}) {
			t.Fatalf("not a version 4 UUID: %s", id)
		}
		if seen[id] {
			t.Fatalf("twice: %s", id)
		}
		seen[id] = true
	}
}
