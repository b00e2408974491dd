package gateway

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"serverlesschat/localtest/aws/edge"
)

// serveHandshake connects a client. The request stays open until $connect has returned. Only then is there a 101
// ("Manage connected users and client apps: $connect and $disconnect routes", API Gateway Developer Guide).
func (g *Gateway) serveHandshake(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		refuse(w, http.StatusServiceUnavailable, "Service Unavailable")
		return
	}
	if status := checkUpgrade(r, g.limits.URLBytes); status != http.StatusSwitchingProtocols {
		g.work.Done()
		refuseUpgrade(w, status)
		return
	}
	if !g.admitsHandshake() {
		g.work.Done()
		refuse(w, http.StatusTooManyRequests, textThrottled)
		return
	}
	c := g.newConnection(r)
	protocol, ok := g.admit(w, r, c)
	if !ok {
		g.work.Done()
		return
	}
	conn, buffered, err := hijack(w)
	if err != nil {
		g.work.Done()
		g.log.Error("handshake not completed", "err", err)
		refuse(w, http.StatusInternalServerError, textInternal)
		return
	}
	c.start(conn, buffered, switchingProtocols(r.Header.Get("Sec-WebSocket-Key"), protocol)) // and it ends g.work
}

func (g *Gateway) newConnection(r *http.Request) *connection {
	return &connection{
		g: g, id: g.cfg.NewID(), connectedAt: g.cfg.Now(),
		// Copies: a header's value shares its memory with all the others.
		sourceIP: strings.Clone(edge.SourceIP(r)), userAgent: strings.Clone(valid(r.UserAgent())),
	}
}

// admit asks $connect. It answers the request if the client is not let in: with the function's status, with 502 if the
// function failed, with 504 if it took too long.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request, c *connection) (protocol string, ok bool) {
	if g.connect == nil {
		return "", true
	}
	requestID := g.cfg.NewID()
	result, err := g.call(g.connect, requestID, g.connectEvent(c, requestID, r))
	if err == nil && result.accepts() {
		if protocol, err = result.protocol(); err == nil {
			return protocol, true
		}
		g.failed(g.connect, requestID, err)
	}
	status, text := result.status, http.StatusText(result.status)
	switch {
	case errors.Is(err, errTimedOut):
		status, text = http.StatusGatewayTimeout, textTimedOut
	case err != nil:
		status, text = http.StatusBadGateway, textInternal
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(appendError(nil, text, c.id, requestID)) // the client may have gone
	return "", false
}

// checkUpgrade returns 101 for a WebSocket handshake (RFC 6455, 4.2.1), else the status to refuse it with.
func checkUpgrade(r *http.Request, maxURL int) int {
	switch {
	case len(r.RequestURI) > maxURL:
		return http.StatusRequestURITooLong
	case r.Method != http.MethodGet:
		return http.StatusForbidden
	case !r.ProtoAtLeast(1, 1) || !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"),
		r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusUpgradeRequired
	}
	keys := r.Header.Values("Sec-WebSocket-Key")
	if len(keys) != 1 {
		return http.StatusBadRequest
	}
	if nonce, err := base64.StdEncoding.DecodeString(keys[0]); err != nil || len(nonce) != 16 {
		return http.StatusBadRequest
	}
	return http.StatusSwitchingProtocols
}

func refuseUpgrade(w http.ResponseWriter, status int) {
	if status == http.StatusUpgradeRequired {
		setHeader(w, "Upgrade", "websocket")
		setHeader(w, "Sec-WebSocket-Version", "13")
	}
	refuse(w, status, http.StatusText(status))
}

// hasToken reports whether a comma-separated header has the token, in any case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// hijack takes the socket from the server. buffered is what the client sent behind its request.
func hijack(w http.ResponseWriter) (conn net.Conn, buffered []byte, err error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take over connection: %w", err)
	}
	if n := rw.Reader.Buffered(); n > 0 {
		buffered = make([]byte, n)
		_, _ = rw.Read(buffered) // what is buffered is there
	}
	return edge.Unwrap(conn), buffered, nil
}

// switchingProtocols returns the 101 (RFC 6455, 4.2.2).
func switchingProtocols(key, protocol string) []byte {
	const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	digest := sha1.Sum([]byte(key + magic))
	reply := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		base64.StdEncoding.EncodeToString(digest[:]) + "\r\n"
	if protocol != "" {
		reply += "Sec-WebSocket-Protocol: " + protocol + "\r\n"
	}
	return []byte(reply + "\r\n")
}
