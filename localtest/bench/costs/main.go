// Command costs prints what each action costs in a quiet room: write units, read units, posts and invocations, all that
// it sets off included, from the counters that the functions themselves report. It starts a local stack of its own.
//
//	costs -members 10 -times 20
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"time"

	"serverlesschat/localtest/bench/target"
	"serverlesschat/localtest/chatclient"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "costs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("costs", flag.ContinueOnError)
	members := flags.Int("members", 10, "members of the room, one connection each")
	times := flags.Int("times", 20, "how often each action is done")
	quiet := flags.Duration("quiet", 1500*time.Millisecond,
		"for how long no counter may change before what an action has set off is over: a job waits for a second")
	o := target.Options{Poll: pollEvery}
	o.RegisterFlags(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	t, err := target.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	r, err := openRoom(ctx, t, *members, *times, *quiet)
	if err != nil {
		return err
	}
	defer r.close()
	fmt.Printf("%-44s %11s %11s %7s %12s\n", fmt.Sprintf("in a room of %d members", *members),
		"write units", "read units", "posts", "invocations")
	for _, a := range actions() {
		if err := r.measure(ctx, a); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

const (
	pollEvery = 10 * time.Millisecond
	look      = 100 * time.Millisecond
)

// measure prints what one action costs. What it needs is made before.
func (r *room) measure(ctx context.Context, a action) error {
	if a.prepare != nil {
		if err := r.each(ctx, a.prepare); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	before, err := r.settled(ctx)
	if err != nil {
		return err
	}
	if err := r.each(ctx, a.do); err != nil {
		return err
	}
	after, err := r.settled(ctx)
	if err != nil {
		return err
	}
	cost := func(metric string) float64 { return after.Since(before).Sum(metric) / float64(r.times) }
	fmt.Printf("%-44s %11.2f %11.2f %7.2f %12.2f\n", a.name, cost(target.WriteUnits), cost(target.ReadUnits),
		cost(target.Posts), cost(target.Invocations))
	return nil
}

// each does an action as often as was asked for, one after the other, so that the room is quiet for each.
func (r *room) each(ctx context.Context, do func(context.Context, *room, int) error) error {
	for i := range r.times {
		if err := do(ctx, r, i); err != nil {
			return err
		}
	}
	return nil
}

// settled waits until the counters stand still, and returns them.
func (r *room) settled(ctx context.Context) (target.Counters, error) {
	last, err := r.target.Counters(ctx)
	for since := time.Now(); err == nil && time.Since(since) < r.quiet; {
		time.Sleep(look)
		var now target.Counters
		if now, err = r.target.Counters(ctx); err == nil && !maps.Equal(now, last) {
			last, since = now, time.Now()
		}
	}
	return last, err
}

// room is a room with its members. The first of them does everything.
type room struct {
	target  *target.Target
	name    string
	members []*chatclient.Client
	times   int
	quiet   time.Duration
	ids     []int64 // of the messages that the last preparation has sent
	spare   *chatclient.Client
	count   int
}

func openRoom(ctx context.Context, t *target.Target, members, times int, quiet time.Duration) (*room, error) {
	r := &room{target: t, name: fmt.Sprint("costs-", time.Now().UnixMilli()), times: times, quiet: quiet}
	for i := range members {
		c, err := r.connect(ctx, fmt.Sprint("user-", i))
		if err == nil {
			r.members = append(r.members, c)
			_, err = c.Join(ctx, r.name)
		}
		if err != nil {
			r.close()
			return nil, err
		}
	}
	return r, nil
}

func (r *room) connect(ctx context.Context, user string) (*chatclient.Client, error) {
	token, err := r.target.Token(user)
	if err != nil {
		return nil, err
	}
	return chatclient.Dial(ctx, r.target.WebSocket, token, chatclient.Options{})
}

func (r *room) close() {
	for _, c := range r.members {
		c.Drop()
	}
	if r.spare != nil {
		r.spare.Drop()
	}
}
