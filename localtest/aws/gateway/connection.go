package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// readBufferBytes is what an idle connection keeps for reading. A frame of a chat fits; the rest of a longer one is
// read straight into its message.
const readBufferBytes = 1024

// connection is one client, from the handshake on.
type connection struct {
	g           *Gateway
	id          string
	sourceIP    string
	userAgent   string // "" if none was sent
	connectedAt time.Time
	lastActive  atomic.Int64 // ns from g.started: the last message either way

	// From start on:
	net   net.Conn
	out   *outbox
	timer *time.Timer   // idle time and lifetime
	slots chan struct{} // one for each message under way
	done  chan struct{} // closed when closing begins

	mu    sync.Mutex
	end   closing
	ended bool
}

// start takes over the socket and sends the 101. buffered is what the client sent too early. The connection is open
// for others before the client knows of it, so a sender that learns of it from the client finds it.
func (c *connection) start(conn net.Conn, buffered, reply []byte) {
	c.net = conn
	c.out = newOutbox(conn, c.g.limits.OutgoingBytes)
	c.slots = make(chan struct{}, c.g.limits.InFlight)
	c.done = make(chan struct{})
	c.touch()
	c.timer = time.AfterFunc(math.MaxInt64, c.expire)
	c.g.register(c)
	c.timer.Reset(min(c.g.limits.Idle, c.g.limits.Lifetime))
	c.out.begin(reply)

	var src io.Reader = conn
	if len(buffered) > 0 {
		src = io.MultiReader(bytes.NewReader(buffered), conn)
	}
	go c.run(bufio.NewReaderSize(src, readBufferBytes))
}

// run reads until the connection is over, and then invokes $disconnect.
func (c *connection) run(src *bufio.Reader) {
	defer c.g.work.Done()
	c.hangUp(c.readMessages(src))
	c.g.work.Go(func() { c.g.disconnected(c) })
	c.linger()
	c.net.Close()
	c.g.forget(c)
}

// readMessages returns why reading ended: a closing, or the socket's error.
func (c *connection) readMessages(src *bufio.Reader) error {
	in := newMessageReader(src, c.g.limits, &c.g.buffers, c.pong, c.touch)
	defer in.release()
	for {
		message, err := in.next()
		if err != nil {
			return err
		}
		c.accept(message)
		in.release()
	}
}

// hangUp ends the connection after reading did. When it returns, nothing will be written any more.
func (c *connection) hangUp(cause error) {
	var end closing
	if errors.As(cause, &end) {
		c.close(end)
	} else { // the socket broke, or our close frame was never answered
		c.ending(closing{code: ws.StatusAbnormalClosure, reason: "Connection closed abnormally"})
		c.out.abort()
	}
	<-c.out.drained
}

// linger reads on until the client hangs up or CloseTimeout has passed. A socket that is closed with bytes unread is
// reset, and the client might never see the close frame.
func (c *connection) linger() {
	if half, ok := c.net.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, c.net) // until it fails
	}
}

// close begins the end: from now on the connection is gone for everybody else, and the client has CloseTimeout to take
// and answer the close frame. The first call decides; it reports whether it was this one.
func (c *connection) close(end closing) bool {
	if !c.ending(end) {
		return false
	}
	deadline := time.Now().Add(c.g.limits.CloseTimeout)
	c.out.finish(end.frame(), deadline)
	_ = c.net.SetReadDeadline(deadline) // a socket that has gone needs none
	return true
}

// ending decides how the connection ended, once.
func (c *connection) ending(end closing) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.ended, c.end = true, end
	c.timer.Stop()
	close(c.done)
	c.g.log.Debug("connection ends", "connectionId", c.id, "code", int(end.code), "reason", end.reason)
	return true
}

func (c *connection) isClosing() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// expire runs when the idle time or the lifetime may be over.
func (c *connection) expire() {
	now := c.g.cfg.Now()
	life := c.g.limits.Lifetime - now.Sub(c.connectedAt)
	idle := c.g.limits.Idle - now.Sub(c.activeAt())
	if life <= 0 || idle <= 0 {
		c.close(closing{code: ws.StatusGoingAway, reason: "Going away"})
		return
	}
	c.timer.Reset(min(life, idle))
}

// touch notes a message, in or out.
func (c *connection) touch() { c.lastActive.Store(int64(c.g.cfg.Now().Sub(c.g.started))) }

func (c *connection) activeAt() time.Time { return c.g.started.Add(time.Duration(c.lastActive.Load())) }

// send takes frames of a message for the client. Errors: errFull, errGone.
func (c *connection) send(frames []byte) error {
	if err := c.out.send(frames); err != nil {
		return err
	}
	c.touch()
	return nil
}

// pong answers a ping. One that finds the buffer full is left out; the client may ask again.
func (c *connection) pong(payload []byte) {
	frame := appendFrameHeader(make([]byte, 0, 2+len(payload)), ws.OpPong, true, len(payload))
	if err := c.out.send(append(frame, payload...)); err != nil {
		c.g.log.Debug("ping not answered", "connectionId", c.id, "err", err)
	}
}
