package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
)

// pipes is a listener without sockets, for synctest bubbles.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inBubble runs f with a client of a gateway in a bubble of its own time.
func inBubble(t *testing.T, f func(g *Gateway, c *rawClient, in invocation, fs *functions)) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFunctions(t)
		cfg := testConfig(fs)
		cfg.Logger = slog.New(slog.DiscardHandler)
		g, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		listener := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
		srv := &http.Server{Handler: g}
		served := make(chan error)
		go func() { served <- srv.Serve(listener) }()
		server, client := net.Pipe()
		listener.conns <- server
		c := shakeHands(t, client, "")
		synctest.Wait()
		f(g, c, fs.next("connect"), fs)
		client.Close()
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
		srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
}

// untilClosed waits for the close frame, answers it, and returns its time.
func (c *rawClient) untilClosed(code int, reason string) time.Time {
	c.t.Helper()
	if got := c.expectClose(code); got != reason {
		c.t.Errorf("reason %q, want %q", got, reason)
	}
	at := time.Now()
	c.write(maskedClose(code, ""))
	return at
}

func TestIdle(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connected := time.UnixMilli(in.event.RequestContext.ConnectedAt)
		connection, _ := g.find(in.event.RequestContext.ConnectionID)
		at := func(minutes int) { time.Sleep(time.Until(connected.Add(time.Duration(minutes) * time.Minute))) }

		at(9) // a message in
		c.write(masked(ws.OpText, true, `{"action":"oneWay"}`))
		at(18) // a fragment counts
		c.write(masked(ws.OpText, false, `{"action":`))
		at(27) // a message out
		go connection.send(appendMessage(nil, "x", 100))
		c.frame()
		at(30) // control frames do not
		c.write(masked(ws.OpPing, true, ""), masked(ws.OpPong, true, ""))
		c.frame()
		if idle := c.untilClosed(1001, "Going away").Sub(connected); idle != 37*time.Minute {
			t.Errorf("closed after %v, want 37m", idle)
		}
		rc := fs.next("disconnect").event.RequestContext
		if rc.DisconnectStatusCode != 1001 || *rc.DisconnectReason != "Going away" {
			t.Errorf("$disconnect saw %d %q", rc.DisconnectStatusCode, *rc.DisconnectReason)
		}
	})
}

func TestLifetime(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connected := time.UnixMilli(in.event.RequestContext.ConnectedAt)
		stop := make(chan struct{})
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				select {
				case <-time.After(time.Minute):
					c.conn.Write(masked(ws.OpText, true, `{"action":"oneWay"}`))
				case <-stop:
					return
				}
			}
		}()
		if lived := c.untilClosed(1001, "Going away").Sub(connected); lived != 2*time.Hour {
			t.Errorf("closed after %v, want 2h", lived)
		}
		close(stop)
		<-stopped
	})
}

// A client that does not answer the close frame is cut off after CloseTimeout, in the middle of whatever it sends.
func TestCloseTimeout(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connection, _ := g.find(in.event.RequestContext.ConnectionID)
		began := time.Now()
		go connection.close(closing{code: 1000})
		c.expectClose(1000)
		c.write(masked(ws.OpText, true, "half")[:3])
		fs.next("disconnect")
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
	})
}

// A client that asks for the end and reads nothing of what is still on its way has CloseTimeout, too.
func TestCloseTimeoutOfSlowReader(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connection, _ := g.find(in.event.RequestContext.ConnectionID)
		connection.send(appendMessage(nil, "never read", 100))
		synctest.Wait() // a flusher is writing it
		began := time.Now()
		c.write(maskedClose(1000, "enough"))
		rc := fs.next("disconnect").event.RequestContext
		if took := time.Since(began); took != 5*time.Second || rc.DisconnectStatusCode != 1000 {
			t.Errorf("closed with %d after %v, want 1000 after 5s", rc.DisconnectStatusCode, took)
		}
	})
}

// A sender waits only for a moment when the client does not read, and it learns at once that a buffer is full.
func TestSenderIsNotHeldUp(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connection, _ := g.find(in.event.RequestContext.ConnectionID)
		frames := appendMessage(nil, strings.Repeat("x", 100_000), 1<<15)
		began := time.Now()
		for i, want := range []error{nil, nil, errFull} {
			if err := connection.send(frames); !errors.Is(err, want) {
				t.Errorf("send %d: %v, want %v", i, err, want)
			}
		}
		if took := time.Since(began); took != writeWait {
			t.Errorf("took %v, want %v", took, writeWait)
		}
		time.Sleep(time.Minute) // nothing is lost meanwhile
		for range 2 * 4 {
			c.frame()
		}
		if err := connection.send(frames[:0]); err != nil {
			t.Error(err)
		}
	})
}

// What others send while a sender waits for the socket comes after the sender's own.
func TestOrderAcrossWriters(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		connection, _ := g.find(in.event.RequestContext.ConnectionID)
		go connection.send(appendMessage(nil, "first", 100))
		synctest.Wait() // it is writing
		for _, text := range []string{"second", "third"} {
			if err := connection.send(appendMessage(nil, text, 100)); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(writeWait)
		synctest.Wait() // a flusher is
		connection.send(appendMessage(nil, "fourth", 100))
		for _, want := range []string{"first", "second", "third", "fourth"} {
			if got := string(c.frame().Payload); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

// The integration's timeout is the default one, 29 s.
func TestIntegrationTimeout(t *testing.T) {
	inBubble(t, func(g *Gateway, c *rawClient, in invocation, fs *functions) {
		fs.handle("oneway", func(ctx context.Context, _ invocation) (Response, error) {
			<-ctx.Done()
			return Response{}, ctx.Err()
		})
		began := time.Now()
		c.write(masked(ws.OpText, true, `{"action":"oneWay"}`))
		if got := string(c.frame().Payload); got != errorFrame(textTimedOut, fs.next("oneway")) {
			t.Error(got)
		}
		if took := time.Since(began); took != 29*time.Second {
			t.Errorf("took %v, want 29s", took)
		}
	})
}
