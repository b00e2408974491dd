package rooms

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

const (
	maxPingRooms = 10
	// pingReads is how long a ping reads its rooms, all together: a sign of life must come soon.
	pingReads = 3 * time.Second
)

// Ping asks whether the connection lives, and how far the named rooms are.
type Ping struct {
	Rooms []chat.RoomID // maxPingRooms at most
}

// ReadPing reads the fields of the action ping.
func ReadPing(f *chat.Fields) Ping { return Ping{Rooms: f.Rooms("room_ids", maxPingRooms)} }

// AsksNothing reports whether it is a sign of life alone.
func (p Ping) AsksNothing() bool { return len(p.Rooms) == 0 }

// Pong tells how far the connection and its rooms are.
type Pong struct {
	ServerTime  time.Time
	ReconnectAt time.Time
	ExpiresAt   time.Time // when the token ends
	LastIDs     map[chat.RoomID]chat.EntryID
}

// Pinger answers pings.
type Pinger struct {
	membership *Membership
	reader     *roomlog.Reader
	life       time.Duration
	now        func() time.Time
}

// NewPinger makes a Pinger; life is how long the gateway keeps a connection.
func NewPinger(membership *Membership, reader *roomlog.Reader, life time.Duration, now func() time.Time) *Pinger {
	return &Pinger{membership: membership, reader: reader, life: life, now: now}
}

// Ping tells how far the caller's connection and its rooms are. It leaves out of LastIDs a room that the caller may not
// read, and one that cannot be read in time: a ping is the sign of life of the whole connection and must not fail for
// one room.
func (p *Pinger) Ping(ctx context.Context, caller chat.Caller, in Ping) (Pong, error) {
	pong := Pong{
		ServerTime:  chat.Millis(p.now()),
		ReconnectAt: caller.Connection.ReconnectAt(p.life),
		ExpiresAt:   caller.Connection.TokenExpiresAt,
		LastIDs:     make(map[chat.RoomID]chat.EntryID, len(in.Rooms)),
	}
	ctx, cancel := context.WithTimeout(ctx, pingReads)
	defer cancel()
	for _, room := range in.Rooms {
		last, err := p.lastID(ctx, caller.User(), room)
		switch chat.CodeOf(err) {
		case "":
			pong.LastIDs[room] = last
		case chat.CodeForbidden, chat.CodeNotFound, chat.CodeUnavailable:
		default:
			return Pong{}, err
		}
		if ctx.Err() != nil {
			break // what is left cannot be read either
		}
	}
	return pong, nil
}

func (p *Pinger) lastID(ctx context.Context, user chat.UserID, room chat.RoomID) (chat.EntryID, error) {
	if _, err := p.membership.May(ctx, user, room, Read); err != nil {
		return 0, err
	}
	return p.reader.LastID(ctx, room)
}
