package httpapi

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestResponses(t *testing.T) {
	const failed = `{"message":"Internal Server Error"}`
	for _, c := range []struct {
		payload string
		status  int
		body    string
		headers string // "Name: value" by line, each of which must be there
	}{
		{`{"statusCode":201,"headers":{"content-type":"application/json","X-A":"b"},"body":"{}"}`, 201, "{}", "Content-Type: application/json\nX-A: b\nContent-Length: 2"},
		{`{"statusCode":200}`, 200, "", "Content-Type: text/plain; charset=utf-8\nContent-Length: 0"},
		{`{"statusCode":200,"headers":null,"multiValueHeaders":{"X-M":["a"]},"body":"x","cookies":null,"isBase64Encoded":false}`, 200, "x", "X-M: \nContent-Length: 1"},
		{`{"statusCode":200,"body":null}`, 200, "", ""},
		{`{"statusCode":200,"cookies":["a=1; Secure","b=2"]}`, 200, "", "Set-Cookie: a=1; Secure,b=2"},
		{`{"statusCode":200,"headers":{"set-cookie":"c=3"},"cookies":["a=1"]}`, 200, "", "Set-Cookie: c=3,a=1"},
		{`{"statusCode":200,"headers":{"x-number":1000000,"x-flag":true,"x-null":null}}`, 200, "", "X-Number: 1000000\nX-Flag: true\nX-Null: "},
		{`{"statusCode":200,"headers":{"Connection":"close","Transfer-Encoding":"chunked","Content-Length":"99","apigw-requestid":"x"},"body":"abc"}`, 200, "abc",
			"Connection: \nTransfer-Encoding: \nContent-Length: 3\nApigw-Requestid: JCJSViW5PHcESow="},
		{`{"statusCode":200,"body":"aGk=","isBase64Encoded":true}`, 200, "hi", "Content-Length: 2"},
		{`{"statusCode":204,"body":""}`, 204, "", "Content-Length: \nContent-Type: "},
		{`{"statusCode":302,"headers":{"location":"/x"}}`, 302, "", "Location: /x"},
		{`{"statusCode":429,"body":"slow"}`, 429, "slow", ""},
		{`{"statusCode":599}`, 599, "", ""},

		{`{"message":"hi"}`, 200, `{"message":"hi"}`, "Content-Type: application/json"},
		{`{"StatusCode":404}`, 200, `{"StatusCode":404}`, "Content-Type: application/json"},
		{`{}`, 200, `{}`, "Content-Type: application/json"},
		{` [1, 2] `, 200, `[1, 2]`, "Content-Type: application/json"},
		{`42`, 200, `42`, ""},
		{`null`, 200, `null`, ""},
		{`"Special \"quoted\" text"`, 200, `Special "quoted" text`, "Content-Type: application/json"},
		{` "x"`, 200, `x`, ""},

		{``, 500, failed, "Content-Type: application/json"},
		{`{"name":`, 500, failed, ""},
		{`hello`, 500, failed, ""},
		{`{"statusCode":200.5}`, 500, failed, ""},
		{`{"statusCode":"200"}`, 500, failed, ""},
		{`{"statusCode":null}`, 500, failed, ""},
		{`{"statusCode":0}`, 500, failed, ""},
		{`{"statusCode":199}`, 500, failed, ""},
		{`{"statusCode":600}`, 500, failed, ""},
		{`{"statusCode":200,"body":{}}`, 500, failed, ""},
		{`{"statusCode":200,"headers":[]}`, 500, failed, ""},
		{`{"statusCode":200,"headers":{"a":["b"]}}`, 500, failed, ""},
		{`{"statusCode":200,"cookies":"a=1"}`, 500, failed, ""},
		{`{"statusCode":200,"body":"%","isBase64Encoded":true}`, 500, failed, ""},
		{`{"statusCode":200,"isBase64Encoded":"yes"}`, 500, failed, ""},
	} {
		r := serve(api(t, returning(c.payload), nil), httptest.NewRequest("GET", "/", nil))
		if body := bodyText(t, r); r.StatusCode != c.status || body != c.body {
			t.Errorf("%s: %d %q, want %d %q", c.payload, r.StatusCode, body, c.status, c.body)
		}
		for line := range strings.SplitSeq(c.headers, "\n") {
			name, want, _ := strings.Cut(line, ": ")
			if got := strings.Join(r.Header.Values(name), ","); name != "" && got != want {
				t.Errorf("%s: %s is %q, want %q", c.payload, name, got, want)
			}
		}
	}
}

// TestResponseOfGo: what a Go function returns, over the network.
func TestResponseOfGo(t *testing.T) {
	payload, err := json.Marshal(events.APIGatewayV2HTTPResponse{
		StatusCode: 409, Headers: map[string]string{"Content-Type": "application/problem+json"}, Body: `{"code":"conflict"}`, Cookies: []string{"a=b"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api(t, returning(string(payload)), nil))
	defer server.Close()
	r, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body := bodyText(t, r); r.StatusCode != 409 || body != `{"code":"conflict"}` || r.ContentLength != int64(len(body)) ||
		r.Header.Get("Content-Type") != "application/problem+json" || !slices.Equal(r.Header.Values("Set-Cookie"), []string{"a=b"}) {
		t.Errorf("%d %s %v", r.StatusCode, body, r.Header)
	}
	head, err := server.Client().Head(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer head.Body.Close()
	if body := bodyText(t, head); head.StatusCode != 409 || body != "" || head.ContentLength != 19 {
		t.Errorf("HEAD: %d %q %v", head.StatusCode, body, head.Header)
	}
}
