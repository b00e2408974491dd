// Command logbench measures the log of a room by itself, without gateway and functions: writers in one process, a real
// engine, a fan-out that pushes to nobody.
//
//	logbench compare   the log against the simplest alternative, one transaction at the next id
//	logbench holes     how long writers take from reserving to placing, and how many voids each age of a hole makes
//	logbench crashes   how long others wait for what a dead writer holds up, for each age of a hole
//	logbench busy      how long a fan-out and a page of history take in a room that is never quiet
//	logbench steady    one busy room for -seconds, and whether a hole is left
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"serverlesschat/localtest/aws/engine"
)

type settings struct {
	writers  int
	seconds  int
	rounds   int
	delay    time.Duration
	overload int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "logbench:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: logbench compare | holes | crashes | busy | steady [flags]")

func run(ctx context.Context, args []string) (err error) {
	var s settings
	flags := flag.NewFlagSet("logbench", flag.ContinueOnError)
	flags.IntVar(&s.writers, "writers", 16, "writers, for all but compare and busy")
	flags.IntVar(&s.seconds, "seconds", 6, "length of each measurement")
	flags.DurationVar(&s.delay, "delay", 4*time.Millisecond, "added to each store call, for all but compare")
	flags.IntVar(&s.rounds, "rounds", 1, "how often to compare, since other work on the machine disturbs it")
	flags.IntVar(&s.overload, "overload", 0, "processes that do nothing but use the processor, for holes and crashes")
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == burnCommand {
		burn()
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	do, ok := map[string]func(context.Context, *bench, settings) error{
		"compare": compare, "holes": holes, "crashes": crashes, "busy": busy, "steady": steady,
	}[args[0]]
	if !ok {
		return errUsage
	}
	dir, err := os.MkdirTemp("", "logbench-")
	if err != nil {
		return err
	}
	e, err := engine.Start(ctx, engine.Options{
		Kind: engine.Dynoxide, ToolsDir: filepath.Join(".local", "tools"), DataDir: dir,
	})
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() { err = errors.Join(err, e.Close(), os.RemoveAll(dir)) }()
	return do(ctx, &bench{engine: e}, s)
}
