package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/localtest/aws/engine"
	"serverlesschat/localtest/aws/stack"
	"serverlesschat/localtest/chatclient"
)

// shownRoom and shownMember are what the HTTP API shows.
type shownRoom struct {
	RoomID    string `json:"room_id"`
	Name      string `json:"name"`
	Kind      string `json:"kind"`
	Role      string `json:"role"`
	SlowModeS int    `json:"slow_mode_s"`
	LastID    int64  `json:"last_id"`
	ReadID    int64  `json:"read_id"`
	Unread    int    `json:"unread"`
}

type shownMember struct {
	UserID string `json:"user_id"`
	Role   string `json:"role"`
}

type shownUser struct {
	UserID      string `json:"user_id"`
	DisplayName string `json:"display_name"`
}

// gets makes a request that must succeed with the status, and reads its body.
func gets[T any](p *person, status int, method, path, body string) (shown T) {
	p.Helper()
	contentType := ""
	if body != "" {
		contentType = "application/json"
	}
	a, err := p.calls(method, path, contentType, body)
	if err != nil || a.status != status {
		p.Fatalf("%s: %s %s %s: %d %s, %v, want %d", p.user, method, path, body, a.status, a.body, err, status)
	}
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &shown); err != nil {
			p.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return shown
}

// isRefused makes a request that must be refused with the code.
func (p *person) isRefused(code, method, path, body string) answer {
	p.Helper()
	a, err := p.calls(method, path, "application/json", body)
	if err != nil || a.problem().Code != code {
		p.Errorf("%s: %s %s %s: %d %s, %v, want %s", p.user, method, path, body, a.status, a.body, err, code)
	}
	return a
}

func roomPath(id string) string { return "/rooms/" + url.PathEscape(id) }
func memberPath(id string, who *person) string {
	return roomPath(id) + "/members/" + url.PathEscape(who.user)
}

// hears waits for a frame about a room that the person is in, or no longer.
func (p *person) hears(kind, room, reason string) {
	p.Helper()
	await(p.T, fmt.Sprint(p.user, " hears ", kind, " ", reason), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.ContainsFunc(p.moved, func(f chatclient.Frame) bool {
			var r shownRoom
			_ = json.Unmarshal(f.Room, &r)
			return f.Type == kind && f.Reason == reason && (f.RoomID == room || r.RoomID == room)
		})
	})
}

// forgets empties what the person was told of rooms.
func (p *person) forgets() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved = nil
}

// changesOf returns what a room's log tells of its members.
func (p *person) changesOf(room string) []string {
	p.Helper()
	var told []string
	for _, e := range gets[page](p, http.StatusOK, http.MethodGet, roomPath(room)+"/messages?limit=100", "").Messages {
		if e.Kind == "member" {
			told = append(told, strings.TrimPrefix(e.Subject, p.name+"-")+" "+e.Change)
		}
	}
	return told
}

// TestStoryAPrivateRoom: nobody knows of it but who is in it, and who is taken out hears no more.
func TestStoryAPrivateRoom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		room := gets[shownRoom](ann, http.StatusCreated, http.MethodPost, "/rooms", `{"kind":"private","name":"Our plans"}`)
		if room.Kind != "private" || room.Role != "owner" || room.Name != "Our plans" || !strings.HasPrefix(room.RoomID, "p.") {
			t.Fatalf("opened %+v", room)
		}
		ann.hears("room", room.RoomID, "")
		id := room.RoomID
		for _, call := range [][2]string{
			{"GET", ""}, {"DELETE", ""}, {"GET", "/messages"}, {"GET", "/members"}, {"PUT", "/members/" + bob.user}, {"DELETE", "/members/" + bob.user},
		} {
			there := bob.isRefused("not_found", call[0], roomPath(id)+call[1], "{}")
			not := bob.isRefused("not_found", call[0], roomPath("p.nothing")+call[1], "{}")
			if string(there.body) != string(not.body) {
				t.Errorf("%v: %s and %s", call, there.body, not.body)
			}
		}
		bob.fails("not_found", "joinRoom", fields{"room_id": id})
		bob.fails("not_found", "sync", fields{"room_id": id, "after_id": 0})

		gets[shownMember](ann, http.StatusOK, http.MethodPut, memberPath(id, bob), "{}")
		bob.hears("room", id, "")
		bob.does("joinRoom", fields{"room_id": id})
		send := func(p *person, content string) {
			p.does("sendMessage", fields{"room_id": id, "content": content, "client_message_id": content})
		}
		send(bob, "hello")
		list := gets[struct{ Members []shownMember }](bob, http.StatusOK, http.MethodGet, roomPath(id)+"/members", "").Members
		if want := []shownMember{{ann.user, "owner"}, {bob.user, "member"}}; !slices.Equal(list, want) {
			t.Errorf("members %+v, want %+v", list, want)
		}

		put := func(body string) { gets[shownMember](ann, http.StatusOK, http.MethodPut, memberPath(id, bob), body) }
		put(fmt.Sprintf(`{"muted_until":%q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
		bob.fails("forbidden", "sendMessage", fields{"room_id": id, "content": "x", "client_message_id": "x"})
		put(`{"muted_until":"2000-01-01T00:00:00Z"}`)
		send(bob, "again")
		put(`{"banned":true}`)
		bob.hears("removed", id, "banned")
		bob.fails("not_found", "sendMessage", fields{"room_id": id, "content": "x", "client_message_id": "x"})
		bob.fails("not_found", "joinRoom", fields{"room_id": id})
		ann.isRefused("conflict", http.MethodPut, memberPath(id, bob), "{}")
		put(`{"banned":false}`)
		put(`{}`)
		put(`{"role":"moderator"}`)
		bob.forgets()
		bob.does("joinRoom", fields{"room_id": id})
		var said chatclient.Entry
		if err := json.Unmarshal(ann.does("sendMessage", fields{"room_id": id, "content": "rude", "client_message_id": "r"}).Message, &said); err != nil {
			t.Fatal(err)
		}
		bob.does("deleteMessage", fields{"room_id": id, "target_id": said.ID, "client_message_id": "d"})
		gets[shownRoom](bob, http.StatusOK, http.MethodPatch, roomPath(id), `{"slow_mode_s":5}`)
		gets[struct{}](ann, http.StatusNoContent, http.MethodDelete, memberPath(id, bob), "")
		bob.hears("removed", id, "removed")

		want := []string{"bob joined", "bob muted", "bob unmuted", "bob banned", "bob unbanned", "bob joined", "bob role", "bob removed"}
		if got := ann.changesOf(id); !slices.Equal(got, want) {
			t.Errorf("the log tells %q, want %q", got, want)
		}
		var deeds []string
		for _, d := range gets[struct{ Audit []struct{ Action string } }](ann, http.StatusOK, http.MethodGet, roomPath(id)+"/audit", "").Audit {
			deeds = append(deeds, d.Action)
		}
		done := []string{"removed", "settings", "delete", "role", "joined", "unbanned", "banned", "unmuted", "muted", "joined"}
		if !slices.Equal(deeds, done) {
			t.Errorf("the audit log has %q, want %q", deeds, done)
		}
	})
}

// TestStoryADirectRoom: of two users there is one, whoever asks first, and both see it at once.
func TestStoryADirectRoom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob, eve := w.as("ann"), w.as("bob"), w.as("eve")
		open := func(p, with *person, status int) shownRoom {
			return gets[shownRoom](p, status, http.MethodPost, "/rooms", fmt.Sprintf(`{"kind":"direct","user_id":%q}`, with.user))
		}
		room := open(ann, bob, http.StatusCreated)
		if again := open(bob, ann, http.StatusOK); again.RoomID != room.RoomID || room.Kind != "direct" || room.Role != "" ||
			room.Name != bob.user || again.Name != ann.user {
			t.Errorf("%+v and %+v", room, again)
		}
		bob.hears("room", room.RoomID, "")
		for _, p := range []*person{ann, bob} {
			p.does("joinRoom", fields{"room_id": room.RoomID})
		}
		bob.does("sendMessage", fields{"room_id": room.RoomID, "content": "psst", "client_message_id": "1"})
		eve.fails("not_found", "joinRoom", fields{"room_id": room.RoomID})
		gets[struct{}](ann, http.StatusNoContent, http.MethodPut, "/users/me/blocks/"+bob.user, "")
		for _, p := range []*person{ann, bob} {
			p.fails("forbidden", "sendMessage", fields{"room_id": room.RoomID, "content": "x", "client_message_id": "x"})
		}
		gets[struct{}](ann, http.StatusNoContent, http.MethodDelete, "/users/me/blocks/"+bob.user, "")
		bob.does("sendMessage", fields{"room_id": room.RoomID, "content": "sorry", "client_message_id": "2"})
		gets[struct{}](eve, http.StatusNoContent, http.MethodPut, "/users/me/blocks/"+ann.user, "")
		ann.isRefused("forbidden", http.MethodPost, "/rooms", fmt.Sprintf(`{"kind":"direct","user_id":%q}`, eve.user))
		if got := gets[shownUser](ann, http.StatusOK, http.MethodGet, "/users/"+eve.user, ""); got.DisplayName != eve.user {
			t.Errorf("eve is %+v", got)
		}
		ann.isRefused("not_found", http.MethodGet, "/users/"+w.name+"-nobody", "")
		ann.isRefused("forbidden", http.MethodPut, memberPath(room.RoomID, eve), "{}")
		ann.isRefused("forbidden", http.MethodDelete, memberPath(room.RoomID, bob), "")
		ann.isRefused("forbidden", http.MethodDelete, memberPath(room.RoomID, ann), "")
		ann.isRefused("invalid", http.MethodPost, "/rooms", fmt.Sprintf(`{"kind":"direct","user_id":%q}`, ann.user))
	})
}

// TestStoryAPublicRoom: people come and go, the last owner stays, slow mode slows, and lists have what they should.
func TestStoryAPublicRoom(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		id := w.room("hall")
		body := fmt.Sprintf(`{"kind":"public","room_id":%q,"name":"The hall"}`, id)
		gets[shownRoom](ann, http.StatusCreated, http.MethodPost, "/rooms", body)
		bob.isRefused("conflict", http.MethodPost, "/rooms", body)
		if seen := gets[shownRoom](bob, http.StatusOK, http.MethodGet, roomPath(id), ""); seen.Name != "The hall" || seen.Role != "" {
			t.Errorf("bob sees %+v", seen)
		}
		bob.isRefused("forbidden", http.MethodGet, roomPath(id)+"/members", "")
		bob.does("joinRoom", fields{"room_id": id})
		bob.hears("room", id, "")
		listed := func(p *person, query string) bool {
			next := ""
			for {
				got := gets[struct {
					Rooms []shownRoom
					Next  string
				}](p, http.StatusOK, http.MethodGet, "/rooms?limit=100"+query+next, "")
				if slices.ContainsFunc(got.Rooms, func(r shownRoom) bool { return r.RoomID == id && r.Name == "The hall" }) {
					return true
				}
				if got.Next == "" {
					return false
				}
				next = "&cursor=" + got.Next
			}
		}
		if !listed(bob, "") || !listed(w.as("eve"), "&public=true") || listed(w.as("carl"), "") {
			t.Error("the lists of rooms are not right")
		}

		ann.isRefused("conflict", http.MethodDelete, memberPath(id, ann), "")
		ann.isRefused("conflict", http.MethodPut, memberPath(id, ann), `{"role":"member"}`)
		gets[shownRoom](ann, http.StatusOK, http.MethodPatch, roomPath(id), `{"slow_mode_s":3600,"name":"The great hall"}`)
		bob.does("sendMessage", fields{"room_id": id, "content": "one", "client_message_id": "1"})
		bob.does("sendMessage", fields{"room_id": id, "content": "one", "client_message_id": "1"})
		dan := w.as("dan") // polls, and sends over HTTP
		gets[shownMember](dan, http.StatusOK, http.MethodPut, memberPath(id, dan), "{}")
		if a, err := dan.calls(http.MethodPost, roomPath(id)+"/messages", "", `{"content":"d","client_message_id":"d"}`); err != nil || a.status != http.StatusCreated {
			t.Errorf("dan posts: %d %s, %v", a.status, a.body, err)
		}
		bob.fails("rate_limited", "sendMessage", fields{"room_id": id, "content": "two", "client_message_id": "2"})
		ann.does("joinRoom", fields{"room_id": id})
		for _, content := range []string{"a", "b"} {
			ann.does("sendMessage", fields{"room_id": id, "content": content, "client_message_id": content})
		}
		gets[shownMember](ann, http.StatusOK, http.MethodPut, memberPath(id, bob), `{"role":"owner"}`)
		gets[struct{}](ann, http.StatusNoContent, http.MethodDelete, memberPath(id, ann), "")
		ann.hears("removed", id, "left")
		if got, want := bob.changesOf(id), []string{"bob joined", "dan joined", "bob role", "ann left"}; !slices.Equal(got, want) {
			t.Errorf("the log tells %q, want %q", got, want)
		}
	})
}

// TestStoryADeletedRoom: it is gone at once, its members are told, and in a while nothing is left of it but its name.
func TestStoryADeletedRoom(t *testing.T) {
	eachEngine(t, func(t *testing.T, kind engine.Kind) {
		w := startOwn(t, stack.Options{Engine: kind, Parameters: map[string]string{"EraseAfterSeconds": "0"}})
		ann, bob := w.as("ann"), w.as("bob")
		id := w.room("doomed")
		ann.does("joinRoom", fields{"room_id": id})
		bob.does("joinRoom", fields{"room_id": id})
		bob.does("sendMessage", fields{"room_id": id, "content": "secret", "client_message_id": "1"})
		bob.isRefused("forbidden", http.MethodDelete, roomPath(id), "")
		gets[shownRoom](ann, http.StatusOK, http.MethodPatch, roomPath(id), `{"name":"doomed"}`) // a deed
		gets[struct{}](ann, http.StatusNoContent, http.MethodDelete, roomPath(id), "")
		for _, p := range []*person{ann, bob} {
			p.hears("removed", id, "deleted")
			p.fails("not_found", "joinRoom", fields{"room_id": id})
			p.fails("not_found", "sendMessage", fields{"room_id": id, "content": "x", "client_message_id": "x"})
		}
		for _, table := range []string{"EntriesTable", "MembersTable", "UsersTable", "SubscriptionsTable", "ConnectionsTable", "AuditTable"} {
			await(t, "nothing is left in "+table, func() bool { return !strings.Contains(w.dump(table), id) })
		}
		await(t, "one row is left of the room", func() bool { return strings.Count(w.dump("RoomsTable"), id) == 1 })
	})
}

// manyPrefix begins the request_id of what has many replies.
const manyPrefix = "many-"

// asksMany asks for something that has many replies, and returns them.
func (p *person) asksMany(action string, f fields, replies int) (got []chatclient.Frame) {
	p.Helper()
	id := manyPrefix + fmt.Sprint(time.Now().UnixNano())
	f["request_id"] = id
	p.says(action, f)
	await(p.T, fmt.Sprint(replies, " replies to ", action), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		got = p.many[id]
		return len(got) >= replies
	})
	return got
}

// dump returns all that lies in a table.
func (w *world) dump(table string) string {
	w.Helper()
	out, err := w.dynamoDB.Scan(w.ctx, &dynamodb.ScanInput{TableName: w.tableName(table), ConsistentRead: aws.Bool(true)})
	if err != nil {
		w.Fatal(err)
	}
	var all strings.Builder
	for _, item := range out.Items {
		for name, value := range item {
			text, err := json.Marshal(value)
			if err != nil {
				w.Fatal(err)
			}
			fmt.Fprintf(&all, "%s=%s ", name, text)
		}
	}
	return all.String()
}

// TestStoryAHundredRooms: one comes back to all of them with four frames.
func TestStoryAHundredRooms(t *testing.T) {
	once(t, func(t *testing.T, w *world) {
		ann := w.as("ann")
		joinAll := func(p *person, from int) map[string]bool {
			joined := map[string]bool{}
			for ; from < 100; from += 25 {
				list := make([]fields, 25)
				for i := range list {
					list[i] = fields{"room_id": w.room(fmt.Sprint("r", from+i)), "after_id": 0}
				}
				for _, f := range p.asksMany("joinRooms", fields{"rooms": list}, len(list)) {
					joined[f.RoomID] = f.Type == "joined"
				}
			}
			return joined
		}
		if joined := joinAll(ann, 0); len(joined) != 100 {
			t.Fatalf("%d rooms joined", len(joined))
		}
		ann.client.Drop()
		ann.connects()
		begun := time.Now()
		if joined := joinAll(ann, 0); len(joined) != 100 {
			t.Errorf("%d rooms joined again", len(joined))
		}
		t.Logf("100 rooms were joined again within %v", time.Since(begun).Round(time.Millisecond))
		private := gets[shownRoom](w.as("bob"), http.StatusCreated, http.MethodPost, "/rooms", `{"kind":"private","name":"x"}`)
		for _, f := range ann.asksMany("joinRooms", fields{"rooms": []fields{{"room_id": private.RoomID}, {"room_id": w.room("r1")}}}, 2) {
			if f.Type == "error" && (f.Error.Code != "not_found" || f.RoomID != private.RoomID) {
				t.Errorf("%+v", f.Error)
			}
		}
	})
}

// TestStoryARoomThatGrows: it says so when it becomes too large for something, and to who joins it then.
func TestStoryARoomThatGrows(t *testing.T) {
	eachLocal(t, func(t *testing.T, w *world) {
		ann, bob := w.as("ann"), w.as("bob")
		ann.joins("lobby")
		rows := make([]row, 100)
		for i := range rows {
			rows[i] = memberRow(w.room("lobby"), fmt.Sprintf("%s-%d", w.name, i))
		}
		w.putRows("MembersTable", rows)
		bob.does("joinRoom", fields{"room_id": w.room("lobby")})
		ann.hears("degraded", w.room("lobby"), "")
		bob.does("joinRoom", fields{"room_id": w.room("lobby")})
		bob.hears("degraded", w.room("lobby"), "")
	})
}
