package accounts

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
)

// Limits counts what is limited.
type Limits interface {
	// Admit counts one of each, unless one of them is at its limit: wait is how long until all of them take one more.
	Admit(ctx context.Context, limits ...ratelimit.Limit) (wait time.Duration, err error)
}

// limit returns nil if there is room within the limits, else the error CodeRateLimited.
func limit(ctx context.Context, l Limits, limits []ratelimit.Limit) error {
	wait, err := l.Admit(ctx, limits...)
	if err == nil && wait > 0 {
		return &chat.Error{Code: chat.CodeRateLimited, Message: "too many tries; wait a while", RetryAfter: wait}
	}
	return chat.Wrap("limit tries", err)
}

// registering are the limits on who registers.
func registering(address string) []ratelimit.Limit {
	return []ratelimit.Limit{
		{Key: "register#" + network(address), GCRA: ratelimit.GCRA{Interval: time.Minute, Burst: 20}},
	}
}

// signingIn are the limits on signing in. That of a name alone is for passwords that are tried from many addresses. It
// is not for an address from which the user has signed in before: nobody is to be locked out by others.
func signingIn(user chat.UserID, address string, known bool) []ratelimit.Limit {
	from, name := network(address), string(user)
	limits := []ratelimit.Limit{
		{Key: "signin#" + name + "#" + from, GCRA: ratelimit.GCRA{Interval: 15 * time.Second, Burst: 10}},
		{Key: "signins#" + from, GCRA: ratelimit.GCRA{Interval: 2 * time.Second, Burst: 60}},
	}
	if !known {
		limits = append(limits, ratelimit.Limit{
			Key: "name#" + name, GCRA: ratelimit.GCRA{Interval: 15 * time.Second, Burst: 100},
		})
	}
	return limits
}

// changingPassword are the limits on changing a password. Whoever has a token could try passwords by it.
func changingPassword(user chat.UserID) []ratelimit.Limit {
	return []ratelimit.Limit{{Key: "password#" + string(user), GCRA: ratelimit.GCRA{Interval: time.Minute, Burst: 10}}}
}
