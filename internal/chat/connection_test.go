package chat

import (
	"testing"
	"time"
)

func TestConnectionTimes(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := Connection{ConnectedAt: at}
	if got, want := c.ExpiresAt(), at.Add(2*time.Hour); !got.After(want) {
		t.Errorf("rows go at %v, but the gateway may keep the connection until %v", got, want)
	}
	if got, want := c.ReconnectAt(), at.Add(2*time.Hour); !got.Before(want) {
		t.Errorf("the client is asked to come again at %v, after its end at %v", got, want)
	}
}
