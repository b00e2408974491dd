package presence

import (
	"context"
	"fmt"
	"slices"
	"time"

	"serverlesschat/internal/chat"
)

// Gateway knows which connections there are.
type Gateway interface {
	// IsGone reports whether there is no such connection any more. One that cannot be asked for now counts as there.
	IsGone(ctx context.Context, id chat.ConnectionID) bool
}

// Announcements tells peers.
type Announcements interface {
	// Announce tells those who share a room with the user; errors as [Announcer.Announce].
	Announce(ctx context.Context, s State) error
}

// CheckerOptions are the settings of a Checker.
type CheckerOptions struct {
	Pause time.Duration // the least time between two changes of a user that peers are told of
	Watch time.Duration // how often the connections of a user that is online are asked for
	Now   func() time.Time
}

// Checker makes states what they should be, and tells peers of them.
type Checker struct {
	items       CheckedItems
	connections Connections
	gateway     Gateway
	peers       Announcements
	jobs        Jobs
	opts        CheckerOptions
}

// NewChecker makes a Checker.
func NewChecker(
	items CheckedItems, connections Connections, gateway Gateway, peers Announcements, jobs Jobs, opts CheckerOptions,
) *Checker {
	return &Checker{items: items, connections: connections, gateway: gateway, peers: peers, jobs: jobs, opts: opts}
}

const (
	// handshakeTime is longer than a handshake takes. Until it is over, the gateway does not know the connection.
	handshakeTime = time.Minute
	// askAtOnce is how many connections of a user are asked for side by side.
	askAtOnce = 8
)

// Check is a try of a job.
//
// Errors: what the store and the queue return, wrapped. That a peer was not reached is none.
func (c *Checker) Check(ctx context.Context, check Check) error {
	s, err := c.items.State(ctx, check.User)
	if err != nil {
		return fmt.Errorf("read presence: %w", err)
	}
	watches := check.Watch != 0
	if watches && (!s.ToldOnline || s.ToldVersion != check.Watch) {
		return nil // the user has left since; another job goes round now, or none
	}
	if s, err = c.settle(ctx, s, watches); err != nil {
		return err
	}
	if watches && s.Online {
		if err := c.jobs.CheckLater(ctx, check, c.opts.Watch); err != nil {
			return fmt.Errorf("send job: %w", err)
		}
	}
	return c.tell(ctx, s)
}

// settle removes what is left of connections that have ended, and writes that the user is offline when none is open. It
// returns the state after that.
func (c *Checker) settle(ctx context.Context, s State, asks bool) (State, error) {
	if err := c.end(ctx, s.User, s.Gone); err != nil {
		return s, err
	}
	open, err := c.connections.OpenOf(ctx, s.User)
	if err == nil && asks {
		open, err = c.ask(ctx, s.User, open)
	}
	if err != nil {
		return s, fmt.Errorf("read connections: %w", err)
	}
	switch {
	case len(open) == 0 && s.Online:
		// What peers were told may have changed since it was read.
		is, left, err := c.items.Leave(ctx, s)
		if err != nil {
			return s, fmt.Errorf("write presence: %w", err)
		}
		if left {
			return is, nil
		}
	case len(s.Gone) > 0:
		if err := c.items.Forget(ctx, s.User, s.Gone); err != nil {
			return s, fmt.Errorf("write presence: %w", err)
		}
	}
	return s, nil
}

// end removes what is left of connections, which are few, and of which mostly nothing is left.
func (c *Checker) end(ctx context.Context, user chat.UserID, ids []chat.ConnectionID) error {
	for _, id := range ids {
		if err := c.connections.RemoveConnection(ctx, user, id); err != nil {
			return fmt.Errorf("end connection: %w", err)
		}
	}
	return nil
}

// ask asks the gateway for the connections, and removes those that it does not know. It returns what is open then.
func (c *Checker) ask(
	ctx context.Context, user chat.UserID, open map[chat.ConnectionID]time.Time,
) (map[chat.ConnectionID]time.Time, error) {
	var old []chat.ConnectionID
	for id, since := range open {
		if c.opts.Now().Sub(since) > handshakeTime {
			old = append(old, id)
		}
	}
	gone, err := chat.Map(ctx, old, askAtOnce, func(ctx context.Context, id chat.ConnectionID) (bool, error) {
		if !c.gateway.IsGone(ctx, id) {
			return false, nil
		}
		return true, chat.Wrap("end connection", c.connections.RemoveConnection(ctx, user, id))
	})
	if err != nil || !slices.Contains(gone, true) {
		return open, err
	}
	return c.connections.OpenOf(ctx, user)
}

// tell tells peers of a state that they do not know. A change soon after another one waits, and is forgotten if it is
// undone meanwhile.
func (c *Checker) tell(ctx context.Context, s State) error {
	if s.Online == s.ToldOnline {
		return nil
	}
	now := c.opts.Now()
	if wait := s.ToldAt.Add(c.opts.Pause).Sub(now); wait > 0 {
		// The queue counts whole seconds. A job that comes too early would only wait again.
		wait = (wait + time.Second - 1).Truncate(time.Second)
		return chat.Wrap("send job", c.jobs.CheckLater(ctx, Check{User: s.User}, wait))
	}
	if s.Online {
		if err := c.jobs.CheckLater(ctx, Check{User: s.User, Watch: s.Version}, c.opts.Watch); err != nil {
			return fmt.Errorf("send job: %w", err)
		}
	}
	told, err := c.items.Told(ctx, s, now)
	if err != nil || !told {
		return chat.Wrap("write presence", err)
	}
	return c.peers.Announce(ctx, s)
}
