// Package edge is what API Gateway does with a request before an API of any kind sees it: it bounds the head, names the
// request, traces it, and drops the headers that belong to the connection alone.
package edge

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"time"
)

// MaxHead is the quota of request line and header values together, in bytes ("Amazon API Gateway quotas", API Gateway
// Developer Guide, HTTP API). REST APIs have the same number. For WebSocket APIs it is unconfirmed.
const MaxHead = 10240

// StatusHeadTooLarge is the answer to a head over MaxHead. The documentation names only the quota; the status is
// unconfirmed.
const StatusHeadTooLarge = http.StatusRequestHeaderFieldsTooLarge

// HeadTooLarge reports whether the head of a request is over MaxHead.
func HeadTooLarge(r *http.Request) bool {
	size := len(r.Method) + len(" ") + len(r.RequestURI) + len(" ") + len(r.Proto) + len(r.Host)
	for _, values := range r.Header {
		for _, value := range values {
			size += len(value)
		}
	}
	return size > MaxHead
}

// NewID returns a random id of API Gateway's form, as in "JCJSViW5PHcESow=": 11 bytes in the URL-safe base64 alphabet.
func NewID() string {
	var b [11]byte
	rand.Read(b[:])
	return base64.URLEncoding.EncodeToString(b[:])
}

// TraceID returns the X-Amzn-Trace-Id of the request with that id: version, seconds, 96 bits (AWS X-Ray Developer
// Guide, "Tracing header").
func TraceID(received time.Time, requestID string) string {
	sum := sha256.Sum256([]byte(requestID))
	return fmt.Sprintf("Root=1-%08x-%x", uint32(received.Unix()), sum[:12])
}

// IsHopByHop reports whether a header is one between client and gateway, which no function sees and none sets (RFC
// 9110, 7.6.1).
func IsHopByHop(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
		"Transfer-Encoding", "Upgrade":
		return true
	}
	return false
}

// SourceIP returns the address of the client without its port.
func SourceIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
