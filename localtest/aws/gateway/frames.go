package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
)

// closing is how a connection ends: what is in the close frame and in the DISCONNECT event. It is also the error with
// which a messageReader reports a client's close frame or its breach of the protocol.
type closing struct {
	code   ws.StatusCode // in the event; 1005 and 1006 are never sent
	reason string
	// asked says that the client's close frame has come, so that ours is the answer to it.
	asked bool
}

func (c closing) Error() string { return fmt.Sprintf("closed with %d %s", c.code, c.reason) }

// frame returns the close frame. A client gets its own code back, without the reason (RFC 6455, 5.5.1).
func (c closing) frame() []byte {
	var body []byte
	switch {
	case c.code == ws.StatusNoStatusRcvd:
	case c.asked:
		body = ws.NewCloseFrameBody(c.code, "")
	default:
		body = ws.NewCloseFrameBody(c.code, c.reason)
	}
	return append(appendFrameHeader(nil, ws.OpClose, true, len(body)), body...)
}

func protocolError(reason string) error {
	return closing{code: ws.StatusProtocolError, reason: reason}
}

// messageReader turns a client's bytes into text messages, one frame after the other, since AWS limits both.
type messageReader struct {
	frames  wsutil.Reader
	buffers *sync.Pool   // *[]byte
	ping    func([]byte) // answers a ping; keeps nothing
	data    func()       // called for every data frame

	scratch [ws.MaxControlFramePayloadSize]byte
	message *[]byte // of buffers; nil between messages
}

func newMessageReader(src io.Reader, limits Limits, buffers *sync.Pool, ping func([]byte), data func()) *messageReader {
	r := &messageReader{buffers: buffers, ping: ping, data: data}
	r.frames = wsutil.Reader{
		Source: src, State: ws.StateServerSide,
		MaxFrameSize: int64(limits.FrameBytes), MaxMessageSize: int64(limits.MessageBytes),
		OnIntermediate: r.control,
	}
	return r
}

// next returns the next message, which is good until release. The error is a closing, or the socket's.
func (r *messageReader) next() ([]byte, error) {
	for {
		h, err := r.frames.NextFrame()
		if err = refusal(h, err); err != nil {
			return nil, err
		}
		switch {
		case !h.OpCode.IsControl():
			err = r.append(h)
		case r.message == nil: // one within a message has been handled by then
			err = r.control(h, &r.frames)
		}
		if err != nil {
			return nil, err
		}
		if h.OpCode.IsControl() || !h.Fin {
			continue
		}
		if !utf8.Valid(*r.message) {
			return nil, closing{code: ws.StatusInvalidFramePayloadData, reason: "Invalid UTF-8"}
		}
		return *r.message, nil
	}
}

// refusal returns how a connection ends for a frame that RFC 6455 forbids (1002) or that the API does not take: a
// binary one (1003: "Working with binary media types for WebSocket APIs", API Gateway Developer Guide), and what is too
// long (1009: its quotas page). Any other error is returned as it is.
func refusal(h ws.Header, err error) error {
	_, forbidden := errors.AsType[ws.ProtocolError](err)
	switch {
	case forbidden:
		return protocolError(err.Error())
	case errors.Is(err, ws.ErrHeaderLengthMSB):
		return protocolError("bad frame length")
	case h.OpCode == ws.OpBinary:
		return closing{code: ws.StatusUnsupportedData, reason: "Binary is not supported"}
	case errors.Is(err, wsutil.ErrFrameTooLarge), errors.Is(err, wsutil.ErrMessageTooLarge):
		return closing{code: ws.StatusMessageTooBig, reason: "Message too long"}
	}
	return err
}

// append reads the payload of a data frame onto the message.
func (r *messageReader) append(h ws.Header) error {
	r.data()
	if r.message == nil {
		r.message = r.buffers.Get().(*[]byte)
		*r.message = (*r.message)[:0]
	}
	start := len(*r.message)
	*r.message = slices.Grow(*r.message, int(h.Length))[:start+int(h.Length)]
	_, err := io.ReadFull(&r.frames, (*r.message)[start:])
	return err
}

// control reads the payload of a control frame from body, and does what the frame asks for.
func (r *messageReader) control(h ws.Header, body io.Reader) error {
	payload := r.scratch[:h.Length]
	if _, err := io.ReadFull(body, payload); err != nil {
		return err
	}
	switch h.OpCode {
	case ws.OpPing:
		r.ping(payload)
	case ws.OpClose:
		return parseClose(payload)
	}
	return nil
}

// release returns the message's memory.
func (r *messageReader) release() {
	if r.message != nil {
		r.buffers.Put(r.message)
		r.message = nil
	}
}

// parseClose returns what a client's close frame says, or a breach of RFC 6455, 5.5.1 and 7.4.
func parseClose(payload []byte) closing {
	switch {
	case len(payload) == 0:
		return closing{code: ws.StatusNoStatusRcvd, asked: true}
	case len(payload) == 1:
		return closing{code: ws.StatusProtocolError, reason: "bad close frame"}
	case !utf8.Valid(payload[2:]):
		return closing{code: ws.StatusInvalidFramePayloadData, reason: "Invalid UTF-8"}
	}
	code := ws.StatusCode(binary.BigEndian.Uint16(payload))
	if !mayBeSent(code) {
		return closing{code: ws.StatusProtocolError, reason: "bad close code"}
	}
	return closing{code: code, reason: string(payload[2:]), asked: true}
}

// mayBeSent reports whether a close frame may carry the code: those of RFC 6455, 7.4.1, the later ones registered with
// IANA (1012 to 1014), and those for libraries and applications.
func mayBeSent(code ws.StatusCode) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

// frameHeaderBytes is the longest header of a frame to a client: a length of 16 bits and no mask. (Frames of more than
// 64 KB are never sent, see Limits.FrameBytes.)
const frameHeaderBytes = 4

func appendFrameHeader(dst []byte, op ws.OpCode, fin bool, length int) []byte {
	first := byte(op)
	if fin {
		first |= 0x80
	}
	if length < 126 {
		return append(dst, first, byte(length))
	}
	return append(dst, first, 126, byte(length>>8), byte(length))
}

// appendMessage appends payload as a text message in frames of at most frameBytes.
func appendMessage[T ~string | ~[]byte](dst []byte, payload T, frameBytes int) []byte {
	op := ws.OpText
	for len(payload) > frameBytes {
		dst = appendFrameHeader(dst, op, false, frameBytes)
		dst = append(dst, payload[:frameBytes]...)
		payload, op = payload[frameBytes:], ws.OpContinuation
	}
	dst = appendFrameHeader(dst, op, true, len(payload))
	return append(dst, payload...)
}
