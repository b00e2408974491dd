package apigw

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
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

	Authenticator *connections.Authenticator
}

// Actions returns the table of all actions: the name, the function that serves it, what reads its fields, what it
// calls, and what encodes its reply.
func Actions(s Services) []Action {
	return []Action{
		action("sendMessage", SendMessageFunction, messages.ReadSendMessage, s.Sender.Send, wire.Ack).beside().counts(telemetry.Messages),
		action("editMessage", SendMessageFunction, messages.ReadEditMessage, s.Sender.Edit, wire.Ack).beside(),
		action("deleteMessage", SendMessageFunction, messages.ReadDeleteMessage, s.Sender.Delete, wire.Ack).beside(),
		action("react", SendMessageFunction, messages.ReadReact, s.Sender.React, wire.Ack).beside(),
		action("joinRoom", DefaultFunction, rooms.ReadJoinRoom, s.Joiner.Join, wire.Joined),
		actionOnMany("joinRooms", DefaultFunction, rooms.ReadJoinRooms, s.Joiner.JoinAll, s.Teller, wire.JoinedEach),
		action("leaveRoom", DefaultFunction, rooms.ReadLeaveRoom, s.Joiner.Leave, wire.Left),
		action("sync", DefaultFunction, messages.ReadSync, s.History.Sync, wire.Synced),
		action("markDelivered", DefaultFunction, receipts.ReadMarkDelivered, s.Marker.Delivered, wire.Marked),
		action("markRead", DefaultFunction, receipts.ReadMarkRead, s.Marker.Read, wire.Marked),
		action("typing", DefaultFunction, signals.ReadTyping, s.Typist.Type, wire.NoReply).oneWay(),
		action("authenticate", DefaultFunction, connections.ReadAuthenticate, s.Authenticator.Authenticate, wire.Authenticated),
		actionUncounted("ping", DefaultFunction, rooms.ReadPing, rooms.Ping.AsksNothing, s.Pinger.Ping, wire.Pong),
	}
}

// Action is a kind of frame, with the function that serves it.
type Action struct {
	Name     string
	Function string
	run      func(ctx context.Context, d door, r wire.Request) (reply []byte, err error)
	counted  telemetry.Metric // is counted up with each success; empty for none
	isBeside bool
	OneWay   bool // it has no reply but an error, and a route of its own without a response
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

// beside lets the caller in while the call reads what it needs: the call waits for that itself, before it changes
// anything.
func (a Action) beside() Action {
	a.isBeside = true
	return a
}

// serve runs the action for who comes by the door, and records the room and the success.
func (a Action) serve(ctx context.Context, d door, r wire.Request) ([]byte, error) {
	record := telemetry.From(ctx)
	if room := r.RoomLabel(); room != "" {
		record.Label("room", room)
	}
	d.isBeside = a.isBeside
	reply, err := a.run(ctx, d, r)
	if err == nil && a.counted != "" {
		record.Add(a.counted, 1)
	}
	return reply, err
}

// action makes an Action of its parts.
func action[In, Out any](
	name, function string,
	read func(*chat.Fields) In,
	call func(context.Context, chat.Caller, In) (Out, error),
	encode func(requestID string, out Out) []byte,
) Action {
	return replying(name, function, read, never, call, one(encode))
}

func never[In any](In) bool { return false }

// actionUncounted makes an Action that is not counted against the user's rate where free says so.
func actionUncounted[In, Out any](
	name, function string,
	read func(*chat.Fields) In,
	free func(In) bool,
	call func(context.Context, chat.Caller, In) (Out, error),
	encode func(requestID string, out Out) []byte,
) Action {
	return replying(name, function, read, free, call, one(encode))
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
	return replying(name, function, read, never, call, func(ctx context.Context, c chat.Caller, requestID string, all []Out) []byte {
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

// replier brings what a call has returned to its caller: it returns the reply.
type replier[Out any] func(ctx context.Context, c chat.Caller, requestID string, out Out) []byte

func one[Out any](encode func(requestID string, out Out) []byte) replier[Out] {
	return func(_ context.Context, _ chat.Caller, requestID string, out Out) []byte {
		return encode(requestID, out)
	}
}

func replying[In, Out any](
	name, function string,
	read func(*chat.Fields) In,
	free func(In) bool,
	call func(context.Context, chat.Caller, In) (Out, error),
	reply replier[Out],
) Action {
	run := func(ctx context.Context, d door, r wire.Request) ([]byte, error) {
		fields := r.Fields()
		in := read(fields)
		if err := fields.Err(); err != nil {
			return nil, d.turnAway(ctx, err)
		}
		c, err := d.enter(ctx, free(in))
		if err != nil {
			return nil, err
		}
		out, err := call(ctx, c, in)
		if refused := c.Admit(); refused != nil {
			return nil, refused
		}
		if err != nil {
			return nil, err
		}
		return reply(ctx, c, r.RequestID, out), nil
	}
	return Action{Name: name, Function: function, run: run}
}
