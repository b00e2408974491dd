package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/apidoc"
	"serverlesschat/localtest/apidoc/apidoctest"
)

// TestTheDocumentsAndTheChatTakeTheSameBodies does with the body of each call what
// TestTheDocumentsAndTheChatTakeTheSameFrames does with frames.
func TestTheDocumentsAndTheChatTakeTheSameBodies(t *testing.T) {
	d, v := documents(t)
	accounts := accountsAPI(t)
	for _, c := range d.Calls {
		for _, b := range c.Request {
			for _, e := range b.Examples {
				compare := func(what string, change func(map[string]any)) {
					var body map[string]any
					if err := json.Unmarshal([]byte(e.JSON), &body); err != nil {
						t.Fatal(err)
					}
					change(body)
					isForm := b.ContentType == formType
					if isForm && !beAForm(body) {
						return
					}
					data, err := json.Marshal(body)
					if err != nil {
						t.Fatal(err)
					}
					documented := v.Open.Validate(b.Shape, apidoctest.WithoutNulls(data))
					if isForm {
						data = formOf(body)
					}
					if taken := readsBody(t, accounts, c, data); (documented == nil) != (taken == nil) {
						t.Errorf("%s %s, %s: the document says %v, the chat %v", c.Method, c.Path, what, documented, taken)
					}
				}
				compare("the example", func(map[string]any) {})
				for name, limits := range limitsOfFields(b.Shape) {
					compare("without "+name, func(m map[string]any) { delete(m, name) })
					for _, value := range slices.Concat(candidates(limits), exampleValues(t, b, name), times()) {
						what := fmt.Sprintf("%s = %.80s beside %.80s", name, fmt.Sprint(value), e.JSON)
						compare(what, func(m map[string]any) { m[name] = value })
					}
				}
			}
		}
	}
}

// limitsOfFields returns the limits of each field of an object, or of one of several objects.
func limitsOfFields(s apidoc.Shape) map[string][]string {
	limits := map[string][]string{}
	for _, one := range append(slices.Clone(s.OneOf), s) {
		for _, f := range one.Fields {
			limits[f.Name] = append(limits[f.Name], f.Limits...)
		}
	}
	return limits
}

// exampleValues returns what the examples have in a field: what is right beside some others may be wrong beside more.
func exampleValues(t *testing.T, b apidoc.Body, name string) (values []any) {
	t.Helper()
	for _, e := range b.Examples {
		var body map[string]any
		if err := json.Unmarshal([]byte(e.JSON), &body); err != nil {
			t.Fatal(err)
		}
		if value, ok := body[name]; ok {
			values = append(values, value)
		}
	}
	return values
}

// times are texts that are times, or nearly.
func times() []any {
	return []any{
		"2026-11-23T12:00:00Z", "2026-11-23T12:00:00.123456789+02:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
		"1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2026-11-23", "2026-11-23T12:00:00",
		"2026-11-23 12:00:00Z", "2026-11-23T12:00Z", " 2026-11-23T12:00:00Z",
	}
}

// readsBody has the chat read a body, and returns the error that refuses one of its fields.
func readsBody(t *testing.T, accounts restAPI, c apidoc.Call, body []byte) error {
	t.Helper()
	store := fake.NewStore()
	sender := messages.NewSender(store, roomlog.NewWriter(store, roomlog.WriterOptions{Now: fake.Noon, Random: func([]byte) {}}), nil)
	guard := apigw.Guard{Tokens: anyToken{}, Gate: fake.NewGate(store)}
	serve := apigw.Rooms(guard, fake.NewChanger(store), receipts.NewLister(store, rooms.NewMembership(store)), nil, nil)
	if strings.HasSuffix(c.Path, "/messages") {
		serve = apigw.Poll(guard, nil, sender)
	}
	switch {
	case c.Path == "/users/me" && c.Method == http.MethodDelete:
		serve = apigw.Privacy(guard, nil, privacy.NewAsker(privacy.AskerOptions{Store: noErasures{}, Now: fake.Noon, Admit: nobody}))
	case strings.HasPrefix(c.Path, "/auth/") || c.Path == "/users/me":
		serve = accounts
	}
	event := events.APIGatewayV2HTTPRequest{
		RouteKey: c.Method + " " + c.Path, Body: string(body), PathParameters: map[string]string{},
		Headers: map[string]string{"authorization": "Bearer x"}, Cookies: []string{"__Secure-refresh_token=x"},
	}
	for _, p := range c.Parameters {
		event.PathParameters[p.Name] = strings.Trim(p.Example, `"`)
	}
	reply, err := serve(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	if reply.StatusCode == http.StatusNoContent {
		return nil
	}
	var failure struct {
		chatError
		Error string `json:"error"` // in the words of OAuth 2.0
	}
	if err := json.Unmarshal([]byte(reply.Body), &failure); err != nil {
		t.Fatal(err)
	}
	if failure.Error != "" && failure.Error != "invalid_grant" {
		return errors.New(failure.Error)
	}
	return failure.ofAField()
}

// noErasures is a store that has none.
type noErasures struct{ privacy.AskerStore }

func (noErasures) FindErasure(context.Context, chat.UserID) (*privacy.Erasure, error) {
	return nil, nil
}

// nobody is let in.
func nobody(context.Context, chat.Identity) error { return chat.Errorf(chat.CodeUnauthorized, "no") }
