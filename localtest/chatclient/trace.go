package chatclient

import "context"

// Trace is told of what goes over one connection, as it is on the wire. Received is called by one goroutine, Sent by
// those that send.
type Trace struct {
	Sent, Received func(frame []byte)
}

// Tracer is told of connections, from many goroutines.
type Tracer interface {
	// Opened returns the trace of a new connection.
	Opened() Trace
	// Refused is told of a handshake that ended with another status than 101.
	Refused(status int)
}

type tracerKey struct{}

// WithTracer has a tracer be told of all connections that are dialed with the context.
func WithTracer(ctx context.Context, t Tracer) context.Context {
	return context.WithValue(ctx, tracerKey{}, t)
}

func traceOf(ctx context.Context) Trace {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		return t.Opened()
	}
	return Trace{Sent: func([]byte) {}, Received: func([]byte) {}}
}

func refused(ctx context.Context, status int) {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		t.Refused(status)
	}
}
