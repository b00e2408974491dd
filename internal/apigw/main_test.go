package apigw_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

const (
	connectionID = "L0SM9cOFvHcCIhw="
	secret       = "not-for-the-log"
)

var errBroken = errors.New("table chat-Users-1X9: broken")

// newStore makes a store with alice's open connection and the log of general, of which she is a member. The room others
// exists too; she is no member of it.
func newStore(log ...chat.Entry) *fake.Store {
	s := fake.NewStore().WithMembers("general", "alice").WithMembers("others", "bob")
	s.Open = &chat.Connection{ID: connectionID, User: "alice", ConnectedAt: noon(), TokenExpiresAt: noon().Add(time.Hour)}
	for _, e := range log {
		s.Entries[e.ID] = e
	}
	s.Top.Seq = chat.EntryID(len(log))
	return s
}

// failing makes the calls fail whose text begins with call.
func failing(s *fake.Store, call string, err error) *fake.Store {
	s.Before = func(made string) error {
		if strings.HasPrefix(made, call) {
			return err
		}
		return nil
	}
	return s
}

// log returns n messages of a room, the first of alice, the others of bob.
func log(n int) []chat.Entry {
	entries := make([]chat.Entry, n)
	for i := range entries {
		entries[i] = chat.Entry{
			Room: "general", ID: chat.EntryID(i + 1), Kind: chat.KindMessage, User: "bob", ClientMessageID: "c", Content: "hi",
			CreatedAt: noon(),
		}
	}
	if n > 0 {
		entries[0].User = "alice"
	}
	return entries
}

func reader(s *fake.Store) *roomlog.Reader {
	return roomlog.NewReader(s, roomlog.ReaderOptions{
		HoleAge: time.Second, Now: noon, Jitter: func() float64 { return 0 }, Size: wire.EntrySize,
	})
}

func history(s *fake.Store) *messages.History {
	return messages.NewHistory(rooms.NewMembership(s), reader(s))
}

// services are all that there are, on the store.
func services(s *fake.Store) apigw.Services {
	membership := rooms.NewMembership(s)
	return apigw.Services{
		Sender:  messages.NewSender(s, roomlog.NewWriter(s, roomlog.WriterOptions{Now: noon, Random: func([]byte) {}}), nil),
		Joiner:  rooms.NewJoiner(fake.NewChanger(s), s, reader(s)),
		History: history(s),
		Marker:  receipts.NewMarker(s, s, membership),
		Pinger:  rooms.NewPinger(membership, reader(s), chat.MaxConnectionLife, noon),

		Typist:        signals.NewTypist(membership, s, &fake.Deliverer{}, time.Now, wire.Typing),
		Teller:        fake.NewTeller(s),
		Authenticator: connections.NewAuthenticator(tokens{}, s, s),
	}
}

func gate(s *fake.Store) *connections.Gate { return fake.NewGate(s) }

func ender(s *fake.Store) *connections.Ender { return fake.NewEnder(s, fake.NewGateway()) }

func guard(s *fake.Store) apigw.Guard { return apigw.Guard{Tokens: tokens{}, Gate: gate(s)} }

func tickets(s *fake.Store) *connections.TicketOffice {
	return connections.NewTicketOffice(s, func() string { return "ticket" }, noon)
}

func opener(s *fake.Store) *connections.Opener {
	return connections.NewOpener(tokens{}, s, s, connections.OpenerOptions{Origins: []string{"https://chat.invalid"}, Limit: 20, Now: noon})
}

// beyondSession returns the calls of a store that more was done with than to find out who asks.
func beyondSession(s *fake.Store) []string {
	return slices.DeleteFunc(slices.Clone(s.Calls), func(call string) bool {
		return slices.Contains([]string{"connection", "act", "act for", "look", "redeem"}, call)
	})
}

// tokens takes the token "good", and no other.
type tokens struct{}

func (tokens) Verify(_ context.Context, raw string) (chat.Identity, error) {
	if raw != "good" {
		return chat.Identity{}, chat.Errorf(chat.CodeUnauthorized, "the token is not valid")
	}
	return chat.Identity{User: "alice", ExpiresAt: noon().Add(time.Hour)}, nil
}

// observe runs a handler as Lambda would, and returns its reply and what it logged. No line may hold the secret.
func observe[In, Out any](t *testing.T, h func(context.Context, In) (Out, error), in In) (Out, map[string]any) {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	reply, err := telemetry.Observed(logger, telemetry.Source{Function: "test", Namespace: "Chat/test"}, time.Now, telemetry.Handler[In, Out](h))(t.Context(), in)
	if err != nil {
		t.Fatalf("error for Lambda: %v", err)
	}
	if strings.Contains(out.String(), secret) {
		t.Errorf("the log holds the secret: %s", &out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return reply, line
}

// object reads a reply that is one JSON object.
func object(t *testing.T, body string) map[string]any {
	t.Helper()
	var value map[string]any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return value
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}
