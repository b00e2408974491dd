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
		"GET /poll": func(ctx context.Context, event restEvent) (restReply, error) {
			return poll(ctx, guard, poller, event)
		},
		"POST /rooms/{room_id}/messages": func(ctx context.Context, event restEvent) (restReply, error) {
			return post(ctx, guard, posted, event)
		},
	})
}

func poll(ctx context.Context, guard Guard, poller *messages.Poller, event restEvent) (restReply, error) {
	identity, err := guard.writer(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	// The gateway joins values of one name with commas in QueryStringParameters, and leaves them apart here.
	query, err := wire.ParseQuery(event.RawQueryString)
	if err != nil {
		return restReply{}, err
	}
	fields := chat.NewFields(query)
	in := messages.ReadPoll(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	pages, err := poller.Poll(ctx, identity, in)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusOK, "application/json", wire.Polled(pages)), nil
}

// post runs an action that came in the body of a request: by the same rules as one that came in a frame, and with the
// same reply. A repeat gets what the first one got, the status too: its client may not know that it is one.
func post(ctx context.Context, guard Guard, a Action, event restEvent) (restReply, error) {
	identity, err := guard.reader(ctx, event)
	if err != nil {
		return restReply{}, err
	}
	door := requestDoor(guard.Gate, identity)
	r, err := bodyOf(event, a.Name)
	if err != nil {
		return restReply{}, door.turnAway(ctx, err)
	}
	reply, err := a.serve(ctx, door, r)
	if err != nil {
		return restReply{}, err
	}
	return jsonReply(http.StatusCreated, "application/json", reply), nil
}

// bodyOf reads the body of a request that asks for an action, "" for none.
func bodyOf(event restEvent, action string) (wire.Request, error) {
	text, err := rawBodyOf(event)
	if err != nil {
		return wire.Request{}, err
	}
	return wire.ParseBody(action, text, event.PathParameters)
}
