package target

import (
	"net/http"
	"time"

	"serverlesschat/localtest/aws/engine"
)

// delay makes each call take longer, as a network and a busy service do. Calls wait side by side. It stands before the
// store and before the management API.
//
// time.Sleep is late by 0.2 ms in the median here, and by 2 ms once in a hundred times.
type delay time.Duration

// before returns a handler that waits, and then passes the call on.
func (d delay) before(next http.Handler) http.Handler {
	if d == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(d))
		next.ServeHTTP(w, r)
	})
}

// storeFront is a server before the engine that delays calls; without a delay there is none, since it is one hop more.
type storeFront struct {
	delay delay
	front *engine.Front
}

// start implements stack.Options.StoreFront.
func (s *storeFront) start(endpoint string) (string, error) {
	if s.delay == 0 {
		return endpoint, nil
	}
	var err error
	if s.front, err = engine.StartFront(endpoint, s.delay.before); err != nil {
		return "", err
	}
	return s.front.Endpoint(), nil
}

func (s *storeFront) close() error {
	if s.front == nil {
		return nil
	}
	return s.front.Close()
}
