package chat

import (
	"testing"
	"time"
)

func TestConnectionTimes(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := Connection{ConnectedAt: at}
	for life, want := range map[time.Duration]time.Duration{
		MaxConnectionLife: time.Hour + 50*time.Minute, 30 * time.Minute: 20 * time.Minute, 6 * time.Second: 4 * time.Second,
	} {
		if got := c.ReconnectAt(life); !got.Equal(at.Add(want)) {
			t.Errorf("in a life of %v the client is asked to come again at %v, want %v", life, got, at.Add(want))
		}
	}
	if got, want := c.ExpiresAt(), at.Add(2*time.Hour+10*time.Minute); !got.Equal(want) {
		t.Errorf("rows go at %v, want %v: ten minutes after the gateway has closed", got, want)
	}
}
