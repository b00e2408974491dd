package apigw_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/wire"
)

// vault has an erasure, or none, and one record of everybody.
type vault struct {
	privacy.AskerStore
	found  *privacy.Erasure
	erased bool
	err    error
}

func (v vault) FindErasure(context.Context, chat.UserID) (*privacy.Erasure, error) {
	return v.found, v.err
}
func (v vault) BeginErasure(_ context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	return e, v.err
}
func (v vault) MarkGone(context.Context, chat.UserID) ([]chat.ConnectionID, error) { return nil, v.err }
func (v vault) Close(context.Context, []chat.ConnectionID) error                   { return v.err }
func (v vault) EraseUserLater(context.Context, privacy.Job, time.Duration) error   { return v.err }

func (v vault) Export(
	_ context.Context, user chat.UserID, kind privacy.Kind, _ string, _ int,
) ([]privacy.Record, string, error) {
	if kind != privacy.KindSession {
		return nil, "", v.err
	}
	return []privacy.Record{{Kind: kind, Rows: map[string]map[string]any{"row": {"user_id": user}}}}, "", v.err
}

const (
	exportRoute = "GET /users/me/export"
	eraseRoute  = "DELETE /users/me"
)

func serveVault(t *testing.T, v vault, event events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	sessions := fake.NewStore()
	if v.erased {
		sessions.Refusal = connections.ErrRevoked
	}
	asker := privacy.NewAsker(privacy.AskerOptions{
		Store: v, Jobs: v, Closer: v, Now: time.Now, NewPseudonym: func() chat.UserID { return "deleted-x" },
		Admit: gate(sessions).AdmitRequest,
	})
	exporter := privacy.NewExporter(privacy.ExporterOptions{Store: v, Size: wire.RecordSize})
	reply, line := observe(t, apigw.Privacy(apigw.Guard{Tokens: freshTokens{}, Gate: gate(sessions)}, exporter, asker), event)
	expect(t, "cache-control", reply.Headers["cache-control"], "no-store")
	expect(t, "action in the log", line["action"], event.RouteKey)
	return reply
}

// freshTokens makes tokens that were made just now, and one that was made long ago.
type freshTokens struct{}

func (freshTokens) Verify(ctx context.Context, raw string) (chat.Identity, error) {
	if raw == "old" {
		return chat.Identity{User: "alice", IssuedAt: time.Now().Add(-time.Hour)}, nil
	}
	identity, err := tokens{}.Verify(ctx, raw)
	identity.IssuedAt = time.Now()
	return identity, err
}

func TestPrivacy(t *testing.T) {
	begun := privacy.Erasure{User: "alice", Part: privacy.EraseRooms, AskedAt: noon(), SavedAt: time.Now()}
	done := privacy.Erasure{User: "alice", AskedAt: noon(), DoneAt: noon()}
	for name, c := range map[string]struct {
		vault        vault
		route, token string
		query        map[string]string
		status       int
		contentType  string
		body         string // a part of it
	}{
		"an export":                    {vault{}, exportRoute, "good", nil, 200, "application/jsonl", `{"kind":"session","rows":{"row":{"user_id":"alice"}}}`},
		"an export by a bad cursor":    {vault{}, exportRoute, "good", map[string]string{"cursor": "AA"}, 400, "application/problem+json", `"cursor"`},
		"an export by an empty cursor": {vault{}, exportRoute, "good", map[string]string{"cursor": ""}, 400, "application/problem+json", `"cursor"`},
		"an export of an erased user":  {vault{erased: true}, exportRoute, "good", nil, 401, "application/problem+json", "unauthorized"},
		"an export without a token":    {vault{}, exportRoute, "bad", nil, 401, "application/problem+json", "unauthorized"},
		"an erasure":                   {vault{}, eraseRoute, "good", nil, 202, "application/json", `{"part":"connections","state":"erasing"}`},
		"an erasure by an ended one":   {vault{erased: true}, eraseRoute, "good", nil, 401, "application/problem+json", "unauthorized"},
		"an erasure by an old token":   {vault{}, eraseRoute, "old", nil, 403, "application/problem+json", "forbidden"},
		"an erasure that goes on":      {vault{found: &begun}, eraseRoute, "old", nil, 202, "application/json", `{"part":"rooms","state":"erasing"}`},
		"an erasure that is done":      {vault{found: &done, erased: true}, eraseRoute, "old", nil, 200, "application/json", `"erased_at"`},
		"a store that fails":           {vault{err: errors.New("it does")}, eraseRoute, "good", nil, 500, "application/problem+json", "internal"},
		"an export that fails":         {vault{err: errors.New("it does")}, exportRoute, "good", nil, 500, "application/problem+json", "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			reply := serveVault(t, c.vault, events.APIGatewayV2HTTPRequest{
				RouteKey: c.route, Headers: map[string]string{"authorization": "Bearer " + c.token}, QueryStringParameters: c.query,
			})
			expect(t, "status", reply.StatusCode, c.status)
			expect(t, "content type", reply.Headers["content-type"], c.contentType)
			if !strings.Contains(reply.Body, c.body) {
				t.Errorf("body %s", reply.Body)
			}
		})
	}
}

// TestEraseUserLater: what is sent is what the job gets.
func TestEraseUserLater(t *testing.T) {
	var calls []sqsCall
	queue := jobQueue(t, http.StatusOK, &calls)
	want := privacy.Job{User: "alice", Began: noon()}
	if err := queue.EraseUserLater(t.Context(), want, time.Minute); err != nil {
		t.Fatal(err)
	}
	expect(t, "delay", calls[0].DelaySeconds, 60)
	expect(t, "body", calls[0].MessageBody, `{"job":"eraseUser","user_id":"alice","began_ms":1795435200000}`)
	var got []privacy.Job
	run := eraser(func(j privacy.Job) error { got = append(got, j); return nil })
	observe(t, apigw.Jobs(nil, nil, nil, nil, run, queue), events.SQSEvent{Records: []events.SQSMessage{{Body: calls[0].MessageBody}}})
	if len(got) != 1 || got[0].User != want.User || !got[0].Began.Equal(want.Began) {
		t.Errorf("got %+v", got)
	}
}

type eraser func(privacy.Job) error

func (e eraser) Run(_ context.Context, j privacy.Job) error { return e(j) }
