package apigw_test

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"serverlesschat/internal/apigw"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/fake"
	"serverlesschat/internal/rooms"
)

// The routes, as the template has them.
const (
	listRooms    = "GET /rooms"
	openRoom     = "POST /rooms"
	showRoom     = "GET /rooms/{room_id}"
	patchRoom    = "PATCH /rooms/{room_id}"
	deleteRoom   = "DELETE /rooms/{room_id}"
	listMembers  = "GET /rooms/{room_id}/members"
	putMember    = "PUT /rooms/{room_id}/members/{user_id}"
	removeMember = "DELETE /rooms/{room_id}/members/{user_id}"
)

func roomRoutes() []string {
	return []string{listRooms, openRoom, showRoom, patchRoom, deleteRoom, listMembers, putMember, removeMember}
}

// roomsEvent is a request with a good token. Its path is of the room, and of the user "carol" unless it has another one.
func roomsEvent(route, room, body string) events.APIGatewayV2HTTPRequest {
	event := events.APIGatewayV2HTTPRequest{RouteKey: route, Body: body, Headers: authorized(), PathParameters: map[string]string{}}
	if strings.Contains(route, "{room_id}") {
		event.PathParameters["room_id"] = room
	}
	if strings.Contains(route, "{user_id}") {
		event.PathParameters["user_id"] = "carol"
	}
	return event
}

func withQuery(event events.APIGatewayV2HTTPRequest, query map[string]string) events.APIGatewayV2HTTPRequest {
	event.QueryStringParameters = query
	return event
}

func withUser(event events.APIGatewayV2HTTPRequest, user string) events.APIGatewayV2HTTPRequest {
	event.PathParameters["user_id"] = user
	return event
}

// halls are rooms: alice owns "general" and is a plain member of "lobby" and of the private room p.plans, which is the
// one of bob and carol too; "others" is of bob alone, and p.secret too.
func halls() *fake.Store {
	s := newStore().WithMembers("general", "alice", "bob", "carol").WithMembers("lobby", "alice", "bob", "carol").
		WithMembers("p.plans", "alice", "bob").WithMembers("p.secret", "bob")
	for room, user := range map[chat.RoomID]chat.UserID{"general": "alice", "lobby": "bob", "p.plans": "alice", "p.secret": "bob"} {
		owner := s.Members[room][user]
		owner.Role = chat.RoleOwner
		s.Members[room][user] = owner
		r := s.Rooms[room]
		if room.IsGiven() {
			r.Kind = rooms.KindPrivate
		}
		s.Rooms[room] = r
	}
	return s
}

func serveRooms(t *testing.T, s *fake.Store, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, map[string]any) {
	t.Helper()
	reply, line := observe(t, apigw.Rooms(guard(s), fake.NewChanger(s), nil, nil, tickets(s)), event)
	expect(t, "cache-control", reply.Headers["cache-control"], "no-store")
	expect(t, "action in the log", line["action"], event.RouteKey)
	return reply, line
}

const (
	general     = `{"room_id":"general","name":"general","kind":"public","role":"owner","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`
	lobby       = `{"room_id":"lobby","name":"lobby","kind":"public","role":"member","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`
	plans       = `{"room_id":"p.plans","name":"p.plans","kind":"private","role":"owner","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`
	ofOthers    = `{"room_id":"others","name":"others","kind":"public","slow_mode_s":0,"retention_days":0}`
	carol       = `{"user_id":"carol","display_name":"carol","role":"member","joined_at":"2026-11-23T12:00:00.000Z"}`
	afterLobby  = "bG9iYnk"
	afterAlice  = "YWxpY2U"
	bobAndCarol = `{"user_id":"bob","display_name":"bob","role":"member","joined_at":"2026-11-23T12:00:00.000Z"},` + carol
)

func TestRooms(t *testing.T) {
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		body   string // "" is for none
	}{
		"own rooms": {roomsEvent(listRooms, "", ""), 200, `{"rooms":[` + general + "," + lobby + "," + plans + `]}`},
		"own rooms, a page": {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"limit": "2"}), 200,
			`{"rooms":[` + general + "," + lobby + `],"next":"` + afterLobby + `"}`},
		"own rooms, the last page": {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"cursor": afterLobby}), 200,
			`{"rooms":[` + plans + `]}`},
		"public rooms": {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"public": "true", "cursor": afterLobby}), 200,
			`{"rooms":[` + ofOthers + `]}`},
		"open a public room": {roomsEvent(openRoom, "", `{"kind":"public","room_id":"new","name":"New"}`), 201,
			`{"room_id":"new","name":"New","kind":"public","role":"owner","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`},
		"open a private room": {roomsEvent(openRoom, "", `{"kind":"private","name":"New"}`), 201,
			`{"room_id":"p.random","name":"New","kind":"private","role":"owner","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`},
		"open a direct room": {roomsEvent(openRoom, "", `{"kind":"direct","user_id":"bob"}`), 201,
			`{"room_id":"dm.alice.bob","name":"bob","kind":"direct","slow_mode_s":0,"retention_days":0,"last_id":0,"read_id":0,"unread":0}`},
		"a room":           {roomsEvent(showRoom, "general", ""), 200, general},
		"a room of others": {roomsEvent(showRoom, "others", ""), 200, ofOthers},
		"settings": {roomsEvent(patchRoom, "general", `{"name":"All","slow_mode_s":10,"retention_days":30,"room_id":"others"}`), 200,
			`{"room_id":"general","name":"All","kind":"public","role":"owner","slow_mode_s":10,"retention_days":30,"last_id":0,"read_id":0,"unread":0}`},
		"no settings": {roomsEvent(patchRoom, "general", `{}`), 200, general},
		"delete":      {roomsEvent(deleteRoom, "general", ""), 204, ""},
		"members, a page": {withQuery(roomsEvent(listMembers, "general", ""), map[string]string{"limit": "1"}), 200,
			`{"members":[{"user_id":"alice","display_name":"alice","role":"owner","joined_at":"2026-11-23T12:00:00.000Z"}],"next":"` + afterAlice + `"}`},
		"members, the last page": {withQuery(roomsEvent(listMembers, "general", ""), map[string]string{"cursor": afterAlice}), 200,
			`{"members":[` + bobAndCarol + `]}`},
		"bring in":      {roomsEvent(putMember, "p.plans", `{}`), 200, carol},
		"as she is":     {roomsEvent(putMember, "general", `{}`), 200, carol},
		"a role":        {roomsEvent(putMember, "general", `{"role":"moderator"}`), 200, strings.Replace(carol, `"member"`, `"moderator"`, 1)},
		"a mute":        {roomsEvent(putMember, "general", `{"muted_until":"2026-11-23T14:00:00+01:00"}`), 200, strings.Replace(carol, `"joined_at"`, `"muted_until":"2026-11-23T13:00:00.000Z","joined_at"`, 1)},
		"a ban":         {roomsEvent(putMember, "general", `{"banned":true}`), 200, `{"user_id":"carol","display_name":"carol","banned":true}`},
		"path wins":     {roomsEvent(putMember, "general", `{"room_id":"lobby","user_id":"alice"}`), 200, carol},
		"remove":        {roomsEvent(removeMember, "general", ""), 204, ""},
		"remove nobody": {withUser(roomsEvent(removeMember, "general", ""), "nobody"), 204, ""},
		"leave":         {withUser(roomsEvent(removeMember, "lobby", ""), "alice"), 204, ""},
	} {
		t.Run(name, func(t *testing.T) {
			reply, line := serveRooms(t, halls(), c.event)
			expect(t, "status", reply.StatusCode, c.status)
			contentType := "application/json"
			if c.body == "" {
				contentType = "" // of nothing
			}
			expect(t, "content type", reply.Headers["content-type"], contentType)
			expect(t, "body", reply.Body, c.body)
			expect(t, "outcome", line["outcome"], "ok")
			if room, ok := c.event.PathParameters["room_id"]; ok {
				expect(t, "room in the log", line["room"], room)
			}
		})
	}
}

// The two have one direct room, whoever asks for it, and however often.
func TestADirectRoomIsThereOnce(t *testing.T) {
	s := halls()
	event := roomsEvent(openRoom, "", base64.StdEncoding.EncodeToString([]byte(`{"kind":"direct","user_id":"bob"}`)))
	event.IsBase64Encoded = true // as the gateway sends a body that it does not take for text
	first, _ := serveRooms(t, s, event)
	again, _ := serveRooms(t, s, event)
	expect(t, "status", first.StatusCode, http.StatusCreated)
	expect(t, "status of the second one", again.StatusCode, http.StatusOK)
	expect(t, "room of the second one", again.Body, first.Body)
}

func TestRoomsRefuse(t *testing.T) {
	huge := strings.Repeat(" ", 32<<10) + "{}"
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		code   string
		field  any
	}{
		"list, limit 0":          {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"limit": "0"}), 400, "invalid", "limit"},
		"list, public 1":         {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"public": "1"}), 400, "invalid", "public"},
		"list, bad cursor":       {withQuery(roomsEvent(listRooms, "", ""), map[string]string{"cursor": "?"}), 400, "invalid", "cursor"},
		"open nothing":           {roomsEvent(openRoom, "", ``), 400, "invalid", nil},
		"open a list":            {roomsEvent(openRoom, "", `[]`), 400, "invalid", nil},
		"open no kind":           {roomsEvent(openRoom, "", `{}`), 400, "invalid", "kind"},
		"open without name":      {roomsEvent(openRoom, "", `{"kind":"private"}`), 400, "invalid", "name"},
		"open p.1":               {roomsEvent(openRoom, "", `{"kind":"public","room_id":"p.1","name":"x"}`), 400, "invalid", "room_id"},
		"open with oneself":      {roomsEvent(openRoom, "", `{"kind":"direct","user_id":"alice"}`), 400, "invalid", "user_id"},
		"open too much":          {roomsEvent(openRoom, "", huge), 413, "too_large", nil},
		"show a bad name":        {roomsEvent(showRoom, "a b", ""), 400, "invalid", "room_id"},
		"patch a bad name":       {roomsEvent(patchRoom, "me", `{}`), 400, "invalid", "room_id"},
		"patch no body":          {roomsEvent(patchRoom, "general", ``), 400, "invalid", nil},
		"patch slow_mode_s":      {roomsEvent(patchRoom, "general", `{"slow_mode_s":21601}`), 400, "invalid", "slow_mode_s"},
		"patch retention_days":   {roomsEvent(patchRoom, "general", `{"retention_days":-1}`), 400, "invalid", "retention_days"},
		"patch too much":         {roomsEvent(patchRoom, "general", huge), 413, "too_large", nil},
		"delete a bad name":      {roomsEvent(deleteRoom, "..", ""), 400, "invalid", "room_id"},
		"members of a bad name":  {roomsEvent(listMembers, "a/b", ""), 400, "invalid", "room_id"},
		"members, limit 101":     {withQuery(roomsEvent(listMembers, "general", ""), map[string]string{"limit": "101"}), 400, "invalid", "limit"},
		"put a role":             {roomsEvent(putMember, "general", `{"role":"king"}`), 400, "invalid", "role"},
		"put a time":             {roomsEvent(putMember, "general", `{"muted_until":"soon"}`), 400, "invalid", "muted_until"},
		"put a ban and a role":   {roomsEvent(putMember, "general", `{"banned":true,"role":"member"}`), 400, "invalid", "banned"},
		"put no body":            {roomsEvent(putMember, "general", ``), 400, "invalid", nil},
		"put a bad user":         {withUser(roomsEvent(putMember, "general", `{"user_id":"carol"}`), "me"), 400, "invalid", "user_id"},
		"remove a bad user":      {withUser(roomsEvent(removeMember, "general", ""), "a b"), 400, "invalid", "user_id"},
		"remove from a bad name": {roomsEvent(removeMember, "a b", ""), 400, "invalid", "room_id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := halls()
			reply, line := serveRooms(t, s, c.event)
			expectProblem(t, reply, c.status, c.code)
			expect(t, "field", object(t, reply.Body)["field"], c.field)
			expect(t, "outcome", line["outcome"], c.code)
			if calls := beyondSession(s); len(calls) > 0 {
				t.Errorf("the store was called: %v", calls)
			}
		})
	}
}

func TestRoomsWantATokenFirst(t *testing.T) {
	for _, route := range roomRoutes() {
		for _, header := range []string{"", "Bearer " + secret} {
			s := halls()
			event := roomsEvent(route, "a b", "[]")
			event.Headers = map[string]string{"authorization": header}
			reply, _ := serveRooms(t, s, event)
			expectProblem(t, reply, http.StatusUnauthorized, "unauthorized")
			if len(s.Calls) > 0 {
				t.Errorf("%s: the store was called: %v", route, s.Calls)
			}
		}
	}
}

func TestRoomsAreForWhoMay(t *testing.T) {
	for name, c := range map[string]struct {
		event  events.APIGatewayV2HTTPRequest
		status int
		code   string
	}{
		"a name that is taken":          {roomsEvent(openRoom, "", `{"kind":"public","room_id":"others","name":"x"}`), 409, "conflict"},
		"show nothing":                  {roomsEvent(showRoom, "nowhere", ""), 404, "not_found"},
		"patch as a member":             {roomsEvent(patchRoom, "lobby", `{"name":"x"}`), 403, "forbidden"},
		"patch as nobody":               {roomsEvent(patchRoom, "others", `{"slow_mode_s":1}`), 403, "forbidden"},
		"delete as a member":            {roomsEvent(deleteRoom, "lobby", ""), 403, "forbidden"},
		"delete as nobody":              {roomsEvent(deleteRoom, "others", ""), 403, "forbidden"},
		"members of others":             {roomsEvent(listMembers, "others", ""), 403, "forbidden"},
		"bring into a public room":      {withUser(roomsEvent(putMember, "general", `{}`), "dave"), 403, "forbidden"},
		"a role as a member":            {roomsEvent(putMember, "lobby", `{"role":"owner"}`), 403, "forbidden"},
		"remove as a member":            {roomsEvent(removeMember, "lobby", ""), 403, "forbidden"},
		"ban the owner":                 {withUser(roomsEvent(putMember, "lobby", `{"banned":true}`), "bob"), 403, "forbidden"},
		"a private room: show":          {roomsEvent(showRoom, "p.secret", ""), 404, "not_found"},
		"a private room: patch":         {roomsEvent(patchRoom, "p.secret", `{"name":"x"}`), 404, "not_found"},
		"a private room: delete":        {roomsEvent(deleteRoom, "p.secret", ""), 404, "not_found"},
		"a private room: members":       {roomsEvent(listMembers, "p.secret", ""), 404, "not_found"},
		"a private room: put":           {roomsEvent(putMember, "p.secret", `{}`), 404, "not_found"},
		"a private room: come in":       {withUser(roomsEvent(putMember, "p.secret", `{}`), "alice"), 404, "not_found"},
		"a private room: remove":        {roomsEvent(removeMember, "p.secret", ""), 404, "not_found"},
		"a private room: leave":         {withUser(roomsEvent(removeMember, "p.secret", ""), "alice"), 404, "not_found"},
		"a room that is not there: put": {roomsEvent(putMember, "nowhere", `{}`), 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			s := halls()
			reply, line := serveRooms(t, s, c.event)
			expectProblem(t, reply, c.status, c.code)
			expect(t, "outcome", line["outcome"], c.code)
			for _, changing := range []string{"change member", "change room", "delete room"} {
				if slices.Contains(s.Calls, changing) {
					t.Errorf("was changed: %v", s.Calls)
				}
			}
		})
	}
	// Nobody learns from the answer which private rooms there are.
	for _, route := range roomRoutes()[2:] {
		there, _ := serveRooms(t, halls(), roomsEvent(route, "p.secret", "{}"))
		not, _ := serveRooms(t, halls(), roomsEvent(route, "p.nowhere", "{}"))
		expect(t, route+" of a private room", there.Body, not.Body)
	}
}

// Whichever call fails: the client gets a problem, and none of the cause.
func TestRoomsReportWhatFailed(t *testing.T) {
	bodies := map[string]string{
		openRoom: `{"kind":"private","name":"x"}`, patchRoom: `{"name":"x"}`, putMember: `{"role":"moderator"}`,
	}
	for _, route := range roomRoutes() {
		well := halls()
		serveRooms(t, well, roomsEvent(route, "general", bodies[route]))
		for i := range well.Calls {
			s := halls()
			var made atomic.Int32 // some calls are made side by side
			failed := ""
			s.Before = func(call string) error {
				if int(made.Add(1)) == i+1 {
					failed = call
					return errBroken
				}
				return nil
			}
			reply, line := serveRooms(t, s, roomsEvent(route, "general", bodies[route]))
			if strings.HasPrefix(failed, "tell ") || failed == "listeners of" { // what is told is not what is asked for
				expect(t, route+", "+failed+": outcome", line["outcome"], "ok")
				continue
			}
			expectProblem(t, reply, http.StatusInternalServerError, "internal")
			expect(t, "level", line["level"], "ERROR")
			if strings.Contains(reply.Body, "broken") {
				t.Errorf("%s, %s: the client gets %s", route, failed, reply.Body)
			}
		}
	}
}

// The log has names of rooms. What a body holds in the place of one is no name, and nobody has looked at it.
func TestTheLogHasNamesOfRoomsAlone(t *testing.T) {
	for body, room := range map[string]any{
		`{"kind":"public","room_id":"new","name":"New"}`:                      "new",
		`{"kind":"private","room_id":"` + secret + ` and more","name":"New"}`: nil,
	} {
		_, line := serveRooms(t, halls(), roomsEvent(openRoom, "", body))
		expect(t, "room in the log", line["room"], room)
	}
}
