package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// answer is any reply of the HTTP API.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem() (p struct{ Code, Field, RoomID string }) {
	var raw struct {
		Code   string `json:"code"`
		Field  string `json:"field"`
		RoomID string `json:"room_id"`
	}
	_ = json.Unmarshal(a.body, &raw)
	p.Code, p.Field, p.RoomID = raw.Code, raw.Field, raw.RoomID
	return p
}

// asks makes a request without a person; headers are NAME: VALUE. It may be called from any goroutine.
func (w *world) asks(method, path, contentType, body string, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(w.ctx, method, w.http+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, data}, err
}

// must expects a status.
func (w *world) must(status int, a answer, err error) answer {
	w.Helper()
	if err != nil || a.status != status {
		w.Fatalf("got %d %s, %v, want %d", a.status, a.body, err, status)
	}
	return a
}

// form sends a form; fields are NAME=VALUE.
func (w *world) form(path string, fields ...string) (answer, error) {
	values := url.Values{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		values.Add(name, value)
	}
	return w.asks(http.MethodPost, path, "application/x-www-form-urlencoded", values.Encode())
}

// calls makes a request of a person. It may be called from any goroutine.
func (p *person) calls(method, path, contentType, body string) (answer, error) {
	return p.callsAs("Bearer "+p.token(p.user), method, path, contentType, body)
}

func (p *person) callsAs(authorization, method, path, contentType, body string) (answer, error) {
	return p.asks(method, path, contentType, body, "Authorization: "+authorization)
}

// get reads a page; authorization may be empty.
func (w *world) get(path, authorization string) (int, page) {
	w.Helper()
	var headers []string
	if authorization != "" {
		headers = append(headers, "Authorization: "+authorization)
	}
	a, err := w.asks(http.MethodGet, path, "", "", headers...)
	if err != nil {
		w.Fatal(err)
	}
	var got page
	if err := json.Unmarshal(a.body, &got); err != nil {
		w.Fatalf("GET %s: %s", path, a.body)
	}
	return a.status, got
}
