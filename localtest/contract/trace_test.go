package contract

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/app"
	"serverlesschat/internal/chattest/golden"
	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/aws/template"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

const traceFolder = "testdata/traces"

// connectedAt lies far ahead, so that connections are open whenever the test runs, and all that expires with them does
// so at the same time in every run.
func connectedAt() time.Time { return time.Date(2099, 12, 31, 12, 0, 0, 0, time.UTC) }

// world is the chat's functions, built as in production, on a recorder.
type world struct {
	*testing.T
	*recorder
	environments map[string]map[string]string
	key          *accesstoken.Key
	db           *dynamodb.Client
}

// newWorld makes the template's tables on an engine. The names in the template's settings become those of the tables.
func newWorld(t *testing.T) *world {
	t.Helper()
	e := enginetest.Dynoxide(t)
	key, err := accesstoken.New(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{"TokenKeys": key.JWKS()}
	system, err := template.Load("../../template.yaml", template.Options{Parameters: parameters})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, table := range stack.Tables(system) {
		names[table.Name] = e.CreateTable(t, table)
	}
	w := &world{
		T: t, key: key, db: e.DynamoDB, environments: map[string]map[string]string{},
		recorder: &recorder{engine: e.Endpoint, prefix: e.TableName("")},
	}
	for _, f := range system.Functions {
		environment := map[string]string{}
		for name, value := range f.Environment {
			if table, ok := names[value]; ok {
				value = table
			}
			environment[name] = value
		}
		w.environments[path.Base(f.CodeURI)] = environment
	}
	store, management, queue := w.serve(t)
	for name, value := range map[string]string{
		"AWS_REGION": system.Region, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
		"AWS_ENDPOINT_URL_DYNAMODB":                store,
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": management + "/dev",
		"AWS_ENDPOINT_URL_SQS":                     queue,
	} {
		t.Setenv(name, value)
	}
	return w
}

// invoke builds a function and gives it an event. What the type of a function is called does not matter here.
func invoke[In, Out any, F ~func(context.Context, In) (Out, error)](
	w *world, function string, build func(*app.Parts) F, event In,
) Out {
	w.Helper()
	p, err := app.NewParts(w.Context(), func(name string) string { return w.environments[function][name] }, io.Discard)
	if err != nil {
		w.Fatal(err)
	}
	out, err := build(p)(w.Context(), event)
	if err != nil {
		w.Fatalf("%s: %v", function, err)
	}
	return out
}

func (w *world) token(user string) string {
	w.Helper()
	settings := w.environments["connect"]
	token, err := w.key.Sign(accesstoken.Claims{
		Issuer: settings["TOKEN_ISSUER"], Audience: settings["TOKEN_AUDIENCE"], Subject: user,
		IssuedAt: time.Now(), ExpiresAt: connectedAt().Add(time.Hour),
	})
	if err != nil {
		w.Fatal(err)
	}
	return token
}

func socketEvent(connection string) events.APIGatewayWebsocketProxyRequest {
	var event events.APIGatewayWebsocketProxyRequest
	event.RequestContext.ConnectionID = connection
	event.RequestContext.ConnectedAt = connectedAt().UnixMilli()
	return event
}

func (w *world) connect(user, connection string) string {
	w.Helper()
	event := socketEvent(connection)
	event.Headers = map[string]string{"Authorization": "Bearer " + w.token(user)}
	return fmt.Sprint(invoke(w, "connect", app.Connect, event).StatusCode)
}

func (w *world) disconnect(connection string) string {
	w.Helper()
	return fmt.Sprint(invoke(w, "disconnect", app.Disconnect, socketEvent(connection)).StatusCode)
}

// send invokes the function of sendMessage with a frame, ask that of all other actions.
func (w *world) send(connection, frame string) string {
	w.Helper()
	event := socketEvent(connection)
	event.Body = frame
	return hideTimes(invoke(w, "sendmessage", app.SendMessage, event).Body)
}

func (w *world) ask(connection, frame string) string {
	w.Helper()
	event := socketEvent(connection)
	event.Body = frame
	return hideTimes(invoke(w, "default", app.Default, event).Body)
}

func (w *world) wake(room string) string {
	w.Helper()
	var event events.DynamoDBEvent
	event.Records = []events.DynamoDBEventRecord{{Change: events.DynamoDBStreamRecord{
		Keys:           map[string]events.DynamoDBAttributeValue{"room_id": events.NewStringAttribute(room)},
		SequenceNumber: "100",
	}}}
	return fmt.Sprintf("%d failures", len(invoke(w, "fanout", app.Fanout, event).BatchItemFailures))
}

// pushJob is a job for a worker, with a subscription that was read at a time.
func pushJob(readAt time.Time) string {
	return fmt.Sprintf(`{"room_id":"general","after_id":0,"last_id":1,"read_at":%d,"subscriptions":[
		{"connection_id":"bob=","shard":0,"expires_at":4102401600}]}`, readAt.UnixMilli())
}

func (w *world) push(job string) string {
	w.Helper()
	return fmt.Sprint(invoke(w, "push", app.Push, json.RawMessage(job)))
}

func (w *world) get(route, user string, query map[string]string) string {
	w.Helper()
	reply := invoke(w, "history", app.History, events.APIGatewayV2HTTPRequest{
		RouteKey: route, Headers: map[string]string{"authorization": "Bearer " + w.token(user)},
		PathParameters: map[string]string{"room_id": "general"}, QueryStringParameters: query,
	})
	return fmt.Sprintf("%d %s", reply.StatusCode, hideTimes(reply.Body))
}

// leaveHole puts an old entry behind an id that nobody fills, so that the next reader fills it without waiting.
func (w *world) leaveHole(id string) string {
	w.Helper()
	table := w.environments["fanout"]["ENTRIES_TABLE"]
	_, err := w.db.PutItem(w.Context(), &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"room_id": &types.AttributeValueMemberS{Value: "general"}, "id": &types.AttributeValueMemberN{Value: id},
		"kind": &types.AttributeValueMemberS{Value: "void"}, "created_at": &types.AttributeValueMemberN{Value: "1000"},
	}})
	if err != nil {
		w.Fatal(err)
	}
	return ""
}

// step is something that happens, and the name of the file with what it calls; "" for none.
type step struct {
	name string
	do   func(w *world) string
}

// story is one run of the chat; each step finds what those before it left.
func story() []step {
	const (
		hello = `{"action":"sendMessage","request_id":"r",` +
			`"room_id":"general","content":"hello","client_message_id":"m1"}`
		join     = `{"action":"joinRoom","request_id":"r","room_id":"general"}`
		messages = "GET /rooms/{room_id}/messages"
	)
	query := func(name, value string) map[string]string { return map[string]string{name: value, "limit": "1"} }
	return []step{
		{"connect", func(w *world) string { return w.connect("alice", "alice=") }},
		{"send-room-unknown", func(w *world) string { return w.send("alice=", hello) }},
		{"join-first", func(w *world) string { return w.ask("alice=", join) }},
		{"join-again", func(w *world) string { return w.ask("alice=", join) }},
		{"", func(w *world) string { return w.connect("bob", "bob=") }},
		{"send-not-member", func(w *world) string { return w.send("bob=", hello) }},
		{"join-room-there", func(w *world) string { return w.ask("bob=", join) }},
		{"send", func(w *world) string { return w.send("alice=", hello) }},
		{"send-repeat", func(w *world) string { return w.send("alice=", hello) }},
		{"send-conflict", func(w *world) string {
			return w.send("alice=", strings.Replace(hello, "hello", "bye", 1))
		}},
		{"send-refused", func(w *world) string { return w.send("alice=", `{"action":"sendMessage"}`) }},
		{"wake", func(w *world) string { return w.wake("general") }},
		{"wake-again", func(w *world) string { return w.wake("general") }},
		{"push-worker", func(w *world) string { return w.push(pushJob(time.Now())) }},
		{"push-worker-late", func(w *world) string { return w.push(pushJob(time.Now().Add(-3 * time.Second))) }},
		{"join-after-id", func(w *world) string {
			return w.ask("bob=", strings.Replace(join, "}", `,"after_id":0}`, 1))
		}},
		{"sync", func(w *world) string {
			return w.ask("bob=", `{"action":"sync","request_id":"r","room_id":"general","after_id":0,"limit":10}`)
		}},
		{"ping", func(w *world) string {
			return w.ask("bob=", `{"action":"ping","request_id":"r","room_ids":["general","nowhere"]}`)
		}},
		{"history", func(w *world) string { return w.get(messages, "alice", nil) }},
		{"history-after", func(w *world) string { return w.get(messages, "alice", query("after", "0")) }},
		{"history-before", func(w *world) string { return w.get(messages, "alice", query("before", "3")) }},
		{"history-not-member", func(w *world) string { return w.get(messages, "carol", nil) }},
		{"health", func(w *world) string { return w.get("GET /health", "alice", nil) }},
		{"", func(w *world) string { return w.leaveHole("4") }},
		{"wake-hole", func(w *world) string { return w.wake("general") }},
		{"", func(w *world) string { return w.leaveHole("6") }},
		{"history-hole", func(w *world) string { return w.get(messages, "alice", query("after", "3")) }},
		{"leave", func(w *world) string { return w.ask("alice=", strings.Replace(join, "join", "leave", 1)) }},
		{"leave-again", func(w *world) string { return w.ask("alice=", strings.Replace(join, "join", "leave", 1)) }},
		{"disconnect", func(w *world) string { return w.disconnect("bob=") }},
		{"disconnect-again", func(w *world) string { return w.disconnect("bob=") }},
		{"send-disconnected", func(w *world) string { return w.send("bob=", hello) }},
		{"wake-nobody", func(w *world) string { return w.wake("general") }},
		{"", func(w *world) string { return w.connect("bob", "gone=") + w.ask("gone=", join) }},
		{"", func(w *world) string { return w.leaveHole("7") }},
		{"wake-gone", func(w *world) string { return w.wake("general") }},
	}
}

// Which calls a function makes, in which order and under which conditions, is what the promises of the chat rest on,
// and what it costs. Each file has the calls of one step, and last what the caller gets.
func TestFunctionsCallTheStoreAsEver(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	for _, s := range story() {
		reply := s.do(w)
		lines := append(w.take(), "= "+reply)
		if s.name == "" {
			continue
		}
		if _, again := files[s.name+".txt"]; again {
			t.Errorf("two steps are called %s", s.name)
		}
		files[s.name+".txt"] = strings.Join(lines, "\n") + "\n"
	}
	golden.Expect(t, traceFolder, files, *update)
}
