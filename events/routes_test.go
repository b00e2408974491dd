package events

import (
	"context"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/localtest/aws/template"
)

// folder returns the name of the folder of the function with that logical id.
func folder(t *testing.T, s *template.System, logicalID string) string {
	t.Helper()
	for _, f := range s.Functions {
		if f.LogicalID == logicalID {
			return path.Base(f.CodeURI)
		}
	}
	t.Fatalf("no function %s in the template", logicalID)
	return ""
}

// webSocketRoutes returns the folder of the function for each route key.
func webSocketRoutes(t *testing.T, s *template.System) map[string]string {
	t.Helper()
	routes := map[string]string{}
	for _, r := range s.WebSocket.Routes {
		routes[r.Key] = folder(t, s, r.Function)
	}
	return routes
}

// actions returns the function of each action.
func actions() map[string]string {
	functions := map[string]string{}
	for _, a := range apigw.Actions(apigw.Services{}) { // nothing is called
		functions[a.Name] = a.Function
	}
	return functions
}

// An action needs a route to its function, unless that is the function of $default, which must have none for it. Else
// the gateway hands its frames to a function that does not know it. An action without a reply has a route in any case.
func TestRoutesAndActionsAgree(t *testing.T) {
	s := system(t)
	routes := webSocketRoutes(t, s)
	want := map[string]string{"$connect": "connect", "$disconnect": "disconnect", "$default": "default"}
	oneWay := map[string]bool{"$connect": true, "$disconnect": true}
	for _, a := range apigw.Actions(apigw.Services{}) {
		if a.Function != want["$default"] || a.OneWay {
			want[a.Name] = a.Function
		}
		oneWay[a.Name] = a.OneWay
	}
	if !maps.Equal(routes, want) {
		t.Errorf("routes %v,\nwant   %v", routes, want)
	}
	if selection := s.WebSocket.RouteSelectionExpression; selection != "$request.body.action" {
		t.Errorf("routes are selected by %s, frames are by action", selection)
	}
	for _, r := range s.WebSocket.Routes {
		// Without it the client waits for a reply that goes nowhere.
		if r.HasResponse == oneWay[r.Key] {
			t.Errorf("route %s sends replies: %t", r.Key, r.HasResponse)
		}
	}
}

func TestWebSocketEventsAreOfTheirRoutes(t *testing.T) {
	s := system(t)
	routes := webSocketRoutes(t, s)
	for _, function := range []string{"connect", "default", "sendmessage", "disconnect"} {
		event := decode[events.APIGatewayWebsocketProxyRequest](t, read(t, function))
		key := event.RequestContext.RouteKey
		if routes[key] != function {
			t.Errorf("%s.json has the route %s, which is that of %q", function, key, routes[key])
		}
		if event.RequestContext.Stage != s.WebSocket.Stage {
			t.Errorf("%s.json is of the stage %s", function, event.RequestContext.Stage)
		}
		if event.RequestContext.EventType != "MESSAGE" {
			continue
		}
		frame := decode[struct{ Action string }](t, []byte(event.Body))
		selected := frame.Action
		if _, ok := routes[selected]; !ok {
			selected = "$default"
		}
		if selected != key {
			t.Errorf("%s.json has the action %s, whose frames take the route %s", function, frame.Action, selected)
		}
		if actions()[frame.Action] != function {
			t.Errorf("%s.json has the action %s, which its function does not handle", function, frame.Action)
		}
	}
}

func TestHTTPRoutesAreHandled(t *testing.T) {
	s := system(t)
	handlers := map[string]func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error){
		"history": apigw.REST(apigw.Guard{}, nil, nil), "poll": apigw.Poll(apigw.Guard{}, nil, nil),
		"rooms": apigw.Rooms(apigw.Guard{}, nil, nil, nil, nil), "auth": apigw.Accounts(apigw.Guard{}, nil, &apigw.AccountServices{
			KeySet: func(context.Context) ([]byte, error) { return nil, nil },
		}),
		"privacy": apigw.Privacy(apigw.Guard{}, nil, nil),
	}
	var keys []string
	for _, route := range s.HTTP.Routes {
		keys = append(keys, route.Key())
		handle, ok := handlers[folder(t, s, route.Function)]
		if !ok {
			t.Errorf("%s is that of %s", route.Key(), folder(t, s, route.Function))
			continue
		}
		// Without a token and with nothing behind it: what is handled answers something, what is not is not found.
		reply, err := handle(t.Context(), events.APIGatewayV2HTTPRequest{RouteKey: route.Key()})
		if err != nil || reply.StatusCode == http.StatusNotFound {
			t.Errorf("%s is not handled: %d, %v", route.Key(), reply.StatusCode, err)
		}
	}
	for name := range handlers {
		expectHTTPEvent(t, s, name, keys)
	}
}

func expectHTTPEvent(t *testing.T, s *template.System, name string, keys []string) {
	t.Helper()
	event := decode[events.APIGatewayV2HTTPRequest](t, read(t, name))
	if !slices.Contains(keys, event.RouteKey) || event.RequestContext.RouteKey != event.RouteKey {
		t.Errorf("%s.json has the route %s, the template %v", name, event.RouteKey, keys)
	}
	method, pattern, _ := strings.Cut(event.RouteKey, " ")
	for variable, value := range event.PathParameters {
		pattern = strings.Replace(pattern, "{"+variable+"}", value, 1)
	}
	if event.RequestContext.HTTP.Method != method || event.RawPath != pattern || event.RequestContext.HTTP.Path != pattern {
		t.Errorf("%s.json has the path %s, its route is %s", name, event.RawPath, pattern)
	}
	if event.RequestContext.Stage != s.HTTP.Stage {
		t.Errorf("%s.json is of the stage %s", name, event.RequestContext.Stage)
	}
}

func TestStreamEventsAreOfTheirTables(t *testing.T) {
	s := system(t)
	for _, m := range s.Mappings {
		i := slices.IndexFunc(s.Tables, func(table template.Table) bool { return table.LogicalID == m.Table })
		expectEventOf(t, s.Tables[i], folder(t, s, m.Function))
	}
}

// expectEventOf checks that a function's event holds records of the table.
func expectEventOf(t *testing.T, table template.Table, function string) {
	t.Helper()
	types := map[string]string{}
	for _, a := range table.AttributeDefinitions {
		types[a.AttributeName] = a.AttributeType
	}
	for _, record := range decode[events.DynamoDBEvent](t, read(t, function)).Records {
		if !strings.Contains(record.EventSourceArn, "-"+table.LogicalID+"-") || record.Change.StreamViewType != table.StreamViewType {
			t.Errorf("record of %s, %s", record.EventSourceArn, record.Change.StreamViewType)
		}
		for name, value := range record.Change.Keys {
			if want := map[events.DynamoDBDataType]string{
				events.DataTypeString: "S", events.DataTypeNumber: "N", events.DataTypeBinary: "B",
			}[value.DataType()]; types[name] != want {
				t.Errorf("key %s is of the type %s, in the template %q", name, want, types[name])
			}
		}
		hasImage := table.StreamViewType == "NEW_IMAGE"
		if len(record.Change.Keys) != len(table.KeySchema) || len(record.Change.NewImage) > 0 != hasImage {
			t.Errorf("record %+v", record.Change)
		}
	}
}
