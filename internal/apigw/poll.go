package apigw

import (
	"context"
	"net/http"
	"slices"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/messages"
	"serverlesschat/internal/wire"
)

// Poll handles the requests of clients that cannot keep a connection open: they ask for what is new, and send.
func Poll(guard Guard, poller *messages.Poller, sender *messages.Sender) func(context.Context, restEvent) (restReply, error) {
	actions := Actions(Services{Sender: sender})
	posted := actions[slices.IndexFunc(actions, func(a Action) bool { return a.Name == PostedAction })]
	return route(map[string]restHandler{
		"GET /poll": call(guard.writer, queryOf, messages.ReadPoll,
			func(ctx context.Context, who chat.Identity, in messages.Poll) (restReply, error) {
				pages, err := poller.Poll(ctx, who, in)
				return jsonReply(http.StatusOK, wire.Polled(pages)), err
			}),
		"POST /rooms/{room_id}/messages": func(ctx context.Context, event restEvent) (restReply, error) {
			return post(ctx, guard, posted, event)
		},
	})
}

// post runs an action that came in the body of a request: by the same rules as one that came in a frame, and with the
// same reply. A repeat gets what the first one got, the status too: its client may not know that it is one.
func post(ctx context.Context, guard Guard, a Action, event restEvent) (restReply, error) {
	identity, err := guard.reader(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	door := requestDoor(guard.Gate, identity)
	r, err := requestIn(event, a.Name)
	if err != nil {
		return restReply{}, door.turnAway(ctx, err)
	}
	reply, err := a.serve(ctx, door, r)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusCreated, reply), nil
}
