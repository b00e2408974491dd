package edge

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/textproto"
)

// Package net/http spells all names of headers its own way. WebSocket APIs show functions those that the client wrote.
// So what a connection reads first is kept until its head has been parsed.

// maxKept bounds what is kept of a connection that has not finished its first head. A head that is longer is refused.
const maxKept = MaxHead + 4<<10

// KeepNames returns a listener whose connections remember how the names of headers in their first request are spelt. A
// server on it needs ConnContext.
func KeepNames(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &keeper{Conn: conn}, nil
}

// keeper is a connection that keeps its first head. It is complete when a handler runs, and not changed after that.
type keeper struct {
	net.Conn
	head     []byte
	complete bool
}

func (k *keeper) Read(p []byte) (int, error) {
	n, err := k.Conn.Read(p)
	if !k.complete && n > 0 {
		k.keep(p[:n])
	}
	return n, err
}

func (k *keeper) keep(read []byte) {
	k.head = append(k.head, read...)
	end := endOfHead(k.head)
	switch {
	case end >= 0:
		k.head, k.complete = k.head[:end], true
	case len(k.head) > maxKept:
		k.head, k.complete = nil, true
	}
}

// endOfHead returns where the empty line begins, or -1. Package net/http takes a bare line feed as the end of a line too.
func endOfHead(head []byte) int {
	end := bytes.Index(head, []byte("\n\n"))
	if crlf := bytes.Index(head, []byte("\n\r\n")); crlf >= 0 && (end < 0 || crlf < end) {
		end = crlf
	}
	return end
}

// CloseWrite ends what is sent, as a server does before it closes a connection with bytes unread: a client that still
// sends would lose the reply otherwise.
func (k *keeper) CloseWrite() error {
	half, can := k.Conn.(interface{ CloseWrite() error })
	if !can {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// Unwrap returns the connection without what KeepNames has put around it.
func Unwrap(conn net.Conn) net.Conn {
	if k, is := conn.(*keeper); is {
		return k.Conn
	}
	return conn
}

type keeperKey struct{}

// ConnContext is for http.Server.ConnContext. It changes nothing for connections without KeepNames.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if k, is := conn.(*keeper); is {
		return context.WithValue(ctx, keeperKey{}, k)
	}
	return ctx
}

// Spelling returns the name of each header as the client wrote it, by its canonical name. Of a connection's later
// requests it knows the names that the first had too. Without KeepNames it is empty.
func Spelling(r *http.Request) map[string]string {
	spelling := map[string]string{}
	k, is := r.Context().Value(keeperKey{}).(*keeper)
	if !is {
		return spelling
	}
	lines := bytes.Split(k.head, []byte("\n"))
	for _, line := range lines[1:] {
		name, _, is := bytes.Cut(line, []byte(":"))
		canonical := textproto.CanonicalMIMEHeaderKey(string(name))
		if _, again := spelling[canonical]; is && !again {
			spelling[canonical] = string(name)
		}
	}
	return spelling
}
