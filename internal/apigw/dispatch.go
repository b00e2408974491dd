package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// Dispatch handles the frames of one function's actions: each gets exactly one reply, its action's or an error.
func Dispatch(function string, services Services, store connections.Store) func(context.Context, websocketEvent) (websocketReply, error) {
	d := dispatcher{actions: map[string]Action{}, store: store}
	for _, a := range Actions(services) {
		if a.Function == function {
			d.actions[a.Name] = a
		}
	}
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		record := telemetry.From(ctx)
		record.Label("connection_id", event.RequestContext.ConnectionID)
		r, err := wire.ParseRequest([]byte(event.Body))
		var reply []byte
		if err == nil {
			reply, err = d.dispatch(ctx, chat.ConnectionID(event.RequestContext.ConnectionID), r)
		}
		if err != nil {
			record.Fail(string(chat.CodeOf(err)), err)
			reply = wire.Error(r.RequestID, err)
		}
		return websocketReply{StatusCode: http.StatusOK, Body: string(reply)}, nil
	}
}

type dispatcher struct {
	actions map[string]Action
	store   connections.Store
}

func (d dispatcher) dispatch(ctx context.Context, id chat.ConnectionID, r wire.Request) ([]byte, error) {
	a, ok := d.actions[r.Action]
	if !ok {
		return nil, chat.Errorf(chat.CodeUnknownAction, "there is no such action")
	}
	telemetry.From(ctx).Label("action", a.Name)
	return a.serve(ctx, func() (chat.Caller, error) { return connections.Caller(ctx, d.store, id) }, r)
}
