// Command bench measures the chat end to end: members with real WebSockets in one room, messages in flight, each of
// them awaited by every member. It prints deliveries a second, latencies, and what a message costs, from the counters
// that the functions themselves report. It starts a local stack of its own for each picture, or uses the chat whose
// addresses are in CHAT_WEBSOCKET_URL (with tokens signed by the key in the file CHAT_TOKEN_KEY) and CHAT_HTTP_URL.
//
// A message is in flight from its sending until every member has it. It is acknowledged when its sender has the ack.
//
// Without flags there are two pictures: the chat as fast as this machine is, and the one nearest to AWS, where streams
// are polled every 250 ms, a call of the store takes 4 ms longer, and a post 8 ms.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"serverlesschat/localtest/bench/target"
)

// settings are what the command line says.
type settings struct {
	members, inFlight []int
	length            time.Duration
	pictures          []target.Options
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	s, err := readSettings(args, target.IsRemote())
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println(header())
	for _, picture := range s.pictures {
		if err := runPicture(ctx, s, picture); err != nil {
			return err
		}
	}
	return nil
}

// runPicture measures every setting on one chat.
func runPicture(ctx context.Context, s settings, picture target.Options) (err error) {
	progress("opening the chat")
	t, err := target.Open(ctx, picture)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	for _, members := range s.members {
		for _, inFlight := range s.inFlight {
			set := setting{members: members, inFlight: inFlight, deviations: t.Deviations}
			if t.Local != nil {
				set.local = &picture
			}
			r, err := measure(ctx, t, s.length, set)
			if err != nil {
				return fmt.Errorf("%d members, %d in flight: %w", members, inFlight, err)
			}
			fmt.Println(r)
		}
	}
	return nil
}
