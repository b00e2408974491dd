package presence

import (
	"context"
	"fmt"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// RoomLists finds the rooms of a user, and their members.
type RoomLists interface {
	// RoomsOf is [rooms.Lists].RoomsOf.
	RoomsOf(ctx context.Context, user chat.UserID, after chat.RoomID, limit int) (page []rooms.Membered, next chat.RoomID, err error)
	// MemberNames returns who is in a room, limit at most. What it returns may be a moment old.
	MemberNames(ctx context.Context, room chat.RoomID, limit int) ([]chat.UserID, error)
	// ConnectionsOfMany returns the connections of users, 100 users at most.
	ConnectionsOfMany(ctx context.Context, users []chat.UserID) ([]chat.ConnectionID, error)
}

// Limits bounds what one change of one user costs. What is beyond a limit is not told: it can be asked for.
type Limits struct {
	Rooms   int // of the user that are looked at, 100 at most
	Members int // a larger room is not told
	Peers   int // users
	Posts   int
}

// DefaultLimits are those of a deployment.
func DefaultLimits() Limits {
	return Limits{Rooms: 50, Members: rooms.HugeMembers, Peers: 1000, Posts: 1000}
}

const (
	// announceTime bounds the reads of one change.
	announceTime = 10 * time.Second
	// readAtOnce is how many rooms, or batches of users, are read side by side.
	readAtOnce = 8
	// usersAtOnce is how many users one read takes.
	usersAtOnce = 100
)

// Announcer tells those who share a room with a user whether that one is there.
type Announcer struct {
	lists  RoomLists
	teller rooms.Teller
	encode func([]State) []byte
	limits Limits
}

// NewAnnouncer makes an Announcer. encode makes the frame.
func NewAnnouncer(lists RoomLists, teller rooms.Teller, encode func([]State) []byte, limits Limits) *Announcer {
	return &Announcer{lists: lists, teller: teller, encode: encode, limits: limits}
}

// Announce tells each connection of each peer once, however many rooms they share. The user's own connections are not
// told.
//
// Errors: what the store returns, wrapped. That somebody was not reached is none.
func (a *Announcer) Announce(ctx context.Context, s State) error {
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	peers, err := a.peers(ctx, s.User)
	if err != nil || len(peers) == 0 {
		return err
	}
	ids, err := a.connections(ctx, peers)
	if err != nil || len(ids) == 0 {
		return err
	}
	a.teller.Tell(ctx, ids[:min(len(ids), a.limits.Posts)], a.encode([]State{s}))
	return nil
}

// peers returns those who share a room with the user that is small enough, as many as the limits allow.
func (a *Announcer) peers(ctx context.Context, user chat.UserID) ([]chat.UserID, error) {
	page, _, err := a.lists.RoomsOf(ctx, user, "", a.limits.Rooms)
	if err != nil {
		return nil, fmt.Errorf("read rooms: %w", err)
	}
	found, err := chat.Map(ctx, page, readAtOnce, func(ctx context.Context, m rooms.Membered) ([]chat.UserID, error) {
		if m.Room.Size == rooms.SizeHuge {
			return nil, nil
		}
		names, err := a.lists.MemberNames(ctx, m.Room.ID, a.limits.Members+1)
		if len(names) > a.limits.Members {
			return nil, nil
		}
		return names, chat.Wrap("read members", err)
	})
	seen := map[chat.UserID]bool{user: true}
	var peers []chat.UserID
	for _, names := range found {
		for _, name := range names {
			if !seen[name] && len(peers) < a.limits.Peers {
				seen[name] = true
				peers = append(peers, name)
			}
		}
	}
	return peers, err
}

// connections returns the connections of users.
func (a *Announcer) connections(ctx context.Context, users []chat.UserID) (ids []chat.ConnectionID, err error) {
	for begin := 0; begin < len(users) && len(ids) < a.limits.Posts; begin += usersAtOnce {
		some, err := a.lists.ConnectionsOfMany(ctx, users[begin:min(begin+usersAtOnce, len(users))])
		if err != nil {
			return nil, fmt.Errorf("read connections: %w", err)
		}
		ids = append(ids, some...)
	}
	return ids, nil
}
