package apigw

import (
	"context"
	"net/http"
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// ErasedUsers knows who was erased, or is being erased.
type ErasedUsers interface {
	// IsErased is [rooms.Retirements].IsErased.
	IsErased(ctx context.Context, user chat.UserID) (bool, error)
}

// Privacy handles the requests of users for what is stored about them, and for its erasure.
func Privacy(
	tokens TokenVerifier, erased ErasedUsers, exporter *privacy.Exporter, asker *privacy.Asker,
) func(context.Context, restEvent) (restReply, error) {
	return route(map[string]restHandler{
		"GET /users/me/export": func(ctx context.Context, event restEvent) (restReply, error) {
			return export(ctx, tokens, erased, exporter, event)
		},
		"DELETE /users/me": func(ctx context.Context, event restEvent) (restReply, error) {
			return erase(ctx, tokens, asker, event)
		},
	})
}

func export(
	ctx context.Context, tokens TokenVerifier, erased ErasedUsers, exporter *privacy.Exporter, event restEvent,
) (restReply, error) {
	identity, err := authenticate(tokens, event)
	if err != nil {
		return restReply{}, err
	}
	if err := checkErased(ctx, erased, identity.User); err != nil {
		return restReply{}, err
	}
	fields := parameters(event)
	cursor := privacy.ReadExport(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	page, next, err := exporter.Page(ctx, identity.User, cursor)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusOK, wire.LinesType, wire.Exported(page, next)), nil
}

// erase answers with the receipt, also to a user who is erased already: by it the user reads how far that is.
func erase(ctx context.Context, tokens TokenVerifier, asker *privacy.Asker, event restEvent) (restReply, error) {
	identity, err := authenticate(tokens, event)
	if err != nil {
		return restReply{}, err
	}
	e, err := asker.Ask(ctx, identity)
	if err != nil {
		return restReply{}, err
	}
	status := http.StatusAccepted
	if e.IsDone() {
		status = http.StatusOK
	}
	return jsonReply(status, "application/json", wire.Erasure(e)), nil
}

func checkErased(ctx context.Context, erased ErasedUsers, user chat.UserID) error {
	is, err := erased.IsErased(ctx, user)
	if err == nil && is {
		return connections.ErrErased
	}
	return chat.Wrap("read user", err)
}

// UnlessErased makes a function refuse what erased users ask it to change: their tokens hold for a while. Reads are
// left to the function: an erased user is in no room.
func UnlessErased(
	tokens TokenVerifier, erased ErasedUsers, handle func(context.Context, restEvent) (restReply, error),
) func(context.Context, restEvent) (restReply, error) {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		if strings.HasPrefix(event.RouteKey, http.MethodGet+" ") {
			return handle(ctx, event)
		}
		identity, err := authenticate(tokens, event)
		if err == nil {
			err = checkErased(ctx, erased, identity.User)
		}
		if err != nil {
			telemetry.From(ctx).Label("action", event.RouteKey)
			return problem(ctx, err), nil
		}
		return handle(ctx, event)
	}
}
