// Package events holds the events to what they are said to be: in the shape in which AWS delivers them, of the routes
// that the template has, and such that the functions take them.
package events

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/localtest/aws/engine/enginetest"
	"serverlesschat/localtest/aws/template"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// functions are all that have an event, in the order of the story that the events tell.
func functions() []string {
	return []string{"connect", "default", "sendmessage", "receipts", "fanout", "push", "jobs", "history", "poll", "rooms", "auth",
		"hash", "privacy", "disconnect"}
}

func read(t *testing.T, function string) []byte {
	t.Helper()
	data, err := os.ReadFile(function + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// tokenKeys returns the public key of the events' tokens as the functions take it.
func tokenKeys(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("token-key.jwks")
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// system is what the template describes, with the events' key for the tokens.
func system(t *testing.T) *template.System {
	t.Helper()
	s, err := template.Load("../template.yaml", template.Options{Parameters: map[string]string{"TokenKeys": tokenKeys(t)}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEachFunctionHasItsEvent(t *testing.T) {
	files, err := filepath.Glob("*.json")
	if err != nil {
		t.Fatal(err)
	}
	var inTemplate, inFolder []string
	for _, f := range system(t).Functions {
		inTemplate = append(inTemplate, path.Base(f.CodeURI))
	}
	for _, file := range files {
		inFolder = append(inFolder, strings.TrimSuffix(file, ".json"))
	}
	inStory := functions()
	for _, names := range [][]string{inTemplate, inFolder, inStory} {
		slices.Sort(names)
	}
	if !slices.Equal(inTemplate, inFolder) || !slices.Equal(inFolder, inStory) {
		t.Errorf("the template has %v,\nthis folder %v,\nthe story %v", inTemplate, inFolder, inStory)
	}
}

// A name that is misspelt in an event would be passed over in silence. So what is decoded is encoded again and
// compared: all of the event must have come through.
func TestEventsHaveTheShapeOfAWS(t *testing.T) {
	for function, again := range map[string]func([]byte) ([]byte, error){
		"connect":     roundTrip[events.APIGatewayWebsocketProxyRequest],
		"default":     roundTrip[events.APIGatewayWebsocketProxyRequest],
		"sendmessage": roundTrip[events.APIGatewayWebsocketProxyRequest],
		"disconnect":  roundTrip[events.APIGatewayWebsocketProxyRequest],
		"history":     roundTrip[events.APIGatewayV2HTTPRequest],
		"rooms":       roundTrip[events.APIGatewayV2HTTPRequest],
		"auth":        roundTrip[events.APIGatewayV2HTTPRequest],
		"poll":        roundTrip[events.APIGatewayV2HTTPRequest],
		"privacy":     roundTrip[events.APIGatewayV2HTTPRequest],
		"fanout":      roundTrip[events.DynamoDBEvent],
		"receipts":    roundTrip[events.DynamoDBEvent],
		"jobs":        roundTrip[events.SQSEvent],
	} {
		t.Run(function, func(t *testing.T) {
			data := read(t, function)
			encoded, err := again(data)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, "", decode[any](t, data), decode[any](t, encoded))
		})
	}
}

func roundTrip[T any](data []byte) ([]byte, error) {
	var event T
	if err := json.Unmarshal(data, &event); err != nil {
		return nil, err
	}
	return json.Marshal(event)
}

// compare reports where got differs from want; it may have more members, as long as they say nothing.
func compare(t *testing.T, at string, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		gotObject, _ := got.(map[string]any)
		for name, value := range gotObject {
			if _, ok := want[name]; !ok && !isEmpty(value) {
				t.Errorf("%s.%s came from nowhere: %v", at, name, value)
			}
		}
		for name, value := range want {
			if _, ok := gotObject[name]; !ok {
				t.Errorf("%s.%s got lost", at, name)
				continue
			}
			compare(t, at+"."+name, value, gotObject[name])
		}
	case []any:
		gotList, _ := got.([]any)
		if len(gotList) != len(want) {
			t.Errorf("%s has %d values, want %d", at, len(gotList), len(want))
			return
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s[%d]", at, i), want[i], gotList[i])
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", at, got, want)
		}
	}
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			if !isEmpty(member) {
				return false
			}
		}
		return true
	case []any:
		return len(value) == 0
	}
	return value == nil || value == "" || value == 0.0 || value == false
}

// What can't be seen from the types: which members each kind of event of a WebSocket API has, and which it lacks.
// AWS: "Lambda proxy integration", API Gateway Developer Guide, and the captured events of aws-lambda-go.
func TestWebSocketEventsHaveTheMembersOfTheirKind(t *testing.T) {
	for function, c := range map[string]struct {
		kind         string
		has, lacks   []string
		hasInContext []string
	}{
		"connect":     {"CONNECT", []string{"headers", "multiValueHeaders"}, []string{"body", "queryStringParameters"}, nil},
		"default":     {"MESSAGE", []string{"body"}, []string{"headers", "multiValueHeaders"}, []string{"messageId"}},
		"sendmessage": {"MESSAGE", []string{"body"}, []string{"headers", "multiValueHeaders"}, []string{"messageId"}},
		"disconnect": {"DISCONNECT", []string{"headers", "multiValueHeaders"}, []string{"body"},
			[]string{"disconnectStatusCode", "disconnectReason"}},
	} {
		t.Run(function, func(t *testing.T) {
			event := decode[map[string]any](t, read(t, function))
			context, _ := event["requestContext"].(map[string]any)
			expectMembers(t, event, append(c.has, "requestContext", "isBase64Encoded"), c.lacks)
			expectMembers(t, context, append(c.hasInContext, "routeKey", "eventType", "extendedRequestId", "requestTime",
				"messageDirection", "stage", "connectedAt", "requestTimeEpoch", "identity", "requestId", "domainName",
				"connectionId", "apiId"), nil)
			if context["eventType"] != c.kind || context["requestId"] != context["extendedRequestId"] {
				t.Errorf("context %v", context)
			}
			if context["requestTimeEpoch"].(float64) < context["connectedAt"].(float64) {
				t.Error("the event came before its connection")
			}
		})
	}
}

func expectMembers(t *testing.T, object map[string]any, has, lacks []string) {
	t.Helper()
	for _, name := range has {
		if _, ok := object[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range lacks {
		if _, ok := object[name]; ok {
			t.Errorf("%s is not in such an event", name)
		}
	}
}
