package gateway

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/gobwas/ws"

	"serverlesschat/localtest/aws/edge"
)

// quietGateway serves on a real port; its functions answer at once.
func quietGateway(b *testing.B, result string) (*Gateway, *httptest.Server) {
	b.Helper()
	fs := newFunctions(b)
	cfg := testConfig(fs)
	cfg.Logger = slog.New(slog.DiscardHandler)
	response := Response{Payload: []byte(result)}
	cfg.Invoke = func(context.Context, string, string, []byte) (Response, error) { return response, nil }
	g, err := New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(g)
	b.Cleanup(func() {
		g.Close(context.Background())
		srv.Close()
	})
	return g, srv
}

func dialBench(b *testing.B, srv *httptest.Server) *rawClient {
	b.Helper()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return shakeHands(b, conn, "")
}

const chatMessage = `{"action":"sendMessage","request_id":"17","room_id":"general","content":"Hello, everybody in here!",` +
	`"client_message_id":"6f1c2a52-6a3e-4a0e-9d0c-3c1a5d1f0b7e"}`

const chatAck = `{"statusCode":200,"headers":null,"multiValueHeaders":null,"body":"{\"type\":\"ack\",\"request_id\":\"17\",` +
	`\"message\":{\"id\":42,\"room_id\":\"general\",\"user_id\":\"alice\",\"kind\":\"message\",\"content\":\"Hello, everybody in here!\",` +
	`\"created_at\":\"2026-11-23T12:00:00.123Z\",\"client_message_id\":\"6f1c2a52-6a3e-4a0e-9d0c-3c1a5d1f0b7e\"}}"}`

// BenchmarkMessage is a frame in, a call, and the response's frame out, one at a time on one connection.
func BenchmarkMessage(b *testing.B) {
	_, srv := quietGateway(b, chatAck)
	c := dialBench(b, srv)
	in := masked(ws.OpText, true, chatMessage)
	buffer := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		c.conn.Write(in)
		h, err := ws.ReadHeader(c.r)
		if err != nil {
			b.Fatal(err)
		}
		io.ReadFull(c.r, buffer[:h.Length])
	}
}

// BenchmarkMessages is the same with 64 messages of the connection under way.
func BenchmarkMessages(b *testing.B) {
	_, srv := quietGateway(b, chatAck)
	c := dialBench(b, srv)
	in := masked(ws.OpText, true, chatMessage)
	tokens := make(chan struct{}, 64)
	go func() {
		for range b.N {
			tokens <- struct{}{}
			c.conn.Write(in)
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		h, err := ws.ReadHeader(c.r)
		if err != nil {
			b.Fatal(err)
		}
		c.r.Discard(int(h.Length))
		<-tokens
	}
}

// BenchmarkPost is a POST over HTTP on a kept connection, and its frame at the client: with net/http's client, whose
// share is the larger part, and with a bare socket.
func BenchmarkPost(b *testing.B) {
	body := strings.Repeat("x", 400)
	b.Run("client=nethttp", func(b *testing.B) {
		g, srv := quietGateway(b, `{"statusCode":200}`)
		c := dialBench(b, srv)
		url := srv.URL + "/dev/@connections/" + g.all()[0].id
		b.ReportAllocs()
		for b.Loop() {
			resp, err := http.Post(url, "application/json", strings.NewReader(body))
			if err != nil || resp.StatusCode != 200 {
				b.Fatal(resp, err)
			}
			resp.Body.Close()
			discardFrame(b, c.r)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	b.Run("client=bare", func(b *testing.B) {
		g, srv := quietGateway(b, `{"statusCode":200}`)
		c := dialBench(b, srv)
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		request := []byte("POST /dev/@connections/" + g.all()[0].id + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400\r\n\r\n" + body)
		replies := bufio.NewReader(conn)
		b.ReportAllocs()
		for b.Loop() {
			conn.Write(request)
			discardFrame(b, c.r)
			for line := []byte("x"); len(line) > 2; {
				if line, err = replies.ReadSlice('\n'); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func discardFrame(b *testing.B, r *bufio.Reader) {
	h, err := ws.ReadHeader(r)
	if err != nil {
		b.Fatal(err)
	}
	r.Discard(int(h.Length))
}

// BenchmarkFanOut posts each message to 200 connections from 16 goroutines, as a busy room does.
func BenchmarkFanOut(b *testing.B) {
	g, srv := quietGateway(b, `{"statusCode":200}`)
	const members, posters = 200, 16
	for range members {
		c := dialBench(b, srv)
		go io.Copy(io.Discard, c.conn)
	}
	all := g.all()
	body := strings.Repeat("x", 400)
	work := make(chan *connection)
	done := make(chan struct{})
	transport := &http.Transport{MaxIdleConnsPerHost: posters}
	client := &http.Client{Transport: transport}
	for range posters {
		go func() {
			for c := range work {
				resp, err := client.Post(srv.URL+"/dev/@connections/"+c.id, "", strings.NewReader(body))
				if err != nil {
					b.Error(err)
					continue
				}
				resp.Body.Close()
			}
			done <- struct{}{}
		}()
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		work <- all[n%members]
		n++
	}
	close(work)
	for range posters {
		<-done
	}
	transport.CloseIdleConnections()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "posts/s")
}

// BenchmarkEvent is the MESSAGE event alone, with the selection of its route.
func BenchmarkEvent(b *testing.B) {
	g, _ := quietGateway(b, "")
	c := &connection{g: g, id: edge.NewID(), connectedAt: g.started, sourceIP: "127.0.0.1", userAgent: "Mozilla/5.0 (X11; Linux x86_64)"}
	body := []byte(chatMessage)
	b.ReportAllocs()
	for b.Loop() {
		g.messageEvent(c, g.route(body).Key, "R1knPH17NjMFftw=", body)
	}
}

// BenchmarkResult is the reading of a function's result alone.
func BenchmarkResult(b *testing.B) {
	payload := []byte(chatAck)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseResult(payload); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdleConnection reports what an idle connection keeps, the client's half of the socket (about 0.7 KB)
// included.
func BenchmarkIdleConnection(b *testing.B) {
	_, srv := quietGateway(b, `{"statusCode":200}`)
	before := inUse()
	clients := make([]net.Conn, 0, 1000)
	for range 1000 {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		io.WriteString(conn, handshakeRequest)
		buffer := make([]byte, 512)
		if _, err := conn.Read(buffer); err != nil {
			b.Fatal(err)
		}
		conn.Write(masked(ws.OpText, true, chatMessage)) // one message, to have grown what grows
		clients = append(clients, conn)
	}
	for b.Loop() {
		runtime.Gosched()
	}
	after := inUse()
	b.ReportMetric(float64(after-before)/float64(len(clients)), "B/conn")
	for _, conn := range clients {
		conn.Close()
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
