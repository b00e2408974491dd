package httpapi

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

// FuzzRequest: whatever comes, the function sees an event that Go's type takes, or the client a refusal.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/rooms/r1/messages", "after=1&limit=2", "X-A", "b", "c=1", "text/plain", []byte("x"))
	f.Add("POST", "/v1/a%2Fb", "%zz&&=&a=%", "", "\x00", ";;", "", []byte("\xff"))
	f.Add("", "", "", "Content-Type", "/", "", "a/b;c", []byte(nil))
	f.Fuzz(func(t *testing.T, method, path, query, name, value, cookie, contentType string, body []byte) {
		l := returning(`{"statusCode":202}`)
		for _, stage := range []string{"", "v1"} {
			l.payload = nil
			h := api(t, l, func(c *Config) {
				c.Stage = stage
				c.Routes = []Route{{Method: "GET", Path: "/rooms/{id}/messages", Function: "Fn"}, {Method: "ANY", Path: "/{all+}", Function: "Fn"}}
			})
			r := httptest.NewRequest("GET", "/", bytes.NewReader(body))
			r.Method, r.URL = method, &url.URL{Path: path, RawQuery: query}
			r.Header = http.Header{name: {value}, "Cookie": {cookie}, "Content-Type": {contentType}}
			status := serve(h, r).StatusCode
			if (status == 202) != (l.payload != nil) {
				t.Fatalf("status %d, event %s", status, l.payload)
			}
			if l.payload == nil {
				continue
			}
			e := decode(t, l.payload)
			if e.Version != "2.0" || e.RequestContext.RouteKey != e.RouteKey || len(body) > 0 && e.Body == "" {
				t.Fatalf("%s", l.payload)
			}
		}
	})
}

// FuzzResponse: whatever a function returns, the client gets a valid response.
func FuzzResponse(f *testing.F) {
	f.Add([]byte(`{"statusCode":200,"headers":{"a":"b"},"cookies":["c"],"body":"eA==","isBase64Encoded":true}`))
	f.Add([]byte(`{"statusCode":204,"headers":{"content-type":1,"a\n":"b\r\nc: d"}}`))
	f.Add([]byte(`"x"`))
	f.Add([]byte(` `))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r := serve(api(t, returning(string(payload)), nil), httptest.NewRequest("GET", "/", nil))
		if r.StatusCode < 200 || r.StatusCode > 599 || len(r.Header.Values("Apigw-Requestid")) != 1 {
			t.Fatalf("%d %v", r.StatusCode, r.Header)
		}
		bodyText(t, r)
	})
}
