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
		"GET /users/me/export": call(guard.writer, parameters, privacy.ReadExport,
			func(ctx context.Context, who chat.Identity, cursor string) (restReply, error) {
				page, next, err := exporter.Page(ctx, who.User, cursor)
				return textReply(http.StatusOK, wire.LinesType, wire.Exported(page, next)), err
			}),
		// The receipt is for a user who is erased already, too: by it the user reads how far that is.
		"DELETE /users/me": call(guard.reader, optionalBody, privacy.ReadErase,
			func(ctx context.Context, who chat.Identity, in privacy.Erase) (restReply, error) {
				e, err := asker.Ask(ctx, who, in)
				if e.IsDone() {
					return jsonReply(http.StatusOK, wire.Erasure(e)), err
				}
				return jsonReply(http.StatusAccepted, wire.Erasure(e)), err
			}),
	})
}
