package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// What the functions handle, and return.
type (
	websocket = telemetry.Handler[events.APIGatewayWebsocketProxyRequest, events.APIGatewayProxyResponse]
	stream    = telemetry.Handler[events.DynamoDBEvent, events.DynamoDBEventResponse]
	rest      = telemetry.Handler[events.APIGatewayV2HTTPRequest, events.APIGatewayV2HTTPResponse]
	push      = telemetry.Handler[json.RawMessage, json.RawMessage]
	queue     = telemetry.Handler[events.SQSEvent, events.SQSEventResponse]
)

// Connect builds the function for $connect.
func Connect(p *Parts) websocket {
	store := p.store(dynamo.Tables{
		Connections: p.settings.required("CONNECTIONS_TABLE"),
		Sessions:    p.settings.required("SESSIONS_TABLE"),
		Presence:    p.settings.required("PRESENCE_TABLE"),
	})
	return apigw.Connect(p.tokens(), store, p.tracker(store))
}

// Disconnect builds the function for $disconnect.
func Disconnect(p *Parts) websocket {
	store := p.store(dynamo.Tables{
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Presence:      p.settings.required("PRESENCE_TABLE"),
	})
	return apigw.Disconnect(store, p.tracker(store))
}

// SendMessage builds the function for the route sendMessage.
func SendMessage(p *Parts) websocket {
	tables := dynamo.Tables{
		Connections: p.settings.required("CONNECTIONS_TABLE"),
		Entries:     p.settings.required("ENTRIES_TABLE"),
		Rooms:       p.settings.required("ROOMS_TABLE"),
		Members:     p.settings.required("MEMBERS_TABLE"),
		Users:       p.settings.required("USERS_TABLE"),
		Audit:       p.settings.required("AUDIT_TABLE"),
	}
	direct := p.settings.flag("DIRECT_PUSH")
	if direct {
		tables.Subscriptions = p.settings.required("SUBSCRIPTIONS_TABLE")
		tables.Sessions = p.settings.required("SESSIONS_TABLE")
	}
	store := p.store(tables)
	var pusher messages.Pusher
	if direct {
		pusher = p.direct(store)
	}
	services := apigw.Services{Sender: messages.NewSender(store, p.writer(store, direct), pusher)}
	return apigw.Dispatch(apigw.SendMessageFunction, services, store)
}

// Default builds the function for $default: every action that has no function of its own. It has all services, so that a
// new action finds its own here.
func Default(p *Parts) websocket {
	store := p.store(p.chatTables())
	membership, reader := rooms.NewMembership(store), p.reader(store)
	dispatch := apigw.Dispatch(apigw.DefaultFunction, apigw.Services{
		Sender:  messages.NewSender(store, p.writer(store, false), nil),
		Joiner:  rooms.NewJoiner(p.joining(store), store, reader),
		History: messages.NewHistory(membership, reader),
		Pinger:  rooms.NewPinger(membership, reader, p.connectionLife(), time.Now),
		Teller:  p.teller(),
		Marker:  receipts.NewMarker(store, store, membership),
		Typist:  signals.NewTypist(membership, store, p.pusher(store), time.Now, wire.Typing),
	}, store)
	return apigw.OneWay(dispatch, p.poster())
}

// Fanout builds the function that the stream of the entries invokes.
func Fanout(p *Parts) stream { return apigw.Stream(p.waker()) }

// Receipts builds the function that the stream of the members invokes.
func Receipts(p *Parts) stream {
	store := p.store(dynamo.Tables{
		Rooms:         p.settings.required("ROOMS_TABLE"),
		Members:       p.settings.required("MEMBERS_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
	})
	return apigw.Receipts(receipts.NewAnnouncer(store, store, p.pusher(store), wire.ReceiptsPushed))
}

// Jobs builds the function that the queue of jobs invokes.
func Jobs(p *Parts) queue {
	tables := p.allTables()
	tables.Erasures = p.settings.required("ERASURES_TABLE")
	store := p.store(tables)
	return apigw.Jobs(p.waker(), p.managing(store), p.drainer(), p.checker(store), p.eraser(store), p.jobs())
}

// Rooms builds the function behind the HTTP API for rooms and their members.
func Rooms(p *Parts) rest {
	store := p.store(p.allTables())
	membership := rooms.NewMembership(store)
	tokens := p.tokens()
	return apigw.UnlessErased(tokens, store, apigw.Rooms(tokens, p.managing(store),
		receipts.NewLister(store, membership), presence.NewLister(store, membership)))
}

// Privacy builds the function behind the HTTP API for what is stored about a user.
func Privacy(p *Parts) rest {
	store := p.store(dynamo.Tables{
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Entries:       p.settings.required("ENTRIES_TABLE"),
		Members:       p.settings.required("MEMBERS_TABLE"),
		Users:         p.settings.required("USERS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
		Presence:      p.settings.required("PRESENCE_TABLE"),
		Audit:         p.settings.required("AUDIT_TABLE"),
		Erasures:      p.settings.required("ERASURES_TABLE"),
	})
	return apigw.Privacy(p.tokens(), store, p.exporter(store), p.asker(store))
}

// Push builds the worker of the functions that push.
func Push(p *Parts) push {
	store := p.store(dynamo.Tables{
		Entries:       p.settings.required("ENTRIES_TABLE"),
		Subscriptions: p.settings.required("SUBSCRIPTIONS_TABLE"),
		Connections:   p.settings.required("CONNECTIONS_TABLE"),
		Sessions:      p.settings.required("SESSIONS_TABLE"),
	})
	return apigw.PushWorker(fanout.NewWorker(store, wire.Messages, p.pusher(store), time.Now))
}

// History builds the function behind the HTTP API.
func History(p *Parts) rest {
	entries := p.settings.required("ENTRIES_TABLE")
	store := p.store(dynamo.Tables{
		Entries: entries,
		Rooms:   p.settings.required("ROOMS_TABLE"),
		Members: p.settings.required("MEMBERS_TABLE"),
	})
	history := messages.NewHistory(rooms.NewMembership(store), p.reader(store))
	return apigw.REST(p.tokens(), history, map[string]apigw.HealthCheck{"store": store.Ping})
}

// Poll builds the function for clients that cannot keep a connection open. Their messages are pushed by the stream.
func Poll(p *Parts) rest {
	store := p.store(dynamo.Tables{
		Connections: p.settings.required("CONNECTIONS_TABLE"),
		Entries:     p.settings.required("ENTRIES_TABLE"),
		Rooms:       p.settings.required("ROOMS_TABLE"),
		Members:     p.settings.required("MEMBERS_TABLE"),
		Users:       p.settings.required("USERS_TABLE"),
		Sessions:    p.settings.required("SESSIONS_TABLE"),
	})
	membership := rooms.NewMembership(store)
	poller := messages.NewPoller(membership, p.reader(store), store, messages.PollerOptions{
		Concurrency: p.settings.number("POLL_CONCURRENCY", "a whole number of polls", 0, maxPolls),
		Now:         time.Now, NewToken: rand.Text, Jitter: mathrand.Float64,
	})
	tokens := p.tokens()
	return apigw.UnlessErased(tokens, store,
		apigw.Poll(tokens, poller, messages.NewSender(store, p.writer(store, false), nil)))
}

// Run builds a function and hands it to Lambda; it does not return. What is wrong with the settings ends the process,
// all of it named at once.
func Run[In, Out any](name string, build func(*Parts) telemetry.Handler[In, Out]) {
	p, err := NewParts(context.Background(), os.Getenv, os.Stdout)
	if err != nil {
		panic(err)
	}
	handler := build(p)
	if err := p.Err(); err != nil {
		p.log.Error("cannot start", "function", name, "error", err.Error())
		os.Exit(1)
	}
	lambda.Start(Handler(p, name, time.Now, handler))
}
