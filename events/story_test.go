package events

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/app"
	"serverlesschat/internal/telemetry"
	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/stack"
)

// story feeds the events to the functions, built as in production but for the addresses of what they talk to.
type story struct {
	*testing.T
	environments map[string]map[string]string
	posts        chan string
}

// begin makes the template's tables on an engine, and a management API that keeps what is posted.
func begin(t *testing.T, e *enginetest.Engine) *story {
	t.Helper()
	s := system(t)
	names := map[string]string{}
	for _, table := range stack.Tables(s) {
		names[table.Name] = e.CreateTable(t, table)
	}
	st := &story{T: t, environments: map[string]map[string]string{}, posts: make(chan string, 10)}
	for _, f := range s.Functions {
		environment := map[string]string{}
		for name, value := range f.Environment {
			if table, ok := names[value]; ok {
				value = table
			}
			environment[name] = value
		}
		st.environments[path.Base(f.CodeURI)] = environment
	}
	management := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		st.posts <- r.Method + " " + r.RequestURI + " " + string(body)
	}))
	t.Cleanup(management.Close)
	queue := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct{ MessageBody string }
		_ = json.NewDecoder(r.Body).Decode(&message)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = fmt.Fprintf(w, `{"MessageId":"m","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(message.MessageBody)))
	}))
	t.Cleanup(queue.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_SQS": queue.URL,
		"AWS_REGION":           s.Region, "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key",
		"AWS_ENDPOINT_URL_DYNAMODB":                e.Endpoint,
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": management.URL + "/" + s.WebSocket.Stage,
	} {
		t.Setenv(name, value)
	}
	return st
}

// feed invokes a function with its event and returns what it answers.
func feed[In, Out any](s *story, function string, build func(*app.Parts) telemetry.Handler[In, Out]) Out {
	s.Helper()
	p, err := app.NewParts(s.Context(), func(name string) string { return s.environments[function][name] }, io.Discard)
	if err != nil {
		s.Fatal(err)
	}
	out, err := build(p)(s.Context(), decode[In](s.T, read(s.T, function)))
	if err != nil {
		s.Fatalf("%s: %v", function, err)
	}
	return out
}

// frame is what a client gets, as far as the story looks at it.
type frame struct {
	Type      string
	RequestID string `json:"request_id"`
	RoomID    string `json:"room_id"`
	LastID    int    `json:"last_id"`
	Message   entry
	Messages  []entry
	Error     struct{ Code string }
}

type entry struct {
	ID      int
	UserID  string `json:"user_id"`
	Content string
}

func (s *story) expectStatus(function string, got, want int) {
	s.Helper()
	if got != want {
		s.Errorf("%s: status %d, want %d", function, got, want)
	}
}

// said is the entry that sendmessage.json makes.
func said(t *testing.T) entry {
	t.Helper()
	event := decode[events.APIGatewayWebsocketProxyRequest](t, read(t, "sendmessage"))
	return entry{ID: 1, UserID: "alice", Content: decode[struct{ Content string }](t, []byte(event.Body)).Content}
}

func (s *story) expectPost(function string) {
	s.Helper()
	event := decode[events.APIGatewayWebsocketProxyRequest](s.T, read(s.T, "connect"))
	to := "POST /dev/@connections/" + strings.Replace(event.RequestContext.ConnectionID, "=", "%3D", 1) + " "
	select {
	case post := <-s.posts:
		if strings.Contains(post, `{"type":"room",`) { // alice is told that she is in a room
			post = <-s.posts
		}
		body, ok := strings.CutPrefix(post, to)
		if !ok {
			s.Fatalf("%s: %s, want %s", function, post, to)
		}
		got := decode[frame](s.T, []byte(body))
		if got.Type != "messages" || !slices.Equal(got.Messages, []entry{said(s.T)}) {
			s.Errorf("%s: pushed %s", function, body)
		}
	default:
		s.Errorf("%s: nothing was posted", function)
	}
}

// expectReceipts expects that alice is told how far bob is.
func (s *story) expectReceipts() {
	s.Helper()
	const told = `{"type":"receipts","room_id":"general","receipts":[{"user_id":"bob","delivered_id":1,"read_id":1}]}`
	select {
	case post := <-s.posts:
		if !strings.HasSuffix(post, " "+told) {
			s.Errorf("receipts: %s, want %s", post, told)
		}
	default:
		s.Error("receipts: nothing was posted")
	}
}

func TestTheEventsTellAStory(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		s := begin(t, e)
		connected := feed(s, "connect", app.Connect)
		s.expectStatus("connect", connected.StatusCode, http.StatusOK)
		if connected.Headers["Sec-WebSocket-Protocol"] != "chat.v1" {
			t.Errorf("connect: headers %v", connected.Headers)
		}

		joined := decode[frame](t, []byte(feed(s, "default", app.Default).Body))
		if joined.Type != "joined" || joined.RequestID != "join-1" || joined.RoomID != "general" || len(joined.Messages) > 0 {
			t.Errorf("default: %+v", joined)
		}

		for range 2 { // a repeat is answered with what is stored
			acked := decode[frame](t, []byte(feed(s, "sendmessage", app.SendMessage).Body))
			if acked.Type != "ack" || acked.RequestID != "send-1" || acked.Message != said(t) {
				t.Errorf("sendmessage: %+v", acked)
			}
		}

		s.expectPost("sendmessage")
		if failures := feed(s, "fanout", app.Fanout).BatchItemFailures; len(failures) > 0 {
			t.Errorf("fanout: failures %v", failures)
		}
		if left := string(feed(s, "push", app.Push)); left != "{}" {
			t.Errorf("push: left %s", left)
		}
		s.expectPost("push")
		feed(s, "receipts", app.Receipts)
		s.expectReceipts()
		if failures := feed(s, "jobs", app.Jobs).BatchItemFailures; len(failures) > 0 {
			t.Errorf("jobs: failures %v", failures)
		}
		if len(s.posts) > 0 {
			t.Errorf("pushed once more: %s", <-s.posts)
		}

		history := feed(s, "history", app.History)
		s.expectStatus("history", history.StatusCode, http.StatusOK)
		if page := decode[frame](t, []byte(history.Body)); page.LastID != 1 || !slices.Equal(page.Messages, []entry{said(t)}) {
			t.Errorf("history: %+v", page)
		}

		polled := feed(s, "poll", app.Poll)
		s.expectStatus("poll", polled.StatusCode, http.StatusOK)
		news := decode[struct{ Rooms []frame }](t, []byte(polled.Body)).Rooms
		if len(news) != 1 || news[0].LastID != 1 || !slices.Equal(news[0].Messages, []entry{said(t)}) {
			t.Errorf("poll: %s", polled.Body)
		}

		banned := feed(s, "rooms", app.Rooms)
		s.expectStatus("rooms", banned.StatusCode, http.StatusOK)
		if m := decode[struct{ Banned bool }](t, []byte(banned.Body)); !m.Banned {
			t.Errorf("rooms: %s", banned.Body)
		}

		shown := feed(s, "auth", app.Auth)
		s.expectStatus("auth", shown.StatusCode, http.StatusOK)
		if want := `{"user_id":"alice","display_name":"alice"}`; shown.Body != want {
			t.Errorf("auth: %s, want %s", shown.Body, want)
		}
		hashed := decode[struct{ Hash string }](t, feed(s, "hash", app.Hash)).Hash
		if !strings.HasPrefix(hashed, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("hash: %s", hashed)
		}
		exported := feed(s, "privacy", app.Privacy)
		s.expectStatus("privacy", exported.StatusCode, http.StatusOK)
		if !strings.Contains(exported.Body, said(t).Content) {
			t.Errorf("privacy: %s", exported.Body)
		}

		s.expectStatus("disconnect", feed(s, "disconnect", app.Disconnect).StatusCode, http.StatusOK)
		gone := decode[frame](t, []byte(feed(s, "sendmessage", app.SendMessage).Body))
		if gone.Type != "error" || gone.Error.Code != "unauthorized" {
			t.Errorf("sendmessage after disconnect: %+v", gone)
		}
	})
}

// The tokens in the events hold by the template's own issuer, audience and types, and by this key alone.
func TestOnlyTheTestKeyTakesTheTokens(t *testing.T) {
	s := begin(t, enginetest.Dynoxide(t))
	s.environments["connect"]["TOKEN_KEYS"] = ""
	s.environments["history"]["TOKEN_KEYS"] = ""
	s.expectStatus("connect", feed(s, "connect", app.Connect).StatusCode, http.StatusUnauthorized)
	s.expectStatus("history", feed(s, "history", app.History).StatusCode, http.StatusUnauthorized)
}
