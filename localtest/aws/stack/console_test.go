package stack

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/localtest/aws/lambda"
)

func TestTheLineOfAnInvocationSaysWhatIsWrong(t *testing.T) {
	const id = `"request_id":"r1"`
	for _, c := range []struct {
		name, logged string
		invocation   lambda.Invocation
		want         string // at the end of the line
	}{
		{"all well", `{"level":"INFO","msg":"invocation","outcome":"ok",` + id + `}`, lambda.Invocation{Reply: []byte(`{"statusCode":200}`)}, "ok"},
		{"a client's mistake", "", lambda.Invocation{Reply: []byte(`{"statusCode":404}`)}, "ok"},
		{"no reply", "", lambda.Invocation{Reply: []byte(`null`)}, "ok"},
		{"a reply that is no object", "", lambda.Invocation{Reply: []byte(`"statusCode"`)}, "ok"},
		{"function error", "", lambda.Invocation{Error: "errorString: broken\nin two"}, "errorString: broken in two"},
		{"status", "", lambda.Invocation{Reply: []byte(`{"statusCode":503,"body":"{}"}`)}, "status 503"},
		{"status with its cause", `{"level":"ERROR","msg":"invocation","outcome":"internal","error":"place entry: no table",` + id + `}`,
			lambda.Invocation{Reply: []byte(`{"statusCode":500}`)}, "status 500: internal: place entry: no table"},
		{"an error in a frame", `{"level":"ERROR","outcome":"internal","error":"no table",` + id + `}`,
			lambda.Invocation{Reply: []byte(`{"statusCode":200}`)}, "internal: no table"},
		{"Lambda's own format", `{"level":"ERROR","message":"no table","requestId":"r1"}`, lambda.Invocation{}, "no table"},
		{"failed records", "", lambda.Invocation{Reply: []byte(`{"batchItemFailures":[{"itemIdentifier":"7"},{"itemIdentifier":"8"}]}`)},
			"batchItemFailures: 2"},
		{"no failed records", "", lambda.Invocation{Reply: []byte(`{"batchItemFailures":[]}`)}, "ok"},
	} {
		for _, quiet := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				console := newConsole(&out, time.Now, quiet)
				c.invocation.Function, c.invocation.RequestID = "chat-history", "r1"
				console.invocation(c.invocation)
				console.line("chat-history", []byte(c.logged)) // by another way, so it may come later
				time.Sleep(holdFor)
				synctest.Wait()
				got := out.String()
				if quiet && c.want == "ok" {
					if got != "" {
						t.Errorf("%s, quiet: %q", c.name, got)
					}
					return
				}
				if !strings.Contains(got, "chat-history") || !strings.HasSuffix(got, " ms  "+c.want+"\n") || strings.Count(got, "\n") != 1 {
					t.Errorf("%s: %q, want one line that ends with %q", c.name, got, c.want)
				}
			})
		}
	}
}

func TestAnErrorWithoutAnInvocationHasALineOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := newConsole(&out, time.Now, true)
		console.line("chat-push", []byte(`{"level":"ERROR","msg":"settings are missing"}`))
		console.invocation(lambda.Invocation{Function: "chat-push", RequestID: "r1"})
		time.Sleep(2 * holdFor)
		synctest.Wait()
		console.line("chat-push", []byte(`{"level":"ERROR","msg":"too late","request_id":"r1"}`))
		got := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(got) != 2 || !strings.HasSuffix(got[0], "chat-push  settings are missing") || !strings.HasSuffix(got[1], "too late  r1") {
			t.Errorf("printed %q", got)
		}
	})
}

func TestAllCausesOfAnInvocationArePrinted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := newConsole(&out, time.Now, true)
		for _, outcome := range []string{"internal", "unavailable", "internal"} {
			console.line("chat-fanout", []byte(`{"level":"ERROR","outcome":"`+outcome+`","request_id":"r1"}`))
		}
		console.invocation(lambda.Invocation{Function: "chat-fanout", RequestID: "r1"})
		for room := range maxCause {
			console.line("chat-fanout", fmt.Appendf(nil, `{"level":"ERROR","msg":"room %d is broken","request_id":"r2"}`, room))
		}
		console.invocation(lambda.Invocation{Function: "chat-fanout", RequestID: "r2"})
		time.Sleep(holdFor)
		synctest.Wait()
		got := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(got) != 2 || !strings.HasSuffix(got[0], " ms  internal; unavailable") || len(got[1]) > 2*maxCause {
			t.Errorf("printed %q", got)
		}
	})
}

func TestInvocationsAreAllPrintedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := newConsole(&out, time.Now, false)
		for range 5 {
			console.invocation(lambda.Invocation{Function: "chat-push"})
			time.Sleep(holdFor / 3)
		}
		console.close()
		time.Sleep(time.Minute)
		if n := strings.Count(out.String(), "chat-push"); n != 5 {
			t.Errorf("%d lines of 5", n)
		}
	})
}

func TestALongStepIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := newConsole(&out, time.Now, false)
		fast := console.begin("something fast")
		fast.done()
		long := console.begin("starting the engine")
		time.Sleep(progressAfter / 2)
		long.now("fetching it")
		time.Sleep(2*progressEvery + time.Second)
		synctest.Wait()
		long.done()
		time.Sleep(time.Minute)
		var lines []string
		for line := range strings.Lines(out.String()) {
			_, text, _ := strings.Cut(strings.TrimSpace(line), "  ")
			lines = append(lines, text)
		}
		want := "fetching it …|fetching it … 10 s|fetching it … 20 s|fetching it: done in 21.5 s"
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	})
}

// The step's own timer tells it, in a goroutine of its own: this is for the race detector.
func TestAStepOfOneThingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		step := newConsole(&out, time.Now, false).begin("starting the engine")
		time.Sleep(progressAfter + time.Millisecond)
		synctest.Wait()
		step.done()
		if got := out.String(); strings.Count(got, "starting the engine") != 2 {
			t.Errorf("printed %q", got)
		}
	})
}
