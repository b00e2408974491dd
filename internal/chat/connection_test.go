package chat

import (
	"testing"
	"time"
)

func TestConnectionTimes(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := Connection{ConnectedAt: at}
	if got, want := c.ReconnectAt(), at.Add(time.Hour+50*time.Minute); !got.Equal(want) {
		t.Errorf("the client is asked to come again at %v, want %v: ten minutes before the gateway closes", got, want)
	}
	if got, want := c.ExpiresAt(), at.Add(2*time.Hour+10*time.Minute); !got.Equal(want) {
		t.Errorf("rows go at %v, want %v: ten minutes after the gateway has closed", got, want)
	}
}
