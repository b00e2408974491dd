package dynamo

import (
	"context"
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

// Precheck implements [messages.Prechecks]: both rows lie under the user.
func (s *Store) Precheck(ctx context.Context, e chat.NewEntry) (member bool, claim *roomlog.Claim, err error) {
	rows, err := s.batchGet(ctx, s.tables.Users, memberKey(e.User, e.Room), claimKey(e))
	if err != nil {
		return false, nil, err
	}
	for _, row := range rows {
		if strings.HasPrefix(reader{row}.text("item"), claimPrefix) {
			claim = s.unexpiredClaim(row)
		} else {
			member = true
		}
	}
	return member, claim, nil
}
