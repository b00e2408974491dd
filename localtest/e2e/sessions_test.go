package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/accesstoken"
	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// until makes a token end then.
func until(end time.Time) func(*accesstoken.Claims) {
	return func(c *accesstoken.Claims) { c.ExpiresAt = end }
}

// comesWith returns a user whose connection was opened with these credentials.
func (w *world) comesWith(name, token, query string, o chatclient.Options) (*person, error) {
	p := w.newPerson(name)
	o.Push = p.pushed
	var err error
	if p.client, err = chatclient.Dial(w.ctx, w.websocket+query, token, o); err != nil {
		return nil, err
	}
	w.Cleanup(p.client.Drop)
	return p, nil
}

// asUntil is [world.as] with a token that ends then.
func (w *world) asUntil(name string, end time.Time) *person {
	w.Helper()
	p, err := w.comesWith(name, w.token(w.name+"-"+name, until(end)), "", chatclient.Options{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

// hearsGoodbye waits until the connection is closed, and expects that it was told why right before.
func (p *person) hearsGoodbye(code string) {
	p.Helper()
	select {
	case <-p.client.Done():
	case <-time.After(testTimeout):
		p.Fatalf("%s is not closed", p.user)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.told) == 0 || p.told[len(p.told)-1].Type != "goodbye" || p.told[len(p.told)-1].Code != code {
		p.Errorf("%s was told %+v, want goodbye %s", p.user, p.told, code)
	}
}

// reminders counts how often a person was asked for a fresh token.
func (p *person) reminders() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.told {
		if f.Type == "reauthenticate" {
			n++
		}
	}
	return n
}

// TestStoryATokenEnds: its client is asked once for a fresh one, and goes on with it. Who brings none is told and closed
// with the next thing that it asks for or is due, and gets that no more.
func TestStoryATokenEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ann.joins("lobby")
		ends := time.Now().Add(5 * time.Second).Truncate(time.Second)
		fresh, quiet, busy := w.asUntil("fresh", ends), w.asUntil("quiet", ends), w.asUntil("busy", ends)
		for _, p := range []*person{fresh, quiet, busy} {
			p.joins("lobby")
			if pong := p.does("ping", nil); !pong.ExpiresAt.Equal(ends) {
				t.Errorf("expires_at is %v, want %v", pong.ExpiresAt, ends)
			}
			await(t, "the reminder", func() bool { return p.reminders() == 1 })
		}
		ann.sends("lobby", "before")
		for _, p := range []*person{fresh, quiet, busy} {
			p.sees("lobby", "before")
		}
		fresh.fails("unauthorized", "authenticate", fields{"token": "nonsense"})
		fresh.fails("unauthorized", "authenticate", fields{"token": fresh.token(fresh.user, until(time.Now().Add(-time.Minute)))})
		fresh.fails("forbidden", "authenticate", fields{"token": fresh.token(ann.user)})
		fresh.fails("invalid", "authenticate", fields{"token": 7})
		hour := time.Now().Add(time.Hour).Truncate(time.Second)
		if reply := fresh.does("authenticate", fields{"token": fresh.token(fresh.user, until(hour))}); !reply.ExpiresAt.Equal(hour) {
			t.Errorf("goes on until %v, want %v", reply.ExpiresAt, hour)
		}
		time.Sleep(time.Until(ends)) // what the story is about
		ann.sends("lobby", "after")
		fresh.sees("lobby", "before", "after")
		fresh.sends("lobby", "still here")
		ann.sees("lobby", "before", "after", "still here")
		quiet.hearsGoodbye("expired")
		quiet.sees("lobby", "before")
		if _, err := busy.client.Do(w.ctx, "sync", fields{"room_id": w.room("lobby"), "after_id": 0}); err == nil {
			t.Error("it was answered")
		}
		busy.hearsGoodbye("expired")
		for _, p := range []*person{fresh, quiet, busy} {
			if n := p.reminders(); n != 1 {
				t.Errorf("%s was asked %d times for a fresh token, want once", p.user, n)
			}
		}
	})
}

// hasJoined makes what is left of a connection that has joined a room, and has ended.
func (w *world) hasJoined(id chat.ConnectionID, room string) {
	w.Helper()
	w.putRow("ConnectionsTable", row{
		"connection_id": textValue(string(id)), "item": textValue("room#" + w.room(room)), "shard": numberValue(0), "v": numberValue(1),
	})
	w.putRow("SubscriptionsTable", row{
		"room_shard": textValue(w.room(room) + "#0"), "connection_id": textValue(string(id)), "user_id": textValue("somebody"), "v": numberValue(1),
	})
}

// isLeftToTheStream makes a room that nobody has written in one whose senders do not push.
func (w *world) isLeftToTheStream(room string) {
	w.Helper()
	w.putRow("RoomsTable", row{"item": textValue("counter#" + w.room(room)), "seq": numberValue(0), "lease": textValue("stream")})
}

// isLookedAt makes the next push to a member look at the member's token.
func (w *world) isLookedAt(room string, user string, at time.Time) {
	w.Helper()
	for _, s := range w.subscribers(room) {
		if string(s.User) == user {
			s.LookAt = at
			if err := w.store().Postpone(w.ctx, s); err != nil {
				w.Fatal(err)
			}
		}
	}
}

// TestEveryFunctionThatPushesLooksAtTokens, where a subscription does not say that they hold.
func TestEveryFunctionThatPushesLooksAtTokens(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		pushes := map[string]func(room string){
			"direct":  func(room string) { ann.sends(room, "hello") },
			"fan-out": func(room string) { ann.sends(room, "hello") },
			"job":     func(room string) { w.hasJob(room) },
			"typing":  func(room string) { ann.says("typing", fields{"room_id": w.room(room), "active": true}) },
			"receipt": func(room string) { ann.marks("markRead", room, 1, 1, 1) },
		}
		for room, push := range pushes {
			ann.joins(room)
			bob.joins(room)
			switch room {
			case "fan-out":
				w.isLeftToTheStream(room)
			case "job":
				w.leavesToAJob(room)
			case "receipt":
				ann.sends(room, "hello")
				bob.sees(room, "hello")
			}
			w.isLookedAt(room, bob.user, time.Unix(1, 0))
			push(room)
			await(t, room+" has looked", func() bool {
				return slices.ContainsFunc(w.subscribers(room), func(s chat.Subscription) bool {
					return string(s.User) == bob.user && s.LookAt.After(time.Now())
				})
			})
		}
	})
}

// TestACheckThatFailsComesAgain: a job of either queue that fails is hidden for a while, there where it is.
func TestACheckThatFailsComesAgain(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		for _, queue := range []string{"Jobs", "Checks"} {
			w.sendsJob(queue, `{"job":"nothing that there is"}`)
			await(t, queue+" hides it", func() bool { return w.recording.has("JobsFunction", "sqs:ChangeMessageVisibility", queue) })
		}
	})
}

// ticket asks for a ticket; origin is that of the page that asks.
func (p *person) ticket(origin string) string {
	p.Helper()
	headers := []string{"Authorization: Bearer " + p.token(p.user)}
	if origin != "" {
		headers = append(headers, "Origin: "+origin)
	}
	a, err := p.asks(http.MethodPost, "/auth/ticket", "", "", headers...)
	var got struct {
		Ticket    string    `json:"ticket"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(p.must(http.StatusOK, a, err).body, &got); err != nil {
		p.Fatal(err)
	}
	if left := time.Until(got.ExpiresAt); left < 50*time.Second || left > time.Minute {
		p.Errorf("the ticket ends in %v", left)
	}
	return got.Ticket
}

// refused expects that a handshake is refused with the status.
func (w *world) refused(what string, status int, token, query string, o chatclient.Options) {
	w.Helper()
	_, err := w.comesWith("nobody", token, query, o)
	refused, ok := errors.AsType[*chatclient.Refused](err)
	if !ok || refused.Status != status {
		w.Errorf("%s: got %v, want %d", what, err, status)
	}
}

// TestStoryTickets: a page opens one connection with a ticket, as who asked for it.
func TestStoryTickets(t *testing.T) {
	const page, evil = "https://chat.example", "https://evil.example"
	each(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		ticket := ann.ticket(page)
		query := "?ticket=" + ticket
		w.refused("from another page", http.StatusUnauthorized, "", query, chatclient.Options{Origin: evil})
		w.refused("from no page", http.StatusUnauthorized, "", query, chatclient.Options{})
		w.refused("as a token", http.StatusUnauthorized, ticket, "", chatclient.Options{})
		w.refused("beside a bad token", http.StatusUnauthorized, "bad", query, chatclient.Options{})
		w.refused("twice", http.StatusUnauthorized, "", query+"&ticket="+ticket, chatclient.Options{Origin: page})
		w.refused("another", http.StatusUnauthorized, "", "?ticket=AAAAAAAAAAAAAAAAAAAAAAAAAA", chatclient.Options{Origin: page})
		tab, err := w.comesWith("ann", "", query, chatclient.Options{Origin: page})
		if err != nil {
			t.Fatal(err)
		}
		ann.joins("lobby")
		tab.joins("lobby")
		if e := tab.sends("lobby", "from the page"); e.UserID != ann.user {
			t.Errorf("sent as %s, want %s", e.UserID, ann.user)
		}
		ann.sees("lobby", "from the page")
		w.refused("once more", http.StatusUnauthorized, "", query, chatclient.Options{Origin: page})
		w.refused("a page with a token", http.StatusForbidden, ann.token(ann.user), "", chatclient.Options{Origin: page})
		if _, err := w.comesWith("ann", "", "?ticket="+ann.ticket(""), chatclient.Options{}); err != nil {
			t.Errorf("a ticket of no page: %v", err)
		}
	})
}

// TestStoryOriginsOnAList may open connections with tokens, and no others, not with tickets either.
func TestStoryOriginsOnAList(t *testing.T) {
	const page, other = "https://chat.example", "https://other.example"
	w := startOwn(t, stack.Options{Parameters: map[string]string{"Origins": "https://a.example, " + page}})
	ann := w.as("ann")
	if _, err := w.comesWith("ann", ann.token(ann.user), "", chatclient.Options{Origin: page}); err != nil {
		t.Errorf("with a token: %v", err)
	}
	if _, err := w.comesWith("ann", "", "?ticket="+ann.ticket(page), chatclient.Options{Origin: page}); err != nil {
		t.Errorf("with a ticket: %v", err)
	}
	for _, origin := range []string{other, "null", page + ".evil.example", "HTTPS://CHAT.EXAMPLE"} {
		w.refused(origin, http.StatusForbidden, ann.token(ann.user), "", chatclient.Options{Origin: origin})
		w.refused(origin+" with a ticket", http.StatusForbidden, "", "?ticket="+ann.ticket(origin), chatclient.Options{Origin: origin})
	}
}

// TestStoryTooManyConnections: one over the limit is refused, until one of the others has ended, also if nobody told of
// its end.
func TestStoryTooManyConnections(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"ConnectionsPerUser": "3"}})
		first := w.as("ann")
		w.as("ann")
		ghost := chat.Connection{
			ID: madeUp(0), User: chat.UserID(first.user), ConnectedAt: time.Now().Add(-time.Minute), TokenExpiresAt: time.Now().Add(time.Hour),
		}
		if err := w.store().PutConnection(w.ctx, ghost, 3); err != nil {
			t.Fatal(err)
		}
		w.hasJoined(ghost.ID, "lobby")
		third := w.as("ann") // in the place of the ghost
		w.refused("a fourth", http.StatusTooManyRequests, first.token(first.user), "", chatclient.Options{})
		w.as("bob")
		third.client.Drop()
		await(t, "a place is free", func() bool {
			_, err := w.comesWith("ann", first.token(first.user), "", chatclient.Options{})
			return err == nil
		})
		first.joins("lobby")
		first.sends("lobby", "still here")
	})
}

// TestStoryTooManyActions: of many sends at once a burst gets through, and is stored; the others change nothing, and
// each succeeds after the wait that it was told. Others are not held up.
func TestStoryTooManyActions(t *testing.T) {
	const sends = 2000
	w := startOwn(t, stack.Options{Parameters: map[string]string{"ActionRate": "10", "ActionBurst": "20"}})
	ann, bob := w.as("ann"), w.as("bob")
	ann.joins("lobby")
	bob.joins("lobby")
	begun := time.Now()
	var stored atomic.Int64
	var all sync.WaitGroup
	for worker := range 20 {
		all.Go(func() {
			for i := range sends / 20 {
				_, err := ann.client.Send(w.ctx, w.room("lobby"), "hello", fmt.Sprint(worker, "-", i))
				if err == nil {
					stored.Add(1)
					continue
				}
				failed, ok := errors.AsType[*chatclient.Error](err)
				if !ok || failed.Code != "rate_limited" || failed.RetryAfterMS < 1 || failed.RetryAfterMS > 1050 {
					t.Errorf("got %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	seconds := time.Since(begun).Seconds()
	if most := int64(10*(seconds+1)) + 20; stored.Load() > most || stored.Load() < 10 {
		t.Errorf("%d of %d were stored in %.1f s, want %d at most", stored.Load(), sends, seconds, most)
	}
	t.Logf("%d of %d were stored in %.1f s", stored.Load(), sends, seconds)
	for range 3 { // alone, the wait is enough
		await(t, "nobody else asks", func() bool { time.Sleep(1100 * time.Millisecond); return true })
		for i := range 30 {
			_, err := ann.client.Send(w.ctx, w.room("lobby"), "hello", fmt.Sprint("alone-", time.Now().UnixNano()))
			failed, ok := errors.AsType[*chatclient.Error](err)
			if !ok {
				continue
			}
			time.Sleep(time.Duration(failed.RetryAfterMS) * time.Millisecond)
			if _, err := ann.client.Send(w.ctx, w.room("lobby"), "hello", fmt.Sprint("again-", i, time.Now().UnixNano())); err != nil {
				t.Errorf("after the wait: %v", err)
			}
			break
		}
	}
	bob.sends("lobby", "bob is not held up")
	if got := int64(len(bob.allOf("lobby"))); got < stored.Load() {
		t.Errorf("%d entries, %d were acknowledged", got, stored.Load())
	}
	ann.does("ping", nil) // is free
}

// allOf reads a room's whole log.
func (p *person) allOf(room string) (all []entry) {
	p.Helper()
	for after := int64(0); ; {
		page := p.history(room, fmt.Sprintf("?limit=100&after=%d", after))
		all = append(all, page.Messages...)
		if !page.More {
			return all
		}
		after = page.Messages[len(page.Messages)-1].ID
	}
}
