package apigw

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

type (
	websocketEvent = events.APIGatewayWebsocketProxyRequest
	websocketReply = events.APIGatewayProxyResponse
)

// Tracker follows connections; errors as [presence.Tracker].
type Tracker interface {
	Connected(ctx context.Context, user chat.UserID) error
	Gone(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}

// Connect handles $connect: the handshake waits for it, and ends with its status.
func Connect(tokens TokenVerifier, store connections.Store, tracker Tracker) func(context.Context, websocketEvent) (websocketReply, error) {
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		telemetry.From(ctx).Label("connection_id", event.RequestContext.ConnectionID)
		telemetry.From(ctx).Label("action", "$connect")
		h := handshakeOf(event)
		raw, err := h.token()
		if err != nil {
			return refuse(ctx, err), nil
		}
		identity, err := tokens.Verify(ctx, raw)
		if err != nil {
			return refuse(ctx, err), nil
		}
		err = store.PutConnection(ctx, chat.Connection{
			ID:             chat.ConnectionID(event.RequestContext.ConnectionID),
			User:           identity.User,
			ConnectedAt:    time.UnixMilli(event.RequestContext.ConnectedAt),
			TokenExpiresAt: identity.ExpiresAt,
		})
		if err == nil {
			err = tracker.Connected(ctx, identity.User)
		}
		if err != nil {
			return refuse(ctx, err), nil
		}
		telemetry.From(ctx).Add(telemetry.Connections, 1)
		return accept(h), nil
	}
}

func accept(h handshake) websocketReply {
	reply := websocketReply{StatusCode: http.StatusOK}
	if protocol := h.chatProtocol(); protocol != "" {
		reply.Headers = map[string]string{"Sec-WebSocket-Protocol": protocol}
	}
	return reply
}

func refuse(ctx context.Context, err error) websocketReply {
	telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
	status, body := wire.Problem(err)
	return websocketReply{
		StatusCode: status, Body: string(body), Headers: map[string]string{"Content-Type": wire.ProblemType},
	}
}

// Disconnect handles $disconnect, which comes once, late or never: what it leaves expires. The user of a connection whose
// row is gone is being looked at already: a push has found it gone, or this event has come before.
func Disconnect(store connections.Store, tracker Tracker) func(context.Context, websocketEvent) (websocketReply, error) {
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		telemetry.From(ctx).Label("connection_id", event.RequestContext.ConnectionID)
		telemetry.From(ctx).Label("action", "$disconnect")
		id := chat.ConnectionID(event.RequestContext.ConnectionID)
		c, err := store.Connection(ctx, id)
		var user chat.UserID
		if err == nil && c != nil {
			user = c.User
			err = tracker.Gone(ctx, user, id)
		}
		if err == nil {
			err = store.RemoveConnection(ctx, user, id)
		}
		if err != nil {
			return refuse(ctx, err), nil
		}
		return websocketReply{StatusCode: http.StatusOK}, nil
	}
}
