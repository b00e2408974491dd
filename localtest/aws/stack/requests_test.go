package stack

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// send writes a request to an address as it is, and returns the reply's status and body.
func (a *apis) send(url, method, path, headers string) (int, string) {
	a.t.Helper()
	_, address, _ := strings.Cut(url, "://")
	address, _, _ = strings.Cut(address, "/")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		a.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(testTimeout)); err != nil {
		a.t.Fatal(err)
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, path, headers)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusSwitchingProtocols { // what follows is no body
		return resp.StatusCode, ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

func TestBothAPIsRefuseALongHeadAlike(t *testing.T) {
	a := serveAPIs(t, Options{})
	for name, c := range map[string]struct {
		url, method, path, headers string
		within                     int // the status of a head within the quota
	}{
		"handshake":    {a.s.endpoints.WebSocket, "GET", "/dev", upgrade, 101},
		"@connections": {a.s.endpoints.WebSocket, "GET", "/dev/@connections/L0SM9cOFvHcCIhw=", "", 410},
		"HTTP API":     {a.s.endpoints.HTTP, "GET", "/a", "", 200},
	} {
		size := len(c.method) + len(c.path) + len("HTTP/1.1") + len("  ") + len("localhost")
		for line := range strings.SplitSeq(c.headers, "\r\n") {
			_, value, _ := strings.Cut(line, ": ")
			size += len(value)
		}
		for _, over := range []int{0, 1} {
			fill := strings.Repeat("x", 10240-size-100+over)
			headers := c.headers + "X-Fill: " + fill + "\r\nX-More: " + strings.Repeat("y", 100) + "\r\n"
			status, body := a.send(c.url, c.method, c.path, headers)
			switch {
			case over == 0 && status != c.within:
				t.Errorf("%s with 10,240 bytes: %d %s, want %d", name, status, body, c.within)
			case over == 1 && (status != 431 || body != `{"message":"Request Header Fields Too Large"}`):
				t.Errorf("%s with 10,241 bytes: %d %s, want 431", name, status, body)
			}
		}
	}
}

// A function sees the names of a handshake's headers as the client wrote them.
func TestNamesOfHeadersReachTheFunctionAsWritten(t *testing.T) {
	a := serveAPIs(t, Options{})
	for header, want := range map[string]int{"x-do: fail\r\n": 502, "X-Do: fail\r\n": 101} {
		if status, body := a.send(a.s.endpoints.WebSocket, "GET", "/dev", upgrade+header); status != want {
			t.Errorf("%q: %d %s, want %d", header, status, body, want)
		}
	}
}

// requestIDOf returns the id in the gateway's own error.
func requestIDOf(t *testing.T, body string) string {
	t.Helper()
	var e struct{ RequestID string }
	if err := json.Unmarshal([]byte(body), &e); err != nil || e.RequestID == "" {
		t.Errorf("no request id in %q: %v", body, err)
	}
	return e.RequestID
}

func TestFailuresAreLoggedWithTheirCause(t *testing.T) {
	release := make(chan struct{})
	held := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer held.Close()
	defer close(release)
	a := serveAPIs(t, Options{})
	client := a.mustDial()
	for _, c := range []struct {
		name, order, path string
		status            int
		cause             string
	}{
		{"error", `{"do":"fail","text":"no luck"}`, "/a", 500, "errorString: no luck"},
		{"crash", `{"do":"exit"}`, "/a", 500, "Runtime exited with error: exit status 3"},
		{"malformed", `{"do":"malformed"}`, "/a", 500, "statusCode"},
		{"timeout", `{"do":"slow","text":"` + held.URL + `"}`, "/slow", 503, "did not return within"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, id, _ := a.post(a.s.endpoints.HTTP+c.path, c.order)
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			a.expectLogged(id, c.cause)
			a.write(client, c.order)
			a.expectLogged(requestIDOf(t, a.read(client)), c.cause)
		})
	}
	_, body := a.send(a.s.endpoints.WebSocket, "GET", "/dev", upgrade+"x-do: exit\r\n")
	a.expectLogged(requestIDOf(t, body), "exit status 3")
}

// expectLogged looks for one line with the request id and the cause. It is there before the client has its answer.
func (a *apis) expectLogged(requestID, cause string) {
	a.t.Helper()
	found := 0
	for line := range strings.Lines(a.log.String()) {
		if strings.Contains(line, "level=ERROR") && strings.Contains(line, requestID) && strings.Contains(line, cause) {
			found++
		}
	}
	if found != 1 || requestID == "" {
		a.t.Errorf("%d lines with %q and %q:\n%s", found, requestID, cause, a.log)
	}
}
