package enginetest

import (
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// Relay passes the bytes of TCP connections on to an endpoint. It can fall silent as a network does: then neither end of a
// connection learns that the other one is not reached any more.
type Relay struct {
	listener net.Listener
	to       string
	running  sync.WaitGroup
	lost     atomic.Int64

	mu     sync.Mutex
	opened []*relayed
	closed bool
}

// relayed is one connection: its two ends.
type relayed struct {
	client, server net.Conn
	silent         atomic.Bool
}

func (r *relayed) close() {
	_ = r.client.Close()
	_ = r.server.Close()
}

// StartRelay starts a relay to an endpoint, such as http://127.0.0.1:8000, at a free port of this machine. It ends with
// the test.
func StartRelay(t *testing.T, endpoint string) *Relay {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{listener: listener, to: to.Host}
	r.running.Go(r.accept)
	t.Cleanup(r.close)
	return r
}

// Endpoint is the relay's address.
func (r *Relay) Endpoint() string { return "http://" + r.listener.Addr().String() }

// Silence lets all connections that are open now carry nothing any more. Later ones work.
func (r *Relay) Silence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.opened {
		c.silent.Store(true)
	}
}

// Opened returns how many connections there have been so far.
func (r *Relay) Opened() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.opened)
}

// Lost returns how many bytes clients have sent on connections that were silent.
func (r *Relay) Lost() int64 { return r.lost.Load() }

func (r *Relay) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", r.to) //nolint:noctx // the engine is on this machine, and its test ends it
		if err != nil {
			_ = client.Close()
			continue
		}
		r.serve(&relayed{client: client, server: server})
	}
}

func (r *Relay) serve(c *relayed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		c.close()
		return
	}
	r.opened = append(r.opened, c)
	r.running.Go(func() {
		r.pass(c, c.client, c.server, &r.lost)
		c.close() // the client has ended it
	})
	r.running.Go(func() {
		r.pass(c, c.server, c.client, nil)
		if !c.silent.Load() {
			c.close()
		}
	})
}

// pass reads from one end until that ends, and writes to the other one unless the connection is silent.
func (r *Relay) pass(c *relayed, from, to net.Conn, lost *atomic.Int64) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		switch {
		case !c.silent.Load():
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		case lost != nil:
			lost.Add(int64(n))
		}
		if err != nil {
			return
		}
	}
}

func (r *Relay) close() {
	_ = r.listener.Close()
	r.mu.Lock()
	r.closed = true
	for _, c := range r.opened {
		c.close()
	}
	r.mu.Unlock()
	r.running.Wait()
}
