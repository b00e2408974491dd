package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

// slowStore stands between the functions and the engine and makes each call take longer.
type slowStore struct {
	delay  time.Duration
	server *http.Server
}

func (s *slowStore) start(engine string) (string, error) {
	to, err := url.Parse(engine)
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	// The engine's signature check, where it has one, is over the Host header that the client sent.
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}
	s.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(s.delay)
		proxy.ServeHTTP(w, r)
	})}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err)
		}
	}()
	return "http://" + listener.Addr().String(), nil
}

func (s *slowStore) close() error {
	if s == nil || s.server == nil {
		return nil
	}
	return s.server.Close()
}
