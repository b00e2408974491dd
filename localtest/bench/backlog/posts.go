package main

import (
	"net/http"
	"sync/atomic"
)

// postCounter stands before the management API and counts calls when they are answered.
type postCounter struct{ posts, refused, closes atomic.Int64 }

func (c *postCounter) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		switch {
		case r.Method == http.MethodDelete:
			c.closes.Add(1)
		case r.Method != http.MethodPost:
		case answer.status == http.StatusOK:
			c.posts.Add(1)
		default:
			c.refused.Add(1)
		}
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
