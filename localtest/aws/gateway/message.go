package gateway

import (
	"context"
	"errors"
	"fmt"
)

// Texts of the gateway's own frames and refusals, as clients of AWS see them.
const (
	textForbidden = "Forbidden"
	textInternal  = "Internal server error"
	textTimedOut  = "Endpoint request timed out"
	textThrottled = "Too Many Requests"
)

// accept handles one message of the client. It returns when the function has been called in a goroutine of its own:
// API Gateway does not wait for one message before it goes on to the next ("Set up data mapping for WebSocket APIs",
// API Gateway Developer Guide), so neither calls nor responses keep an order. The body is not kept.
func (c *connection) accept(body []byte) {
	select {
	case c.slots <- struct{}{}:
	case <-c.done:
		return
	}
	if c.isClosing() {
		<-c.slots
		return
	}
	requestID := c.g.cfg.NewID()
	route := c.g.route(body)
	switch {
	case !c.g.admitsMessage(route):
		<-c.slots
		c.throttled(requestID)
		return
	case route == nil:
		<-c.slots
		c.sendError(textForbidden, requestID)
		return
	}
	event := c.g.messageEvent(c, route.Key, requestID, body)
	c.g.work.Add(1)
	go c.serve(route, requestID, event)
}

// serve calls the function and sends what it leaves for the client.
func (c *connection) serve(route *Route, requestID string, event []byte) {
	defer c.g.work.Done()
	defer func() { <-c.slots }()
	result, err := c.g.call(route, requestID, event)
	if limit := c.g.limits.MessageBytes; err == nil && route.HasResponse && len(result.body) > limit {
		err = errFailed
		c.g.failed(route, requestID, fmt.Errorf("the response has %d bytes, %d are allowed", len(result.body), limit))
	}
	switch {
	case errors.Is(err, errTimedOut):
		c.sendError(textTimedOut, requestID)
	case err != nil:
		c.sendError(textInternal, requestID)
	case route.HasResponse && result.body != "":
		c.respond(result.body)
	}
}

// respond sends a function's body, whatever its status code ("Set up route responses", API Gateway Developer Guide).
func (c *connection) respond(body string) {
	size := len(body) + frameHeaderBytes*(1+len(body)/c.g.limits.FrameBytes)
	if err := c.send(appendMessage(make([]byte, 0, size), body, c.g.limits.FrameBytes)); err != nil {
		c.g.log.Debug("response not sent", "connectionId", c.id, "err", err)
	}
}

func (c *connection) sendError(text, requestID string) {
	c.respond(string(appendError(nil, text, c.id, requestID)))
}

// appendError appends the JSON of an error frame. Spaces are where AWS has them.
func appendError(dst []byte, text, connectionID, requestID string) []byte {
	dst = appendString(append(dst, `{"message": `...), text)
	dst = appendString(append(dst, `, "connectionId":`...), connectionID)
	dst = appendString(append(dst, `, "requestId":`...), requestID)
	return append(dst, '}')
}

var (
	// errTimedOut is returned when the integration's timeout passed.
	errTimedOut = errors.New("integration timed out")
	// errFailed is returned when the function was not reached, failed, or returned something else than a result.
	errFailed = errors.New("integration failed")
)

// call invokes the route's function. The error is errTimedOut or errFailed; what was behind it is logged.
func (g *Gateway) call(route *Route, requestID string, event []byte) (result, error) {
	ctx, cancel := context.WithTimeout(g.ctx, route.Timeout)
	defer cancel()
	response, err := g.cfg.Invoke(ctx, route.Function, route.Key, event)
	switch {
	case err == nil && response.Failure != "":
		err = errors.New(response.Failure)
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		g.failed(route, requestID, fmt.Errorf("the function did not return within %v", route.Timeout))
		return result{}, errTimedOut
	}
	var res result
	if err == nil {
		res, err = parseResult(response.Payload)
	}
	if err != nil {
		g.failed(route, requestID, err)
		return result{}, errFailed
	}
	return res, nil
}

// failed logs what a client does not get to know.
func (g *Gateway) failed(route *Route, requestID string, cause error) {
	g.log.Error("integration failed", "route", route.Key, "function", route.Function, "requestId", requestID,
		"error", cause)
}

// disconnected invokes $disconnect, once and whatever comes of it.
func (g *Gateway) disconnected(c *connection) {
	if g.disconnect == nil {
		return
	}
	requestID := g.cfg.NewID()
	_, _ = g.call(g.disconnect, requestID, g.disconnectEvent(c, requestID)) // no client is left to get an answer
}
