package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/signals"
	"serverlesschat/internal/wire"
	"serverlesschat/localtest/apidoc"
	"serverlesschat/localtest/apidoc/apidoctest"
	"serverlesschat/localtest/aws/template"
)

// These tests hold docs/asyncapi.yaml and docs/openapi.yaml against what the chat takes and sends.

const documentsFolder = "../../docs"

func documents(t *testing.T) (*apidoc.Documents, *apidoctest.Validator) {
	t.Helper()
	folder := os.DirFS(documentsFolder)
	d, err := apidoc.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return d, apidoctest.New(folder)
}

func TestTheDocumentsExamplesKeepToThem(t *testing.T) {
	d, v := documents(t)
	check := func(what string, b apidoc.Body) {
		if len(b.Examples) == 0 {
			t.Errorf("%s has no example", what)
		}
		for _, e := range b.Examples {
			if err := v.Closed.Validate(b.Shape, []byte(e.JSON)); err != nil {
				t.Errorf("the example of %s: %v\n%s", what, err, e.JSON)
			}
		}
	}
	for _, m := range d.Messages() {
		check("the message "+m.Name, m.Body)
	}
	for _, c := range d.Calls {
		for _, b := range c.Request {
			check(c.Method+" "+c.Path, b)
		}
		for _, r := range c.Responses {
			for _, b := range r.Bodies {
				check(fmt.Sprintf("%s %s, status %d, %s", c.Method, c.Path, r.Status, b.ContentType), b)
			}
		}
		for _, p := range c.Parameters {
			if err := v.Closed.Validate(p.Shape, []byte(p.Example)); err != nil {
				t.Errorf("the example of the parameter %s of %s %s: %v", p.Name, c.Method, c.Path, err)
			}
		}
	}
}

// A text or a number without a limit is one that no reader can make room for.
func TestEveryFieldOfTheDocumentsHasItsLimit(t *testing.T) {
	d, _ := documents(t)
	var check func(where string, s apidoc.Shape)
	check = func(where string, s apidoc.Shape) {
		switch {
		case s.Type == "boolean" || s.Type == "object" && s.Items == nil:
		case len(s.Limits) == 0 && len(s.OneOf) == 0:
			t.Errorf("%s (%s) has no limit", where, s.Type)
		}
		if s.Type != "" && s.Type != "object" && s.Description == "" && !strings.HasPrefix(s.Limits[0], "always") {
			t.Errorf("%s (%s) has no description", where, s.Type)
		}
		for _, f := range s.Fields {
			check(where+"."+f.Name, f.Shape)
		}
		if s.Items != nil {
			check(where+"[]", *s.Items)
		}
		for _, choice := range s.OneOf {
			check(where, choice)
		}
	}
	for _, m := range d.Messages() {
		check(m.Name, m.Body.Shape)
	}
	for _, c := range d.Calls {
		for _, p := range c.Parameters {
			check(c.Path+" "+p.Name, p.Shape)
		}
		for _, b := range c.Request {
			check(c.Method+" "+c.Path, b.Shape)
		}
		for _, r := range c.Responses {
			for _, b := range r.Bodies {
				check(fmt.Sprint(c.Path, " ", r.Status), b.Shape)
			}
		}
	}
}

func TestTheDocumentsHaveEachActionAndEachRoute(t *testing.T) {
	d, _ := documents(t)
	var want, got []string
	for _, a := range apigw.Actions(apigw.Services{}) {
		want = append(want, a.Name)
	}
	for _, r := range realSystem(t, template.Options{}).HTTP.Routes {
		want = append(want, r.Key())
	}
	for _, a := range d.Actions {
		got = append(got, a.Name)
	}
	for _, c := range d.Calls {
		got = append(got, c.Method+" "+c.Path)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the documents have %q, the chat %q", got, want)
	}
	if d.MaxFrameBytes != wire.MaxFrameBytes {
		t.Errorf("x-max-frame-bytes is %d, the chat's limit %d", d.MaxFrameBytes, wire.MaxFrameBytes)
	}
}

// goldenFiles are all files of golden frames, without their extension.
func goldenFiles(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../../internal/wire/testdata/frames/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("golden frames: %v, %v", paths, err)
	}
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimSuffix(filepath.Base(p), ".json"))
	}
	return names
}

// goldenShapes are the bodies whose golden files are not called as a message is.
func goldenShapes(d *apidoc.Documents) map[string]string {
	shapes := map[string]string{"history": "schemas/entry.yaml#/Page", "problem": "schemas/error.yaml#/Problem",
		"health": "openapi.yaml#/components/schemas/Health", "polled": "openapi.yaml#/components/schemas/Polled",
		"rooms": "openapi.yaml#/components/schemas/Rooms", "oneRoom": "schemas/room.yaml#/Room",
		"members": "openapi.yaml#/components/schemas/Members", "member": "schemas/room.yaml#/Member",
		"user": "openapi.yaml#/components/schemas/User", "deeds": "openapi.yaml#/components/schemas/Deeds",
		"ticket":  "openapi.yaml#/components/schemas/Ticket",
		"erasure": "openapi.yaml#/components/schemas/Erasure", "exportLine": "openapi.yaml#/components/schemas/ExportLine",
		"receiptsBody": "openapi.yaml#/components/schemas/Receipts",
		"presenceBody": "openapi.yaml#/components/schemas/Presence"}
	for _, m := range d.Messages() {
		shapes[m.Name] = m.Body.Shape.URL
	}
	return shapes
}

// beyondSchemas are golden frames of which no schema can say that they are right or wrong.
func beyondSchemas() map[string]string {
	return map[string]string{
		"content with half a surrogate pair":                 "JSON readers put U+FFFD in its place",
		"half a surrogate pair in a field that nobody reads": "JSON readers put U+FFFD in its place",
		"a room twice": "no schema compares members of what a list holds",
	}
}

func TestGoldenFramesKeepToTheDocuments(t *testing.T) {
	d, v := documents(t)
	shapes := goldenShapes(d)
	for _, name := range goldenFiles(t) {
		data, err := os.ReadFile("../../internal/wire/testdata/frames/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Cases []struct {
				Name  string
				Frame json.RawMessage
				Valid bool
				Error json.RawMessage
			}
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		shape := apidoc.Shape{URL: shapes[name]}
		if shape.URL == "" {
			t.Errorf("the documents have no message %s", name)
			continue
		}
		for _, c := range file.Cases {
			ofClient := c.Valid || c.Error != nil
			_, beyond := beyondSchemas()[c.Name]
			switch {
			case beyond:
			case ofClient:
				err := v.Open.Validate(shape, apidoctest.WithoutNulls(c.Frame))
				if (err == nil) != c.Valid && !strings.Contains(string(c.Error), `"not_found"`) {
					t.Errorf("%s, %s: valid is %t, the document says: %v", name, c.Name, c.Valid, err)
				}
			default:
				if err := v.Closed.Validate(shape, c.Frame); err != nil {
					t.Errorf("%s, %s: %v", name, c.Name, err)
				}
			}
		}
	}
}

// TestTheDocumentsAndTheChatTakeTheSameFrames changes one field after the other of the example of each action, to values
// within and beyond each limit that the documents name. The chat takes what the documents allow, and nothing else.
func TestTheDocumentsAndTheChatTakeTheSameFrames(t *testing.T) {
	d, v := documents(t)
	for _, a := range d.Actions {
		for _, e := range a.Request.Body.Examples {
			compare := func(what string, change func(map[string]any)) {
				var frame map[string]any
				if err := json.Unmarshal([]byte(e.JSON), &frame); err != nil {
					t.Fatal(err)
				}
				change(frame)
				data, err := json.Marshal(frame)
				if err != nil {
					t.Fatal(err)
				}
				documented := v.Open.Validate(a.Request.Body.Shape, apidoctest.WithoutNulls(data))
				if taken := reads(t, a.Name, data); (documented == nil) != (taken == nil) {
					t.Errorf("%s, %s: the document says %v, the chat %v", a.Name, what, documented, taken)
				}
			}
			compare("the example", func(map[string]any) {})
			for _, f := range a.Request.Body.Shape.Fields {
				if f.Name == "action" {
					continue
				}
				compare("without "+f.Name, func(m map[string]any) { delete(m, f.Name) })
				for _, value := range candidates(f.Limits) {
					compare(fmt.Sprintf("%s = %.80s", f.Name, fmt.Sprint(value)), func(m map[string]any) { m[f.Name] = value })
				}
			}
		}
	}
}

// reads has the chat read a frame, and returns the error that refuses one of its fields. What comes after the reading
// fails.
func reads(t *testing.T, action string, frame []byte) error {
	t.Helper()
	store := fake.NewStore()
	store.Open = &chat.Connection{User: "ann", TokenExpiresAt: fake.Noon().Add(time.Hour)}
	store.Before = func(call string) error {
		if call == "connection" || call == "act" || call == "look" {
			return nil
		}
		return errors.New("read")
	}
	for _, a := range apigw.Actions(apigw.Services{}) {
		if a.Name != action {
			continue
		}
		event := events.APIGatewayWebsocketProxyRequest{Body: string(frame)}
		dispatch := apigw.Dispatch(a.Function, failingServices(store), fake.NewGate(store), fake.NewEnder(store, fake.NewGateway()))
		reply, err := dispatch(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		var failure struct{ Error chatError }
		if err := json.Unmarshal([]byte(reply.Body), &failure); err != nil {
			t.Fatal(err)
		}
		return failure.Error.ofAField()
	}
	t.Fatalf("there is no action %s", action)
	return nil
}

// failingServices are all that there are, over a store that fails.
func failingServices(s *fake.Store) apigw.Services {
	membership, reader := rooms.NewMembership(s), fake.NewReader(s, nil)
	return apigw.Services{
		Sender:  messages.NewSender(s, roomlog.NewWriter(s, roomlog.WriterOptions{Now: fake.Noon, Random: func([]byte) {}}), nil),
		History: messages.NewHistory(membership, reader), Joiner: rooms.NewJoiner(fake.NewChanger(s), s, reader),
		Pinger: rooms.NewPinger(membership, reader, chat.MaxConnectionLife, fake.Noon), Marker: receipts.NewMarker(s, s, membership),
		Typist: signals.NewTypist(membership, s, &fake.Deliverer{}, time.Now, wire.Typing), Teller: fake.NewTeller(s),
		Authenticator: connections.NewAuthenticator(noToken{}, s, s),
	}
}

// noToken takes no token.
type noToken struct{}

func (noToken) Verify(context.Context, string) (chat.Identity, error) {
	return chat.Identity{}, chat.Errorf(chat.CodeUnauthorized, "no")
}

type chatError struct{ Code, Message, Field string }

// ofAField returns nil for what refuses no field.
func (e chatError) ofAField() error {
	if code := chat.Code(e.Code); code == chat.CodeInvalid || code == chat.CodeTooLarge {
		return fmt.Errorf("%s %s: %s", e.Code, e.Field, e.Message)
	}
	return nil
}

var number = regexp.MustCompile(`[0-9]+`)

// candidates are values of every type, with sizes at and beside each number that the limits name.
func candidates(limits []string) []any {
	values := []any{nil, true, map[string]any{}, 1.5, -1, 0, "", ".", "..", "...", "me", "a b", "é", "!a", "a!", "~", "a\x7f", "\n",
		"p.a", "deleted-a", "a/b", "😀", []any{}, []any{1}, []any{nil}, []any{"a b"}}
	for _, n := range number.FindAllString(strings.Join(limits, " "), -1) {
		around, err := strconv.Atoi(n)
		if err != nil || around > 1e5 {
			continue
		}
		for size := max(around-1, 0); size <= around+1; size++ {
			values = append(values, size, strings.Repeat("a", size), slices.Repeat([]any{"a"}, size))
		}
	}
	return values
}

type anyToken struct{}

func (anyToken) Verify(context.Context, string) (chat.Identity, error) {
	return chat.Identity{User: "ann", ExpiresAt: time.Now().Add(time.Hour)}, nil
}

func TestTheDocumentsAndTheChatTakeTheSameParameters(t *testing.T) {
	d, v := documents(t)
	store := fake.NewStore()
	membership := rooms.NewMembership(store)
	history := messages.NewHistory(membership, fake.NewReader(store, nil))
	guard := apigw.Guard{Tokens: anyToken{}, Gate: fake.NewGate(store)}
	served := []func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error){
		apigw.REST(guard, history, map[string]apigw.HealthCheck{}),
		apigw.Rooms(guard, fake.NewChanger(store), receipts.NewLister(store, membership), presence.NewLister(nil, membership), nil),
	}
	for _, c := range d.Calls {
		if c.Path == "/poll" || c.Path == "/users/me/export" || c.Method != http.MethodGet && c.Method != http.MethodDelete {
			continue // two have a query of their own, and tests; of the others the bodies are tried
		}
		rest := served[0]
		if !strings.HasSuffix(c.Path, "/messages") && c.Path != "/health" {
			rest = served[1]
		}
		for _, p := range c.Parameters {
			for _, value := range candidates(p.Limits) {
				text, ok := parameterText(value)
				if !ok {
					continue
				}
				event := events.APIGatewayV2HTTPRequest{RouteKey: c.Method + " " + c.Path, PathParameters: map[string]string{},
					QueryStringParameters: map[string]string{}, Headers: map[string]string{"authorization": "Bearer x"}}
				for _, other := range c.Parameters {
					if other.In == "path" {
						event.PathParameters[other.Name] = strings.Trim(other.Example, `"`)
					}
				}
				map[string]map[string]string{"path": event.PathParameters, "query": event.QueryStringParameters}[p.In][p.Name] = text
				reply, err := rest(context.Background(), event)
				if err != nil {
					t.Fatal(err)
				}
				var failure chatError
				if err := json.Unmarshal([]byte(reply.Body), &failure); err != nil && reply.Body != "" {
					t.Fatal(err)
				}
				documented := v.Open.Validate(p.Shape, apidoctest.ParameterJSON(p, text))
				if taken := failure.ofAField(); (documented == nil) != (taken == nil) {
					t.Errorf("%s %s, %s = %.80q: the document says %v, the chat %v", c.Method, c.Path, p.Name, text, documented, taken)
				}
			}
		}
	}
}

// parameterText returns a value as a query has it; false for one that it cannot have.
func parameterText(value any) (string, bool) {
	switch value := value.(type) {
	case string:
		return value, true
	case int, float64, bool:
		return fmt.Sprint(value), true
	}
	return "", false
}

// TestTheSchemaOfAUserIsTheChatsRule: no frame and no call has one that a client chose, so no reader takes it.
func TestTheSchemaOfAUserIsTheChatsRule(t *testing.T) {
	d, v := documents(t)
	schema := schemaOf(t, d, "UserID")
	values := candidates(schema.Limits)
	for c := range rune(0x180) {
		values = append(values, string(c))
	}
	for _, value := range values {
		if name, ok := value.(string); ok {
			data, _ := json.Marshal(name)
			documented, taken := v.Open.Validate(schema, data), chat.UserID(name).Validate()
			if (documented == nil) != (taken == nil) {
				t.Errorf("%.80q: the document says %v, the chat %v", name, documented, taken)
			}
		}
	}
}

func schemaOf(t *testing.T, d *apidoc.Documents, name string) apidoc.Shape {
	t.Helper()
	i := slices.IndexFunc(d.Schemas, func(s apidoc.Schema) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("the documents have no schema %s", name)
	}
	return d.Schemas[i].Shape
}

// TestThePatternOfContentIsTheChatsRule compares them by every character that may make a difference.
func TestThePatternOfContentIsTheChatsRule(t *testing.T) {
	d, v := documents(t)
	content := schemaOf(t, d, "Content")
	for c := rune(0); c <= 0xe1fff; c++ {
		if c == 0x30000 { // nothing is between here and the tags
			c = 0xdfff0
		}
		if c >= 0xd800 && c <= 0xdfff {
			continue
		}
		data, err := json.Marshal(string(c))
		if err != nil {
			t.Fatal(err)
		}
		documented, taken := v.Open.Validate(content, data), chat.ValidateContent(string(c))
		if (documented == nil) != (taken == nil) {
			t.Errorf("U+%04X: the document says %v, the chat %v", c, documented, taken)
		}
	}
}
