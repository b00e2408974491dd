package apigw

import (
	"context"
	"net/http"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/presence"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// Rooms handles the requests about rooms and their members.
func Rooms(
	guard Guard, c *rooms.Changer, l *receipts.Lister, present *presence.Lister, office *connections.TicketOffice,
) func(context.Context, restEvent) (restReply, error) {
	return route(map[string]restHandler{
		ticketRoute:                  issueTicket(guard, office),
		"GET /rooms/{room_id}/audit": list(guard, rooms.ReadListMembers, c.Deeds, wire.Deeds),
		"GET /users/{user_id}": call(guard.reader, parameters, rooms.ReadOther,
			func(ctx context.Context, _ chat.Identity, other chat.UserID) (restReply, error) {
				name, err := c.User(ctx, other)
				return jsonReply(http.StatusOK, wire.User(other, name)), err
			}),
		"PUT /users/me/blocks/{user_id}":    change(guard, rooms.ReadOther, c.Block),
		"DELETE /users/me/blocks/{user_id}": change(guard, rooms.ReadOther, c.Unblock),
		"GET /rooms":                        list(guard, rooms.ReadListRooms, c.List, wire.Rooms),
		"POST /rooms": call(guard.writer, bodyOf, rooms.ReadNewRoom,
			func(ctx context.Context, who chat.Identity, in rooms.NewRoom) (restReply, error) {
				room, opened, err := c.Open(ctx, who.User, in)
				if opened {
					return jsonReply(http.StatusCreated, wire.Room(room)), err
				}
				return jsonReply(http.StatusOK, wire.Room(room)), err
			}),
		"GET /rooms/{room_id}": call(guard.reader, parameters, (*chat.Fields).Room,
			func(ctx context.Context, who chat.Identity, room chat.RoomID) (restReply, error) {
				shown, err := c.Show(ctx, who.User, room)
				return jsonReply(http.StatusOK, wire.Room(shown)), err
			}),
		"PATCH /rooms/{room_id}": call(guard.writer, bodyOf, rooms.ReadPatchRoom,
			func(ctx context.Context, who chat.Identity, in rooms.PatchRoom) (restReply, error) {
				room, err := c.Patch(ctx, who.User, in)
				return jsonReply(http.StatusOK, wire.Room(room)), err
			}),
		"DELETE /rooms/{room_id}":       change(guard, (*chat.Fields).Room, c.Delete),
		"GET /rooms/{room_id}/members":  list(guard, rooms.ReadListMembers, c.Members, wire.Members),
		"GET /rooms/{room_id}/receipts": list(guard, rooms.ReadListMembers, l.List, wire.Receipts),
		"GET /rooms/{room_id}/presence": list(guard, rooms.ReadListMembers, present.List, wire.PresenceOf),
		"PUT /rooms/{room_id}/members/{user_id}": call(guard.writer, bodyOf, rooms.ReadPutMember,
			func(ctx context.Context, who chat.Identity, in rooms.PutMember) (restReply, error) {
				m, err := c.Put(ctx, who.User, in)
				return jsonReply(http.StatusOK, wire.Member(m)), err
			}),
		"DELETE /rooms/{room_id}/members/{user_id}": change(guard, rooms.ReadMemberOf, c.Remove),
	})
}
