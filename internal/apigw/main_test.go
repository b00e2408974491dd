package apigw_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
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

// script is a store that answers every call as the ordinary case needs it: alice's connection is open, she is a member
// of every room but "others", which exists, and "nowhere", which does not; rooms have the entries given. It writes down
// the calls that come and fails those that it is told to fail.
type script struct {
	entries []chat.Entry
	fail    map[string]error

	mu    sync.Mutex
	calls []string
}

func (s *script) call(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, name)
	return s.fail[name]
}

func (s *script) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *script) PutConnection(context.Context, chat.Connection) error {
	return s.call("PutConnection")
}

func (s *script) Connection(_ context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	if err := s.call("Connection"); err != nil || id != connectionID {
		return nil, err
	}
	return &chat.Connection{ID: id, User: "alice", ConnectedAt: noon(), TokenExpiresAt: noon().Add(time.Hour)}, nil
}

func (s *script) RemoveConnection(context.Context, chat.ConnectionID) error {
	return s.call("RemoveConnection")
}

func (s *script) RoomExists(_ context.Context, room chat.RoomID) (bool, error) {
	return room != "nowhere", s.call("RoomExists")
}

func (s *script) CreateRoom(context.Context, chat.RoomID) error { return s.call("CreateRoom") }

func (s *script) IsMember(_ context.Context, _ chat.UserID, room chat.RoomID) (bool, error) {
	return room != "others" && room != "nowhere", s.call("IsMember")
}

func (s *script) Standing(_ context.Context, d chat.Draft) (bool, *chat.Claim, error) {
	return d.Room != "others" && d.Room != "nowhere", nil, s.call("Standing")
}

func (s *script) AddMember(context.Context, chat.UserID, chat.RoomID) error {
	return s.call("AddMember")
}

func (s *script) Subscribe(context.Context, chat.Subscription) error { return s.call("Subscribe") }

func (s *script) Unsubscribe(context.Context, chat.ConnectionID, chat.RoomID) error {
	return s.call("Unsubscribe")
}

func (s *script) Claim(context.Context, chat.Draft) (*chat.Claim, error) { return nil, s.call("Claim") }

func (s *script) PutClaim(context.Context, chat.Draft, chat.Claim) (*chat.Claim, error) {
	return nil, s.call("PutClaim")
}

func (s *script) MoveClaim(context.Context, chat.Draft, chat.EntryID, chat.EntryID) (*chat.Claim, error) {
	return nil, s.call("MoveClaim")
}

func (s *script) Reserve(context.Context, chat.RoomID) (chat.EntryID, error) {
	return 7, s.call("Reserve")
}

func (s *script) Place(context.Context, chat.Entry) (*chat.Entry, error) { return nil, s.call("Place") }

func (s *script) Position(context.Context, chat.RoomID) (chat.EntryID, error) {
	return 0, s.call("Position")
}

func (s *script) AdvancePosition(context.Context, chat.RoomID, chat.EntryID) error {
	return s.call("AdvancePosition")
}

func (s *script) EntriesAfter(_ context.Context, _ chat.RoomID, after chat.EntryID, limit int) ([]chat.Entry, error) {
	var found []chat.Entry
	for _, e := range s.entries {
		if e.ID > after && len(found) < limit {
			found = append(found, e)
		}
	}
	return found, s.call("EntriesAfter")
}

func (s *script) EntriesBefore(_ context.Context, _ chat.RoomID, before chat.EntryID, limit int) ([]chat.Entry, error) {
	var found []chat.Entry
	for _, e := range s.entries {
		if e.ID < before {
			found = append(found, e)
		}
	}
	return found[max(0, len(found)-limit):], s.call("EntriesBefore")
}

// log gives n entries of a room.
func log(n int) []chat.Entry {
	entries := make([]chat.Entry, n)
	for i := range entries {
		entries[i] = chat.Entry{
			Room: "general", ID: chat.EntryID(i + 1), Kind: chat.KindMessage, User: "bob", ClientMessageID: "c", Content: "hi",
			CreatedAt: noon(),
		}
	}
	return entries
}

func (s *script) reader() *chat.Reader {
	return chat.NewReader(s, chat.ReaderOptions{
		HoleAge: time.Second, Now: noon, Jitter: func() float64 { return 0 }, Size: wire.EntrySize,
	})
}

func (s *script) history() *chat.History { return chat.NewHistory(chat.NewMembership(s), s.reader()) }

// services are all that there are, on the script.
func (s *script) services() apigw.Services {
	membership := chat.NewMembership(s)
	writer := chat.NewWriter(s, noon, func([]byte) {})
	return apigw.Services{
		Sender:  chat.NewSender(membership, s, writer),
		Joiner:  chat.NewJoiner(membership, s, s.reader()),
		History: s.history(),
		Pinger:  chat.NewPinger(membership, s.reader(), noon),
	}
}

// tokens takes the token "good", and no other.
type tokens struct{}

func (tokens) Verify(raw string) (chat.Identity, error) {
	if raw != "good" {
		return chat.Identity{}, chat.Failed(chat.CodeUnauthorized, "the token is not valid")
	}
	return chat.Identity{User: "alice", ExpiresAt: noon().Add(time.Hour)}, nil
}

// observe runs a handler as Lambda would and gives its reply with what it logged. No line may hold the secret.
func observe[In, Out any](t *testing.T, h func(context.Context, In) (Out, error), in In) (Out, map[string]any) {
	t.Helper()
	var out bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&out, nil))
	reply, err := telemetry.Observed(logger, "test", time.Now, telemetry.Handler[In, Out](h))(t.Context(), in)
	if err != nil {
		t.Fatalf("error for Lambda: %v", err)
	}
	if strings.Contains(out.String(), secret) {
		t.Errorf("the log tells the secret: %s", &out)
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
