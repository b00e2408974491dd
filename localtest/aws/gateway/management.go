package gateway

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// serveManagement answers a request to the @connections API for one connection. Statuses and error names are those of
// the service's model (botocore, data/apigatewaymanagementapi/2018-11-29).
func (g *Gateway) serveManagement(w http.ResponseWriter, r *http.Request, id string) {
	setHeader(w, "x-amzn-RequestId", g.cfg.NewID())
	if !g.cfg.Throttles.Account.admits() {
		limitExceeded(w)
		return
	}
	c, open := g.find(id)
	if !open && !isID(id) {
		fail(w, http.StatusBadRequest, "BadRequestException", "Invalid connectionId: "+valid(id))
		return
	}
	switch r.Method {
	case http.MethodPost:
		g.post(w, r, c)
	case http.MethodGet:
		g.get(w, c)
	case http.MethodDelete:
		g.delete(w, c)
	default:
		g.forbid(w)
	}
}

// post sends the body to the client. 200 means that it is on its way, not that it was received. c is nil if there is
// no such connection.
func (g *Gateway) post(w http.ResponseWriter, r *http.Request, c *connection) {
	buffer := g.buffers.Get().(*[]byte)
	defer g.buffers.Put(buffer)
	frames, err := g.readMessage(buffer, r)
	switch {
	case errors.Is(err, errTooLarge):
		fail(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
		return
	case err != nil: // the caller is not there to read this
		fail(w, http.StatusBadRequest, "BadRequestException", "Incomplete body")
		return
	case c == nil:
		gone(w)
		return
	}
	switch err := c.send(frames); {
	case errors.Is(err, errFull):
		limitExceeded(w)
	case err != nil:
		gone(w)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// errTooLarge is returned when a body is longer than Limits.MessageBytes.
var errTooLarge = errors.New("message too long")

// readMessage reads the request's body as the frames of a text message. They are good for as long as buffer is not used
// for something else.
func (g *Gateway) readMessage(buffer *[]byte, r *http.Request) ([]byte, error) {
	limit := g.limits.MessageBytes
	if r.ContentLength > int64(limit) {
		return nil, errTooLarge
	}
	size := int(r.ContentLength)
	if size < 0 { // chunked
		size = limit + 1
	}
	// Room for a header in front spares most messages a copy.
	*buffer = slices.Grow((*buffer)[:0], frameHeaderBytes+size)[:frameHeaderBytes+size]
	n, err := io.ReadFull(r.Body, (*buffer)[frameHeaderBytes:])
	ended := err == io.EOF || err == io.ErrUnexpectedEOF
	if err != nil && (r.ContentLength >= 0 || !ended) {
		return nil, err
	}
	if n > limit {
		return nil, errTooLarge
	}
	return g.frames((*buffer)[:frameHeaderBytes+n]), nil
}

// frames returns the frames of the payload that begins after room for a header. Messages are text: what is not UTF-8 is
// replaced.
func (g *Gateway) frames(room []byte) []byte {
	payload := room[frameHeaderBytes:]
	if !utf8.Valid(payload) {
		return appendMessage(nil, valid(string(payload)), g.limits.FrameBytes)
	}
	if len(payload) > g.limits.FrameBytes {
		return appendMessage(nil, payload, g.limits.FrameBytes)
	}
	var header [frameHeaderBytes]byte
	h := appendFrameHeader(header[:0], ws.OpText, true, len(payload))
	start := frameHeaderBytes - len(h)
	copy(room[start:], h)
	return room[start:]
}

// get answers with what is known of the connection.
func (g *Gateway) get(w http.ResponseWriter, c *connection) {
	if c == nil {
		gone(w)
		return
	}
	const iso = "2006-01-02T15:04:05.000Z"
	info := c.connectedAt.UTC().AppendFormat([]byte(`{"connectedAt":"`), iso)
	info = c.appendIdentity(append(info, `",`...))
	info = c.activeAt().UTC().AppendFormat(append(info, `,"lastActiveAt":"`...), iso)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(info, `"}`...)) // the client may have gone
}

// delete closes the connection. Neither code nor reason can be chosen; they are those seen on AWS (aws/chalice, issue
// 2060).
func (g *Gateway) delete(w http.ResponseWriter, c *connection) {
	if c == nil || !c.close(closing{code: ws.StatusNormalClosure, reason: "Connection Closed Normally"}) {
		gone(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// gone is the answer for a connection that is not open. It has no body; SDKs know it by the header.
func gone(w http.ResponseWriter) {
	setHeader(w, "x-amzn-ErrorType", "GoneException")
	w.WriteHeader(http.StatusGone)
}

// forbid is the answer for a path that is not of this stage, and for a method that is not of the API.
func (g *Gateway) forbid(w http.ResponseWriter) {
	//nolint:staticcheck // SA1008: setHeader writes names as AWS does, not in the canonical form
	if w.Header()["x-amzn-RequestId"] == nil {
		setHeader(w, "x-amzn-RequestId", g.cfg.NewID())
	}
	fail(w, http.StatusForbidden, "ForbiddenException", textForbidden)
}

func fail(w http.ResponseWriter, status int, name, message string) {
	setHeader(w, "x-amzn-ErrorType", name)
	refuse(w, status, message)
}

// refuse answers with {"message":…}.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(appendString([]byte(`{"message":`), message), '}')) // the client may have gone
}

// setHeader keeps the name's case, which http.Header.Set would change.
func setHeader(w http.ResponseWriter, name, value string) { w.Header()[name] = []string{value} }
