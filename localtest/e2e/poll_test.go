package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
)

func (p *person) tryPoll(query string) ([]page, error) {
	a, err := p.calls(http.MethodGet, "/poll?"+query, "", "")
	if err != nil || a.status != http.StatusOK {
		return nil, fmt.Errorf("poll %s: %d %s, %v", query, a.status, a.body, err)
	}
	var got struct{ Rooms []page }
	if err := json.Unmarshal(a.body, &got); err != nil || got.Rooms == nil {
		return nil, fmt.Errorf("poll %s: %s, %v", query, a.body, err)
	}
	return got.Rooms, nil
}

// polls polls, and must get something or nothing, but no problem.
func (p *person) polls(query string) []page {
	p.Helper()
	pages, err := p.tryPoll(query)
	if err != nil {
		p.Fatal(err)
	}
	return pages
}

func (p *person) tryPost(room, content string) (entry, error) {
	body, err := json.Marshal(fields{"content": content, "client_message_id": strings.ReplaceAll(content, " ", "-")})
	if err != nil {
		return entry{}, err
	}
	a, err := p.calls(http.MethodPost, "/rooms/"+p.room(room)+"/messages", "application/json", string(body))
	if err != nil || a.status != http.StatusCreated {
		return entry{}, fmt.Errorf("post: %d %s, %v", a.status, a.body, err)
	}
	var ack struct {
		Type    string `json:"type"`
		Message entry  `json:"message"`
	}
	if err := json.Unmarshal(a.body, &ack); err != nil || ack.Type != "ack" {
		return entry{}, fmt.Errorf("post: %s, %v", a.body, err)
	}
	return ack.Message, nil
}

// posts is sends over HTTP.
func (p *person) posts(room, content string) entry {
	p.Helper()
	e, err := p.tryPost(room, content)
	if err != nil {
		p.Fatal(err)
	}
	return e
}

func TestStoryPoll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		for _, room := range []string{"lobby", "hall", "cellar"} {
			ann.joins(room)
			bob.joins(room)
		}
		ann.client.Drop()
		at := func(lobby, hall int) string {
			return fmt.Sprintf("after=%s:%d&after=%s:%d", w.room("lobby"), lobby, w.room("hall"), hall)
		}
		begun := time.Now()
		if got := ann.polls(at(0, 0) + "&wait=1"); len(got) > 0 || time.Since(begun) < time.Second {
			t.Errorf("there is nothing new: %+v after %v", got, time.Since(begun))
		}
		first := ann.posts("lobby", "hi bob")
		if again := ann.posts("lobby", "hi bob"); first.ID != 1 || again.ID != first.ID || again.CreatedAt != first.CreatedAt {
			t.Errorf("posted %+v, then %+v", first, again)
		}
		bob.sees("lobby", "hi bob")
		if again := bob.history("lobby", "").Messages; len(again) != 1 {
			t.Errorf("history: %+v", again)
		}
		done := make(chan []page)
		go func() {
			pages, err := ann.tryPoll(at(1, 0) + "&wait=20")
			if err != nil {
				t.Error(err)
			}
			done <- pages
		}()
		bob.sends("cellar", "not asked for")
		said := bob.sends("hall", "hi ann")
		got := <-done
		if len(got) != 1 || got[0].RoomID != w.room("hall") || len(got[0].Messages) != 1 || got[0].Messages[0].ID != said.ID ||
			got[0].FirstID != 1 || got[0].LastID != 1 || got[0].More {
			t.Errorf("polled %+v", got)
		}
		if got := ann.polls(at(0, 0)); len(got) != 2 || got[0].RoomID != w.room("lobby") || got[1].RoomID != w.room("hall") {
			t.Errorf("polled both: %+v", got)
		}
	})
}

func TestStoryANewerPollEndsTheOlder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		query := "after=" + w.room("lobby") + ":0&wait=20&tab="
		ended := make(chan string, 2)
		for _, tab := range []string{"old", "other"} {
			go func() {
				pages, err := ann.tryPoll(query + tab)
				if err != nil || (len(pages) > 0) != (tab == "other") {
					t.Errorf("tab %s: %+v, %v", tab, pages, err)
				}
				ended <- tab
			}()
		}
		// The newer one may come before the older one's row: then it is the older one. So it comes until it ends one.
		var tab string
		for tab == "" {
			ann.polls(strings.Replace(query, "wait=20", "wait=1", 1) + "old")
			select {
			case tab = <-ended:
			default:
			}
		}
		if tab != "old" {
			t.Errorf("the poll of tab %s ended first", tab)
		}
		ann.sends("lobby", "hello")
		if tab := <-ended; tab != "other" {
			t.Errorf("tab %s ended last", tab)
		}
	})
}

func TestStoryTooManyPolls(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"PollConcurrency": "1"}})
		ann := w.as("ann")
		ann.joins("lobby")
		query := "/poll?after=" + w.room("lobby") + ":0&wait=20&tab="
		answers := make(chan answer, 2)
		for i := range 2 {
			go func() {
				a, err := ann.calls(http.MethodGet, query+fmt.Sprint(i), "", "")
				if err != nil {
					t.Error(err)
				}
				answers <- a
			}()
		}
		refused := <-answers
		if p := refused.problem(); refused.status != http.StatusServiceUnavailable || p.Code != "unavailable" {
			t.Errorf("got %d %s", refused.status, refused.body)
		}
		if wait := refused.header.Get("Retry-After"); !slices.Contains([]string{"5", "6", "7", "8", "9", "10"}, wait) {
			t.Errorf("Retry-After: %q", wait)
		}
		ann.posts("lobby", "hello") // sending is not polling
		if a := <-answers; a.status != http.StatusOK || !bytes.Contains(a.body, []byte("hello")) {
			t.Errorf("the one that polls got %d %s", a.status, a.body)
		}
		if got := ann.polls("after=" + w.room("lobby") + ":0"); len(got) != 1 {
			t.Errorf("afterwards: %+v", got)
		}
	})
}

func TestStoryBadPollsAndPosts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		bob.joins("others")
		room, others := w.room("lobby"), w.room("others")
		post := func(room, contentType, body string) func() (answer, error) {
			return func() (answer, error) {
				return ann.calls(http.MethodPost, "/rooms/"+room+"/messages", contentType, body)
			}
		}
		poll := func(query string) func() (answer, error) {
			return func() (answer, error) { return ann.calls(http.MethodGet, "/poll?"+query, "", "") }
		}
		const good = `{"content":"x","client_message_id":"x"}`
		for name, c := range map[string]struct {
			call   func() (answer, error)
			status int
			code   string
			field  string
			room   string
		}{
			"poll nothing":         {poll("wait=1"), 400, "invalid", "after", ""},
			"poll a comma":         {poll("after=" + room + ":1," + others + ":1"), 400, "invalid", "after", ""},
			"poll too long":        {poll("after=" + room + ":1&wait=21"), 400, "invalid", "wait", ""},
			"poll in a bad tab":    {poll("after=" + room + ":1&tab="), 400, "invalid", "tab", ""},
			"poll rooms of others": {poll("after=" + room + ":0&after=" + others + ":0&wait=20"), 403, "forbidden", "", others},
			"poll no room":         {poll("after=" + w.room("nowhere") + ":0"), 404, "not_found", "", w.room("nowhere")},
			"post to others":       {post(others, "application/json", good), 403, "forbidden", "", ""},
			"post to nowhere":      {post(w.room("nowhere"), "application/json", good), 404, "not_found", "", ""},
			"post nothing":         {post(room, "application/json", ""), 400, "invalid", "", ""},
			"post a list":          {post(room, "application/json", "[]"), 400, "invalid", "", ""},
			"post a number":        {post(room, "application/json", `{"content":1,"client_message_id":"x"}`), 400, "invalid", "content", ""},
			"post without an id":   {post(room, "application/json", `{"content":"x"}`), 400, "invalid", "client_message_id", ""},
			"post half a pair":     {post(room, "application/json", `{"content":"\ud83d","client_message_id":"x"}`), 400, "invalid", "content", ""},
			"post a long content": {
				post(room, "application/json", `{"content":"`+strings.Repeat("x", 4001)+`","client_message_id":"x"}`), 413, "too_large", "content", "",
			},
			"post a long body": {
				post(room, "application/json", `{"content":"x","client_message_id":"x","pad":"`+strings.Repeat("x", 32<<10)+`"}`), 413, "too_large", "", "",
			},
			"post to a bad name": {post("a%20b", "application/json", good), 400, "invalid", "room_id", ""},
		} {
			a, err := c.call()
			if err != nil {
				t.Fatal(err)
			}
			if p := a.problem(); a.status != c.status || p.Code != c.code || p.Field != c.field || p.RoomID != c.room {
				t.Errorf("%s: got %d %s", name, a.status, a.body)
			}
		}
		if got := ann.history("lobby", ""); got.LastID != 0 {
			t.Errorf("something was stored: %+v", got)
		}
		// Content types that the gateway takes for text, or not; the path wins over the body.
		for i, contentType := range []string{"", "application/octet-stream", "text/plain", "application/json; charset=utf-8"} {
			body := fmt.Sprintf(`{"content":"ü %d","client_message_id":"%d","room_id":%q}`, i, i, others)
			if a, err := post(room, contentType, body)(); err != nil || a.status != http.StatusCreated {
				t.Errorf("%q: %d %s, %v", contentType, a.status, a.body, err)
			}
		}
		other := `{"content":"other","client_message_id":"0"}`
		if a, err := post(room, "", other)(); err != nil || a.status != http.StatusConflict || a.problem().Code != "conflict" {
			t.Errorf("other content under one id: %d %s, %v", a.status, a.body, err)
		}
		for _, call := range []string{"GET /poll?after=" + room + ":0", "POST /rooms/" + room + "/messages"} {
			method, path, _ := strings.Cut(call, " ")
			if a, err := ann.callsAs("Bearer nonsense", method, path, "", good); err != nil || a.status != http.StatusUnauthorized {
				t.Errorf("%s without a token: %d %s, %v", call, a.status, a.body, err)
			}
		}
		want := []string{"ü 0", "ü 1", "ü 2", "ü 3"}
		if got := contentsOf(ann.history("lobby", "").Messages); !slices.Equal(got, want) {
			t.Errorf("history: %q", got)
		}
	})
}

// TestStorySwitching has people who go from the socket to the poll and back while many write by both. Each sees every
// entry once, in its order.
func TestStorySwitching(t *testing.T) {
	once(t, func(t *testing.T, w *world) {
		const moves, writers, each = 6, 3, 40
		var people []*person
		for i := range 2 {
			p := w.as(fmt.Sprint("switcher", i))
			p.joins("lobby")
			people = append(people, p)
		}
		var busy sync.WaitGroup
		for n := range writers {
			p := w.as(fmt.Sprint("writer", n))
			p.joins("lobby")
			busy.Go(func() {
				for i := range each {
					content := fmt.Sprintf("%d-%d", n, i)
					var err error
					if i%2 == 0 {
						_, err = p.tryPost("lobby", content)
					} else {
						_, err = p.client.Send(p.ctx, p.room("lobby"), content, content)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range moves {
			for _, p := range people {
				p.client.Drop()
				last := p.pollsOn("lobby", 3)
				p.connects()
				p.joinsAfter("lobby", last)
			}
		}
		busy.Wait()
		want := w.wholeLog(people[0], "lobby")
		if len(want) != writers*each {
			t.Errorf("the log has %d entries", len(want))
		}
		for _, p := range people {
			p.client.Drop()
			for p.lastShown("lobby") < want[len(want)-1].ID {
				p.pollsOn("lobby", 1)
			}
			var got []entry
			p.update(p.room("lobby"), func(v *view) { got = slices.Clone(v.shown) })
			for i, e := range got {
				if i >= len(want) || e.ID != want[i].ID || e.Content != want[i].Content {
					t.Fatalf("%s sees %+v as its entry %d", p.user, e, i+1)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s sees %d entries", p.user, len(got))
			}
		}
	})
}

func (p *person) lastShown(room string) (last int64) {
	p.update(p.room(room), func(v *view) { last = v.last })
	return last
}

// pollsOn polls a few times from what is shown, and returns what is shown then.
func (p *person) pollsOn(room string, times int) int64 {
	p.Helper()
	for range times {
		last := p.lastShown(room)
		for _, got := range p.polls(fmt.Sprintf("after=%s:%d&wait=1", p.room(room), last)) {
			for i, e := range got.Messages {
				if e.ID != last+int64(i)+1 {
					p.Errorf("%s polled from %d and got %d in place %d", p.user, last, e.ID, i)
				}
			}
			p.update(p.room(room), func(v *view) { v.add(got.Messages) })
		}
	}
	return p.lastShown(room)
}

func (w *world) wholeLog(p *person, room string) []entry {
	w.Helper()
	found := map[int64]entry{}
	for {
		got := p.history(room, fmt.Sprintf("?limit=100&after=%d", len(found)))
		for _, e := range got.Messages {
			found[e.ID] = e
		}
		if !got.More {
			break
		}
	}
	var log []entry
	for _, id := range slices.Sorted(maps.Keys(found)) {
		log = append(log, found[id])
	}
	return log
}
