package gateway

import (
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"serverlesschat/localtest/aws/edge"
	"serverlesschat/localtest/aws/jsonwalk"
)

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
	timeForm = "02/Jan/2006:15:04:05 -0700"
)

// keys returns the sorted keys of an object that is a member of doc (of doc itself for "").
func keys(t *testing.T, doc []byte, path ...string) []string {
	t.Helper()
	for _, name := range path {
		raw, ok := jsonwalk.Member(doc, name)
		if !ok {
			t.Fatalf("no %s in %s", name, doc)
		}
		doc = raw
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(doc, &object); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(object))
}

func expectKeys(t *testing.T, doc []byte, want string, path ...string) {
	t.Helper()
	expected := strings.Fields(want)
	slices.Sort(expected)
	if got := keys(t, doc, path...); !slices.Equal(got, expected) {
		t.Errorf("%v has the keys\n%v, want\n%v", path, got, expected)
	}
}

// The keys of requestContext that every event has, as captured from AWS in January 2024 (aws-lambda-go,
// events/testdata).
const commonKeys = "routeKey eventType extendedRequestId requestTime messageDirection stage connectedAt " +
	"requestTimeEpoch identity requestId domainName connectionId apiId "

func (h *harness) checkContext(in invocation, routeKey, eventType string) {
	h.t.Helper()
	rc := in.event.RequestContext
	if rc.RouteKey != routeKey || rc.EventType != eventType || rc.MessageDirection != "IN" || rc.Stage != "dev" ||
		rc.APIID != "dl7ptocha9" || rc.DomainName != "dl7ptocha9.execute-api.us-east-1.amazonaws.com" {
		h.t.Errorf("context: %+v", rc)
	}
	if !idForm.MatchString(rc.RequestID) || rc.ExtendedRequestID != rc.RequestID || !idForm.MatchString(rc.ConnectionID) {
		h.t.Errorf("ids: %q %q %q", rc.RequestID, rc.ExtendedRequestID, rc.ConnectionID)
	}
	if rc.RequestTimeEpoch < rc.ConnectedAt || time.Since(time.UnixMilli(rc.ConnectedAt)) > time.Minute {
		h.t.Errorf("times: connected %d, requested %d", rc.ConnectedAt, rc.RequestTimeEpoch)
	}
	at, err := time.Parse(timeForm, rc.RequestTime)
	if err != nil || at.Unix() != rc.RequestTimeEpoch/1000 || !strings.HasSuffix(rc.RequestTime, " +0000") {
		h.t.Errorf("requestTime %q, requestTimeEpoch %d", rc.RequestTime, rc.RequestTimeEpoch)
	}
	if rc.Identity.SourceIP != "127.0.0.1" || rc.Identity.UserAgent != "tester/1" {
		h.t.Errorf("identity: %+v", rc.Identity)
	}
	if in.source != routeKey || in.event.IsBase64Encoded {
		h.t.Errorf("source %q, base64 %v", in.source, in.event.IsBase64Encoded)
	}
}

func TestEvents(t *testing.T) {
	h := start(t)
	client, _, err := websocket.Dial(h.ctx(), h.url("/dev?token=a%20b&x=1&x=2&empty="), &websocket.DialOptions{
		HTTPHeader: http.Header{
			"User-Agent": {"tester/1"}, "X-Twice": {"one", "two"}, "Origin": {h.srv.URL}, "X-Forwarded-For": {"192.0.2.1"},
		},
		CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseNow()
	connect := h.next("connect")
	h.checkContext(connect, "$connect", "CONNECT")
	expectKeys(t, connect.payload, "headers multiValueHeaders queryStringParameters "+
		"multiValueQueryStringParameters requestContext isBase64Encoded")
	expectKeys(t, connect.payload, commonKeys, "requestContext")
	expectKeys(t, connect.payload, "sourceIp userAgent", "requestContext", "identity")
	// Sec-Websocket is how this client writes it.
	names := "Accept-Encoding Host Origin Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Version User-Agent X-Twice " +
		"X-Amzn-Trace-Id X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto"
	expectKeys(t, connect.payload, names, "headers")
	expectKeys(t, connect.payload, names, "multiValueHeaders")
	e := connect.event
	if e.Headers["X-Twice"] != "two" || !slices.Equal(e.MultiValueHeaders["X-Twice"], []string{"one", "two"}) ||
		e.Headers["Host"] != h.srv.Listener.Addr().String() || e.Headers["X-Forwarded-For"] != "192.0.2.1, 127.0.0.1" ||
		e.Headers["X-Forwarded-Port"] != "443" || e.Headers["X-Forwarded-Proto"] != "https" ||
		!regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`).MatchString(e.Headers["X-Amzn-Trace-Id"]) {
		t.Errorf("headers: %v", e.MultiValueHeaders)
	}
	query := map[string]string{"token": "a b", "x": "2", "empty": ""}
	if !maps.Equal(e.QueryStringParameters, query) || !slices.Equal(e.MultiValueQueryStringParameters["x"], []string{"1", "2"}) {
		t.Errorf("query: %v %v", e.QueryStringParameters, e.MultiValueQueryStringParameters)
	}

	body := "{\r\n\t\"action\": \"oneWay\", \"t\": \"\\\"ä\U0001F600\u2028\\u0000 <&>\x7f\"}"
	h.write(client, body)
	message := h.next("oneway")
	h.checkContext(message, "oneWay", "MESSAGE")
	expectKeys(t, message.payload, "requestContext body isBase64Encoded")
	expectKeys(t, message.payload, commonKeys+"messageId", "requestContext")
	if message.event.Body != body {
		t.Errorf("body %q, want %q", message.event.Body, body)
	}
	messageID, _ := message.event.RequestContext.MessageID.(string)
	if !idForm.MatchString(messageID) || messageID == message.event.RequestContext.RequestID {
		t.Errorf("messageId %q", messageID)
	}

	client.Close(4321, "bye \"all\"")
	disconnect := h.next("disconnect")
	h.checkContext(disconnect, "$disconnect", "DISCONNECT")
	expectKeys(t, disconnect.payload, "headers multiValueHeaders requestContext isBase64Encoded")
	expectKeys(t, disconnect.payload, commonKeys+"disconnectStatusCode disconnectReason", "requestContext")
	rc := disconnect.event.RequestContext
	if rc.DisconnectStatusCode != 4321 || *rc.DisconnectReason != `bye "all"` {
		t.Errorf("closed with %d %q", rc.DisconnectStatusCode, *rc.DisconnectReason)
	}
	headers := map[string]string{"Host": "dl7ptocha9.execute-api.us-east-1.amazonaws.com",
		"x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
	if !maps.Equal(disconnect.event.Headers, headers) || len(disconnect.event.MultiValueHeaders) != 4 {
		t.Errorf("headers: %v", disconnect.event.MultiValueHeaders)
	}
	for _, in := range []invocation{message, disconnect} {
		got := in.event.RequestContext
		if got.ConnectedAt != e.RequestContext.ConnectedAt || got.ConnectionID != e.RequestContext.ConnectionID ||
			got.RequestID == e.RequestContext.RequestID {
			t.Errorf("%s: %+v", in.source, got)
		}
	}
}

func TestConnectEventWithoutQueryAndUserAgent(t *testing.T) {
	h := start(t)
	// By hand: no query, no user agent, and a header that is not UTF-8.
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, strings.TrimSuffix(handshakeRequest, "\r\n")+"X-Latin: caf\xe9\r\n\r\n")
	in := h.next("connect")
	expectKeys(t, in.payload, "headers multiValueHeaders requestContext isBase64Encoded")
	expectKeys(t, in.payload, "sourceIp", "requestContext", "identity")
	if got := in.event.Headers["X-Latin"]; got != "caf\uFFFD" {
		t.Errorf("header: %q", got)
	}
}

// A function that looks for "Authorization" does not find "authorization" on AWS, nor here.
func TestNamesOfHeadersAreThoseOfTheClient(t *testing.T) {
	h := start(t)
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET /dev HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"+
		"sec-websocket-version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nauthorization: Bearer x\r\nX-tWice: 1\r\n"+
		"x-twice: 2\r\nx-forwarded-for: 192.0.2.1\r\nx-amzn-trace-id: Root=1-2-3\r\n\r\n")
	in := h.next("connect")
	expectKeys(t, in.payload, "Host Sec-WebSocket-Key X-Forwarded-For X-Forwarded-Port X-Forwarded-Proto authorization "+
		"sec-websocket-version X-tWice x-amzn-trace-id", "headers")
	headers := in.event.Headers
	if headers["X-tWice"] != "2" || headers["X-Forwarded-For"] != "192.0.2.1, 127.0.0.1" || headers["x-amzn-trace-id"] != "Root=1-2-3" {
		t.Errorf("headers: %v", headers)
	}
}

func TestIsID(t *testing.T) {
	seen := make(map[string]bool)
	for range 1000 {
		id := edge.NewID()
		if !idForm.MatchString(id) || !isID(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
	for _, id := range []string{"", "=", "L0SM9cOFvHcCIhw", "L0SM9cOFvHcCIhw==", "L0SM9cOFv+cCIhw=", "L0SM9cOFvHcCIhwx", "L0SM9cOFv/cCIhw="} {
		if isID(id) {
			t.Errorf("%q taken for an id", id)
		}
	}
}
