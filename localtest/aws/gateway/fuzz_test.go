package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// FuzzClientBytes sends anything at all after the handshake. Whatever it is, the gateway answers with well-formed
// frames, ends with a close frame and nothing behind it, and $disconnect is invoked once.
func FuzzClientBytes(f *testing.F) {
	for _, seed := range [][]byte{
		{}, masked(ws.OpText, true, `{"action":"sendMessage"}`), masked(ws.OpText, true, "x")[:3],
		masked(ws.OpBinary, true, "x"), masked(ws.OpPing, true, "x"), maskedClose(1000, "bye"), maskedClose(1006, ""),
		masked(ws.OpText, true, "\xff"), fragments("hello", 2), {0x81, 1, 'x'}, {0xff, 0xff, 0xff},
		{0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
	} {
		f.Add(seed)
		f.Add(append(masked(ws.OpText, false, "x"), seed...))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		fs := newFunctions(t)
		fs.returns("send", `{"statusCode":200,"body":"ok"}`)
		cfg := testConfig(fs)
		cfg.Logger = slog.New(slog.DiscardHandler)
		g, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		g.enter()
		server, client := tcpPair(t)
		c := &connection{g: g, id: g.cfg.NewID(), connectedAt: g.cfg.Now()}
		c.start(server, nil, nil)
		go func() {
			client.Write(input)
			// The rest of what the input may have left open, and the end of it.
			client.Write(bytes.Repeat(maskedClose(1000, ""), 3))
			client.(*net.TCPConn).CloseWrite()
		}()
		checkFrames(t, client)
		client.Close()
		ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
		defer cancel()
		if err := g.Close(ctx); err != nil {
			t.Fatal(err)
		}
		fs.next("disconnect")
		fs.none("disconnect")
	})
}

// tcpPair returns both ends of a connection over loopback.
func tcpPair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Now().Add(testTimeout))
	return server, client
}

// checkFrames reads what a server sends until the end.
func checkFrames(t *testing.T, conn net.Conn) {
	t.Helper()
	state, closed := ws.StateClientSide, false
	for {
		h, err := ws.ReadHeader(conn)
		if err == io.EOF { // without a close frame when the input ends within a frame
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		payload := make([]byte, h.Length)
		if _, err := io.ReadFull(conn, payload); err != nil {
			t.Fatal(err)
		}
		if err := ws.CheckHeader(h, state); err != nil || closed {
			t.Fatalf("frame %+v, behind a close frame: %v, %v", h, closed, err)
		}
		if h.OpCode == ws.OpClose {
			closed = true
			if code, reason := ws.ParseCloseFrameData(payload); len(payload) > 0 && (!mayBeSent(code) || !utf8.ValidString(reason)) {
				t.Fatalf("closed with %d %q", code, reason)
			}
		}
	}
}

// FuzzRoute compares the selection of a route with what encoding/json makes of the message.
func FuzzRoute(f *testing.F) {
	for _, seed := range []string{
		`{"action":"sendMessage"}`, `{"action":"one\u0057ay"}`, `{"x":{"action":"oneWay"},"action":5}`, `[]`, `{}`, ``,
		`{"a":"\"","action":"\\"}`, `{"action":"oneWay","action":null}`, ` { "action" : [ 1 , {} ] , "b" : [] } `, `"`,
	} {
		f.Add([]byte(seed))
	}
	g, err := New(testConfig(newFunctions(f)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !utf8.Valid(body) { // never gets that far
			return
		}
		want := g.fallback
		var object map[string]any
		if json.Unmarshal(body, &object) == nil {
			name, _ := object["action"].(string)
			if r := g.routes[name]; r != nil && name != "$connect" && name != "$disconnect" {
				want = r
			}
		}
		if got := g.route(body); got != want {
			t.Errorf("%q goes to %s, want %s", body, got.Key, want.Key)
		}
	})
}

// FuzzAppendString compares the encoding of strings with how encoding/json reads it.
func FuzzAppendString(f *testing.F) {
	f.Add("plain")
	f.Add("\"\\/\b\f\n\r\t\x00\x1f\x7f\u2028ä😀<&>")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		var got string
		if err := json.Unmarshal(appendString(nil, s), &got); err != nil || got != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	})
}
