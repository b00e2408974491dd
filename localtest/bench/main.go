// Command bench measures the chat end to end: members with real WebSockets in one room, messages in flight, each of
// them awaited by every member. It prints deliveries a second, latencies, and what a message costs, from the counters
// that the functions themselves report. It starts a local stack of its own for each setting, or uses the chat whose
// addresses are in CHAT_WEBSOCKET_URL (with tokens signed by the key in the file CHAT_TOKEN_KEY).
//
// A message is in flight from its sending until every member has it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"serverlesschat/localtest/aws/engine"
)

// settings are what the command line says.
type settings struct {
	members, inFlight, polls []int
	seconds, processes       int
	engine                   engine.Kind
	storeDelay               time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var s settings
	flag.Var(list{&s.members}, "members", "members of the room, a list")
	flag.Var(list{&s.inFlight}, "in-flight", "messages in flight, a list")
	flag.Var(list{&s.polls}, "poll-ms", "how often streams are polled, a list")
	flag.IntVar(&s.seconds, "seconds", 8, "length of each measurement")
	flag.IntVar(&s.processes, "processes", 0, "limit of processes of a function; 0 is the stack's default")
	flag.DurationVar(&s.storeDelay, "store-delay", 0, "added to each call of the store")
	kind := flag.String("engine", string(engine.Dynoxide), "DynamoDB engine: dynoxide or local")
	s.members, s.inFlight, s.polls = []int{10, 50, 200}, []int{1, 8, 32}, []int{10, 250}
	flag.Parse()
	s.engine = engine.Kind(*kind)

	printHeader()
	for _, poll := range s.polls {
		if err := runAll(ctx, s, time.Duration(poll)*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// runAll measures every setting that streams are polled for so often.
func runAll(ctx context.Context, s settings, poll time.Duration) (err error) {
	progress("starting the chat, streams polled every %v", poll)
	t, err := openTarget(ctx, s, poll)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	for _, members := range s.members {
		for _, inFlight := range s.inFlight {
			r, err := measure(ctx, t, s, setting{members: members, inFlight: inFlight, poll: poll})
			if err != nil {
				return fmt.Errorf("%d members, %d in flight: %w", members, inFlight, err)
			}
			fmt.Println(r)
		}
	}
	return nil
}

// list is a flag of whole numbers, separated by commas.
type list struct{ values *[]int }

func (l list) String() string {
	if l.values == nil {
		return ""
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(*l.values), " ", ","), "[]")
}

func (l list) Set(text string) error {
	*l.values = nil
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n <= 0 {
			return fmt.Errorf("%q is not a whole number above 0", part)
		}
		*l.values = append(*l.values, n)
	}
	return nil
}
