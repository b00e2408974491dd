package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
	"serverlesschat/internal/wire"
)

// Rooms handles the requests about rooms and their members.
func Rooms(
	guard Guard, c *rooms.Changer, l *receipts.Lister, present *presence.Lister, office *connections.TicketOffice,
) func(context.Context, restEvent) (restReply, error) {
	return route(map[string]restHandler{
		ticketRoute:                  issueTicket(guard, office),
		"GET /rooms/{room_id}/audit": list(guard, rooms.ReadListMembers, c.Deeds, wire.Deeds),
		"GET /users/{user_id}": call(guard, rooms.ReadOther,
			func(ctx context.Context, _, other chat.UserID) (int, []byte, error) {
				name, err := c.User(ctx, other)
				return http.StatusOK, wire.User(other, name), err
			}),
		"PUT /users/me/blocks/{user_id}":    change(guard, rooms.ReadOther, c.Block),
		"DELETE /users/me/blocks/{user_id}": change(guard, rooms.ReadOther, c.Unblock),
		"GET /rooms":                        list(guard, rooms.ReadListRooms, c.List, wire.Rooms),
		"POST /rooms": callWithBody(guard, rooms.ReadNewRoom,
			func(ctx context.Context, user chat.UserID, in rooms.NewRoom) (int, []byte, error) {
				room, opened, err := c.Open(ctx, user, in)
				if opened {
					return http.StatusCreated, wire.Room(room), err
				}
				return http.StatusOK, wire.Room(room), err
			}),
		"GET /rooms/{room_id}": call(guard, (*chat.Fields).Room,
			func(ctx context.Context, user chat.UserID, room chat.RoomID) (int, []byte, error) {
				shown, err := c.Show(ctx, user, room)
				return http.StatusOK, wire.Room(shown), err
			}),
		"PATCH /rooms/{room_id}": callWithBody(guard, rooms.ReadPatchRoom,
			func(ctx context.Context, user chat.UserID, in rooms.PatchRoom) (int, []byte, error) {
				room, err := c.Patch(ctx, user, in)
				return http.StatusOK, wire.Room(room), err
			}),
		"DELETE /rooms/{room_id}":       change(guard, (*chat.Fields).Room, c.Delete),
		"GET /rooms/{room_id}/members":  list(guard, rooms.ReadListMembers, c.Members, wire.Members),
		"GET /rooms/{room_id}/receipts": list(guard, rooms.ReadListMembers, l.List, wire.Receipts),
		"GET /rooms/{room_id}/presence": list(guard, rooms.ReadListMembers, present.List, wire.PresenceOf),
		"PUT /rooms/{room_id}/members/{user_id}": callWithBody(guard, rooms.ReadPutMember,
			func(ctx context.Context, user chat.UserID, in rooms.PutMember) (int, []byte, error) {
				m, err := c.Put(ctx, user, in)
				return http.StatusOK, wire.Member(m), err
			}),
		"DELETE /rooms/{room_id}/members/{user_id}": change(guard, rooms.ReadMemberOf, c.Remove),
	})
}

// list makes the handler of a request for a page of a list.
func list[In, Of any](
	guard Guard, read func(*chat.Fields) In,
	page func(context.Context, chat.UserID, In) (of []Of, next string, err error), encode func([]Of, string) []byte,
) restHandler {
	return call(guard, read, func(ctx context.Context, user chat.UserID, in In) (int, []byte, error) {
		of, next, err := page(ctx, user, in)
		return http.StatusOK, encode(of, next), err
	})
}

// call makes the handler of a request that changes nothing.
func call[In any](
	guard Guard, read func(*chat.Fields) In,
	do func(context.Context, chat.UserID, In) (status int, body []byte, err error),
) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		identity, err := guard.reader(ctx, event)
		if err != nil {
			return restReply{}, err
		}
		return answer(ctx, identity.User, parameters(event), read, do)
	}
}

// change makes the handler of a request that changes something, and has no other answer than that it was done.
func change[In any](
	guard Guard, read func(*chat.Fields) In, do func(context.Context, chat.UserID, In) error,
) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		identity, err := guard.writer(ctx, event)
		if err != nil {
			return restReply{}, err
		}
		return answer(ctx, identity.User, parameters(event), read, func(ctx context.Context, user chat.UserID, in In) (int, []byte, error) {
			return http.StatusNoContent, nil, do(ctx, user, in)
		})
	}
}

// callWithBody makes the handler of a request that changes something, whose fields are in its body, beside those of its
// path.
func callWithBody[In any](
	guard Guard, read func(*chat.Fields) In,
	do func(context.Context, chat.UserID, In) (status int, body []byte, err error),
) restHandler {
	return func(ctx context.Context, event restEvent) (restReply, error) {
		identity, err := guard.writer(ctx, event)
		if err != nil {
			return restReply{}, err
		}
		r, err := bodyOf(event, "")
		if err != nil {
			return restReply{}, err
		}
		return answer(ctx, identity.User, r.Fields(), read, do)
	}
}

func answer[In any](
	ctx context.Context, user chat.UserID, fields *chat.Fields, read func(*chat.Fields) In,
	do func(context.Context, chat.UserID, In) (status int, body []byte, err error),
) (restReply, error) {
	in := read(fields)
	if err := fields.Err(); err != nil {
		return restReply{}, err
	}
	// Where a request has no room, its body may hold any text there.
	if room := fields.OptionalText("room_id"); room != nil && chat.RoomID(*room).Validate() == nil {
		telemetry.From(ctx).Label("room", *room)
	}
	status, text, err := do(ctx, user, in)
	if err != nil {
		return restReply{}, err
	}
	if status == http.StatusNoContent {
		return noContent(), nil
	}
	return jsonReply(status, "application/json", text), nil
}
