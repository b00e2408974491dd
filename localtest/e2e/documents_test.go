package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/apidoc"
	"serverlesschat/localtest/apidoc/apidoctest"
	"serverlesschat/localtest/chatclient"
)

// What clients send and get in the stories is held against docs/asyncapi.yaml and docs/openapi.yaml, both ways. What is
// sent to a client must be as they say; a frame that was accepted must be one that they allow, and one that was refused
// as invalid must be one that they refuse. When all stories have run, each message and each response of the documents
// must have been seen.

// conformance is what was seen of the documents.
type conformance struct {
	*apidoc.Documents
	*apidoctest.Validator
	messages map[string]apidoc.Message
	actions  map[string]apidoc.Action

	mu       sync.Mutex
	seen     map[string]bool // by the names that parts returns
	valid    map[string]bool // texts of the server that were judged
	problems map[string]bool
}

// documented is the conformance of this test binary.
var documented = sync.OnceValues(func() (*conformance, error) {
	folder := os.DirFS(filepath.Join(root, "docs"))
	d, err := apidoc.Load(folder)
	if err != nil {
		return nil, err
	}
	c := &conformance{
		Documents: d, Validator: apidoctest.New(folder), messages: map[string]apidoc.Message{},
		actions: map[string]apidoc.Action{}, seen: map[string]bool{}, valid: map[string]bool{}, problems: map[string]bool{},
	}
	for _, m := range d.Messages() {
		c.messages[m.Name] = m
	}
	for _, a := range d.Actions {
		c.actions[a.Name] = a
	}
	return c, nil
})

func (c *conformance) see(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[part] = true
}

func (c *conformance) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems[fmt.Sprintf(format, args...)] = true
}

// manyTexts bounds what is remembered of the texts that were judged: in a crowd everybody gets the same one.
const manyTexts = 10_000

// judge validates what the server has sent.
func (c *conformance) judge(shape apidoc.Shape, text []byte) error {
	key := shape.URL + " " + string(text)
	c.mu.Lock()
	known := c.valid[key]
	c.mu.Unlock()
	if known {
		return nil
	}
	if err := c.Closed.Validate(shape, text); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.valid) >= manyTexts {
		clear(c.valid)
	}
	c.valid[key] = true
	return nil
}

// tracer watches the connections of one story.
type tracer struct {
	*conformance
	story string
}

var _ chatclient.Tracer = tracer{}

// Refused implements chatclient.Tracer.
func (t tracer) Refused(status int) {
	t.see(handshakePart(status))
	if !slices.ContainsFunc(t.Handshake, func(o apidoc.Outcome) bool { return o.Status == status }) {
		t.problem("%s: a handshake ended with %d, which x-handshake does not name", t.story, status)
	}
}

// Opened implements chatclient.Tracer.
func (t tracer) Opened() chatclient.Trace {
	t.see(handshakePart(http.StatusSwitchingProtocols))
	c := connectionTrace{tracer: t, asked: map[string]asked{}}
	return chatclient.Trace{Sent: c.sent, Received: c.received}
}

// seeKinds notes the kinds of the entries that a frame or a body shows.
func (c *conformance) seeKinds(text []byte) {
	type entry struct{ Kind string }
	var ack struct{ Message entry }
	var page struct{ Messages []entry }
	if json.Unmarshal(text, &ack) == nil && ack.Message.Kind != "" {
		c.see(kindPart(ack.Message.Kind))
	}
	if json.Unmarshal(text, &page) == nil {
		for _, e := range page.Messages {
			c.see(kindPart(e.Kind))
		}
	}
}

type connectionTrace struct {
	tracer
	mu    sync.Mutex
	asked map[string]asked // by request_id
}

// asked is a frame that waits for its reply.
type asked struct {
	action apidoc.Action
	wrong  error // what the document has against it
	text   string
}

func (c *connectionTrace) sent(frame []byte) {
	confidential().body(frame)
	var f struct {
		Action    string
		RequestID string `json:"request_id"`
	}
	action, known := c.actions[f.Action], false
	if json.Unmarshal(frame, &f) == nil {
		action, known = c.actions[f.Action]
	}
	if !known {
		return
	}
	a := asked{action: action, text: fmt.Sprintf("%.300s", frame)}
	a.wrong = c.Open.Validate(action.Request.Body.Shape, apidoctest.WithoutNulls(frame))
	if hasNoReply := len(action.Replies) == 1; hasNoReply && a.wrong == nil {
		c.see(messagePart(action.Request.Name))
	}
	if f.RequestID == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[f.RequestID] = a
}

// pushed ends the name of a message whose type is also the name of an action.
const pushed = "Pushed"

func (c *connectionTrace) received(frame []byte) {
	var f struct {
		Type      string
		RequestID string `json:"request_id"`
		Error     struct{ Code chat.Code }
	}
	if err := json.Unmarshal(frame, &f); err != nil {
		c.problem("%s: %v: %.300s", c.story, err, frame)
		return
	}
	name := f.Type
	if name == "" {
		name = "gatewayError"
	}
	if _, both := c.messages[name+pushed]; both {
		name += pushed
	}
	c.see(messagePart(name))
	c.seeKinds(frame)
	if message, ok := c.messages[name]; !ok {
		c.problem("%s: the documents have no message %s: %.300s", c.story, name, frame)
	} else if err := c.judge(message.Body.Shape, frame); err != nil {
		c.problem("%s: %v: %.300s", c.story, err, frame)
	}
	c.mu.Lock()
	a, ok := c.asked[f.RequestID]
	c.mu.Unlock()
	if ok {
		c.replied(a, name, f.Error.Code)
	}
}

// replied compares how a frame was answered with what the document says of it. Errors of other codes are about what the
// frame asks for, and say nothing of the frame.
func (c *connectionTrace) replied(a asked, reply string, code chat.Code) {
	if !slices.ContainsFunc(a.action.Replies, func(m apidoc.Message) bool { return m.Name == reply }) {
		c.problem("%s: %s was answered by %s, which is none of its replies", c.story, a.action.Name, reply)
	}
	refused := code == chat.CodeInvalid || code == chat.CodeTooLarge
	switch {
	case refused && a.wrong == nil && namesAnEntry(a):
	case refused && a.wrong == nil:
		c.problem("%s: the document allows what was refused as %s: %s", c.story, code, a.text)
	case code == "" && a.wrong != nil:
		c.problem("%s: the document refuses what was accepted: %v: %s", c.story, a.wrong, a.text)
	case code == "":
		c.see(messagePart(a.action.Request.Name))
	}
}

// namesAnEntry reports whether a frame is right only if its id is that of an entry of the room, which no document can say.
func namesAnEntry(a asked) bool {
	return a.action.Name == "markRead" || a.action.Name == "markDelivered"
}

// httpFront stands before the HTTP API and looks at what it answers.
func (c *conformance) httpFront(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		got := recorder.Result()
		if err := c.answered(r, got, recorder.Body.Bytes()); err != nil {
			c.problem("%s %s, status %d: %v: %.300s", r.Method, r.URL, got.StatusCode, err, recorder.Body)
		}
		maps.Copy(w.Header(), got.Header)
		w.WriteHeader(got.StatusCode)
		_, _ = w.Write(recorder.Body.Bytes()) // an error means that the client has gone
	})
}

func (c *conformance) answered(r *http.Request, got *http.Response, body []byte) error {
	call, ok := c.callOf(r)
	if !ok {
		if got.StatusCode == http.StatusNotFound {
			return nil
		}
		return errors.New("the documents have no such call")
	}
	for _, p := range call.Parameters {
		if values := r.URL.Query()[p.Name]; p.In == "query" && len(values) > 0 && got.StatusCode < 300 {
			text := apidoctest.ParameterJSON(p, values[0])
			if p.Shape.Items != nil {
				text, _ = json.Marshal(values) // texts always can
			}
			if err := c.Open.Validate(p.Shape, text); err != nil {
				return fmt.Errorf("the document refuses what was accepted: %w", err)
			}
		}
	}
	i := slices.IndexFunc(call.Responses, func(r apidoc.Response) bool { return r.Status == got.StatusCode })
	if i < 0 {
		return errors.New("the documents have no such status")
	}
	return c.responded(call, call.Responses[i], got, body)
}

func (c *conformance) responded(call apidoc.Call, documented apidoc.Response, got *http.Response, body []byte) error {
	kind, _, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil && len(body) > 0 {
		return err
	}
	c.see(responsePart(call, documented, kind))
	for _, h := range documented.Headers {
		value, _ := json.Marshal(got.Header.Get(h.Name))
		if err := c.Closed.Validate(h.Shape, value); err != nil {
			return fmt.Errorf("header %s: %w", h.Name, err)
		}
	}
	if len(documented.Bodies) == 0 && len(body) == 0 {
		return nil
	}
	for _, b := range documented.Bodies {
		switch {
		case b.ContentType == kind && kind == jsonLines:
			for line := range bytes.Lines(body) {
				if err := c.judge(b.Shape, line); err != nil {
					return err
				}
			}
			return nil
		case b.ContentType == kind:
			return c.judge(b.Shape, body)
		}
	}
	return fmt.Errorf("the documents have no body of the type %q", kind)
}

// jsonLines is the type of bodies of which each line is as the document says.
const jsonLines = "application/jsonl"

// callOf returns the call that a request is for. Of two paths that fit, the one with fewer names in it is meant.
func (c *conformance) callOf(r *http.Request) (best apidoc.Call, found bool) {
	asked := strings.Split(r.URL.EscapedPath(), "/")
	for _, call := range c.Calls {
		path := strings.Split(call.Path, "/")
		fits := call.Method == r.Method && len(path) == len(asked)
		for i := 0; fits && i < len(path); i++ {
			fits = path[i] == asked[i] || strings.HasPrefix(path[i], "{") && asked[i] != ""
		}
		if fits && (!found || strings.Count(call.Path, "{") < strings.Count(best.Path, "{")) {
			best, found = call, true
		}
	}
	return best, found
}
