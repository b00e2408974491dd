package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"serverlesschat/internal/telemetry"
)

// Handler returns what Lambda runs for a function: h, with a context that ends in time, without connections that a
// pause may have cut, and with the line that each invocation writes. now returns the time.
func Handler[In, Out any](
	p *Parts, function string, now func() time.Time, h telemetry.Handler[In, Out],
) telemetry.Handler[In, Out] {
	h = afterPauses(now, p.dropIdle, h)
	h = inTime(now, spare(function), h)
	return telemetry.Observed(p.log, p.source(function), now, h)
}

// spare is how long before Lambda's deadline a function's handler must be done. Lambda ends a process that is late, and
// nobody learns why. In that time an ordinary handler answers that the time was over, and writes its line.
func spare(function string) time.Duration {
	switch function {
	case "fanout", "push", "jobs": // they end what they have begun: posts that run, and the mark of what was pushed
		return 5 * time.Second
	}
	return time.Second
}

var errTimeOver = fmt.Errorf("the time of the invocation is over: %w", context.DeadlineExceeded)

// inTime gives h a context that ends before Lambda's deadline, by spare. A function with little time keeps at least
// half of it: the context of no invocation is over from the start.
func inTime[In, Out any](
	now func() time.Time, spare time.Duration, h telemetry.Handler[In, Out],
) telemetry.Handler[In, Out] {
	return func(ctx context.Context, in In) (Out, error) {
		end, ok := ctx.Deadline()
		if !ok { // not run by Lambda
			return h(ctx, in)
		}
		end = end.Add(-min(spare, end.Sub(now())/2))
		ctx, cancel := context.WithDeadlineCause(ctx, end, errTimeOver)
		defer cancel()
		return h(ctx, in)
	}
}

// longestPause is how long a process may stand still and keep its connections. Lambda freezes a process between two
// invocations. Whoever ends a connection meanwhile, a service or a NAT gateway on the way, is not heard, and the first
// call on such a connection would wait for an answer that never comes. AWS does not document how long DynamoDB keeps an
// idle connection; a new one takes milliseconds.
const longestPause = 30 * time.Second

// afterPauses calls drop before an invocation that comes more than longestPause after the last one.
func afterPauses[In, Out any](now func() time.Time, drop func(), h telemetry.Handler[In, Out]) telemetry.Handler[In, Out] {
	var awake wakefulness
	return func(ctx context.Context, in In) (Out, error) {
		if awake.seen(now()) > longestPause {
			drop()
		}
		defer func() { awake.seen(now()) }()
		return h(ctx, in)
	}
}

// wakefulness keeps when a process was last seen to run. It is safe for concurrent use.
type wakefulness struct {
	mu   sync.Mutex
	last time.Time
}

// seen notes that the process runs at a time, and returns how long after the last note that is; 0 for the first one.
//
// It goes by the wall clock. The monotonic clock, which Sub would use, does not count the time in which a machine is
// suspended (clock_gettime(2), CLOCK_MONOTONIC), and Lambda may freeze a process by suspending its machine.
func (w *wakefulness) seen(at time.Time) time.Duration {
	at = at.Round(0) // without the monotonic clock's reading
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.last
	w.last = at
	if last.IsZero() {
		return 0
	}
	return at.Sub(last)
}
