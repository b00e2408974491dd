package apigw

import (
	"context"
	"errors"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fanout"
	"serverlesschat/internal/telemetry"
)

// OneWay handles frames that may come by a route without a response: what such a frame is refused for is posted to its
// connection. (AWS does not document what an empty reply on a route with a response sends.)
func OneWay(
	handle func(context.Context, websocketEvent) (websocketReply, error), poster fanout.Poster,
) func(context.Context, websocketEvent) (websocketReply, error) {
	oneWay := map[string]bool{}
	for _, a := range Actions(Services{}) {
		oneWay[a.Name] = a.OneWay
	}
	return func(ctx context.Context, event websocketEvent) (websocketReply, error) {
		reply, err := handle(ctx, event)
		if err != nil || reply.Body == "" || !oneWay[event.RequestContext.RouteKey] {
			return reply, err
		}
		err = poster.Post(ctx, chat.ConnectionID(event.RequestContext.ConnectionID), []byte(reply.Body))
		if err != nil && !errors.Is(err, fanout.ErrGone) {
			telemetry.From(ctx).Fail(string(chat.CodeOf(err)), err)
		}
		return websocketReply{StatusCode: http.StatusOK}, nil
	}
}
