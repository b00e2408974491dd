package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/aws/stack"
)

// slowChecks stands between the functions and the engine. No check of a user comes to an end from holds to release.
type slowChecks struct {
	holds   atomic.Bool
	release chan struct{}
}

func (s *slowChecks) start(t *testing.T, endpoint string) (string, error) {
	return startFront(t, endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			isRead := strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") && bytes.Contains(body, []byte("PresenceTable"))
			if s.holds.Load() && isRead {
				select {
				case <-s.release:
				case <-r.Context().Done():
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
}

// TestAPushDoesNotWaitForChecks: a push meets connections of 500 users that are all gone, so 500 checks are sent, and each
// takes long. A job that pushes a room, and one that finishes a removal, are done at once all the same; so are the checks
// when nothing holds them up any more.
func TestAPushDoesNotWaitForChecks(t *testing.T) {
	const users = 500
	slow := &slowChecks{release: make(chan struct{})}
	w := startOwn(t, stack.Options{
		StoreFront: func(endpoint string) (string, error) { return slow.start(t, endpoint) }, Parameters: quick(),
	})
	ann, bob := w.as("ann"), w.as("bob")
	for _, room := range []string{"hall", "lobby"} {
		ann.joins(room)
		bob.joins(room)
	}
	slow.holds.Store(true)
	subscribeAs(w, "hall", users, func(i int) string { return fmt.Sprint(w.name, "-gone-", i) })
	// A push that has no time left meets no more of them. The next one goes on.
	for n := int64(1); w.queued("Checks") < users; n++ {
		ann.sends("hall", fmt.Sprint("hello ", n))
		await(t, "the position moves past them", func() bool { return w.position("hall") >= chat.EntryID(n) })
	}

	begun := time.Now()
	w.leavesToAJob("lobby")
	w.hasJob("lobby")
	bob.sees("lobby", "hello")
	w.isTakenOut(bob, ann, "lobby")
	w.sendsJob("Jobs", fmt.Sprintf(`{"job":"finishMember","room_id":%q,"user_id":%q,"v":2,"began_ms":%d}`,
		w.room("lobby"), bob.user, begun.UnixMilli()))
	bob.hears("removed", w.room("lobby"), "removed")
	t.Logf("pushed, and finished, within %v, beside %d checks", time.Since(begun).Round(10*time.Millisecond), w.queued("Checks"))
	if took := time.Since(begun); took > silence {
		t.Errorf("they took %v", took)
	}
	if n := w.queued("Checks"); n < users {
		t.Errorf("%d checks wait, want %d: they were to be beside it", n, users)
	}
	close(slow.release)
	await(t, "checks are done", func() bool { return w.queued("Checks") < users })
}
