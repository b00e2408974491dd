package e2e

import (
	"errors"
	"net/http"
	"testing"

	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// TestTheGatewaysOwnErrors has an account that is throttled at its second request in a second.
func TestTheGatewaysOwnErrors(t *testing.T) {
	w := startOwn(t, stack.Options{AccountRate: 1, AccountBurst: 1})
	ann := w.as("ann")
	await(t, "a frame is throttled", func() bool {
		_, err := ann.client.Do(w.ctx, "ping", nil)
		refused, ok := errors.AsType[*chatclient.Error](err)
		return ok && refused.Code == "internal" && refused.Retryable
	})
	for _, path := range []string{"/health", "/rooms/" + w.room("lobby") + "/messages"} {
		await(t, path+" is throttled", func() bool {
			status, _ := w.get(path, "Bearer "+w.token(ann.user))
			return status == http.StatusTooManyRequests
		})
	}
}

func TestHealthWithoutAStore(t *testing.T) {
	h := &hangingStore{}
	w := startOwn(t, stack.Options{StoreFront: func(endpoint string) (string, error) { return h.start(t, endpoint) }})
	h.hangs.Store(true)
	if status, _ := w.get("/health", ""); status != http.StatusServiceUnavailable {
		t.Errorf("health: %d", status)
	}
	await(t, "no call is left", func() bool { return h.waiting.Load() == 0 })
}
