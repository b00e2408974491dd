package apigw

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// Services are what actions call.
type Services struct {
	Sender  *messages.Sender
	Joiner  *rooms.Joiner
	History *messages.History
	Pinger  *rooms.Pinger
}

// Action handles one kind of frame: it decodes, validates, calls and encodes.
type Action func(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) (reply []byte, err error)

// Actions are all actions there are, by name: what a frame must hold, who handles it, what is replied. SendActions are
// those of the function on the hot path, which has fewer rights; the other function has the rest.
func Actions(s Services) map[string]Action {
	return map[string]Action{
		"joinRoom":  action(wire.Request.JoinRoom, s.Joiner.Join, wire.Joined),
		"leaveRoom": action(wire.Request.LeaveRoom, s.Joiner.Leave, wire.Left),
		"sync":      action(wire.Request.Sync, s.History.Sync, wire.Synced),
		"ping":      action(wire.Request.Ping, s.Pinger.Ping, wire.Pong),
	}
}

// SendActions are those of the function sendmessage.
func SendActions(s Services) map[string]Action {
	return map[string]Action{
		"sendMessage": counted(telemetry.Messages, action(wire.Request.SendMessage, s.Sender.Send, wire.Ack)),
	}
}

// counted adds to a metric whenever act succeeds.
func counted(m telemetry.Metric, act Action) Action {
	return func(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) ([]byte, error) {
		reply, err := act(ctx, caller, r)
		if err == nil {
			telemetry.From(ctx).Add(m, 1)
		}
		return reply, err
	}
}

// action makes an Action of its parts. The caller is looked up last before the call: a frame that is refused for what
// it holds costs no read.
func action[In interface{ Validate() error }, Out any](
	decode func(wire.Request) (In, error),
	call func(context.Context, chat.Caller, In) (Out, error),
	encode func(requestID string, out Out) []byte,
) Action {
	return func(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) ([]byte, error) {
		in, err := decode(r)
		if err != nil {
			return nil, err
		}
		if err := in.Validate(); err != nil {
			return nil, err
		}
		who, err := caller()
		if err != nil {
			return nil, err
		}
		out, err := call(ctx, who, in)
		if err != nil {
			return nil, err
		}
		return encode(r.RequestID, out), nil
	}
}
