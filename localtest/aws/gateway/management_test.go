package gateway

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/coder/websocket"
	"github.com/gobwas/ws"
)

// sdk returns the AWS SDK's own client, for a stage.
func (h *harness) sdk(stage string) *apigatewaymanagementapi.Client {
	return apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		Region:           "us-east-1",
		BaseEndpoint:     aws.String(h.url("/" + stage)),
		Credentials:      credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RetryMaxAttempts: 1,
		HTTPClient:       h.srv.Client(),
	})
}

func TestSDK(t *testing.T) {
	h := start(t)
	client, id := h.dial(&websocket.DialOptions{HTTPHeader: map[string][]string{"User-Agent": {"tester/1"}}})
	api := h.sdk("dev")
	for _, data := range []string{"hello", `{"t":"ä😀"}`, "", strings.Repeat("x", messageLimit)} {
		if _, err := api.PostToConnection(h.ctx(), &apigatewaymanagementapi.PostToConnectionInput{
			ConnectionId: &id, Data: []byte(data),
		}); err != nil {
			t.Fatal(err)
		}
		if got := h.read(client); got != data {
			t.Errorf("got %.60q, want %.60q", got, data)
		}
	}
	info, err := api.GetConnection(h.ctx(), &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
	if err != nil {
		t.Fatal(err)
	}
	if *info.Identity.SourceIp != "127.0.0.1" || *info.Identity.UserAgent != "tester/1" ||
		time.Since(*info.ConnectedAt) > time.Minute || info.LastActiveAt.Before(*info.ConnectedAt) {
		t.Errorf("info: %+v %+v", info, info.Identity)
	}
	if _, err := api.DeleteConnection(h.ctx(), &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id}); err != nil {
		t.Fatal(err)
	}
	if code, _ := h.readClose(client); code != 1000 {
		t.Errorf("closed with %d", code)
	}
}

func TestSDKErrors(t *testing.T) {
	h := start(t)
	_, id := h.dial(nil)
	post := func(api *apigatewaymanagementapi.Client, id, data string) error {
		_, err := api.PostToConnection(h.ctx(), &apigatewaymanagementapi.PostToConnectionInput{
			ConnectionId: &id, Data: []byte(data),
		})
		return err
	}
	const unknown = "L0SM9cOFvHcCIhw="
	if err := post(h.sdk("dev"), unknown, "x"); !isError[*types.GoneException](err) {
		t.Errorf("POST to an unknown connection: %v", err)
	}
	if _, err := h.sdk("dev").GetConnection(h.ctx(), &apigatewaymanagementapi.GetConnectionInput{
		ConnectionId: aws.String(unknown)}); !isError[*types.GoneException](err) {
		t.Errorf("GET of an unknown connection: %v", err)
	}
	if _, err := h.sdk("dev").DeleteConnection(h.ctx(), &apigatewaymanagementapi.DeleteConnectionInput{
		ConnectionId: aws.String(unknown)}); !isError[*types.GoneException](err) {
		t.Errorf("DELETE of an unknown connection: %v", err)
	}
	if err := post(h.sdk("dev"), id, strings.Repeat("x", messageLimit+1)); !isError[*types.PayloadTooLargeException](err) {
		t.Errorf("a long POST: %v", err)
	}
	if err := post(h.sdk("prod"), id, "x"); !isError[*types.ForbiddenException](err) {
		t.Errorf("POST to another stage: %v", err)
	}
	if err := post(h.sdk("dev"), "other form", "x"); err == nil || !strings.Contains(err.Error(), "BadRequestException: Invalid connectionId") {
		t.Errorf("POST to a malformed id: %v", err)
	}
}

func isError[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// What a request without an SDK sees.
func TestManagementOverHTTP(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	const unknown = "L0SM9cOFvHcCIhw="
	escaped := url.PathEscape(id[:15]) + "%3D"
	for name, tc := range map[string]struct {
		method, path string
		status       int
		errorType    string
		body         string
	}{
		"post":                {"POST", "/dev/@connections/" + id, 200, "", ""},
		"escaped":             {"POST", "/dev/%40connections/" + escaped, 200, "", ""},
		"escaped twice":       {"POST", "/dev/@connections/" + id[:15] + "%253D", 400, "BadRequestException", `{"message":"Invalid connectionId: ` + id[:15] + `%3D"}`},
		"unknown":             {"POST", "/dev/@connections/" + unknown, 410, "GoneException", ""},
		"unknown, get":        {"GET", "/dev/@connections/" + unknown, 410, "GoneException", ""},
		"unknown, delete":     {"DELETE", "/dev/@connections/" + unknown, 410, "GoneException", ""},
		"too short":           {"GET", "/dev/@connections/abc%3D", 400, "BadRequestException", `{"message":"Invalid connectionId: abc="}`},
		"empty id":            {"GET", "/dev/@connections/", 400, "BadRequestException", `{"message":"Invalid connectionId: "}`},
		"no id":               {"GET", "/dev/@connections", 403, "ForbiddenException", `{"message":"Forbidden"}`},
		"wrong stage":         {"POST", "/prod/@connections/" + id, 403, "ForbiddenException", `{"message":"Forbidden"}`},
		"no stage":            {"POST", "/@connections/" + id, 403, "ForbiddenException", `{"message":"Forbidden"}`},
		"method":              {"PUT", "/dev/@connections/" + id, 403, "ForbiddenException", `{"message":"Forbidden"}`},
		"something behind it": {"POST", "/dev/@connections/" + id + "/x", 400, "BadRequestException", `{"message":"Invalid connectionId: ` + id + `/x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, body := h.request(tc.method, tc.path, strings.NewReader("hello"))
			if status != tc.status || body != tc.body || header.Get("x-amzn-ErrorType") != tc.errorType {
				t.Errorf("got %d %s %q, want %d %s %q", status, header.Get("x-amzn-ErrorType"), body, tc.status, tc.errorType, tc.body)
			}
			if !idForm.MatchString(header.Get("x-amzn-RequestId")) {
				t.Errorf("headers: %v", header)
			}
			if status == 200 && h.read(client) != "hello" {
				t.Error("something else arrived")
			}
		})
	}
}

func TestGetConnection(t *testing.T) {
	at := time.Date(2020, 4, 30, 20, 10, 33, 236_900_000, time.FixedZone("", 3600))
	h := start(t, func(cfg *Config) { cfg.Now = func() time.Time { return at } })
	_, id := h.dial(&websocket.DialOptions{HTTPHeader: map[string][]string{"User-Agent": {`"quoted"`}}})
	_, header, body := h.request("GET", "/dev/@connections/"+id, nil)
	want := `{"connectedAt":"2020-04-30T19:10:33.236Z","identity":{"sourceIp":"127.0.0.1","userAgent":"\"quoted\""},` +
		`"lastActiveAt":"2020-04-30T19:10:33.236Z"}`
	if body != want || header.Get("Content-Type") != "application/json" {
		t.Errorf("got  %s\nwant %s", body, want)
	}
}

func TestLastActiveAt(t *testing.T) {
	clock := newClock()
	h := start(t, func(cfg *Config) { cfg.Now = clock.now })
	c, id := h.dialRaw()
	lastActive := func() time.Duration {
		_, _, body := h.request("GET", "/dev/@connections/"+id, nil)
		var info struct{ ConnectedAt, LastActiveAt time.Time }
		if err := json.Unmarshal([]byte(body), &info); err != nil {
			t.Fatal(err)
		}
		return info.LastActiveAt.Sub(info.ConnectedAt)
	}
	clock.advance(time.Second)
	c.write(masked(ws.OpPing, true, ""))
	c.frame()
	if got := lastActive(); got != 0 {
		t.Errorf("after a ping: %v", got)
	}
	h.post(id, "x")
	if got := lastActive(); got != time.Second {
		t.Errorf("after a POST: %v", got)
	}
	clock.advance(time.Second)
	c.write(masked(ws.OpText, true, `{"action":"oneWay"}`))
	h.next("oneway")
	if got := lastActive(); got != 2*time.Second {
		t.Errorf("after a message: %v", got)
	}
}

// Messages go out as text, in frames of 32 KB at most.
func TestPostedFrames(t *testing.T) {
	h := start(t)
	c, id := h.dialRaw()
	for name, tc := range map[string]struct {
		body, want string
		frames     int
		chunked    bool
	}{
		"empty":          {"", "", 1, false},
		"short":          {"x", "x", 1, false},
		"126":            {strings.Repeat("x", 126), strings.Repeat("x", 126), 1, false},
		"one frame":      {strings.Repeat("x", frameLimit), strings.Repeat("x", frameLimit), 1, false},
		"two frames":     {strings.Repeat("x", frameLimit+1), strings.Repeat("x", frameLimit+1), 2, false},
		"four frames":    {strings.Repeat("x", messageLimit), strings.Repeat("x", messageLimit), 4, false},
		"not UTF-8":      {"a\xffb", "a\uFFFDb", 1, false},
		"chunked":        {"hello", "hello", 1, true},
		"empty, in none": {"", "", 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			var body io.Reader = strings.NewReader(tc.body)
			if tc.chunked {
				body = io.MultiReader(body) // hides the length
			}
			if status, _, _ := h.request("POST", "/dev/@connections/"+id, body); status != 200 {
				t.Fatal(status)
			}
			var got strings.Builder
			for i := range tc.frames {
				f := c.frame()
				want := ws.OpContinuation
				if i == 0 {
					want = ws.OpText
				}
				if f.Header.OpCode != want || f.Header.Fin != (i == tc.frames-1) || len(f.Payload) > frameLimit {
					t.Errorf("frame %d: %+v", i, f.Header)
				}
				got.Write(f.Payload)
			}
			if got.String() != tc.want {
				t.Errorf("got %.60q", got.String())
			}
		})
	}
	status, header, body := h.request("POST", "/dev/@connections/"+id, io.MultiReader(strings.NewReader(strings.Repeat("x", messageLimit+1))))
	if status != 413 || header.Get("x-amzn-ErrorType") != "PayloadTooLargeException" || body != `{"message":"Message too long"}` {
		t.Errorf("chunked and too long: %d %v %s", status, header, body)
	}
}

// A POST whose caller gives up in the middle of the body sends nothing.
func TestIncompletePost(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	conn, err := net.Dial("tcp", h.srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /dev/@connections/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\nhalf", id)
	conn.(*net.TCPConn).CloseWrite()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if resp.StatusCode != 400 {
		t.Errorf("answered %s", resp.Status)
	}
	h.post(id, "whole")
	if got := h.read(client); got != "whole" {
		t.Errorf("got %q", got)
	}
}

// Concurrent POSTs of several frames do not mix on the wire.
func TestConcurrentPosts(t *testing.T) {
	h := start(t)
	client, id := h.dial(nil)
	const posters, each = 8, 10
	done := make(chan struct{})
	for p := range posters {
		go func() {
			defer func() { done <- struct{}{} }()
			text := strings.Repeat(string(rune('a'+p)), frameLimit+p)
			for range each {
				for h.post(id, text) == 429 { // the reader below is slower than all of them together
				}
			}
		}()
	}
	for range posters * each {
		got := h.read(client)
		if strings.Trim(got, got[:1]) != "" || len(got) != frameLimit+int(got[0]-'a') {
			t.Fatalf("got %d bytes beginning with %.10q", len(got), got)
		}
	}
	for range posters {
		<-done
	}
}
