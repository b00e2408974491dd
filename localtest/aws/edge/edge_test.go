package edge

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHeadTooLarge(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		header http.Header
		want   bool
	}{
		"one value at the limit":       {"/", http.Header{"X": {strings.Repeat("x", MaxHead-len("GET / HTTP/1.1example.com"))}}, false},
		"one value over it":            {"/", http.Header{"X": {strings.Repeat("x", MaxHead-len("GET / HTTP/1.1example.com")+1)}}, true},
		"many values over it":          {"/", http.Header{"X": strings.Split(strings.Repeat("xxxxxxxxxx,", 1024), ",")}, true},
		"the request line over it":     {"/" + strings.Repeat("x", MaxHead), nil, true},
		"long names are not counted":   {"/", http.Header{strings.Repeat("X", MaxHead): {"x"}}, false},
		"nothing but the bare minimum": {"/", nil, false},
	} {
		r := httptest.NewRequest("GET", c.target, nil)
		r.Header = c.header
		if got := HeadTooLarge(r); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := NewID()
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`).MatchString(id) || seen[id] {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
	at := time.Unix(0x67fd88db, 0)
	if got := TraceID(at, "JCJSViW5PHcESow="); got != "Root=1-67fd88db-3d50c5eb74ccacc9e105a178" {
		t.Errorf("trace %s", got)
	}
}

// spellingServer answers with the spelling of the header X-Test.
func spellingServer(t *testing.T, wrap func(net.Listener) net.Listener) net.Conn {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, Spelling(r)["X-Test"])
	}))
	server.Listener, server.Config.ConnContext = wrap(server.Listener), ConnContext
	server.Start()
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func ask(t *testing.T, conn net.Conn, replies *bufio.Reader, request ...string) string {
	t.Helper()
	for _, part := range request {
		if _, err := io.WriteString(conn, part); err != nil {
			t.Fatal(err)
		}
	}
	resp, err := http.ReadResponse(replies, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSpelling(t *testing.T) {
	conn := spellingServer(t, KeepNames)
	replies := bufio.NewReader(conn)
	if got := ask(t, conn, replies, "POST / HTTP/1.1\r\nHost: x\r\nx-TE", "sT: 1\r\nContent-Length: 12\r\n\r\n", "X-Test: 2\r\n\r"); got != "x-TEsT" {
		t.Errorf("in two parts, with a body: %q", got)
	}
	if got := ask(t, conn, replies, "GET / HTTP/1.1\r\nHost: x\r\nX-test: 1\r\n\r\n"); got != "x-TEsT" {
		t.Errorf("the second request: %q", got)
	}
	conn = spellingServer(t, KeepNames)
	if got := ask(t, conn, bufio.NewReader(conn), "GET / HTTP/1.1\nHost: x\nX-tesT: 1\n\n"); got != "X-tesT" {
		t.Errorf("bare line feeds, which package net/http takes too: %q", got)
	}
	conn = spellingServer(t, KeepNames)
	if got := ask(t, conn, bufio.NewReader(conn), "GET / HTTP/1.1\r\nHost: x\r\nX-TesT: 1\n\r\n"); got != "X-TesT" {
		t.Errorf("both kinds of line ends: %q", got)
	}
	conn = spellingServer(t, KeepNames)
	long := "GET / HTTP/1.1\r\nHost: x\r\nx-long: " + strings.Repeat("x", 2*maxKept) + "\r\nx-test: 1\r\n\r\n"
	if got := ask(t, conn, bufio.NewReader(conn), long); got != "" {
		t.Errorf("a head that is too long: %q", got)
	}
	conn = spellingServer(t, func(l net.Listener) net.Listener { return l })
	if got := ask(t, conn, bufio.NewReader(conn), "GET / HTTP/1.1\r\nHost: x\r\nx-test: 1\r\n\r\n"); got != "" {
		t.Errorf("without KeepNames: %q", got)
	}
}

// A client that still sends reads the reply to its end, and can be read from.
func TestCloseWrite(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := KeepNames(l).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	io.WriteString(server, "reply")
	if err := server.(*keeper).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); string(got) != "reply" || err != nil {
		t.Errorf("the client read %q, %v", got, err)
	}
	io.WriteString(client, "more")
	if n, err := io.ReadFull(server, make([]byte, 4)); n != 4 || err != nil {
		t.Errorf("the server read %d bytes, %v", n, err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if err := (&keeper{Conn: a}).CloseWrite(); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a pipe: %v", err)
	}
}

func TestUnwrap(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if Unwrap(&keeper{Conn: a}) != a || Unwrap(b) != b {
		t.Error("not the connection itself")
	}
}
