package fanout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/fanout"
)

// TestAGatewayThatDoesNotWorkClosesNobody: whatever it does and however long, all is delivered in order when it is back.
func TestAGatewayThatDoesNotWorkClosesNobody(t *testing.T) {
	for name, mode := range map[string]fake.GatewayMode{
		"failing": fake.Failing, "throttling": fake.Throttling, "hanging": fake.Hanging, "away": fake.Away,
	} {
		for _, length := range []time.Duration{time.Second, 10 * time.Second, 100 * time.Second} {
			for _, members := range []int{1, 2, 1000} {
				t.Run(fmt.Sprint(name, " for ", length, ", ", members), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newPushWorld(t)
						d := fanout.Delivery{Room: "r", Frames: frames(1, 3), Recipients: w.room("r", members)}
						w.gateway.Be(mode)
						time.AfterFunc(length, func() { w.gateway.Be(fake.Serving) })
						if rest, err := w.pusher().Deliver(t.Context(), d); err != nil {
							t.Errorf("%d recipients left: %v", len(rest), err)
						}
						late := w.gotAll(3) - length
						t.Logf("all had everything %v after its return", late.Round(time.Millisecond))
						if late > 5*time.Second {
							t.Errorf("all had everything %v after its return, want 5 s", late)
						}
					})
				})
			}
		}
	}
}

// TestADeadClientIsClosed within 4 s, and delays nobody else: neither among many, nor beside one other, nor alone.
func TestADeadClientIsClosed(t *testing.T) {
	for _, members := range []int{1000, 2, 1} {
		for name, die := range map[string]func(*fake.Gateway, chat.ConnectionID){
			"its posts hang":          func(g *fake.Gateway, id chat.ConnectionID) { g.Hang(id) },
			"its buffer stays full":   func(g *fake.Gateway, id chat.ConnectionID) { g.Refuse(id, -1, 0) },
			"it cannot be closed too": func(g *fake.Gateway, id chat.ConnectionID) { g.Refuse(id, -1, -1) },
		} {
			t.Run(fmt.Sprint(name, ", one of ", members), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newPushWorld(t)
					recipients := w.room("r", members)
					dead := recipients[0].Connection
					die(w.gateway, dead)
					d := fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: recipients}
					if rest, err := w.pusher().Deliver(t.Context(), d); err != nil {
						t.Errorf("%d recipients left: %v", len(rest), err)
					}
					if took := w.elapsed(); took > 4*time.Second {
						t.Errorf("it took %v, want 4 s at most", took)
					}
					others := w.gotAll(1, dead)
					t.Logf("ended after %v, the others had everything after %v", w.elapsed(), others)
					if others > time.Second {
						t.Errorf("the others waited for %v", others)
					}
				})
			})
		}
	}
}

// TestAForbiddenPushIsAboutUs: nobody is given up, and no further call is made.
func TestAForbiddenPushIsAboutUs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPushWorld(t)
		w.gateway.Be(fake.Forbidding)
		recipients := w.room("r", 1000)
		rest, err := w.pusher().Deliver(t.Context(), fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: recipients})
		if !errors.Is(err, fanout.ErrForbidden) || len(rest) != 1000 || w.elapsed() > time.Second {
			t.Errorf("%d left after %v: %v", len(rest), w.elapsed(), err)
		}
		if w.pushed.Posts > 64 || w.pushed.Closed > 0 {
			t.Errorf("observed %+v", w.pushed)
		}
	})
}

// TestTheRestIsExact: when the time is over, everybody is told apart who has what.
func TestTheRestIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPushWorld(t)
		recipients := w.room("r", 500)
		time.AfterFunc(100*time.Millisecond, func() { w.gateway.Be(fake.Failing) })
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		p := w.pusher()
		rest, err := p.Deliver(ctx, fanout.Delivery{Room: "r", Frames: frames(1, 2), Recipients: recipients})
		if chat.CodeOf(err) != chat.CodeUnavailable || len(rest) == 0 || len(rest) == 500 {
			t.Fatalf("%d left: %v", len(rest), err)
		}
		for _, r := range rest {
			if m := w.members[r.Connection]; m.last != r.Got {
				t.Fatalf("%s has got %d, the rest says %d", r.Connection, m.last, r.Got)
			}
		}
		w.gateway.Be(fake.Serving)
		if rest, err = p.Deliver(t.Context(), fanout.Delivery{Room: "r", Frames: frames(1, 2), Recipients: rest}); err != nil {
			t.Errorf("%d left: %v", len(rest), err)
		}
		w.gotAll(2)
		for _, m := range w.members {
			if m.repeats > 0 {
				t.Errorf("%s got %d frames twice", m.id, m.repeats)
			}
		}
	})
}

// TestAQuickDelivery is for a sender: one try more, and no judgement.
func TestAQuickDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPushWorld(t)
		recipients := w.room("r", 50)
		w.gateway.Refuse(recipients[0].Connection, 1, 0)
		d := fanout.Delivery{Room: "r", Frames: frames(1, 1), Recipients: recipients, Quick: true}
		if rest, err := w.pusher().Deliver(t.Context(), d); err != nil {
			t.Errorf("one failure: %d left: %v", len(rest), err)
		}
		w.gotAll(1)
		w.gateway.Refuse(recipients[0].Connection, -1, 0)
		d.Frames = frames(2, 2)
		begun := time.Now()
		rest, err := w.pusher().Deliver(t.Context(), d)
		if err == nil || len(rest) != 1 || rest[0].Connection != recipients[0].Connection || time.Since(begun) > 200*time.Millisecond {
			t.Errorf("two failures: %d left after %v: %v", len(rest), time.Since(begun), err)
		}
		w.gotAll(2, recipients[0].Connection)
		if w.pushed.Closed > 0 {
			t.Error("a sender has closed a connection that it could not reach")
		}
	})
}

// TestASmallRoomWaitsForNoLargeOne: deliveries of one process take turns.
func TestASmallRoomWaitsForNoLargeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPushWorld(t)
		large, small := w.room("large", 2000), w.room("small", 2)
		p := w.pusher()
		done := make(chan error)
		go func() {
			_, err := p.Deliver(t.Context(), fanout.Delivery{Room: "large", Frames: frames(1, 1), Recipients: large})
			done <- err
		}()
		time.Sleep(50 * time.Millisecond)
		begun := time.Now()
		if _, err := p.Deliver(t.Context(), fanout.Delivery{Room: "small", Frames: frames(1, 1), Recipients: small}); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 50*time.Millisecond {
			t.Errorf("the small room waited for %v", took)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
