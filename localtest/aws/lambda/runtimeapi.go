package lambda

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// runtimeConn is a connection of a process to its Runtime API. The goroutine that serves it writes the answers, but
// that to next is written by whoever has an invocation for the process. Only one answer is due at a time, so they never
// meet.
//
// This is not net/http's server. Here the connection goes on being read while a next waits, so that its end is seen.
// The goroutine that has work for the process writes it to the connection, and wakes no other goroutine for it.
type runtimeConn struct {
	net.Conn
	reader *bufio.Reader
	body   bytes.Buffer
}

// accept serves the connections of the process until the listener is closed.
func (p *process) accept(listener net.Listener, readers *sync.WaitGroup) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		c := &runtimeConn{Conn: conn, reader: bufio.NewReader(conn)}
		f := p.function
		f.mu.Lock()
		p.conns[c] = struct{}{}
		f.mu.Unlock()
		readers.Go(func() {
			p.serve(c)
			f.mu.Lock()
			delete(p.conns, c)
			if p.parked == c {
				f.unpark(p)
			}
			f.mu.Unlock()
			c.Close()
		})
	}
}

// serve answers requests until the connection ends or may not go on.
func (p *process) serve(c *runtimeConn) {
	for {
		req, err := http.ReadRequest(c.reader)
		if err != nil || p.isParkedOn(c) {
			return // a request before the answer to the last one: nobody's client does that
		}
		if req.Header.Get("Expect") == "100-continue" {
			_, _ = c.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
		}
		if err := p.handle(c, req); err != nil || req.Close {
			return
		}
	}
}

func (p *process) isParkedOn(c *runtimeConn) bool {
	p.function.mu.Lock()
	defer p.function.mu.Unlock()
	return p.parked == c
}

// handle answers one request (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"). The
// error is that of the connection.
func (p *process) handle(c *runtimeConn, req *http.Request) error {
	body, size, err := c.readBody(req)
	if err != nil {
		return err
	}
	path, ok := strings.CutPrefix(req.URL.Path, "/2018-06-01/runtime/")
	id, verb, isInvocation := strings.Cut(strings.TrimPrefix(path, "invocation/"), "/")
	switch {
	case !ok:
	case path == "invocation/next" && req.Method == http.MethodGet:
		return p.next(c)
	case req.Method != http.MethodPost:
	case path == "init/error":
		return c.respond(p.initError(body))
	case isInvocation && verb == "response":
		return c.respond(p.response(req, id, body, size))
	case isInvocation && verb == "error":
		return c.respond(p.answer(id, body, unhandled))
	}
	return c.respond(http.StatusNotFound, failure("NotFound", "no such call: "+req.Method+" "+req.URL.Path))
}

// readBody reads the request's body with its trailers, up to the limit of a response. What is over is read too, since a
// client that still writes would not see the answer, but only its size is returned. The bytes are the caller's.
func (c *runtimeConn) readBody(req *http.Request) (body []byte, size int64, err error) {
	defer req.Body.Close()
	if c.body.Cap() > 64<<10 {
		c.body = bytes.Buffer{}
	}
	c.body.Reset()
	size, err = c.body.ReadFrom(io.LimitReader(req.Body, maxResponse+1))
	if err != nil {
		return nil, 0, err
	}
	rest, err := io.Copy(io.Discard, req.Body)
	if err != nil || size > maxResponse {
		return nil, size + rest, err
	}
	return bytes.Clone(c.body.Bytes()), size, nil
}

// response takes the result of an invocation. Trailers say that the function failed while it was sending it.
func (p *process) response(req *http.Request, id string, body []byte, size int64) (int, []byte) {
	if size > maxResponse {
		if status, refusal := p.answer(id, responseTooLarge(size), unhandled); status != http.StatusAccepted {
			return status, refusal
		}
		return http.StatusRequestEntityTooLarge, failure("RequestEntityTooLarge",
			"Exceeded maximum allowed payload size ("+strconv.Itoa(maxResponse)+" bytes).")
	}
	if req.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "" {
		text, err := base64.StdEncoding.DecodeString(req.Trailer.Get("Lambda-Runtime-Function-Error-Body"))
		if err != nil {
			text = failure(req.Trailer.Get("Lambda-Runtime-Function-Error-Type"), "")
		}
		return p.answer(id, text, unhandled)
	}
	return p.answer(id, body, "")
}

// answer ends the invocation with that id. The status and body are for the runtime.
func (p *process) answer(id string, payload []byte, functionError string) (int, []byte) {
	f := p.function
	f.mu.Lock()
	inv, was := p.inv, p.state
	switch {
	case was == starting || was == failing:
		f.mu.Unlock()
		return forbidden(was, "InvocationResponse")
	case was != running || inv == nil || inv.id != id:
		f.mu.Unlock()
		return http.StatusBadRequest, failure("InvalidRequestID", "Invalid request ID")
	}
	p.state, p.inv, p.last = answered, nil, inv
	f.mu.Unlock()
	f.finish(inv, payload, functionError)
	return http.StatusAccepted, nil
}

// initError takes the report of a runtime that could not start. It has a moment to end by itself.
func (p *process) initError(body []byte) (int, []byte) {
	f := p.function
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.state != starting {
		return forbidden(p.state, "InitError")
	}
	p.state, p.failure = failing, body
	p.arm(f.opts.ShutdownGrace)
	return http.StatusAccepted, nil
}

// next ends the invocation that was answered and waits for another one, which may be there already.
func (p *process) next(c *runtimeConn) error {
	f := p.function
	f.mu.Lock()
	switch {
	case p.state == ending:
		f.mu.Unlock()
		return net.ErrClosed
	case p.state == starting:
		p.init = time.Since(p.begun)
	case p.state == answered, p.state == idle && p.parked == nil:
	default:
		was := p.state
		f.mu.Unlock()
		return c.respond(forbidden(was, "Ready"))
	}
	last := p.last
	p.last = nil
	if f.closed {
		p.stop()
		f.mu.Unlock()
		f.log.report(last, &f.spec)
		return nil
	}
	inv := f.nextFor(p)
	if inv == nil {
		f.park(p, c)
		f.mu.Unlock()
		f.log.report(last, &f.spec)
		return nil
	}
	p.parked = c
	p.assign(inv)
	f.mu.Unlock()
	f.log.report(last, &f.spec)
	f.deliver(p, c, inv)
	return nil
}

// deliver writes inv to the process that it is assigned to. If that cannot be done in full the runtime cannot have
// begun with it, so another process may have it.
func (f *function) deliver(p *process, c *runtimeConn, inv *invocation) {
	f.log.start(inv)
	err := c.writeInvocation(inv, &f.spec)
	if err == nil {
		return
	}
	f.mu.Lock()
	if p.inv != inv { // it has timed out or its process has ended: it has failed already
		f.mu.Unlock()
		return
	}
	p.inv = nil
	p.kill()
	f.mu.Unlock()
	f.returned(inv)
}

// writeInvocation writes the answer to next.
func (c *runtimeConn) writeInvocation(inv *invocation, spec *Function) error {
	payload := inv.request.Payload
	const inOneWrite = 16 << 10
	b := make([]byte, 0, 512+len(spec.ARN)+min(len(payload), inOneWrite))
	b = append(b, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Runtime-Aws-Request-Id: "...)
	b = append(b, inv.id...)
	b = append(b, "\r\nLambda-Runtime-Deadline-Ms: "...)
	b = strconv.AppendInt(b, inv.begun.Add(spec.Timeout).UnixMilli(), 10)
	b = append(b, "\r\nLambda-Runtime-Invoked-Function-Arn: "...)
	b = append(b, spec.ARN...)
	b = append(b, "\r\nLambda-Runtime-Trace-Id: "...)
	b = appendTraceID(b, inv.begun)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	b = append(b, "\r\n\r\n"...)
	if len(payload) <= inOneWrite {
		_, err := c.Write(append(b, payload...))
		return err
	}
	_, err := (&net.Buffers{b, payload}).WriteTo(c.Conn)
	return err
}

// respond writes an answer other than that to an accepted next. Without a body it says that all is well.
func (c *runtimeConn) respond(status int, body []byte) error {
	if body == nil {
		body = []byte(`{"status":"OK"}`)
	}
	b := make([]byte, 0, 128+len(body))
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, http.StatusText(status)...)
	b = append(b, "\r\nContent-Type: application/json\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	_, err := c.Write(append(b, body...))
	return err
}

// forbidden is the answer to a call that the state of the process does not allow.
func forbidden(from state, to string) (int, []byte) {
	return http.StatusForbidden, failure("InvalidStateTransition",
		"State transition from "+from.String()+" to "+to+" failed for runtime. Error: State transition is not allowed")
}
