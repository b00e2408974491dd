package httpapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// decode reads an event as a Go function does, and refuses fields that the type does not have.
func decode(t testing.TB, payload []byte) events.APIGatewayV2HTTPRequest {
	t.Helper()
	var e events.APIGatewayV2HTTPRequest
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&e); err != nil {
		t.Fatalf("decode %s: %v", payload, err)
	}
	return e
}

// frame is the part that all events below share.
const frame = `"requestContext":{"accountId":"123456789012","apiId":"a1b2c3d4e5",
	"domainName":"a1b2c3d4e5.execute-api.us-east-1.amazonaws.com","domainPrefix":"a1b2c3d4e5",
	"http":{"method":"METHOD","path":"PATH","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"AGENT"},
	"requestId":"JCJSViW5PHcESow=","routeKey":"ROUTE","stage":"STAGE","time":"14/Apr/2025:22:14:51 +0000","timeEpoch":1744668891302},
	"version":"2.0","routeKey":"ROUTE","rawPath":"PATH"`

func TestEventShapes(t *testing.T) {
	const fixed = `"host":"example.com","x-amzn-trace-id":"Root=1-67fd88db-3d50c5eb74ccacc9e105a178",
		"x-forwarded-for":"192.0.2.1","x-forwarded-port":"443","x-forwarded-proto":"https"`
	for _, c := range []struct {
		name    string
		method  string
		target  string
		headers string // "name: value" by line
		body    string
		stage   string
		route   string
		want    string // after the frame
	}{
		{"bare", "GET", "/health", "", "", "", "GET /health",
			`"rawQueryString":"","headers":{"content-length":"0",` + fixed + `},"isBase64Encoded":false`},
		{"default route", "PUT", "/a/b", "", "", "", "$default",
			`"rawQueryString":"","headers":{"content-length":"0",` + fixed + `},"isBase64Encoded":false`},
		{"named stage", "GET", "/v1/rooms/r%20x", "User-Agent: curl/8", "", "v1", "GET /rooms/{id}",
			`"rawQueryString":"","headers":{"content-length":"0","user-agent":"curl/8",` + fixed + `},"pathParameters":{"id":"r x"},"isBase64Encoded":false`},
		{"query", "GET", "/health?q=Hello%20World&tag=C%23&tag=a+b&empty=&bare&%zz=1&q", "", "", "", "GET /health",
			`"rawQueryString":"q=Hello%20World&tag=C%23&tag=a+b&empty=&bare&%zz=1&q","headers":{"content-length":"0",` + fixed + `},
			"queryStringParameters":{"q":"Hello World,","tag":"C#,a b","empty":"","bare":"","%zz":"1"},"isBase64Encoded":false`},
		{"headers", "GET", "/health", "X-Two: a\nx-two: b\nX-Three: a, b\nAuthorization: Bearer x\nConnection: close\nCookie: c=1; d=2\nCookie: e=3", "", "", "GET /health",
			`"rawQueryString":"","cookies":["c=1","d=2","e=3"],"headers":{"content-length":"0","x-two":"a,b","x-three":"a, b","authorization":"Bearer x",` + fixed + `},"isBase64Encoded":false`},
		{"json", "POST", "/health", "Content-Type: application/json; charset=utf-8", `{"a":"<é>"}`, "", "ANY /health",
			`"rawQueryString":"","headers":{"content-length":"12","content-type":"application/json; charset=utf-8",` + fixed + `},"body":"{\"a\":\"<é>\"}","isBase64Encoded":false`},
		{"form", "POST", "/health", "Content-Type: application/x-www-form-urlencoded", "a=b", "", "ANY /health",
			`"rawQueryString":"","headers":{"content-length":"3","content-type":"application/x-www-form-urlencoded",` + fixed + `},"body":"YT1i","isBase64Encoded":true`},
	} {
		l := returning("{}")
		method, path, named := strings.Cut(c.route, " ")
		if !named {
			method, path = "", c.route
		}
		h := api(t, l, func(config *Config) {
			config.Stage, config.Routes = c.stage, []Route{{Method: method, Path: path, Function: "Fn"}}
		})
		r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		for line := range strings.SplitSeq(c.headers, "\n") {
			if name, value, is := strings.Cut(line, ": "); is {
				r.Header.Add(name, value)
			}
		}
		serve(h, r)
		stage := c.stage
		if stage == "" {
			stage = "$default"
		}
		want := "{" + strings.NewReplacer("METHOD", c.method, "PATH", r.URL.Path, "ROUTE", c.route, "STAGE", stage,
			"AGENT", r.UserAgent()).Replace(frame) + "," + c.want + "}"
		if !sameJSON(t, string(l.payload), want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, l.payload, want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	for text, into := range map[string]*any{a: &x, b: &y} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return reflect.DeepEqual(x, y)
}

// TestEventInGo sends a request over the network and reads the event with the type that Go functions use.
func TestEventInGo(t *testing.T) {
	l := returning("{}")
	h := api(t, l, func(c *Config) {
		c.Routes = []Route{{Method: "POST", Path: "/rooms/{id}", Function: "Fn"}}
		c.DomainName = "127.0.0.1"
	})
	server := httptest.NewServer(h)
	defer server.Close()
	r, err := server.Client().Post(server.URL+"/rooms/r1?limit=5", "text/plain", strings.NewReader("hi"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	e := decode(t, l.payload)
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	if e.Body != "hi" || e.PathParameters["id"] != "r1" || e.QueryStringParameters["limit"] != "5" || e.RawQueryString != "limit=5" ||
		e.Headers["host"] != "127.0.0.1:"+port || e.Headers["x-forwarded-port"] != "443" || e.Headers["x-forwarded-proto"] != "https" || e.Headers["content-length"] != "2" ||
		e.RequestContext.HTTP.SourceIP != "127.0.0.1" || e.RequestContext.DomainPrefix != "127" ||
		e.RequestContext.HTTP.Protocol != "HTTP/1.1" || e.RequestContext.TimeEpoch != 1744668891302 || e.RequestContext.Authorizer != nil {
		t.Errorf("%+v", e)
	}
}

// TestProxiesBefore: what proxies in front have said is kept.
func TestProxiesBefore(t *testing.T) {
	l := returning("{}")
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	r.Header.Set("X-Amzn-Trace-Id", "Root=1-2-3")
	serve(api(t, l, nil), r)
	e := decode(t, l.payload)
	if e.Headers["x-forwarded-for"] != "203.0.113.9, 192.0.2.1" || e.Headers["x-amzn-trace-id"] != "Root=1-2-3" ||
		e.RequestContext.HTTP.SourceIP != "192.0.2.1" {
		t.Errorf("%+v", e)
	}
}

func TestBodies(t *testing.T) {
	raw := "{\"a\":1}\xff"
	for contentType, isText := range map[string]bool{
		"text/plain": true, "text/html; charset=utf-8": true, "TEXT/CSV": true, "application/json": true,
		"Application/JSON;charset=utf-8": true, "application/json; =": true, "application/xml": true, "application/javascript": true,
		"": false, "application/octet-stream": false, "application/x-www-form-urlencoded": false, "image/png": false,
		"application/problem+json": false, "multipart/form-data; boundary=x": false, "nonsense": false,
	} {
		text, encoded := bodyOf(contentType, []byte(raw))
		want := base64.StdEncoding.EncodeToString([]byte(raw))
		if isText {
			want = raw
		}
		if encoded == isText || text != want {
			t.Errorf("%q: %q, %t", contentType, text, encoded)
		}
	}
}
