package gateway

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"serverlesschat/localtest/aws/edge"
)

// InvokeFunc invokes a function and waits for its result. source names the cause for logs: the route key.
//
// It returns when ctx ends at the latest, with an error. The function itself may go on to its own timeout, as on AWS.
// An error means that the function was not reached or not waited for (throttled, unknown, ctx ended). A function that
// failed is Response.Failure. It may keep payload.
type InvokeFunc func(ctx context.Context, function, source string, payload []byte) (Response, error)

// Response is what an invocation of a function came to.
type Response struct {
	// Payload is the function's result, JSON; or the description of its failure.
	Payload []byte
	// Failure is empty unless the function failed; then it says how, for the log.
	Failure string
}

// Route sends the messages of one route key to a function.
type Route struct {
	// Key is $connect, $disconnect, $default, or the value of the selection expression that this route is for.
	Key string
	// Function is handed to Config.Invoke as it is.
	Function string
	// Timeout of the integration, 50 ms to 29 s. 0 means 29 s.
	Timeout time.Duration
	// HasResponse says that the route has a route response: the body of the function's result is sent to the client.
	// It means nothing for $connect and $disconnect.
	HasResponse bool
	// Throttle is the route's own bucket. nil: the route draws from Throttles.Stage. $disconnect is never
	// throttled.
	Throttle Limiter
}

// Config is one stage of a WebSocket API.
type Config struct {
	// APIID, Stage and DomainName (a host without a port) appear in events; Stage is the first part of every path.
	APIID, Stage, DomainName string
	// Routes in any order. Without $connect every handshake succeeds.
	Routes []Route
	// SelectionExpression is $request.body.NAME.
	SelectionExpression string
	Invoke              InvokeFunc
	// Now is the time in events, and what idle time and lifetime are measured with. Default: time.Now.
	Now func() time.Time
	// NewID makes ids of connections, requests and messages: 15 characters of A-Z a-z 0-9 - _ and a "=", never the
	// same twice. It is called from many goroutines. Default: random ones.
	NewID func() string
	// Limits left 0 are AWS's.
	Limits Limits
	// Throttles that are nil do not throttle.
	Throttles Throttles
	Logger    *slog.Logger // default: slog.Default()
}

// Limits of connections. AWS's are in "Amazon API Gateway quotas", API Gateway Developer Guide.
type Limits struct {
	// FrameBytes and MessageBytes bound what a client sends (close code 1009); MessageBytes also what is sent to it
	// (413), FrameBytes the frames that carries. Default: 32 KB and 128 KB.
	FrameBytes, MessageBytes int
	// Idle ends a connection (1001) that carried no message either way for that long. Pings and pongs do not count.
	// Default: 10 minutes.
	Idle time.Duration
	// Lifetime ends every connection (1001). Default: 2 hours.
	Lifetime time.Duration
	// URLBytes bounds path and query of a handshake. Default: 4096.
	URLBytes int

	// CloseTimeout is how long a client has to take a close frame and answer it. Not published by AWS. Default: 5 s.
	CloseTimeout time.Duration
	// OutgoingBytes is what waits for a slow client beyond the socket's own buffer before a POST is refused (429).
	// Not published by AWS. Default: 256 KB.
	OutgoingBytes int
	// InFlight bounds the messages of one connection whose functions run at once. Above it the connection is not
	// read. Not published by AWS. Default: 256.
	InFlight int
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = edge.NewID
	}
	c.Logger = cmp.Or(c.Logger, slog.Default())
	l := &c.Limits
	l.FrameBytes = cmp.Or(l.FrameBytes, 32<<10)
	l.MessageBytes = cmp.Or(l.MessageBytes, 128<<10)
	l.URLBytes = cmp.Or(l.URLBytes, 4096)
	l.OutgoingBytes = cmp.Or(l.OutgoingBytes, 256<<10)
	l.InFlight = cmp.Or(l.InFlight, 256)
	l.Idle = cmp.Or(l.Idle, 10*time.Minute)
	l.Lifetime = cmp.Or(l.Lifetime, 2*time.Hour)
	l.CloseTimeout = cmp.Or(l.CloseTimeout, 5*time.Second)
	return c
}

func (l Limits) check() error {
	if l.FrameBytes > 1<<16-1 { // see frameHeaderBytes
		return fmt.Errorf("limit of %d bytes for a frame: want at most %d", l.FrameBytes, 1<<16-1)
	}
	for _, n := range []int{l.FrameBytes, l.MessageBytes, l.URLBytes, l.OutgoingBytes, l.InFlight,
		int(l.Idle), int(l.Lifetime), int(l.CloseTimeout)} {
		if n < 0 {
			return fmt.Errorf("limits %+v: want none below 0", l)
		}
	}
	return nil
}
