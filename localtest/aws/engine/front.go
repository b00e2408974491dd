package engine

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Front is a server that stands before an engine and passes calls on to it.
type Front struct {
	endpoint  string
	server    *http.Server
	transport *http.Transport
	serving   sync.WaitGroup
	failure   error // why serving ended before Close; read after serving
}

// StartFront starts a front, at a free port of this machine, of the engine at an endpoint. wrap makes its handler: next
// passes a call on to the engine.
func StartFront(endpoint string, wrap func(next http.Handler) http.Handler) (*Front, error) {
	to, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("start front of the engine: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start front of the engine: %w", err)
	}
	f := &Front{
		endpoint:  "http://" + listener.Addr().String(),
		transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}
	f.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: wrap(&httputil.ReverseProxy{
		// Where an engine checks signatures, they are over the Host header that the client sent.
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport: f.transport,
		// A caller that has ended does not read the answer.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	})}
	f.serving.Go(func() {
		if err := f.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			f.failure = fmt.Errorf("front of the engine ended: %w", err)
		}
	})
	return f, nil
}

// Endpoint is the address at which the front stands.
func (f *Front) Endpoint() string { return f.endpoint }

// Close ends all connections and waits for the server. Its error also says why the front ended before, if it did.
func (f *Front) Close() error {
	err := f.server.Close()
	f.serving.Wait()
	f.transport.CloseIdleConnections()
	return errors.Join(f.failure, err)
}
