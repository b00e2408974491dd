package apigw

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// The functions that serve actions, by the names of their folders. The first is the hot path, with its own concurrency
// and rights. The second gets every frame that no route names. Each action of another function than that needs a route
// of its own in template.yaml.
const (
	SendMessageFunction = "sendmessage"
	DefaultFunction     = "default"
)

// PostedAction is the action that POST /rooms/{room_id}/messages asks for.
const PostedAction = "sendMessage"

// Services are what actions call. A function needs those of its own actions alone.
type Services struct {
	Sender  *messages.Sender
	History *messages.History
	Joiner  *rooms.Joiner
	Pinger  *rooms.Pinger
	Marker  *receipts.Marker
	Typist  *signals.Typist
	Teller  rooms.Teller // brings replies that are more than one
}

// Actions returns the table of all actions: the name, the function that serves it, what reads its fields, what it
// calls, and what encodes its reply.
func Actions(s Services) []Action {
	return []Action{
		action("sendMessage", SendMessageFunction, messages.ReadSendMessage, s.Sender.Send, wire.Ack).counts(telemetry.Messages),
		action("editMessage", SendMessageFunction, messages.ReadEditMessage, s.Sender.Edit, wire.Ack),
		action("deleteMessage", SendMessageFunction, messages.ReadDeleteMessage, s.Sender.Delete, wire.Ack),
		action("react", SendMessageFunction, messages.ReadReact, s.Sender.React, wire.Ack),
		action("joinRoom", DefaultFunction, rooms.ReadJoinRoom, s.Joiner.Join, wire.Joined),
		actionOnMany("joinRooms", DefaultFunction, rooms.ReadJoinRooms, s.Joiner.JoinAll, s.Teller, wire.JoinedEach),
		action("leaveRoom", DefaultFunction, rooms.ReadLeaveRoom, s.Joiner.Leave, wire.Left),
		action("sync", DefaultFunction, messages.ReadSync, s.History.Sync, wire.Synced),
		action("markDelivered", DefaultFunction, receipts.ReadMarkDelivered, s.Marker.Delivered, wire.Marked),
		action("markRead", DefaultFunction, receipts.ReadMarkRead, s.Marker.Read, wire.Marked),
		action("typing", DefaultFunction, signals.ReadTyping, s.Typist.Type, wire.NoReply).oneWay(),
		action("ping", DefaultFunction, rooms.ReadPing, s.Pinger.Ping, wire.Pong),
	}
}

// Action is a kind of frame, with the function that serves it.
type Action struct {
	Name     string
	Function string
	run      func(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) (reply []byte, err error)
	counted  telemetry.Metric // is counted up with each success; empty for none
	OneWay   bool             // it has no reply but an error, and a route of its own without a response
}

// counts makes the action count up a metric with each success.
func (a Action) counts(m telemetry.Metric) Action {
	a.counted = m
	return a
}

// oneWay makes the action one without a reply.
func (a Action) oneWay() Action {
	a.OneWay = true
	return a
}

// serve runs the action, and records the room and the success.
func (a Action) serve(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) ([]byte, error) {
	record := telemetry.From(ctx)
	if room := r.RoomLabel(); room != "" {
		record.Label("room", room)
	}
	reply, err := a.run(ctx, caller, r)
	if err == nil && a.counted != "" {
		record.Add(a.counted, 1)
	}
	return reply, err
}

// action makes an Action of its parts. The caller is read last, right before the call: so a frame with a wrong field
// costs no read.
func action[In, Out any](
	name, function string,
	read func(*chat.Fields) In,
	call func(context.Context, chat.Caller, In) (Out, error),
	encode func(requestID string, out Out) []byte,
) Action {
	return replying(name, function, read, call, func(_ context.Context, _ chat.Caller, requestID string, out Out) []byte {
		return encode(requestID, out)
	})
}

// actionOnMany makes an Action with a reply for each thing that it was asked about. The gateway takes one reply of a
// function: that is the last of them, and the others are posted before.
func actionOnMany[In any, Out interface{ Failure() error }](
	name, function string,
	read func(*chat.Fields) In,
	call func(context.Context, chat.Caller, In) ([]Out, error),
	teller rooms.Teller,
	encode func(requestID string, out Out) []byte,
) Action {
	return replying(name, function, read, call, func(ctx context.Context, c chat.Caller, requestID string, all []Out) []byte {
		for _, out := range all {
			if err := out.Failure(); err != nil {
				telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
			}
		}
		last := len(all) - 1
		for _, out := range all[:last] {
			teller.Tell(ctx, []chat.ConnectionID{c.Connection.ID}, encode(requestID, out))
		}
		return encode(requestID, all[last])
	})
}

func replying[In, Out any](
	name, function string,
	read func(*chat.Fields) In,
	call func(context.Context, chat.Caller, In) (Out, error),
	reply func(ctx context.Context, c chat.Caller, requestID string, out Out) []byte,
) Action {
	run := func(ctx context.Context, caller func() (chat.Caller, error), r wire.Request) ([]byte, error) {
		fields := r.Fields()
		in := read(fields)
		if err := fields.Err(); err != nil {
			return nil, err
		}
		c, err := caller()
		if err != nil {
			return nil, err
		}
		out, err := call(ctx, c, in)
		if err != nil {
			return nil, err
		}
		return reply(ctx, c, r.RequestID, out), nil
	}
	return Action{Name: name, Function: function, run: run}
}
