package gateway

import (
	"strings"
	"testing"

	"github.com/gobwas/ws"
)

const (
	frameLimit   = 32 << 10
	messageLimit = 128 << 10
)

func TestProtocolBreaches(t *testing.T) {
	big := strings.Repeat("x", frameLimit)
	withHeader := func(first, second byte, rest ...byte) []byte { return append([]byte{first, second}, rest...) }
	for name, tc := range map[string]struct {
		bytes []byte
		code  int
	}{
		"binary":                    {masked(ws.OpBinary, true, "x"), 1003},
		"binary fragment":           {masked(ws.OpBinary, false, "x"), 1003},
		"unmasked":                  {withHeader(0x81, 1, 'x'), 1002},
		"unmasked ping":             {withHeader(0x89, 0), 1002},
		"reserved bit 1":            {withHeader(0xc1, 0x80, 0, 0, 0, 0), 1002},
		"reserved bit 3":            {withHeader(0x91, 0x80, 0, 0, 0, 0), 1002},
		"reserved opcode 3":         {withHeader(0x83, 0x80, 0, 0, 0, 0), 1002},
		"reserved opcode 11":        {withHeader(0x8b, 0x80, 0, 0, 0, 0), 1002},
		"fragmented ping":           {withHeader(0x09, 0x80, 0, 0, 0, 0), 1002},
		"long ping":                 {masked(ws.OpPing, true, strings.Repeat("x", 126)), 1002},
		"length with the top bit":   {withHeader(0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1002},
		"length of 2^62":            {withHeader(0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1009},
		"continuation of nothing":   {masked(ws.OpContinuation, true, "x"), 1002},
		"text within a message":     {append(masked(ws.OpText, false, "x"), masked(ws.OpText, true, "x")...), 1002},
		"frame too long":            {masked(ws.OpText, true, big+"x"), 1009},
		"continuation too long":     {append(masked(ws.OpText, false, "x"), masked(ws.OpContinuation, true, big+"x")...), 1009},
		"message too long":          {fragments(strings.Repeat("x", messageLimit)+"y", frameLimit), 1009},
		"bad UTF-8":                 {masked(ws.OpText, true, "a\xff"), 1007},
		"half a character":          {masked(ws.OpText, true, "\xe2\x82"), 1007},
		"bad UTF-8 over two frames": {append(masked(ws.OpText, false, "\xe2\x82"), masked(ws.OpContinuation, true, "x")...), 1007},
		"surrogate":                 {masked(ws.OpText, true, "\xed\xa0\x80"), 1007},
		"close of one byte":         {masked(ws.OpClose, true, "x"), 1002},
		"close with 999":            {maskedClose(999, ""), 1002},
		"close with 1004":           {maskedClose(1004, ""), 1002},
		"close with 1005":           {maskedClose(1005, ""), 1002},
		"close with 1006":           {maskedClose(1006, ""), 1002},
		"close with 1015":           {maskedClose(1015, ""), 1002},
		"close with 2999":           {maskedClose(2999, ""), 1002},
		"close with 5000":           {maskedClose(5000, ""), 1002},
		"close with bad UTF-8":      {maskedClose(1000, "\xff"), 1007},
	} {
		t.Run(name, func(t *testing.T) {
			h := start(t)
			c, id := h.dialRaw()
			c.write(tc.bytes)
			c.expectClose(tc.code)
			c.expectEOF()
			if status := h.post(id, "x"); status != 410 {
				t.Errorf("POST afterwards: %d, want 410", status)
			}
			if got := h.next("disconnect").event.RequestContext.DisconnectStatusCode; got != int64(tc.code) {
				t.Errorf("$disconnect saw %d", got)
			}
			c.conn.Close()
			h.close()
			h.none("default")
			h.none("disconnect")
		})
	}
}

// The close frame arrives although the client goes on sending: its socket is not reset.
func TestCloseReachesClientThatGoesOnSending(t *testing.T) {
	h := start(t)
	c, _ := h.dialRaw()
	c.write(masked(ws.OpBinary, true, strings.Repeat("x", 4<<20)))
	c.expectClose(1003)
}

// fragments returns text as a message in frames of at most size bytes.
func fragments(text string, size int) []byte {
	op := ws.OpText
	var out []byte
	for len(text) > size {
		out = append(out, masked(op, false, text[:size])...)
		text, op = text[size:], ws.OpContinuation
	}
	return append(out, masked(op, true, text)...)
}

func TestMessagesWithinTheLimits(t *testing.T) {
	h := start(t)
	c, _ := h.dialRaw()
	text := strings.Repeat("€", messageLimit/3) // characters split between frames
	text += strings.Repeat("x", messageLimit-len(text))
	for name, frames := range map[string][]byte{
		"one full frame":    masked(ws.OpText, true, text[:frameLimit-frameLimit%3]),
		"four full frames":  fragments(text, frameLimit),
		"small frames":      fragments(text[:3000], 7),
		"empty fragments":   append(append(masked(ws.OpText, false, ""), masked(ws.OpContinuation, false, "")...), masked(ws.OpContinuation, true, "")...),
		"exactly the limit": masked(ws.OpText, true, strings.Repeat("x", frameLimit)),
	} {
		c.write(frames)
		body := h.next("default").event.Body
		if name == "four full frames" && body != text {
			t.Errorf("%s: got %d bytes, want %d", name, len(body), len(text))
		}
		if name == "exactly the limit" && len(body) != frameLimit {
			t.Errorf("%s: got %d bytes", name, len(body))
		}
	}
}

func TestPings(t *testing.T) {
	h := start(t)
	c, _ := h.dialRaw()
	c.write(masked(ws.OpPing, true, "one"), masked(ws.OpText, false, "half "),
		masked(ws.OpPing, true, strings.Repeat("x", 125)), masked(ws.OpPong, true, "unasked"),
		masked(ws.OpContinuation, true, "and half"), masked(ws.OpPing, true, ""))
	for _, want := range []string{"one", strings.Repeat("x", 125), ""} {
		if f := c.frame(); f.Header.OpCode != ws.OpPong || string(f.Payload) != want {
			t.Errorf("got opcode %x with %q, want a pong with %q", f.Header.OpCode, f.Payload, want)
		}
	}
	if body := h.next("default").event.Body; body != "half and half" {
		t.Errorf("got %q", body)
	}
}

func TestAppendMessage(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 9999, 10_000, 10_001, 20_000, 35_000} {
		text := strings.Repeat("abcdefg", 5000)[:n]
		r := strings.NewReader(string(appendMessage(nil, text, 10_000)))
		var got strings.Builder
		for i := 0; ; i++ {
			//nolint:staticcheck // SA1019: the frames are our own, so their lengths are bounded
			f, err := ws.ReadFrame(r)
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if len(f.Payload) > 10_000 || (f.Header.OpCode == ws.OpText) != (i == 0) {
				t.Errorf("%d bytes: frame %d: %+v", n, i, f.Header)
			}
			got.Write(f.Payload)
			if f.Header.Fin {
				break
			}
		}
		if got.String() != text || r.Len() != 0 {
			t.Errorf("%d bytes: got %d, %d left", n, got.Len(), r.Len())
		}
	}
}
