package fanout_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
)

// ends is a gateway that keeps what is done with connections, in any order.
type ends struct {
	mu   sync.Mutex
	done []string
}

func (e *ends) call(what string, id chat.ConnectionID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = append(e.done, what+" "+string(id))
	switch id {
	case "gone":
		return fanout.ErrGone
	case "barred":
		return fanout.ErrForbidden
	}
	return nil
}

func (e *ends) Post(_ context.Context, id chat.ConnectionID, frame []byte) error {
	return e.call("post "+string(frame), id)
}
func (e *ends) Get(_ context.Context, id chat.ConnectionID) error   { return e.call("get", id) }
func (e *ends) Close(_ context.Context, id chat.ConnectionID) error { return e.call("close", id) }

// TestCloser says goodbye to each before it closes any, and tells of those that may still be open.
func TestCloser(t *testing.T) {
	for name, c := range map[string]struct {
		ids  []chat.ConnectionID
		want []string
		err  error
	}{
		"none":               {nil, nil, nil},
		"two, one is gone":   {[]chat.ConnectionID{"a", "gone"}, []string{"close a", "close gone", "post bye a", "post bye gone"}, nil},
		"one may not be had": {[]chat.ConnectionID{"barred"}, []string{"close barred", "post bye barred"}, fanout.ErrForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			gateway := &ends{}
			teller := fanout.NewTeller(gateway, func(context.Context, fanout.Pushed) {})
			err := fanout.NewCloser(teller, gateway, []byte("bye")).Close(t.Context(), c.ids)
			if !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			if n := len(c.ids); n > 0 && (len(gateway.done) != 2*n || gateway.done[n-1][:4] != "post") {
				t.Errorf("calls %q", gateway.done)
			}
			if slices.Sort(gateway.done); !slices.Equal(gateway.done, c.want) {
				t.Errorf("calls %q, want %q", gateway.done, c.want)
			}
		})
	}
}
