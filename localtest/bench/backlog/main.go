// Command backlog measures a room whose members are far behind its log: how fast they catch up, and how long its
// readers wait meanwhile. It starts a local stack, puts entries straight into the tables, as if pushing had stood still
// since the first of them, joins members, and wakes the room by one message. Then it watches.
//
// Members count what they get and look at its order, and read nothing else. They too are on this machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/localtest/bench/target"
)

// settings are what the command line says.
type settings struct {
	members, entries, contentBytes int
	length, askEvery               time.Duration
	target                         target.Options
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "backlog:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	s, err := readSettings(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if target.IsRemote() {
		return errors.New("a backlog is made in a local stack alone; unset CHAT_WEBSOCKET_URL")
	}
	posts := &postCounter{}
	s.target.ManagementFront = posts.before
	progress("starting the chat")
	t, err := target.Open(ctx, s.target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	b := &backlog{settings: s, target: t, tables: openTables(t.Local), room: "backlog", posts: posts}
	return b.run(ctx)
}

func readSettings(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("backlog", flag.ContinueOnError)
	flags.IntVar(&s.members, "members", 2000, "members of the room")
	flags.IntVar(&s.entries, "entries", 100_000, "entries that no member has got")
	flags.IntVar(&s.contentBytes, "content-bytes", 168, "length of an entry's content; 168 make 100 a frame")
	poll := flags.Int("poll-ms", 250, "how often streams are polled")
	seconds := flags.Int("seconds", 60, "how long to watch")
	flags.DurationVar(&s.askEvery, "ask-every", 500*time.Millisecond, "how often history is asked, and the room joined")
	s.target.RegisterFlags(flags)
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 || min(s.members, s.entries, s.contentBytes, *poll, *seconds) < 1 || s.askEvery <= 0 {
		return settings{}, errors.New("flags are -NAME NUMBER, and numbers are above 0")
	}
	s.target.Poll, s.length = time.Duration(*poll)*time.Millisecond, time.Duration(*seconds)*time.Second
	return s, nil
}

// backlog is one measurement.
type backlog struct {
	settings
	target *target.Target
	tables *tables
	room   chat.RoomID
	posts  *postCounter
	crowd  *crowd
}

func (b *backlog) run(ctx context.Context) error {
	users := make([]chat.UserID, b.members)
	for i := range users {
		users[i] = chat.UserID(user(i))
	}
	if err := b.tables.open(ctx, b.room, "sender", users); err != nil {
		return err
	}
	sender, err := b.enter(ctx, "sender")
	if err != nil {
		return err
	}
	defer sender.drop()
	progress("putting %d entries", b.entries)
	start := time.Now()
	if err := b.tables.fill(ctx, b.room, b.entries, b.contentBytes); err != nil {
		return err
	}
	took := time.Since(start)
	if b.crowd, err = b.openCrowd(ctx); err != nil {
		return err
	}
	defer b.crowd.close()
	progress("waiting until the stream has nothing more to tell")
	if err := b.awaitQuiet(ctx); err != nil {
		return err
	}
	progress("")
	fmt.Printf("%d members; %d entries of %d bytes, put in %.1f s; %s\n", b.members, b.entries, b.contentBytes,
		took.Seconds(), b.pace())
	return b.watch(ctx, sender)
}

// pace says what the chat runs with.
func (b *backlog) pace() string {
	text := fmt.Sprintf("streams polled every %v, store delay %v, post delay %v", b.settings.target.Poll,
		b.settings.target.StoreDelay, b.settings.target.PostDelay)
	for _, d := range b.target.Deviations {
		text += ", " + d
	}
	return text
}

// quiet is how long no function may have ended for the stream to have nothing more to tell: longer than a poll.
const quiet = time.Second

func (b *backlog) awaitQuiet(ctx context.Context) error {
	ticker := time.NewTicker(b.settings.target.Poll + quiet)
	defer ticker.Stop()
	for last := -1.0; ; {
		counters, err := b.target.Counters(ctx)
		if err != nil {
			return err
		}
		now := counters.Sum(target.Invocations)
		if now == last {
			return nil
		}
		last = now
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// progress shows what goes on, on one line of the terminal that the next one replaces.
func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "\r\033[K"+format, args...)
}
