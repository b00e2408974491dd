package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// presenceRoute handles the request for who of a room is there.
func presenceRoute(tokens TokenVerifier, l *presence.Lister) restHandler {
	return call(tokens, parameters, rooms.ReadListMembers,
		func(ctx context.Context, user chat.UserID, in rooms.ListMembers) (int, []byte, error) {
			list, next, err := l.List(ctx, user, in)
			return http.StatusOK, wire.PresenceOf(list, next), err
		})
}

// Tracker follows connections; errors as [presence.Tracker].
type Tracker interface {
	Connected(ctx context.Context, user chat.UserID) error
	Gone(ctx context.Context, user chat.UserID, id chat.ConnectionID) error
}
