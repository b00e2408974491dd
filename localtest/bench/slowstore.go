package main

import (
	"net/http"
	"time"

	"serverlesschat/localtest/aws/engine"
)

// slowStore stands between the functions and the engine and makes each call take longer.
type slowStore struct {
	delay time.Duration
	front *engine.Front
}

func (s *slowStore) start(endpoint string) (string, error) {
	var err error
	s.front, err = engine.StartFront(endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(s.delay)
			next.ServeHTTP(w, r)
		})
	})
	if err != nil {
		return "", err
	}
	return s.front.Endpoint(), nil
}

func (s *slowStore) close() error {
	if s == nil || s.front == nil {
		return nil
	}
	return s.front.Close()
}
