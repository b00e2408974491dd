package fake

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
)

// Polls keeps which polls run. Its calls are those of its Store, so that their order can be seen.
type Polls struct {
	*Store
	Running int               // how many run
	Newest  map[string]string // tokens by user and tab
}

var _ messages.Polls = (*Polls)(nil)

// NewPolls makes a Polls beside a store, with none running.
func NewPolls(s *Store) *Polls { return &Polls{Store: s, Newest: map[string]string{}} }

// EnterPoll implements [messages.Polls].
func (p *Polls) EnterPoll(context.Context, time.Time) (int, error) {
	return ask(p.Store, func() int { p.Running++; return p.Running }, "enter poll")
}

// LeavePoll implements [messages.Polls].
func (p *Polls) LeavePoll(context.Context, time.Time) error {
	return act(p.Store, func() { p.Running-- }, "leave poll")
}

// TakePoll implements [messages.Polls].
func (p *Polls) TakePoll(_ context.Context, user chat.UserID, tab, token string) error {
	return act(p.Store, func() { p.Newest[string(user)+"#"+tab] = token }, "take poll")
}

// NewestPoll implements [messages.Polls].
func (p *Polls) NewestPoll(_ context.Context, user chat.UserID, tab string) (string, error) {
	return ask(p.Store, func() string { return p.Newest[string(user)+"#"+tab] }, "newest poll")
}
