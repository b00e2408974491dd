package rooms

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

const maxPingRooms = 10

// Ping asks whether the connection lives, and how far the named rooms are.
type Ping struct {
	Rooms []chat.RoomID // maxPingRooms at most
}

// ReadPing reads the fields of the action ping.
func ReadPing(f *chat.Fields) Ping { return Ping{Rooms: f.Rooms("room_ids", maxPingRooms)} }

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
	now        func() time.Time
}

// NewPinger makes a Pinger.
func NewPinger(membership *Membership, reader *roomlog.Reader, now func() time.Time) *Pinger {
	return &Pinger{membership: membership, reader: reader, now: now}
}

// Ping tells how far the caller's connection and its rooms are. A room that the caller may not read is left out of
// LastIDs: a ping is the sign of life of the whole connection and must not fail for one room.
func (p *Pinger) Ping(ctx context.Context, caller chat.Caller, in Ping) (Pong, error) {
	pong := Pong{
		ServerTime:  chat.Millis(p.now()),
		ReconnectAt: caller.Connection.ReconnectAt(),
		ExpiresAt:   caller.Connection.TokenExpiresAt,
		LastIDs:     make(map[chat.RoomID]chat.EntryID, len(in.Rooms)),
	}
	for _, room := range in.Rooms {
		switch err := p.membership.Check(ctx, caller.User(), room); chat.CodeOf(err) {
		case "":
		case chat.CodeForbidden, chat.CodeNotFound:
			continue
		default:
			return Pong{}, err
		}
		last, err := p.reader.LastID(ctx, room)
		if err != nil {
			return Pong{}, err
		}
		pong.LastIDs[room] = last
	}
	return pong, nil
}
