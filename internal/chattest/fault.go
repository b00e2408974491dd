package chattest

import (
	"context"
	"errors"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Store is all that the chat keeps.
type Store interface {
	messages.Prechecks
	roomlog.Log
	roomlog.Claims
	roomlog.Heads
	roomlog.Firsts
	roomlog.Targets
	messages.Pacer
	rooms.ChangerStore
	connections.Store
	rooms.Subscriptions
	fanout.Subscriptions
	fanout.Leases
	fanout.Marks
}

// Call is a call that an invocation is about to make.
type Call struct {
	N    int    // counts the calls of the invocation, from 1
	Name string // the method, such as Reserve or Post
}

// Fault is what happens at a call; the zero Fault lets it through.
type Fault struct {
	Delay       time.Duration // before the call
	CrashBefore bool          // the process dies: neither this call is made nor any later one
	CrashAfter  bool          // the call is made, then the process dies
	Fail        bool          // the call is not made, and fails
	Lose        bool          // the call is made, but fails: its answer is lost
	Repeat      bool          // the call is made twice and the second answer counts: the first was lost below us
}

// Plan decides what happens at a call. It may block: a call waits until it returns.
type Plan func(Call) Fault

// ErrCrashed is what all calls of an invocation return once its process has died.
var ErrCrashed = errors.New("the process has died")

// errLost is what the chat sees of a call that did not come through: the error of the store's adapter for a transient
// fault.
func errLost() error {
	return &chat.Error{Code: chat.CodeUnavailable, Message: "no answer", Err: errors.New("the connection was lost")}
}

// Actor is one invocation of a function, as its store and its gateway see it. All its calls go through its plan. After
// its process has died, none of its calls is made any more.
type Actor struct {
	store   Store
	gateway fanout.Poster
	jobs    fanout.Jobs
	plan    Plan

	mu      sync.Mutex
	calls   int
	writes  int
	crashed bool
	end     context.CancelFunc // of the invocation's context; nil before Run
}

var (
	_ Store         = (*Actor)(nil)
	_ fanout.Poster = (*Actor)(nil)
	_ fanout.Jobs   = (*Actor)(nil)
)

// NewActor makes an Actor. Gateway and jobs may be nil if the invocation needs none, the plan for no faults.
func NewActor(store Store, gateway fanout.Poster, jobs fanout.Jobs, plan Plan) *Actor {
	if plan == nil {
		plan = func(Call) Fault { return Fault{} }
	}
	return &Actor{store: store, gateway: gateway, jobs: jobs, plan: plan}
}

// Run runs the invocation, in a context that ends when its process dies.
func (a *Actor) Run(ctx context.Context, invocation func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a.mu.Lock()
	a.end = cancel
	a.mu.Unlock()
	invocation(ctx)
}

// Crashed reports whether the process has died.
func (a *Actor) Crashed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.crashed
}

// Writes counts the calls that were made and may have written.
func (a *Actor) Writes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.writes
}

// decide counts a call and asks the plan. Its error is ErrCrashed when the process has died, before or just now.
func (a *Actor) decide(name string) (Fault, error) {
	a.mu.Lock()
	a.calls++
	call := Call{a.calls, name}
	crashed := a.crashed
	a.mu.Unlock()
	if crashed {
		return Fault{}, ErrCrashed
	}
	fault := a.plan(call)
	a.mu.Lock()
	defer a.mu.Unlock()
	if fault.CrashBefore {
		a.die()
	}
	if a.crashed {
		return Fault{}, ErrCrashed
	}
	return fault, nil
}

func (a *Actor) crash() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.die()
}

// die ends the process. The mutex is held.
func (a *Actor) die() {
	a.crashed = true
	if a.end != nil {
		a.end()
	}
}

// do makes a call as the plan wants it.
func do[V any](ctx context.Context, a *Actor, name string, writes bool, call func() (V, error)) (V, error) {
	var none V
	fault, err := a.decide(name)
	if err != nil {
		return none, err
	}
	if fault.Delay > 0 {
		pause(ctx, fault.Delay)
	}
	if fault.Fail {
		return none, errLost()
	}
	if writes {
		a.mu.Lock()
		a.writes++
		a.mu.Unlock()
	}
	v, err := call()
	if fault.Repeat {
		v, err = call()
	}
	switch {
	case fault.CrashAfter:
		a.crash()
		return none, ErrCrashed
	case fault.Lose:
		return none, errLost()
	}
	return v, err
}

// act is do for calls that return nothing but an error.
func act(ctx context.Context, a *Actor, name string, writes bool, call func() error) error {
	_, err := do(ctx, a, name, writes, func() (struct{}, error) { return struct{}{}, call() })
	return err
}
