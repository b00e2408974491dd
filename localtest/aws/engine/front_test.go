package engine_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"serverlesschat/localtest/aws/engine"
)

func TestFront(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.URL.Path+" "+r.Header.Get("X-Front"))
	}))
	defer server.Close()
	front, err := engine.StartFront(server.URL, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("X-Front", "passed")
			next.ServeHTTP(w, r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if status, body := post(t, client, front.Endpoint()); status != http.StatusOK || body != "signed.example/path passed" {
		t.Errorf("status %d, body %q; want the host that the client signed", status, body)
	}
	server.Close()
	if status, _ := post(t, client, front.Endpoint()); status != http.StatusBadGateway {
		t.Errorf("status %d without an engine, want %d", status, http.StatusBadGateway)
	}
	if err := front.Close(); err != nil {
		t.Error(err)
	}
	if _, err := client.Get(front.Endpoint()); err == nil {
		t.Error("the front answers after Close")
	}
}

func TestFrontOfABadEndpoint(t *testing.T) {
	if _, err := engine.StartFront("http://[", nil); err == nil {
		t.Error("started")
	}
}

// post returns the status and the body of the answer to a request for the host signed.example.
func post(t *testing.T, client *http.Client, endpoint string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+"/path", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "signed.example"
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}
