package connections_test

import (
	"errors"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
)

func TestCaller(t *testing.T) {
	room := fake.NewStore()
	if _, err := connections.Caller(t.Context(), room, "c"); chat.CodeOf(err) != chat.CodeUnauthorized {
		t.Errorf("without a connection: %v", err)
	}
	room.Open = new(fake.Ann().Connection)
	if got, err := connections.Caller(t.Context(), room, "c"); err != nil || got != fake.Ann() {
		t.Errorf("got %+v, %v", got, err)
	}
	broken := errors.New("broken")
	room.Before = func(string) error { return broken }
	if _, err := connections.Caller(t.Context(), room, "c"); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}
