package apigw

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

type (
	restEvent = events.APIGatewayV2HTTPRequest
	restReply = events.APIGatewayV2HTTPResponse
)

// HealthCheck returns nil when a part that the chat needs answers, and why it does not otherwise.
type HealthCheck func(context.Context) error

// REST handles the requests of the HTTP API, by their route keys.
func REST(guard Guard, history *messages.History, health map[string]HealthCheck) func(context.Context, restEvent) (restReply, error) {
	return route(map[string]restHandler{
		"GET /rooms/{room_id}/messages": call(guard.reader, parameters, messages.ReadHistory,
			func(ctx context.Context, who chat.Identity, query roomlog.Query) (restReply, error) {
				page, err := history.Page(ctx, who.User, query)
				return jsonReply(http.StatusOK, wire.History(page)), err
			}),
		"GET /health": func(ctx context.Context, _ restEvent) (restReply, error) {
			return checkHealth(ctx, health), nil
		},
	})
}

type restHandler = func(context.Context, restEvent) (restReply, error)

// route handles the requests of one function, by their route keys.
func route(routes map[string]restHandler) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		telemetry.From(ctx).Label("action", event.RouteKey)
		handle, ok := routes[event.RouteKey]
		if !ok {
			handle = func(context.Context, restEvent) (restReply, error) {
				return restReply{}, chat.Errorf(chat.CodeNotFound, "there is no such resource")
			}
		}
		reply, err := handle(ctx, event)
		if err != nil {
			return problem(ctx, err), nil
		}
		return reply, nil
	}
}

func checkHealth(ctx context.Context, checks map[string]HealthCheck) restReply {
	status, overall := http.StatusOK, "ok"
	parts := map[string]string{}
	for name, check := range checks {
		parts[name] = "ok"
		if err := check(ctx); err != nil {
			telemetry.From(ctx).Fail(string(chat.CodeUnavailable), err)
			status, overall, parts[name] = http.StatusServiceUnavailable, "unavailable", "unavailable"
		}
	}
	return jsonReply(status, wire.Health(overall, parts))
}

func problem(ctx context.Context, err error) restReply {
	telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
	status, body := wire.Problem(err)
	reply := textReply(status, wire.ProblemType, body)
	if wait := wire.RetryAfter(err); wait != "" {
		reply.Headers["retry-after"] = wait
	}
	if status == http.StatusUnauthorized {
		reply.Headers["www-authenticate"] = "Bearer" // RFC 6750, 3
	}
	return reply
}

func jsonReply(status int, body []byte) restReply { return textReply(status, "application/json", body) }

func textReply(status int, contentType string, body []byte) restReply {
	return restReply{
		StatusCode: status, Body: string(body),
		Headers: map[string]string{"content-type": contentType, "cache-control": "no-store"},
	}
}

// noContent is the reply to what has no other answer than that it was done.
func noContent() restReply {
	return restReply{StatusCode: http.StatusNoContent, Headers: map[string]string{"cache-control": "no-store"}}
}
