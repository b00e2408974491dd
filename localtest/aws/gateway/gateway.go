package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gobwas/ws"

	"serverlesschat/localtest/aws/edge"
)

// Gateway is one stage of a WebSocket API with its connections. It is an http.Handler.
type Gateway struct {
	cfg     Config
	limits  Limits
	log     *slog.Logger
	started time.Time // by cfg.Now; ages are measured from here

	path       string // "/" + stage
	member     string // of the body, selects the route
	routes     map[string]*Route
	connect    *Route // nil: accept
	disconnect *Route // nil: the API has none
	fallback   *Route // $default; nil: Forbidden

	ctx     context.Context // of all invocations
	cancel  context.CancelFunc
	buffers sync.Pool      // *[]byte: bodies on their way in or out
	work    sync.WaitGroup // handshakes, connections and their messages

	mu          sync.RWMutex
	connections map[string]*connection // from the 101 until the socket is closed
	closed      bool
}

// New checks cfg and returns a gateway that is ready to serve. An error names the field at fault.
func New(cfg Config) (*Gateway, error) {
	member, err := parseSelection(cfg.SelectionExpression)
	if err != nil {
		return nil, err
	}
	switch {
	case cfg.Stage == "" || strings.ContainsAny(cfg.Stage, "/%?#"):
		return nil, fmt.Errorf("stage %q: want a name without / %% ? #", cfg.Stage)
	case cfg.Invoke == nil:
		return nil, errors.New("invoke: missing")
	}
	if err := cfg.Limits.check(); err != nil {
		return nil, err
	}
	g := &Gateway{
		cfg:         cfg.withDefaults(),
		path:        "/" + cfg.Stage,
		member:      member,
		routes:      make(map[string]*Route),
		connections: make(map[string]*connection),
	}
	g.limits, g.log, g.started = g.cfg.Limits, g.cfg.Logger, g.cfg.Now()
	g.buffers.New = func() any { return new([]byte) }
	g.ctx, g.cancel = context.WithCancel(context.Background())
	for _, route := range cfg.Routes {
		if err := g.addRoute(route); err != nil {
			return nil, fmt.Errorf("route %q: %w", route.Key, err)
		}
	}
	return g, nil
}

const maxTimeout = 29 * time.Second

func (g *Gateway) addRoute(route Route) error {
	route.Timeout = cmp.Or(route.Timeout, maxTimeout)
	switch {
	case route.Function == "":
		return errors.New("function: missing")
	case route.Timeout < 50*time.Millisecond || route.Timeout > maxTimeout:
		return fmt.Errorf("timeout %v: want 50ms to %v", route.Timeout, maxTimeout)
	case g.routes[route.Key] != nil:
		return errors.New("defined twice")
	case route.Key == "":
		return errors.New("key: missing")
	}
	g.routes[route.Key] = &route
	switch route.Key {
	case "$connect":
		g.connect = &route
	case "$disconnect":
		g.disconnect = &route
	case "$default":
		g.fallback = &route
	default:
		if route.Key[0] == '$' {
			return errors.New("key: want $connect, $disconnect, $default or a name without $")
		}
	}
	return nil
}

// ServeHTTP serves handshakes and the management API. What is neither is 403, as on AWS where a wrong stage is.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if edge.HeadTooLarge(r) {
		refuse(w, edge.StatusHeadTooLarge, http.StatusText(edge.StatusHeadTooLarge))
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, g.path)
	if !ok {
		g.forbid(w)
		return
	}
	if id, ok := strings.CutPrefix(rest, "/@connections/"); ok {
		g.serveManagement(w, r, id)
		return
	}
	if rest == "" || rest == "/" {
		g.serveHandshake(w, r)
		return
	}
	g.forbid(w)
}

// Close closes every connection (1001), refuses new ones (503), and waits until all functions have returned, those of
// $disconnect included. Management requests are still answered meanwhile, so the server is best shut down after it.
// When ctx ends first, invocations and sockets are cut off and ctx's error is returned.
func (g *Gateway) Close(ctx context.Context) error {
	defer g.cancel()
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	for _, c := range g.all() {
		c.close(closing{code: ws.StatusGoingAway, reason: "Going away"})
	}
	done := make(chan struct{})
	go func() { g.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	g.cancel()
	for _, c := range g.all() {
		c.out.abort()
	}
	<-done
	return fmt.Errorf("close gateway: %w", ctx.Err())
}

// enter counts a piece of work that Close has to wait for; g.work.Done ends it. It reports false after Close.
func (g *Gateway) enter() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return false
	}
	g.work.Add(1)
	return true
}

// register makes c known. After Close it is closed at once.
func (g *Gateway) register(c *connection) {
	g.mu.Lock()
	g.connections[c.id] = c
	closed := g.closed
	g.mu.Unlock()
	if closed {
		c.close(closing{code: ws.StatusGoingAway, reason: "Going away"})
		if g.ctx.Err() != nil { // Close has stopped waiting
			c.out.abort()
		}
	}
}

func (g *Gateway) forget(c *connection) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.connections, c.id)
}

// find returns the open connection with that id. One that is closing, or still in $connect, is not open.
func (g *Gateway) find(id string) (*connection, bool) {
	g.mu.RLock()
	c, ok := g.connections[id]
	g.mu.RUnlock()
	if !ok || c.isClosing() {
		return nil, false
	}
	return c, true
}

func (g *Gateway) all() []*connection {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return slices.Collect(maps.Values(g.connections))
}
