package dynamo

import (
	"context"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

// Precheck implements [messages.Prechecks].
func (s *Store) Precheck(ctx context.Context, e chat.NewEntry) (rooms.Access, *roomlog.Claim, error) {
	rows, err := s.batchGet(ctx, map[string][]item{
		s.tables.Rooms:   {roomKey(e.Room)},
		s.tables.Members: {memberKey(e.User, e.Room)},
		s.tables.Users:   {claimKey(e)},
	})
	if err != nil {
		return rooms.Access{}, nil, err
	}
	var claim *roomlog.Claim
	for _, row := range rows[s.tables.Users] {
		claim = s.unexpiredClaim(row)
	}
	return s.accessOf(e.User, e.Room, rows), claim, nil
}
