package stack

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"serverlesschat/localtest/aws/lambda"
)

// console prints one readable line per invocation. The line waits a moment for what the function itself logged about
// the invocation: that comes by another way, the process's output, and is as old as the reply.
type console struct {
	out   io.Writer
	now   func() time.Time
	quiet bool // only what is wrong is printed

	mu      sync.Mutex
	held    []ending          // the oldest first
	causes  map[string]string // by request id, of invocations whose line is not printed yet
	printed []string          // request ids, the latest last
	timer   *time.Timer       // prints what is held
}

// ending is an invocation that has ended, and when.
type ending struct {
	lambda.Invocation
	at time.Time
}

const (
	// holdFor is how long an invocation's line waits.
	holdFor = 50 * time.Millisecond
	// maxRemembered bounds the causes and the printed ids that are kept.
	maxRemembered = 1000
	// maxCause is how much of a cause is printed, in bytes.
	maxCause = 400
)

func newConsole(out io.Writer, now func() time.Time, quiet bool) *console {
	return &console{out: out, now: now, quiet: quiet, causes: map[string]string{}}
}

// progress prints what the stack is doing, which is not wrong.
func (c *console) progress(format string, args ...any) {
	if !c.quiet {
		c.print(c.now(), fmt.Sprintf(format, args...))
	}
}

func (c *console) print(at time.Time, text string) {
	_, _ = fmt.Fprintf(c.out, "%s  %s\n", at.Format("15:04:05.000"), text)
}

// invocation is told of an invocation that has ended.
func (c *console) invocation(i lambda.Invocation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = append(c.held, ending{i, c.now()})
	if len(c.held) == 1 {
		c.timer = time.AfterFunc(holdFor, c.release)
	}
}

// release prints the lines that have waited long enough.
func (c *console) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	due := c.now().Add(-holdFor)
	for len(c.held) > 0 && !c.held[0].at.After(due) {
		c.printInvocation(c.held[0])
		c.held = c.held[1:]
	}
	if len(c.held) > 0 {
		c.timer = time.AfterFunc(c.held[0].at.Sub(due), c.release)
	}
}

// close prints what is held.
func (c *console) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil {
		c.timer.Stop()
	}
	for _, e := range c.held {
		c.printInvocation(e)
	}
	c.held = nil
}

// printInvocation prints: time, function, what caused it, cold or warm, how long it took, how it ended.
func (c *console) printInvocation(e ending) {
	outcome := fault(e.Invocation)
	if cause := c.causes[e.RequestID]; cause != "" {
		outcome = strings.TrimPrefix(outcome+": "+cause, ": ")
		delete(c.causes, e.RequestID)
	}
	c.printed = append(c.printed, e.RequestID)
	if extra := len(c.printed) - maxRemembered; extra > 0 {
		c.printed = c.printed[extra:]
	}
	if outcome == "" {
		if c.quiet {
			return
		}
		outcome = "ok"
	}
	start := "warm"
	if e.Cold {
		start = "cold"
	}
	c.print(e.at, fmt.Sprintf("%-20s %-32s %s %9.1f ms  %s",
		e.Function, e.Source, start, float64(e.Duration.Microseconds())/1000, outcome))
}

// fault says what is wrong with an invocation by its reply, as API Gateway and an event source mapping read it: a
// status of 500 or more, records that failed. It is empty when nothing is.
func fault(i lambda.Invocation) string {
	if i.Error != "" {
		return oneLine(i.Error)
	}
	var reply struct {
		StatusCode        int               `json:"statusCode"`
		BatchItemFailures []json.RawMessage `json:"batchItemFailures"`
	}
	if json.Unmarshal(i.Reply, &reply) != nil {
		return "" // no such reply
	}
	switch {
	case reply.StatusCode >= 500:
		return fmt.Sprintf("status %d", reply.StatusCode)
	case len(reply.BatchItemFailures) > 0:
		return fmt.Sprintf("batchItemFailures: %d", len(reply.BatchItemFailures))
	}
	return ""
}

// oneLine cuts a text to what a line of the console holds.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxCause {
		text = strings.ToValidUTF8(text[:maxCause], "") + " …"
	}
	return text
}
