package lambda

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// client returns AWS's own client for the service's Invoke API.
func client(t *testing.T, s *Service) (*sdk.Client, string) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, HTTPClient: server.Client(),
		Retryer: aws.NopRetryer{}, Credentials: aws.AnonymousCredentials{},
	}), server.URL
}

func TestTheInvokeAPI(t *testing.T) {
	s, _ := start(t, nil)
	c, _ := client(t, s)
	for _, name := range []string{"tester", "TesterFunction", testARN} {
		out, err := c.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: &name, Payload: []byte(`{"do":"echo","text":"hi"}`)})
		if err != nil {
			t.Fatal(err)
		}
		if out.StatusCode != 200 || !strings.Contains(string(out.Payload), `"text":"hi"`) || out.FunctionError != nil ||
			aws.ToString(out.ExecutedVersion) != "$LATEST" {
			t.Errorf("%s: %+v %s", name, out, out.Payload)
		}
	}
	out, err := c.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("tester"), Payload: []byte(`{"do":"fail","text":"no"}`)})
	if err != nil || out.StatusCode != 200 || aws.ToString(out.FunctionError) != "Unhandled" ||
		string(out.Payload) != `{"errorMessage":"no","errorType":"errorString"}` {
		t.Errorf("failing function: %+v, %v", out, err)
	}
	if out, err = c.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("tester")}); err != nil || out.FunctionError != nil {
		t.Errorf("without a payload: %+v, %v", out, err)
	}
}

func TestInvocationTypes(t *testing.T) {
	s, e := start(t, nil)
	c, _ := client(t, s)
	invoke := func(kind types.InvocationType) int32 {
		out, err := c.Invoke(t.Context(), &sdk.InvokeInput{
			FunctionName: aws.String("tester"), Payload: []byte(`{"do":"echo"}`), InvocationType: kind,
		})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		return out.StatusCode
	}
	if got := invoke(types.InvocationTypeDryRun); got != 204 {
		t.Errorf("DryRun: %d", got)
	}
	if n := len(s.Processes()); n != 0 {
		t.Errorf("DryRun started %d processes", n)
	}
	if got := invoke(types.InvocationTypeEvent); got != 202 {
		t.Errorf("Event: %d", got)
	}
	e.awaitInvocation(t, "is the event", func(i Invocation) bool { return i.Source == "Event" && i.Error == "" })
}

func TestErrorsOfTheInvokeAPI(t *testing.T) {
	s, _ := start(t, func(o *Options, _ *Function) { o.MaxConcurrency, o.QueueWait = 1, time.Millisecond })
	c, _ := client(t, s)
	invoke := func(in sdk.InvokeInput) error {
		if in.FunctionName == nil {
			in.FunctionName = aws.String("tester")
		}
		_, err := c.Invoke(t.Context(), &in)
		return err
	}
	unknown := aws.String("nobody")
	for name, in := range map[string]sdk.InvokeInput{
		"unknown":           {FunctionName: unknown},
		"unknown, Event":    {FunctionName: unknown, InvocationType: types.InvocationTypeEvent},
		"unknown, DryRun":   {FunctionName: unknown, InvocationType: types.InvocationTypeDryRun},
		"unknown qualifier": {Qualifier: aws.String("7")},
	} {
		var notFound *types.ResourceNotFoundException
		if err := invoke(in); !errors.As(err, &notFound) || aws.ToString(notFound.Type) != "User" || notFound.ErrorMessage() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	var content *types.InvalidRequestContentException
	if err := invoke(sdk.InvokeInput{Payload: []byte("{")}); !errors.As(err, &content) {
		t.Errorf("not JSON: %v", err)
	}
	var large *types.RequestTooLargeException
	if err := invoke(sdk.InvokeInput{Payload: make([]byte, MaxPayload+1)}); !errors.As(err, &large) {
		t.Errorf("too large: %v", err)
	}
	event := sdk.InvokeInput{Payload: make([]byte, MaxEventPayload+1), InvocationType: types.InvocationTypeEvent}
	if err := invoke(event); !errors.As(err, &large) {
		t.Errorf("too large an event: %v", err)
	}
	var invalid *types.InvalidParameterValueException
	if err := invoke(sdk.InvokeInput{InvocationType: "Later"}); !errors.As(err, &invalid) {
		t.Errorf("unknown type: %v", err)
	}
	g := newGate(t)
	done := callGate(t, s, g, 1)
	receive(t, g.calls, "the call")
	var throttled *types.TooManyRequestsException
	if err := invoke(sdk.InvokeInput{}); !errors.As(err, &throttled) || throttled.Reason != ReasonConcurrency {
		t.Errorf("throttled: %v", err)
	}
	g.open <- struct{}{}
	receive(t, done, "the result")
	s.Close()
	var service *types.ServiceException
	if err := invoke(sdk.InvokeInput{}); !errors.As(err, &service) {
		t.Errorf("closed: %v", err)
	}
}

func TestPathsOfTheInvokeAPI(t *testing.T) {
	s, _ := start(t, nil)
	_, base := client(t, s)
	for path, want := range map[string]int{
		"/2015-03-31/functions/tester/invocations":                           200,
		"/2015-03-31/functions/" + testARN + "/invocations":                  200,
		"/2015-03-31/functions/" + url.QueryEscape(testARN) + "/invocations": 200,
		"/2015-03-31/functions/tester:$LATEST/invocations":                   200,
		"/2015-03-31/functions/tester/invocations?Qualifier=%24LATEST":       200,
		"/2015-03-31/functions/tester":                                       404,
		"/2015-03-31/functions//invocations":                                 404,
		"/":                                                                  404,
	} {
		res, err := http.Post(base+path, "application/json", strings.NewReader(`{"do":"echo"}`))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
		if len(res.Header["X-Amzn-Requestid"]) != 1 {
			t.Errorf("%s: no request id", path)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
