package connections_test

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// withAnn is a store with ann's connection.
func withAnn() *fake.Store {
	s := fake.NewStore()
	s.Open = new(fake.Ann().Connection)
	return s
}

// verifier takes tokens that are the names of users, and refuses "bad".
type verifier struct{ identity chat.Identity }

func (v verifier) Verify(_ context.Context, raw string) (chat.Identity, error) {
	if raw == "bad" {
		return chat.Identity{}, chat.Errorf(chat.CodeUnauthorized, "the token is not valid")
	}
	who := v.identity
	who.User = chat.UserID(raw)
	return who, nil
}
