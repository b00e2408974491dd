package apigw

import (
	"context"
	"errors"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// Dispatch handles the frames of one function's actions: each gets exactly one reply, its action's or an error. A
// connection that has ended gets its goodbye instead, and is closed.
func Dispatch(
	function string, services Services, gate *connections.Gate, ender *connections.Ender,
) func(context.Context, websocketEvent) (websocketReply, error) {
	d := dispatcher{actions: map[string]Action{}, gate: gate, ender: ender}
	for _, a := range Actions(services) {
		if a.Function == function {
			d.actions[a.Name] = a
		}
	}
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		record := telemetry.From(ctx)
		id := chat.ConnectionID(event.RequestContext.ConnectionID)
		record.Label("connection_id", string(id))
		r, unread := wire.ParseRequest([]byte(event.Body))
		reply, err := d.dispatch(ctx, id, r, unread)
		if err != nil {
			record.Fail(string(chat.CodeOf(err)), err)
			reply = d.refuse(ctx, id, r, err)
		}
		return websocketReply{StatusCode: http.StatusOK, Body: string(reply)}, nil
	}
}

type dispatcher struct {
	actions map[string]Action
	gate    *connections.Gate
	ender   *connections.Ender
}

// dispatch runs what a frame asks for. unread is why the frame cannot be read, nil when it can.
func (d dispatcher) dispatch(ctx context.Context, id chat.ConnectionID, r wire.Request, unread error) ([]byte, error) {
	c, err := d.gate.Connection(ctx, id)
	if err != nil {
		return nil, err
	}
	door := frameDoor(d.gate, c)
	if unread != nil {
		return nil, door.turnAway(ctx, unread)
	}
	a, ok := d.actions[r.Action]
	if !ok {
		return nil, door.turnAway(ctx, chat.Errorf(chat.CodeUnknownAction, "there is no such action"))
	}
	telemetry.From(ctx).Label("action", a.Name)
	return a.serve(ctx, door, r)
}

// refuse returns what is replied for an error. The goodbye is sent before its connection is closed; the reply comes too
// late for that, and goes nowhere.
func (d dispatcher) refuse(ctx context.Context, id chat.ConnectionID, r wire.Request, err error) []byte {
	ended, ok := errors.AsType[*connections.Ended](err)
	if !ok {
		return wire.Error(r.RequestID, err)
	}
	if err := d.ender.End(ctx, id, ended.Goodbye); err != nil {
		telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
	}
	return wire.Goodbye(ended.Goodbye)
}
