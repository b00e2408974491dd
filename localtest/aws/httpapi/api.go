package httpapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"serverlesschat/localtest/aws/edge"
)

// Limits of an HTTP API. AWS: API Gateway Developer Guide, quotas for HTTP APIs; Lambda Developer Guide, quotas.
const (
	MaxPayload = 10 << 20 // bytes of a request's body
	MaxEvent   = 6 << 20  // bytes of an event, which is what Lambda takes in one invocation
	MaxTimeout = 30 * time.Second
)

// InvokeFunc invokes a function and waits for its end. source says for what, for people: the route key. An error means
// that the function did not run; for a function that ran and failed, Response.Failure is set.
type InvokeFunc func(ctx context.Context, function, source string, payload []byte) (Response, error)

// Response is what came of an invocation.
type Response struct {
	Payload []byte
	Failure string // "" if the function succeeded; else how it failed, for the log
}

// Config says what an API is made of. Zero values are filled in where a comment says so.
type Config struct {
	APIID      string
	Stage      string // "" means "$default"; the path of any other begins with its name
	AccountID  string // "" means 000000000000
	DomainName string // "" means what AWS would give: APIID.execute-api.us-east-1.amazonaws.com
	Routes     []Route
	Throttles  Throttles // those that are nil do not throttle
	Invoke     InvokeFunc
	Now        func() time.Time // nil means time.Now
	NewID      func() string    // ids of requests; nil means random ones in API Gateway's form
	Logger     *slog.Logger     // nil means none
}

// Handler is the API. It is safe for concurrent use.
type Handler struct {
	config  Config
	routes  []route // most specific first
	steps   []step
	running sync.WaitGroup
}

// exchange is one request on its way through the steps.
type exchange struct {
	request  *http.Request
	id       string
	received time.Time
	match    match
	body     []byte
}

// step returns a reply, or nil for the next step to go on.
type step func(x *exchange) *reply

// New makes the API of config. It fails if a route cannot be read, or is there twice.
func New(config Config) (*Handler, error) {
	if config.Invoke == nil || config.APIID == "" {
		return nil, errors.New("make http api: APIID and Invoke must be given")
	}
	routes, err := compile(config.Routes)
	if err != nil {
		return nil, fmt.Errorf("make http api: %w", err)
	}
	h := &Handler{config: config.withDefaults(), routes: routes}
	h.steps = []step{h.limitHead, h.chooseRoute, h.limitRate, h.readBody, h.invoke}
	return h, nil
}

func (c Config) withDefaults() Config {
	c.Stage = cmp.Or(c.Stage, defaultStage)
	c.AccountID = cmp.Or(c.AccountID, "000000000000")
	c.DomainName = cmp.Or(c.DomainName, c.APIID+".execute-api.us-east-1.amazonaws.com")
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = edge.NewID
	}
	return c
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{request: r, id: h.config.NewID(), received: h.config.Now()}
	for _, step := range h.steps {
		if reply := step(x); reply != nil {
			reply.write(w, x.id)
			return
		}
	}
}

// Wait returns when no function runs any more, those that outlived their request included. Call it when the server has
// ended and nothing new comes.
func (h *Handler) Wait() { h.running.Wait() }

// invoke waits for the function as long as the route allows. The function goes on after that, and after its client has
// gone: API Gateway ends no invocation. AWS: an integration that takes too long is a 503 (anomalyco/sst issue 2232).
func (h *Handler) invoke(x *exchange) *reply {
	payload, err := h.event(x)
	if err != nil {
		return h.fail(x, http.StatusInternalServerError, "encode event", err)
	}
	if len(payload) > MaxEvent {
		return refusal(http.StatusRequestEntityTooLarge)
	}
	type outcome struct {
		response Response
		err      error
	}
	done := make(chan outcome, 1)
	ctx := context.WithoutCancel(x.request.Context())
	h.running.Go(func() {
		response, err := h.config.Invoke(ctx, x.match.route.Function, x.match.route.key, payload)
		done <- outcome{response, err}
	})
	timer := time.NewTimer(x.match.route.Timeout)
	defer timer.Stop()
	select {
	case <-timer.C:
		err := fmt.Errorf("it did not return within %v", x.match.route.Timeout)
		return h.fail(x, http.StatusServiceUnavailable, "run function", err)
	case o := <-done:
		return h.answer(x, o.response, o.err)
	}
}

func (h *Handler) answer(x *exchange, response Response, err error) *reply {
	switch {
	case err != nil:
		return h.fail(x, http.StatusInternalServerError, "invoke function", err)
	case response.Failure != "":
		return h.fail(x, http.StatusInternalServerError, "run function", errors.New(response.Failure))
	}
	reply, err := parseResponse(response.Payload)
	if err != nil {
		return h.fail(x, http.StatusInternalServerError, "read what the function returned", err)
	}
	return reply
}

// fail is for what the client cannot know and the developer must.
func (h *Handler) fail(x *exchange, status int, what string, err error) *reply {
	h.config.Logger.Error("integration failed: "+what, "route", x.match.route.key, "function", x.match.route.Function,
		"requestId", x.id, "status", status, "error", err)
	return refusal(status)
}
