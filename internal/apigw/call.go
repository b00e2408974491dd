package apigw

import (
	"context"
	"encoding/base64"
	"maps"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// call makes the handler of a request: enter lets it in, fieldsOf finds its fields and read reads them, and do does
// what it asks for.
func call[In any](
	enter func(context.Context, restEvent) (chat.Identity, error),
	fieldsOf func(restEvent) (*chat.Fields, error),
	read func(*chat.Fields) In,
	do func(context.Context, chat.Identity, In) (restReply, error),
) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		who, err := enter(ctx, event)
		if err != nil {
			return restReply{}, err
		}
		fields, err := fieldsOf(event)
		if err != nil {
			return restReply{}, err
		}
		in := read(fields)
		if err := fields.Err(); err != nil {
			return restReply{}, err
		}
		// Where a request has no room, its body may hold any text there.
		if room := fields.OptionalText("room_id"); room != nil && chat.RoomID(*room).Validate() == nil {
			telemetry.From(ctx).Label("room", *room)
		}
		return do(ctx, who, in)
	}
}

// list makes the handler of a request for a page of a list.
func list[In, Of any](
	guard Guard, read func(*chat.Fields) In,
	page func(context.Context, chat.UserID, In) (of []Of, next string, err error), encode func([]Of, string) []byte,
) restHandler {
	return call(guard.reader, parameters, read, func(ctx context.Context, who chat.Identity, in In) (restReply, error) {
		of, next, err := page(ctx, who.User, in)
		return jsonReply(http.StatusOK, encode(of, next)), err
	})
}

// change makes the handler of a request that changes something, and has no other answer than that it was done.
func change[In any](
	guard Guard, read func(*chat.Fields) In, do func(context.Context, chat.UserID, In) error,
) restHandler {
	return call(guard.writer, parameters, read, func(ctx context.Context, who chat.Identity, in In) (restReply, error) {
		return noContent(), do(ctx, who.User, in)
	})
}

// readNothing is for a request that has no fields.
func readNothing(*chat.Fields) struct{} { return struct{}{} }

// parameters returns the fields of a request: the parameters of its query and of its path. A parameter of the path wins
// over one of the query with the same name.
func parameters(event restEvent) (*chat.Fields, error) {
	all := wire.Parameters{}
	maps.Copy(all, event.QueryStringParameters)
	maps.Copy(all, event.PathParameters)
	return chat.NewFields(all), nil
}

// queryOf returns the parameters of a request's query, where a name may have several values. The gateway joins these
// with commas in QueryStringParameters, and leaves them apart here.
func queryOf(event restEvent) (*chat.Fields, error) {
	query, err := wire.ParseQuery(event.RawQueryString)
	if err != nil {
		return nil, err
	}
	return chat.NewFields(query), nil
}

// bodyOf returns the fields of a request's body, beside those of its path.
func bodyOf(event restEvent) (*chat.Fields, error) {
	r, err := requestIn(event, "")
	if err != nil {
		return nil, err
	}
	return r.Fields(), nil
}

// optionalBody is bodyOf for a request that may have none.
func optionalBody(event restEvent) (*chat.Fields, error) {
	if event.Body == "" {
		return chat.NewFields(wire.Parameters{}), nil
	}
	return bodyOf(event)
}

// requestIn reads the body of a request that asks for an action, "" for none.
func requestIn(event restEvent, action string) (wire.Request, error) {
	text, err := rawBodyOf(event)
	if err != nil {
		return wire.Request{}, err
	}
	return wire.ParseBody(action, text, event.PathParameters)
}

// rawBodyOf returns the body of a request. The gateway encodes one whose content type it does not take for text.
func rawBodyOf(event restEvent) ([]byte, error) {
	if !event.IsBase64Encoded {
		return []byte(event.Body), nil
	}
	return base64.StdEncoding.DecodeString(event.Body)
}
