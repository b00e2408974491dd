package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lambda stands for the Lambda service: it keeps what it was given and returns what its test says.
type lambda struct {
	mu       sync.Mutex
	function string
	source   string
	payload  []byte

	response Response
	err      error
}

func (l *lambda) invoke(_ context.Context, function, source string, payload []byte) (Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.function, l.source, l.payload = function, source, payload
	return l.response, l.err
}

func returning(payload string) *lambda { return &lambda{response: Response{Payload: []byte(payload)}} }

// api makes a handler with a fixed clock and fixed ids.
func api(t testing.TB, l *lambda, change func(*Config)) *Handler {
	t.Helper()
	config := Config{
		APIID:     "a1b2c3d4e5",
		AccountID: "123456789012",
		Routes:    []Route{{Path: "$default", Function: "Fn"}},
		Invoke:    l.invoke,
		Now:       func() time.Time { return time.UnixMilli(1744668891302) },
		NewID:     func() string { return "JCJSViW5PHcESow=" },
	}
	if change != nil {
		change(&config)
	}
	h, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// serve sends one request without a network.
func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyText(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRouting(t *testing.T) {
	var routes []Route
	for _, key := range []string{"$default", "ANY /{all+}", "GET /pets/{proxy+}", "GET /pets/dog/1", "GET /pets/dog/{id}",
		"GET /{kind}/dog/1", "ANY /pets/dog/{name}", "POST /pets/dog/{id}", "GET /", "GET /a b", "ANY /any", "GET /rooms/{id}/messages"} {
		method, path, is := strings.Cut(key, " ")
		if !is {
			method, path = "", key
		}
		routes = append(routes, Route{Method: method, Path: path, Function: key})
	}
	l := returning("{}")
	for _, stage := range []string{"", "v1"} {
		h := api(t, l, func(c *Config) { c.Routes, c.Stage = routes, stage })
		for request, want := range map[string]string{
			"GET /pets/dog/1":               "GET /pets/dog/1",
			"GET /pets/dog/2":               "GET /pets/dog/{id} id=2",
			"POST /pets/dog/2":              "POST /pets/dog/{id} id=2",
			"PUT /pets/dog/2":               "ANY /pets/dog/{name} name=2",
			"GET /pets/cat/1":               "GET /pets/{proxy+} proxy=cat/1",
			"GET /pets/cat":                 "GET /pets/{proxy+} proxy=cat",
			"GET /pets/dog/2/3":             "GET /pets/{proxy+} proxy=dog/2/3",
			"GET /cows/dog/1":               "GET /{kind}/dog/1 kind=cows",
			"POST /test/5":                  "ANY /{all+} all=test/5",
			"DELETE /any":                   "ANY /any",
			"GET /":                         "GET /",
			"POST /":                        "$default",
			"GET /a%20b":                    "GET /a b",
			"GET /rooms/x/messages":         "GET /rooms/{id}/messages id=x",
			"GET /rooms/%C3%A9%3F/messages": "GET /rooms/{id}/messages id=é?",
			"GET /rooms//messages":          "ANY /{all+} all=rooms//messages",
			"GET /rooms/a%2Fb/messages":     "ANY /{all+} all=rooms/a/b/messages",
			"GET /rooms/x/messages/":        "ANY /{all+} all=rooms/x/messages/",
		} {
			method, path, _ := strings.Cut(request, " ")
			if stage != "" {
				path = "/" + stage + path
			}
			if got := serve(h, httptest.NewRequest(method, path, nil)).StatusCode; got != 200 {
				t.Errorf("%s %s: status %d", method, path, got)
				continue
			}
			e := decode(t, l.payload)
			got := e.RouteKey
			for name, value := range e.PathParameters {
				got += " " + name + "=" + value
			}
			key, _, _ := strings.Cut(want, " ")
			if got != want || !strings.HasPrefix(l.function, key) || l.source != e.RouteKey {
				t.Errorf("%s in stage %q: got %q (%s, %s), want %q", request, stage, got, l.function, l.source, want)
			}
		}
	}
}

func TestNotFound(t *testing.T) {
	l := returning("{}")
	for stage, requests := range map[string][]string{
		"":   {"POST /a", "GET /b", "GET /a/", "GET /", "GET /A", "GET /a/b", "GET //a"},
		"v1": {"GET /a", "GET /v1", "GET /v12/a", "GET /v2/a", "GET /"},
	} {
		h := api(t, l, func(c *Config) {
			c.Stage, c.Routes = stage, []Route{{Method: "GET", Path: "/a", Function: "Fn"}}
		})
		for _, request := range requests {
			method, path, _ := strings.Cut(request, " ")
			r := serve(h, httptest.NewRequest(method, path, nil))
			if body := bodyText(t, r); r.StatusCode != 404 || body != `{"message":"Not Found"}` ||
				r.Header.Get("Content-Type") != "application/json" || r.Header.Get("apigw-requestid") != "JCJSViW5PHcESow=" {
				t.Errorf("%s in stage %q: %d %s %v", request, stage, r.StatusCode, body, r.Header)
			}
		}
	}
	if l.payload != nil {
		t.Errorf("a function ran: %s", l.payload)
	}
}

func TestNewRefuses(t *testing.T) {
	route := func(method, path string) Route { return Route{Method: method, Path: path, Function: "Fn"} }
	for _, routes := range [][]Route{
		{route("GET", "a")},
		{route("", "/a")},
		{route("GET", "$default")},
		{route("GET", "/{a+}/b")},
		{{Method: "GET", Path: "/a"}},
		{{Method: "GET", Path: "/a", Function: "Fn", Timeout: MaxTimeout + 1}},
		{route("GET", "/a/{b}"), route("GET", "/a"), route("GET", "/a/{c}")},
		{route("", "$default"), route("", "$default")},
	} {
		if _, err := New(Config{APIID: "x", Invoke: returning("").invoke, Routes: routes}); err == nil {
			t.Errorf("%+v: no error", routes)
		}
	}
	if _, err := New(Config{APIID: "x"}); err == nil {
		t.Error("no Invoke: no error")
	}
}

func TestFailures(t *testing.T) {
	for name, l := range map[string]*lambda{
		"function failed":  {response: Response{Payload: []byte(`{"statusCode":200}`), Failure: "Boom: no luck"}},
		"function not run": {err: errors.New("throttled")},
		"malformed":        returning(`{"statusCode":"abc"}`),
	} {
		r := serve(api(t, l, nil), httptest.NewRequest("GET", "/", nil))
		if body := bodyText(t, r); r.StatusCode != 500 || body != `{"message":"Internal Server Error"}` {
			t.Errorf("%s: %d %s", name, r.StatusCode, body)
		}
	}
}

// TestTimeout: the client is answered at the limit, and the function goes on to its end.
func TestTimeout(t *testing.T) {
	for given, want := range map[time.Duration]time.Duration{0: 30 * time.Second, 100 * time.Millisecond: 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			ended := false
			h := api(t, nil, func(c *Config) {
				c.Routes[0].Timeout = given
				c.Invoke = func(ctx context.Context, _, _ string, _ []byte) (Response, error) {
					select {
					case <-ctx.Done():
					case <-time.After(time.Minute):
						ended = true
					}
					return Response{}, nil
				}
			})
			start := time.Now()
			r := serve(h, httptest.NewRequest("GET", "/", nil))
			if took := time.Since(start); took != want {
				t.Errorf("answered after %s, want %s", took, want)
			}
			if body := bodyText(t, r); r.StatusCode != 503 || body != `{"message":"Service Unavailable"}` {
				t.Errorf("%d %s", r.StatusCode, body)
			}
			h.Wait()
			if took := time.Since(start); !ended || took != time.Minute {
				t.Errorf("ended %t after %s", ended, took)
			}
		})
	}
}

// TestClientGone: a client that leaves ends no invocation.
func TestClientGone(t *testing.T) {
	started, left, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	h := api(t, nil, func(c *Config) {
		c.Invoke = func(ctx context.Context, _, _ string, _ []byte) (Response, error) {
			close(started)
			<-left
			ended <- ctx.Err()
			return Response{Payload: []byte("{}")}, nil
		}
	})
	server := httptest.NewServer(h)
	defer server.Close()
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-started
		leave()
	}()
	if _, err := server.Client().Do(request); !errors.Is(err, context.Canceled) {
		t.Errorf("do: %v", err)
	}
	close(left)
	if err := <-ended; err != nil {
		t.Errorf("the invocation was ended: %v", err)
	}
	h.Wait()
}

func TestLimits(t *testing.T) {
	l := returning("{}")
	h := api(t, l, nil)
	body := func(size int, contentType string) *http.Request {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size)))
		r.Header.Set("Content-Type", contentType)
		return r
	}
	serve(h, body(0, "text/plain"))
	overhead := len(l.payload) + len(`"body":"",`)
	for _, c := range []struct {
		name    string
		request *http.Request
		status  int
		message string
	}{
		{"largest event", body(MaxEvent-overhead-len("6290000")+1, "text/plain"), 200, ""},
		{"event too large", body(MaxEvent, "text/plain"), 413, `{"message":"Request Entity Too Large"}`},
		{"event too large by base64", body(MaxEvent*3/4, "image/png"), 413, `{"message":"Request Entity Too Large"}`},
		{"body too large", body(MaxPayload+1, "text/plain"), 413, `{"message":"Request Entity Too Large"}`},
	} {
		r := serve(h, c.request)
		if got := bodyText(t, r); r.StatusCode != c.status || c.message != "" && got != c.message {
			t.Errorf("%s: %d %.80s", c.name, r.StatusCode, got)
		}
	}
	if len(l.payload) != MaxEvent {
		t.Errorf("the largest event had %d bytes, want %d", len(l.payload), MaxEvent)
	}
}

func TestIDsAreTheirOwn(t *testing.T) {
	h := api(t, returning("{}"), func(c *Config) { c.NewID = nil })
	first := serve(h, httptest.NewRequest("GET", "/", nil)).Header.Get("Apigw-Requestid")
	second := serve(h, httptest.NewRequest("GET", "/", nil)).Header.Get("Apigw-Requestid")
	if len(first) != 16 || !strings.HasSuffix(first, "=") || first == second {
		t.Errorf("%q, %q", first, second)
	}
}
