package apidoc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"serverlesschat/localtest/apidoc"
)

func get(handler http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestThePageShowsAllOfTheDocuments(t *testing.T) {
	folder := os.DirFS("../../docs")
	d, err := apidoc.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	w := get(apidoc.Handler(folder), "/")
	page := w.Body.String()
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("status %d, %v", w.Code, w.Header())
	}
	var want []string
	for _, a := range d.Actions {
		want = append(want, `id="action-`+a.Name+`"`)
	}
	for _, p := range d.Pushes {
		want = append(want, `id="push-`+p.Name+`"`)
	}
	for _, c := range d.Calls {
		want = append(want, `id="call-`+c.Method+"-"+c.Path+`"`)
	}
	for _, s := range d.Schemas {
		want = append(want, `id="schema-`+s.Name+`"`)
	}
	want = append(want, "&#34;client_message_id&#34;: &#34;6f1c&#34;", "1–4000 characters", "always <code>&#34;sendMessage&#34;</code>")
	for _, text := range want {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not have %s", text)
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		id, err := url.PathUnescape(link[1])
		if err != nil || !strings.Contains(page, `id="`+id+`"`) {
			t.Errorf("the page has a link to #%s, which it does not have", id)
		}
	}
}

func TestTheDocumentsAreServedBesideThePage(t *testing.T) {
	handler := apidoc.Handler(os.DirFS("../../docs"))
	for path, status := range map[string]int{
		"/asyncapi.yaml": 200, "/openapi.yaml": 200, "/schemas/entry.yaml": 200, "/protocol.md": 404, "/schemas": 404,
		"/schemas/none.yaml": 404, "/../go.mod": 404,
	} {
		if w := get(handler, path); w.Code != status {
			t.Errorf("%s: status %d, want %d", path, w.Code, status)
		}
	}
}

const (
	frames = `
asyncapi: 3.1.0
channels: {connection: {x-max-frame-bytes: 1}}
operations:
  ask:
    action: receive
    summary: "<b>bold</b> and ` + "`code`" + `"
    messages: [{$ref: '#/components/messages/ask'}]
components:
  messages:
    ask:
      payload:
        type: object
        properties:
          circle: {$ref: '#/components/messages/ask/payload/properties/circle'}
          nested: {type: array, items: {$ref: '#/components/messages/ask/payload'}}
          nothing: {$ref: 'none.yaml#/Nothing'}
`
	calls = `{openapi: 3.1.0, paths: {}}`
)

// A $ref that leads nowhere, or in a circle, is shown as nothing.
func TestWhatIsWrittenIsText(t *testing.T) {
	folder := fstest.MapFS{"asyncapi.yaml": {Data: []byte(frames)}, "openapi.yaml": {Data: []byte(calls)}}
	w := get(apidoc.Handler(folder), "/")
	if page := w.Body.String(); w.Code != 200 || !strings.Contains(page, "&lt;b&gt;bold&lt;/b&gt; and <code>code</code>") {
		t.Errorf("%d %s", w.Code, page)
	}
}

func TestDocumentsThatCannotBeReadAreNamed(t *testing.T) {
	for name, folder := range map[string]fstest.MapFS{
		"asyncapi.yaml": {"openapi.yaml": {Data: []byte(calls)}},
		"openapi.yaml":  {"asyncapi.yaml": {Data: []byte(frames)}, "openapi.yaml": {Data: []byte("{")}},
	} {
		if w := get(apidoc.Handler(folder), "/"); w.Code != 500 || !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
