package httpapi

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// tokens returns a bucket with n tokens that is never filled again.
func tokens(n int) Limiter { return func() bool { n--; return n >= 0 } }

func TestRequestsAreThrottled(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"by the stage":   func(c *Config) { c.Throttles.Stage = tokens(1) },
		"by the account": func(c *Config) { c.Throttles.Account = tokens(1) },
		"by the route":   func(c *Config) { c.Routes[0].Throttle, c.Throttles.Stage = tokens(1), tokens(0) },
	} {
		l := returning("{}")
		h := api(t, l, func(c *Config) {
			c.Routes = []Route{{Method: "GET", Path: "/a", Function: "Fn"}}
			change(c)
		})
		for n, want := range []int{200, 404, 429} { // what no route takes draws nothing
			target := "/a"
			if want == 404 {
				target = "/b"
			}
			r := serve(h, httptest.NewRequest("GET", target, nil))
			body := bodyText(t, r)
			if r.StatusCode != want || want == 429 && body != `{"message":"Too Many Requests"}` || r.Header.Get("Apigw-Requestid") == "" {
				t.Errorf("%s: request %d: %d %s %v", name, n, r.StatusCode, body, r.Header)
			}
		}
	}
}

func TestWhatTheRouteRefusesTakesNothingFromTheAccount(t *testing.T) {
	account := 1
	h := api(t, returning("{}"), func(c *Config) {
		c.Routes = []Route{{Method: "GET", Path: "/a", Function: "Fn", Throttle: tokens(0)}, {Path: "$default", Function: "Fn"}}
		c.Throttles.Account = func() bool { account--; return account >= 0 }
	})
	for _, request := range []string{"/a 429", "/b 200", "/b 429"} {
		target, want, _ := strings.Cut(request, " ")
		if r := serve(h, httptest.NewRequest("GET", target, nil)); !strings.HasPrefix(r.Status, want) {
			t.Errorf("%s: %s, want %s", target, r.Status, want)
		}
	}
}
