package lambda

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestALostConnectionIsNotGivenWork(t *testing.T) {
	p, s := newPuppet(t, nil)
	id := p.next()
	p.expect("POST", "invocation/"+id+"/response", 202, "")
	receive(t, p.result, "the result")

	waiting, cancel := context.WithCancel(t.Context())
	lost := make(chan error, 1)
	go func() {
		_, err := p.try(waiting, "GET", "invocation/next", nil)
		lost <- err
	}()
	awaitIdle(t, s, 1)
	p.expect("GET", "invocation/next", 403, "InvalidStateTransition")
	cancel()
	if err := receive(t, lost, "the end of next"); err == nil {
		t.Error("next returned")
	}
	f := s.pools[0]
	eventually(t, "the loss", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return len(f.idle) == 0 })
	p.invoke(s, `{"n":2}`)
	id = p.next()
	p.expect("POST", "invocation/"+id+"/response", 202, "")
	if r := receive(t, p.result, "the second result"); r.FunctionError != "" || r.RequestID != id {
		t.Errorf("second result %+v", r)
	}
}

// Clients other than aws-lambda-go's have other manners.
func TestOtherWaysToSpeakHTTP(t *testing.T) {
	p, _ := newPuppet(t, nil)
	id := p.next()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(bound))
	r := bufio.NewReader(conn)
	send := func(text string) {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
	read := func() *http.Response {
		t.Helper()
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		return res
	}
	send("POST /2018-06-01/runtime/invocation/" + id + "/response HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
	if res := read(); res.StatusCode != 100 {
		t.Errorf("expected 100: %d", res.StatusCode)
	}
	send("true")
	if res := read(); res.StatusCode != 202 {
		t.Errorf("response: %d", res.StatusCode)
	}
	if r := receive(t, p.result, "the result"); string(r.Payload) != "true" {
		t.Errorf("result %s", r.Payload)
	}
	send("GET /2018-06-01/runtime/nothing HTTP/1.0\r\n\r\n")
	if res := read(); res.StatusCode != 404 {
		t.Errorf("HTTP/1.0: %d", res.StatusCode)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("the connection of an HTTP/1.0 client stays open: %v", err)
	}
}

func TestARequestBeforeTheAnswerEndsTheConnection(t *testing.T) {
	p, s := newPuppet(t, nil)
	id := p.next()
	p.expect("POST", "invocation/"+id+"/response", 202, "")
	receive(t, p.result, "the result")
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(bound))
	for range 2 {
		if _, err := io.WriteString(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		awaitIdle(t, s, 1)
	}
	if n, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read %d bytes, %v", n, err)
	}
}

// What could not be delivered in full has not begun, so it is no failure: another process gets it.
func TestAnUndeliveredInvocationGoesToAnotherProcess(t *testing.T) {
	p, s := newPuppet(t, nil)
	id := p.next()
	p.expect("POST", "invocation/"+id+"/response", 202, "")
	receive(t, p.result, "the result")
	first := s.Processes()[0].PID

	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	awaitIdle(t, s, 1)
	payload := `"` + strings.Repeat("z", MaxPayload-2) + `"` // more than the connection holds
	p.invoke(s, payload)
	if _, err := io.ReadFull(conn, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	eventually(t, "another process", func() bool {
		all := s.Processes()
		return len(all) == 1 && all[0].PID != first
	})
	p.address = strings.TrimPrefix(p.events.awaitLines(t, "127.0.0.1:", 2), "tester: ")
	a := p.call("GET", "invocation/next", nil)
	if a.body != payload {
		t.Errorf("the other process got %d bytes", len(a.body))
	}
	p.expect("POST", "invocation/"+a.header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", 202, "")
	if r := receive(t, p.result, "the result"); r.FunctionError != "" || !r.Cold {
		t.Errorf("result %+v", r)
	}
}
