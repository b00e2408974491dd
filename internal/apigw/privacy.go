package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/wire"
)

// Privacy handles the requests of users for what is stored about them, and for its erasure.
func Privacy(
	guard Guard, exporter *privacy.Exporter, asker *privacy.Asker,
) func(context.Context, restEvent) (restReply, error) {
	return route(map[string]restHandler{
		"GET /users/me/export": func(ctx context.Context, event restEvent) (restReply, error) {
			return export(ctx, guard, exporter, event)
		},
		"DELETE /users/me": func(ctx context.Context, event restEvent) (restReply, error) {
			return erase(ctx, guard, asker, event)
		},
	})
}

func export(
	ctx context.Context, guard Guard, exporter *privacy.Exporter, event restEvent,
) (restReply, error) {
	identity, err := guard.writer(ctx, event)
	if err != nil {
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
func erase(ctx context.Context, guard Guard, asker *privacy.Asker, event restEvent) (restReply, error) {
	identity, err := guard.reader(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	fields := chat.NewFields(wire.Parameters{})
	if event.Body != "" {
		r, err := bodyOf(event, "")
		if err != nil {
			return restReply{}, err
		}
		fields = r.Fields()
	}
	in := privacy.ReadErase(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	e, err := asker.Ask(ctx, identity, in)
	if err != nil {
		return restReply{}, err
	}
	status := http.StatusAccepted
	if e.IsDone() {
		status = http.StatusOK
	}
	return jsonReply(status, "application/json", wire.Erasure(e)), nil
}
