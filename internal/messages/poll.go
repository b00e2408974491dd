package messages

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

const (
	maxPollRooms = 25
	maxPollWait  = 20 // seconds
	// pollEvery is how long a poll waits between two looks at its rooms.
	pollEvery = time.Second
	// pollEnd bounds the call that says that a poll has ended, made even when its time is over.
	pollEnd = 500 * time.Millisecond
	// pollRetry is the shortest time after which a client comes back when too many poll. It is up to twice as long.
	pollRetry = 5 * time.Second
)

// Position is how far a client is in a room.
type Position struct {
	Room  chat.RoomID
	After chat.EntryID // 0 or more
}

// Poll asks for what is new in rooms, and waits for it.
type Poll struct {
	Positions []Position // of 1–maxPollRooms different rooms
	Wait      time.Duration
	Tab       string // which of a user's clients it is; may be empty
}

// ReadPoll reads the fields of a poll.
func ReadPoll(f *chat.Fields) Poll {
	texts := f.Texts("after", maxPollRooms)
	if f.Err() == nil && len(texts) == 0 {
		f.Check(chat.Invalid("after", "is missing"))
	}
	p := Poll{Positions: make([]Position, 0, len(texts))}
	seen := map[chat.RoomID]bool{}
	for _, text := range texts {
		at, err := readPosition(text)
		f.Check(err)
		if err == nil && seen[at.Room] {
			f.Check(chat.Invalid("after", "names a room twice"))
		}
		seen[at.Room] = true
		p.Positions = append(p.Positions, at)
	}
	p.Wait = time.Duration(f.Number("wait", 0, maxPollWait, 0)) * time.Second
	p.Tab = f.OptionalLabel("tab")
	return p
}

// readPosition reads ROOM:ID. The name of a room holds no colon.
func readPosition(text string) (Position, error) {
	name, digits, ok := strings.Cut(text, ":")
	room := chat.RoomID(name)
	if err := room.Validate(); err != nil || !ok {
		return Position{}, chat.Invalid("after", "must be the name of a room, a colon and an id")
	}
	// ParseUint takes no sign. Its 63 bits are all that an id may have.
	id, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return Position{}, chat.Invalid("after", "must end with an id, a whole number of 0 or more")
	}
	return Position{Room: room, After: chat.EntryID(id)}, nil
}

// Polls keeps which polls run. A poll that died is forgotten after a while.
type Polls interface {
	// EnterPoll counts a poll that begins at a time. It returns how many run, that one included.
	EnterPoll(ctx context.Context, at time.Time) (running int, err error)
	// LeavePoll takes back what EnterPoll has counted at that time.
	LeavePoll(ctx context.Context, at time.Time) error
	// TakePoll makes a poll, by a token of its own, the newest one of the user's tab.
	TakePoll(ctx context.Context, user chat.UserID, tab, token string) error
	// NewestPoll returns the token of the newest poll of the user's tab, consistently.
	NewestPoll(ctx context.Context, user chat.UserID, tab string) (token string, err error)
}

// PollerOptions are the settings of a Poller.
type PollerOptions struct {
	Concurrency int              // how many polls may run side by side, of all users
	Now         func() time.Time // the time
	NewToken    func() string    // a name for a poll, never the same twice
	Jitter      func() float64   // random in [0, 1): spreads clients that come back
}

// Poller answers clients that cannot keep a connection open.
type Poller struct {
	membership *rooms.Membership
	reader     *roomlog.Reader
	polls      Polls
	opts       PollerOptions
}

// NewPoller makes a Poller.
func NewPoller(membership *rooms.Membership, reader *roomlog.Reader, polls Polls, opts PollerOptions) *Poller {
	return &Poller{membership: membership, reader: reader, polls: polls, opts: opts}
}

// Poll returns a page of each room that has entries after its position, as soon as there is one; none when the wait is
// over or the token ends, or when a newer poll of the same tab has begun.
//
// Errors: CodeForbidden, CodeNotFound as [rooms.Access.May], with the room; CodeUnavailable with a RetryAfter when
// too many poll; else as [roomlog.Reader.News].
func (p *Poller) Poll(ctx context.Context, identity chat.Identity, in Poll) ([]roomlog.Page, error) {
	begun, user := p.opts.Now(), identity.User
	kept, err := p.check(ctx, user, in.Positions)
	if err != nil {
		return nil, err
	}
	running, err := p.polls.EnterPoll(ctx, begun)
	if err != nil {
		return nil, chat.Wrap("count polls", err)
	}
	defer p.leave(ctx, begun)
	if running > p.opts.Concurrency {
		wait := pollRetry + time.Duration(p.opts.Jitter()*float64(pollRetry))
		return nil, &chat.Error{
			Code: chat.CodeUnavailable, Message: "too many poll at the moment; try again later", RetryAfter: wait,
		}
	}
	token := p.opts.NewToken()
	if err := p.polls.TakePoll(ctx, user, in.Tab, token); err != nil {
		return nil, chat.Wrap("take poll", err)
	}
	end := begun.Add(in.Wait)
	if identity.ExpiresAt.Before(end) {
		end = identity.ExpiresAt
	}
	return p.wait(ctx, user, in, poll{token: token, end: end, kept: kept})
}

// leave must not wait for the poll's client, whose answer is ready. A count that stays too high is forgotten in time.
func (p *Poller) leave(ctx context.Context, begun time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pollEnd)
	defer cancel()
	_ = p.polls.LeavePoll(ctx, begun)
}

// poll is a poll that waits.
type poll struct {
	token string
	end   time.Time
	kept  map[chat.RoomID]time.Duration // how long each room keeps its entries
}

// wait looks at the rooms until there is something new. The newest token is read before an answer is given, so that of
// two polls of a tab the older one never answers with entries that its client no longer waits for.
func (p *Poller) wait(ctx context.Context, user chat.UserID, in Poll, of poll) ([]roomlog.Page, error) {
	for {
		pages, err := p.news(ctx, in.Positions, of.kept)
		if err != nil {
			return nil, err
		}
		newest, err := p.polls.NewestPoll(ctx, user, in.Tab)
		if err != nil {
			return nil, chat.Wrap("read newest poll", err)
		}
		if newest != of.token {
			return nil, nil
		}
		if len(pages) > 0 {
			if _, err := p.check(ctx, user, positionsOf(pages)); err != nil {
				return nil, err
			}
			return pages, nil
		}
		left := of.end.Sub(p.opts.Now())
		if left <= 0 {
			return nil, nil
		}
		if err := chat.Sleep(ctx, min(left, pollEvery)); err != nil {
			return nil, err
		}
		if left < pollEvery { // less than a second since the last look
			return nil, nil
		}
	}
}

// news returns the pages of the rooms that have something new, in the order of the positions.
func (p *Poller) news(
	ctx context.Context, positions []Position, kept map[chat.RoomID]time.Duration,
) ([]roomlog.Page, error) {
	var mu sync.Mutex
	found := map[chat.RoomID]roomlog.Page{}
	err := chat.ForEach(ctx, positions, maxPollRooms, func(ctx context.Context, at Position) error {
		page, err := p.reader.News(ctx, roomlog.Query{
			Room: at.Room, After: &at.After, Limit: roomlog.DefaultPageLimit, Retention: kept[at.Room],
		})
		if err != nil || len(page.Entries) == 0 {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found[at.Room] = page
		return nil
	})
	var pages []roomlog.Page
	for _, at := range positions {
		if page, ok := found[at.Room]; ok {
			pages = append(pages, page)
		}
	}
	return pages, err
}

// check returns how long each room keeps its entries, or the error of the first room, in their order, that the user may
// not read.
func (p *Poller) check(ctx context.Context, user chat.UserID, positions []Position) (map[chat.RoomID]time.Duration, error) {
	var mu sync.Mutex
	kept := map[chat.RoomID]time.Duration{}
	refused := map[chat.RoomID]error{}
	err := chat.ForEach(ctx, positions, maxPollRooms, func(ctx context.Context, at Position) error {
		access, err := p.membership.May(ctx, user, at.Room, rooms.Read)
		if code := chat.CodeOf(err); err != nil && code != chat.CodeForbidden && code != chat.CodeNotFound {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			kept[at.Room] = access.Room.Retention
			return nil
		}
		refused[at.Room] = chat.InRoom(at.Room, err)
		return nil
	})
	for _, at := range positions {
		if err == nil {
			err = refused[at.Room]
		}
	}
	return kept, err
}

func positionsOf(pages []roomlog.Page) []Position {
	positions := make([]Position, len(pages))
	for i, page := range pages {
		positions[i].Room = page.Room
	}
	return positions
}
