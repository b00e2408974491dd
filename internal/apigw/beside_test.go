package apigw_test

import (
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chattest/fake"
)

// TestWhatIsStoredIsReadForWhileItsUserIsLetIn: to find out whether a user may act does not end before the room is read,
// so the two can only come to an end side by side.
func TestWhatIsStoredIsReadForWhileItsUserIsLetIn(t *testing.T) {
	for _, action := range []string{"sendMessage", "editMessage", "deleteMessage", "react"} {
		synctest.Test(t, func(t *testing.T) {
			s, read := newStore(log(3)...), make(chan struct{})
			s.Before = func(call string) error {
				switch call {
				case "precheck":
					close(read)
				case "act":
					select {
					case <-read:
					case <-time.After(time.Second):
						t.Errorf("%s: nothing is read before its user is let in", action)
					}
				}
				return nil
			}
			body := frames()[action]
			handle := apigw.Dispatch(functionOf(body), services(s), gate(s), fake.NewEnder(s, fake.NewGateway()))
			got, _ := observe(t, handle, messageEvent(body))
			expect(t, action, object(t, got.Body)["type"], "ack")
		})
	}
}
