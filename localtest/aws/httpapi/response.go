package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"serverlesschat/localtest/aws/edge"
)

// reply is what goes back to the client.
type reply struct {
	status  int
	headers map[string]string
	cookies []string
	body    []byte
}

// refusal is a reply of the gateway itself: {"message":"Not Found"} and the like.
func refusal(status int) *reply {
	return &reply{
		status:  status,
		headers: map[string]string{"Content-Type": "application/json"},
		body:    fmt.Appendf(nil, `{"message":%q}`, http.StatusText(status)),
	}
}

// write sends the reply. AWS: without a content type it is text/plain (aws/aws-lambda-dotnet,
// Amazon.Lambda.TestTool.IntegrationTests/Snapshots/V2_SetsBodyNonBase64.json).
func (r *reply) write(w http.ResponseWriter, requestID string) {
	header := w.Header()
	for name, value := range r.headers {
		if !edge.IsHopByHop(name) {
			header.Set(name, value)
		}
	}
	for _, cookie := range r.cookies {
		header.Add("Set-Cookie", cookie)
	}
	header.Set("Apigw-Requestid", requestID)
	header.Del("Content-Length")
	if r.status == http.StatusNoContent || r.status == http.StatusNotModified {
		w.WriteHeader(r.status)
		return
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	header.Set("Content-Length", strconv.Itoa(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // an error means that the client has gone
}

// parseResponse reads what a function returned, in format 2.0. An object with a statusCode is a response. Other JSON is
// the body of one. AWS: API Gateway Developer Guide, "AWS Lambda proxy integrations for HTTP APIs". What is no JSON is
// an error here, so that a defect shows. AWS was seen to pass it on as a body (aws/aws-lambda-dotnet,
// InvokeResponseExtensionsIntegrationTests.cs).
func parseResponse(payload []byte) (*reply, error) {
	payload = bytes.TrimSpace(payload)
	if !json.Valid(payload) {
		return nil, errors.New("not JSON")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(payload, &fields); err == nil {
		if _, is := fields["statusCode"]; is {
			return parseFields(fields)
		}
	}
	r := &reply{status: http.StatusOK, headers: map[string]string{"Content-Type": "application/json"}, body: payload}
	var text string
	if payload[0] == '"' && json.Unmarshal(payload, &text) == nil {
		r.body = []byte(text)
	}
	return r, nil
}

// parseFields reads a response. multiValueHeaders, which belong to format 1.0, are passed over
// (aws/serverless-java-container issue 377), and so is what has no meaning.
func parseFields(fields map[string]json.RawMessage) (*reply, error) {
	r := &reply{}
	var headers map[string]json.RawMessage
	var body string
	var encoded bool
	for _, f := range []struct {
		name string
		into any
	}{
		{"statusCode", &r.status}, {"headers", &headers}, {"cookies", &r.cookies}, {"body", &body}, {"isBase64Encoded", &encoded},
	} {
		if raw, is := fields[f.name]; is {
			if err := json.Unmarshal(raw, f.into); err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
		}
	}
	if r.status < 200 || r.status > 599 {
		return nil, fmt.Errorf("statusCode: %d is not from 200 to 599", r.status)
	}
	var err error
	if r.headers, err = headerTexts(headers); err != nil {
		return nil, err
	}
	r.body = []byte(body)
	if encoded {
		if r.body, err = base64.StdEncoding.DecodeString(body); err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
	}
	return r, nil
}

// headerTexts takes numbers and booleans as they are written, and leaves out null.
func headerTexts(headers map[string]json.RawMessage) (map[string]string, error) {
	texts := map[string]string{}
	for name, raw := range headers {
		switch raw[0] {
		case 'n':
		case '[', '{':
			return nil, fmt.Errorf("headers: %s is neither text nor a number", name)
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return nil, fmt.Errorf("headers: %s: %w", name, err)
			}
			texts[name] = text
		default:
			texts[name] = string(raw)
		}
	}
	return texts, nil
}
