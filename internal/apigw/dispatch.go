package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// Dispatch handles frames: each gets exactly one reply, its action's or an error.
func Dispatch(actions map[string]Action, store connections.Store) func(context.Context, websocketEvent) (websocketReply, error) {
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		record := telemetry.From(ctx)
		record.Label("connection_id", event.RequestContext.ConnectionID)
		r, err := wire.ParseRequest([]byte(event.Body))
		var reply []byte
		if err == nil {
			reply, err = dispatch(ctx, actions, store, event.RequestContext.ConnectionID, r)
		}
		if err != nil {
			record.Fail(string(chat.CodeOf(err)), err)
			reply = wire.Error(r.RequestID, err)
		}
		return websocketReply{StatusCode: http.StatusOK, Body: string(reply)}, nil
	}
}

func dispatch(
	ctx context.Context, actions map[string]Action, store connections.Store, connectionID string, r wire.Request,
) ([]byte, error) {
	act, ok := actions[r.Action]
	if !ok {
		return nil, chat.Errorf(chat.CodeUnknownAction, "there is no such action")
	}
	record := telemetry.From(ctx)
	record.Label("action", r.Action)
	if room := r.RoomLabel(); room != "" {
		record.Label("room", room)
	}
	return act(ctx, func() (chat.Caller, error) {
		return connections.Caller(ctx, store, chat.ConnectionID(connectionID))
	}, r)
}
