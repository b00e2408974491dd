package gateway

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

// rawClient speaks frames over a bare socket, so that it can break the rules.
type rawClient struct {
	t    testing.TB
	conn net.Conn
	r    *bufio.Reader
}

const handshakeRequest = "GET /dev HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

func (h *harness) dialRaw() (*rawClient, string) {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(testTimeout))
	c := shakeHands(h.t, conn, "")
	return c, h.next("connect").event.RequestContext.ConnectionID
}

// shakeHands makes a handshake and sends early with it, in the same write.
func shakeHands(t testing.TB, conn net.Conn, early string) *rawClient {
	t.Helper()
	if _, err := io.WriteString(conn, handshakeRequest+early); err != nil {
		t.Fatal(err)
	}
	c := &rawClient{t: t, conn: conn, r: bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %s", resp.Status)
	}
	// The example of RFC 6455, 1.3.
	if got := resp.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("accept: %q", got)
	}
	return c
}

func masked(op ws.OpCode, fin bool, payload string) []byte {
	var b bytes.Buffer
	ws.WriteFrame(&b, ws.MaskFrame(ws.NewFrame(op, fin, []byte(payload))))
	return b.Bytes()
}

func maskedClose(code int, reason string) []byte {
	return masked(ws.OpClose, true, string(ws.NewCloseFrameBody(ws.StatusCode(code), reason)))
}

func (c *rawClient) write(frames ...[]byte) {
	c.t.Helper()
	if _, err := c.conn.Write(bytes.Join(frames, nil)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *rawClient) frame() ws.Frame {
	c.t.Helper()
	h, err := ws.ReadHeader(c.r)
	if err != nil {
		c.t.Fatal(err)
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c.r, payload); err != nil {
		c.t.Fatal(err)
	}
	if h.Masked || h.Rsv != 0 {
		c.t.Fatalf("bad frame from the server: %+v", h)
	}
	return ws.Frame{Header: h, Payload: payload}
}

// expectClose reads the server's close frame and the end of the stream behind it.
func (c *rawClient) expectClose(code int) string {
	c.t.Helper()
	f := c.frame()
	got, reason := ws.ParseCloseFrameData(f.Payload)
	if f.Header.OpCode != ws.OpClose || int(got) != code {
		c.t.Fatalf("want a close frame with %d, got opcode %x with %d %q", code, f.Header.OpCode, got, reason)
	}
	return reason
}

func (c *rawClient) expectEOF() {
	c.t.Helper()
	if b, err := c.r.ReadByte(); err != io.EOF {
		c.t.Fatalf("want the end of the stream, got %x, %v", b, err)
	}
}
