package e2e

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// startFront has what wrap makes stand between the functions and the engine at an endpoint, until the test ends. It
// returns where they reach it.
func startFront(t *testing.T, endpoint string, wrap func(next http.Handler) http.Handler) (string, error) {
	front, err := engine.StartFront(endpoint, wrap)
	if err != nil {
		return "", err
	}
	t.Cleanup(func() {
		if err := front.Close(); err != nil {
			t.Error(err)
		}
	})
	return front.Endpoint(), nil
}

// hangingStore stands between the functions and the engine. While it hangs it takes every call and answers none.
type hangingStore struct {
	hangs   atomic.Bool
	waiting atomic.Int64 // calls whose caller still waits
}

func (h *hangingStore) start(t *testing.T, endpoint string) (string, error) {
	return startFront(t, endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !h.hangs.Load() {
				next.ServeHTTP(w, r)
				return
			}
			h.waiting.Add(1)
			defer h.waiting.Add(-1)
			_, _ = io.Copy(io.Discard, r.Body) // else the end of the caller is not seen
			<-r.Context().Done()
		})
	})
}

// TestAStoreThatHangsIsToldInTime: each request gets its own answer, from a process that lives on and serves the next
// one.
func TestAStoreThatHangsIsToldInTime(t *testing.T) {
	h := &hangingStore{}
	w := startOwn(t, stack.Options{StoreFront: func(endpoint string) (string, error) { return h.start(t, endpoint) }})
	ann := w.as("ann")
	ann.joins("lobby")
	ann.sends("lobby", "before")
	ann.sees("lobby", "before")
	await(t, "the fan-out has ended too", func() bool { return w.metric("invocations", "fanout") == "1" })

	h.hangs.Store(true)
	for name, err := range askAll(ann) {
		switch refused, isFrame := errors.AsType[*chatclient.Error](err); {
		case isFrame && refused.Code == "unavailable" && refused.Retryable:
		case err != nil && err.Error() == (&chatclient.Refused{Status: http.StatusServiceUnavailable}).Error():
		default:
			t.Errorf("%s got %v, want unavailable", name, err)
		}
	}
	await(t, "no call is left", func() bool { return h.waiting.Load() == 0 })
	serving := w.processesOf("connect", "default", "history", "sendmessage")

	h.hangs.Store(false)
	for name, err := range askAll(ann) {
		if err != nil {
			t.Errorf("%s afterwards: %v", name, err)
		}
	}
	ann.sees("lobby", "before", "sendMessage")
	now := w.processesOf("connect", "default", "history", "sendmessage")
	for pid, name := range serving {
		if now[pid] != name {
			t.Errorf("processes %v, want those that were there when the store hung: %v", now, serving)
		}
	}
	// A sender is let in while it reads what it may do.
	w.expectTimeouts(map[string]late{"connect": {1, 1}, "default": {3, 3}, "history": {1, 1}, "sendmessage": {requests: 1, calls: 2}})
}

// askAll asks for all that needs the store, side by side, and returns the error of each. An error that is a frame came
// with the request's id, or it would have reached nobody.
func askAll(p *person) map[string]error {
	room := p.room("lobby")
	asks := map[string]func() error{
		"sendMessage": func() error { _, err := p.client.Send(p.ctx, room, "sendMessage", "1"); return err },
		"$connect": func() error {
			client, err := chatclient.Dial(p.ctx, p.websocket, p.token(p.user), chatclient.Options{})
			if err == nil {
				client.Drop()
			}
			return err
		},
		"history": func() error {
			status, page := p.get("/rooms/"+room+"/messages", "Bearer "+p.token(p.user))
			switch {
			case status == http.StatusServiceUnavailable && page.Code == "unavailable":
				return &chatclient.Refused{Status: status}
			case status != http.StatusOK:
				return fmt.Errorf("status %d %+v", status, page)
			}
			return nil
		},
	}
	for action, f := range map[string]fields{
		"joinRoom": {"room_id": room}, "sync": {"room_id": room, "after_id": 0}, "ping": {"room_ids": []string{room}},
	} {
		asks[action] = func() error { _, err := p.client.Do(p.ctx, action, f); return err }
	}
	var mu sync.Mutex
	var asking sync.WaitGroup
	got := map[string]error{}
	for name, ask := range asks {
		asking.Go(func() {
			err := ask()
			mu.Lock()
			defer mu.Unlock()
			got[name] = err
		})
	}
	asking.Wait()
	return got
}

// late is how many requests of a function were answered late, and how many of their calls of the store were.
type late struct{ requests, calls int }

// expectTimeouts checks how many calls of the store each function has counted as over their time, that each of their
// requests is counted as unavailable and told in the log with its cause, and that Lambda has ended none.
func (w *world) expectTimeouts(want map[string]late) {
	w.Helper()
	all := 0
	for function, n := range want {
		all += n.requests
		await(w.T, function+" has counted its store timeouts", func() bool {
			return w.metric("store_timeouts", function) == strconv.Itoa(n.calls)
		})
		await(w.T, function+" has told the cause of each", func() bool {
			return strings.Count(w.log(function), "no answer within 3s") == n.requests
		})
		for line := range strings.Lines(w.log(function)) {
			told := strings.Contains(line, `"level":"ERROR"`) && strings.Contains(line, `"outcome":"unavailable"`)
			if strings.Contains(line, "no answer within") && !told || strings.Contains(line, "Task timed out") {
				w.Errorf("%s has logged %s", function, line)
			}
		}
	}
	await(w.T, "they are counted as unavailable", func() bool {
		n, _ := strconv.Atoi(w.metric("errors", "unavailable"))
		return n >= all // jobs may have met the store while it hung, too
	})
}

// log returns what a function has logged.
func (w *world) log(function string) string {
	w.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "log", stackName+"-"+function+".log"))
	if err != nil {
		w.Fatal(err)
	}
	return string(data)
}

// processesOf returns the processes of some functions, by their ids.
func (w *world) processesOf(functions ...string) map[int]string {
	processes := w.stack.Processes()
	maps.DeleteFunc(processes, func(_ int, name string) bool {
		return !slices.Contains(functions, strings.TrimPrefix(name, stackName+"-"))
	})
	return processes
}

// metric returns the value of the series of the stack's metrics that has these words in its name and its labels; "" when
// there is none.
func (w *world) metric(words ...string) string {
	w.Helper()
	a, err := w.asks(http.MethodGet, "/_local/metrics", "", "")
	if err != nil {
		w.Fatal(err)
	}
	for line := range strings.Lines(string(a.body)) {
		lacks := func(word string) bool { return !strings.Contains(line, word) }
		if !strings.HasPrefix(line, "#") && !slices.ContainsFunc(words, lacks) {
			return line[strings.LastIndex(line, " ")+1 : len(line)-1]
		}
	}
	return ""
}
