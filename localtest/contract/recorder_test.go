package contract

import (
	"bytes"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder stands before the engine and in place of the management API, and writes a line per call: so that what is
// written down is what goes over the network, whoever in the code sends it.
type recorder struct {
	engine string // its address
	prefix string // of the names of the test's tables
	client *http.Client

	mu    sync.Mutex
	lines []string
}

// serve returns the addresses of the store, of the management API and of the queue.
func (r *recorder) serve(t *testing.T) (store, management, queue string) {
	t.Helper()
	transport := &http.Transport{}
	r.client = &http.Client{Transport: transport}
	storeServer := httptest.NewServer(http.HandlerFunc(r.call))
	managementServer := httptest.NewServer(http.HandlerFunc(r.post))
	queueServer := httptest.NewServer(http.HandlerFunc(r.send))
	t.Cleanup(func() {
		queueServer.Close()
		storeServer.Close()
		managementServer.Close()
		transport.CloseIdleConnections()
	})
	return storeServer.URL, managementServer.URL, queueServer.URL
}

// call passes a call of the store on.
func (r *recorder) call(w http.ResponseWriter, in *http.Request) {
	body, err := io.ReadAll(in.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	out, err := http.NewRequestWithContext(in.Context(), in.Method, r.engine+in.RequestURI, bytes.NewReader(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	out.Header = in.Header.Clone()
	answer, err := r.client.Do(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	answered, err := io.ReadAll(answer.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	_, operation, _ := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	r.add(r.describe(operation, body) + outcomeOf(answer.StatusCode, answered))
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(answered)
}

// describe writes a call: the operation, the table and all other members of the request, in the order of their names.
func (r *recorder) describe(operation string, body []byte) string {
	var members map[string]any
	if err := json.Unmarshal(bytes.ReplaceAll(body, []byte(r.prefix), nil), &members); err != nil {
		return operation + " " + err.Error()
	}
	line := operation
	if table, ok := members["TableName"]; ok {
		line += fmt.Sprintf(" %v", table)
		delete(members, "TableName")
	}
	delete(members, "ClientRequestToken") // the SDK's, by which DynamoDB knows a repeat
	for _, name := range slices.Sorted(maps.Keys(members)) {
		mask(members[name])
		line += " " + name + "=" + encode(members[name])
	}
	return windows.ReplaceAllString(line, "w*")
}

// windows are the names of a user's windows, which are those of the second, one or many of them.
var windows = regexp.MustCompile(`\bw[0-9]+\b(, w[0-9]+\b)*`)

// mask hides what differs from run to run: the clock's times, the salted fingerprint, and the tokens of leases. Times that
// follow from the event or from the token stay.
func mask(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if slices.Contains([]string{"created_at", "joined_at", "checked_at", "at", ":joined", "h", ":me", ":held", ":now", ":second", ":fresh"}, name) {
				for kind := range member.(map[string]any) {
					value[name] = map[string]any{kind: "*"}
				}
				continue
			}
			mask(member)
		}
	case []any:
		for _, element := range value {
			mask(element)
		}
	}
}

// encode writes a value on one line, with sorted members, and < > & as they are.
func encode(value any) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(out.String())
}

// outcomeOf says how a call ended, when it failed.
func outcomeOf(status int, body []byte) string {
	if status == http.StatusOK {
		return ""
	}
	var failure struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(body, &failure)
	_, name, _ := strings.Cut(failure.Type, "#")
	return fmt.Sprintf(" → %d %s", status, name)
}

// post answers for the management API: every connection is there, but for the one that is called gone.
func (r *recorder) post(w http.ResponseWriter, in *http.Request) {
	body, _ := io.ReadAll(in.Body)
	path, _ := url.PathUnescape(in.URL.EscapedPath())
	line := in.Method + " " + path
	if len(body) > 0 {
		line += " " + hideTimes(string(body))
	}
	if strings.HasSuffix(path, "/gone=") {
		line += " → 410"
		w.WriteHeader(http.StatusGone)
	}
	r.add(line)
}

// send answers for the queue, which takes every message.
func (r *recorder) send(w http.ResponseWriter, in *http.Request) {
	var message struct{ MessageBody string }
	_ = json.NewDecoder(in.Body).Decode(&message)
	r.add("SendMessage " + epochs.ReplaceAllString(message.MessageBody, `"began_ms":"*"`))
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = fmt.Fprintf(w, `{"MessageId":"m","MD5OfMessageBody":"%x"}`, md5.Sum([]byte(message.MessageBody)))
}

var epochs = regexp.MustCompile(`"began_ms":\d+`)

func (r *recorder) add(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, line)
}

// take returns the lines since it was last called. Those of calls that run side by side are put in the order of the
// alphabet, or they would stand in another order every time.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && together(lines[from]) != "" && together(lines[from]) == together(lines[to]) {
			to++
		}
		slices.Sort(lines[from:to])
		from = to
	}
	return lines
}

// together names the calls that are made side by side: the first shard of a room's subscriptions is read while their
// number is, a sender reads the log beside both, a sender is let in while it reads what it may do, and connections are
// posted to at once. All others follow one another, and
// their order counts.
func together(line string) string {
	switch {
	case strings.HasPrefix(line, "Query ") && strings.Contains(line, `"room_shard = :shard"`),
		strings.HasPrefix(line, "Query ") && strings.Contains(line, `"room_id = :room AND id > :id"`) && strings.Contains(line, "Limit=500"),
		strings.HasPrefix(line, "GetItem ") && strings.Contains(line, `Key={"item":{"S":"room#`):
		return "subscribers"
	case strings.HasPrefix(line, "BatchGetItem ") && strings.Contains(line, `"claim#`),
		strings.HasPrefix(line, "UpdateItem ") && strings.Contains(line, ":persecond"):
		return "admission"
	case strings.HasPrefix(line, "POST "):
		return "posts"
	}
	return ""
}

// hideTimes hides the clock's times in a frame.
func hideTimes(frame string) string {
	return regexp.MustCompile(`"(created_at|server_time)":"[^"]*"`).ReplaceAllString(frame, `"$1":"*"`)
}
