package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestPostsAreCountedByTheirAnswers(t *testing.T) {
	var c postCounter
	status := http.StatusOK
	handler := c.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != http.StatusOK {
			w.WriteHeader(status)
		}
	}))
	call := func(method string, answer int) {
		status = answer
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(method, "/dev/@connections/L0SM9", nil))
		if recorder.Code != answer {
			t.Errorf("%s: status %d, want %d", method, recorder.Code, answer)
		}
	}
	call(http.MethodPost, http.StatusOK)
	call(http.MethodPost, http.StatusOK)
	call(http.MethodPost, http.StatusTooManyRequests)
	call(http.MethodPost, http.StatusGone)
	call(http.MethodGet, http.StatusOK)
	call(http.MethodDelete, http.StatusNoContent)
	posts, refused, closes := c.posts.Load(), c.refused.Load(), c.closes.Load()
	if posts != 2 || refused != 2 || closes != 1 {
		t.Errorf("got %d posts, %d refused, %d closes, want 2, 2, 1", posts, refused, closes)
	}
}
