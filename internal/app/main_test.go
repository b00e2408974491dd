package app_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"serverlesschat/internal/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// settings are those of all functions.
func settings(name string) string {
	return map[string]string{
		"METRICS_NAMESPACE": "Chat/test", "HOLE_AGE_MS": "1000",
		"ENTRIES_TABLE": "entries", "ROOMS_TABLE": "rooms", "USERS_TABLE": "users",
		"TOKEN_ISSUER": "https://issuer.invalid", "TOKEN_AUDIENCE": "chat", "TOKEN_TYPES": "at+jwt",
	}[name]
}

// newParts makes parts whose store is at an endpoint.
func newParts(t *testing.T, endpoint string) *app.Parts {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key", "AWS_SESSION_TOKEN": "",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
	} {
		t.Setenv(name, value)
	}
	p, err := app.NewParts(context.Background(), settings, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// countingStore is a server that answers each call of the store as if there were no items, and counts them.
func countingStore(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	calls := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	return server, calls
}
