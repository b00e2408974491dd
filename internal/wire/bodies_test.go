package wire_test

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// bodyReaders returns, for each call with a body, what its function reads the fields with, and checks what came out.
func bodyReaders() map[string]func(*testing.T, *chat.Fields) {
	return map[string]func(*testing.T, *chat.Fields){
		"POST /rooms":                               newRoomIsValid,
		"PATCH /rooms/{room_id}":                    patchRoomIsValid,
		"PUT /rooms/{room_id}/members/{user_id}":    putMemberIsValid,
		"DELETE /rooms/{room_id}/members/{user_id}": func(_ *testing.T, f *chat.Fields) { rooms.ReadMemberOf(f) },
		"joinRooms":                                 joinRoomsIsValid,
	}
}

func newRoomIsValid(t *testing.T, f *chat.Fields) {
	in := rooms.ReadNewRoom(f)
	if f.Err() != nil {
		return
	}
	switch in.Kind {
	case rooms.KindPublic:
		if in.Room.Validate() != nil || in.Room.IsGiven() || !isTitle(in.Name) {
			t.Errorf("took %+v", in)
		}
	case rooms.KindPrivate:
		if in.Room != "" || !isTitle(in.Name) {
			t.Errorf("took %+v", in)
		}
	default:
		if in.Kind != rooms.KindDirect || in.With.Validate() != nil {
			t.Errorf("took %+v", in)
		}
	}
}

func isTitle(name string) bool { return chat.ValidateContent(name) == nil && len([]rune(name)) <= 80 }

func patchRoomIsValid(t *testing.T, f *chat.Fields) {
	in := rooms.ReadPatchRoom(f)
	if f.Err() != nil {
		return
	}
	within := func(d *time.Duration, unit time.Duration, most int) bool {
		return d == nil || *d >= 0 && *d%unit == 0 && *d <= time.Duration(most)*unit
	}
	if in.Room.Validate() != nil || in.Name != nil && !isTitle(*in.Name) || !within(in.SlowMode, time.Second, 21_600) ||
		!within(in.Retention, 24*time.Hour, 3650) {
		t.Errorf("took %+v", in)
	}
}

// A mute that was taken must be one that can be shown.
func putMemberIsValid(t *testing.T, f *chat.Fields) {
	in := rooms.ReadPutMember(f)
	if f.Err() != nil {
		return
	}
	if errors.Join(in.Room.Validate(), in.User.Validate()) != nil {
		t.Errorf("took %+v", in)
	}
	if in.MutedUntil != nil {
		m := rooms.Member{Room: in.Room, User: in.User, State: rooms.StateIn, MutedUntil: *in.MutedUntil, JoinedAt: noon()}
		shown := decode(t, wire.Member(m)).(map[string]any)["muted_until"]
		if text, _ := shown.(string); len(text) != len("2026-11-23T12:00:00.000Z") || !strings.HasSuffix(text, "Z") {
			t.Errorf("took a time that is shown as %v", shown)
		}
	}
}

func joinRoomsIsValid(t *testing.T, f *chat.Fields) {
	in := rooms.ReadJoinRooms(f)
	if f.Err() != nil {
		return
	}
	seen := map[chat.RoomID]bool{}
	for _, join := range in.Rooms {
		if join.Room.Validate() != nil || seen[join.Room] || join.AfterID != nil && *join.AfterID < 0 {
			t.Errorf("took %+v", in)
		}
		seen[join.Room] = true
	}
	if len(in.Rooms) < 1 || len(in.Rooms) > 25 {
		t.Errorf("took %d rooms", len(in.Rooms))
	}
}

// Whatever comes in a body, it is read and valid, or the error says what is wrong with it.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"kind":"public","room_id":"general","name":"General"}`, `{"kind":"private","name":"a\u2028"}`,
		`{"kind":"direct","user_id":"bob"}`, `{"name":null,"slow_mode_s":21600,"retention_days":3650}`,
		`{"role":"owner","muted_until":"2026-11-23T14:00:00.5+02:00"}`, `{"banned":true}`, `{"banned":false,"role":"member"}`,
		`{"muted_until":"9999-12-31T23:59:59-23:59"}`, `{"rooms":[{"room_id":"a","after_id":0},{"room_id":"b"}]}`,
		`{"rooms":[{"rooms":[null]}]}`, `{}`, `[]`, `null`, "{\"name\":\"\xff\"}",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := wire.ParseBody("x", []byte(body), map[string]string{"room_id": "general", "user_id": "bob"})
		if err != nil {
			expectProblemOf(t, err)
			return
		}
		without, _ := wire.ParseBody("x", []byte(body), nil)
		for _, read := range bodyReaders() {
			for _, r := range []wire.Request{r, without} {
				fields := r.Fields()
				read(t, fields)
				expectFieldOf(t, fields.Err())
			}
		}
	})
}

// Whatever stands in a query, it is read and valid, or the error says what is wrong with it. The gateway joins parameters
// of one name with commas.
func FuzzParameters(f *testing.F) {
	for _, query := range []string{
		"public=true&limit=100&cursor=Z2VuZXJhbA", "public=1", "limit=0", "cursor=", "cursor=!", "cursor=" + chat.NextCursor(strings.Repeat("x", 65)),
		"limit=1&limit=2", "room_id=general", "before=1&after=2", "%zz",
	} {
		f.Add("general", query)
	}
	f.Fuzz(func(t *testing.T, room, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return // the gateway refuses it
		}
		parameters := wire.Parameters{}
		for name, all := range values {
			parameters[name] = strings.Join(all, ",")
		}
		maps.Copy(parameters, map[string]string{"room_id": room})
		for _, read := range []func(*chat.Fields) rooms.Paging{
			func(f *chat.Fields) rooms.Paging { return rooms.ReadListRooms(f).Paging },
			func(f *chat.Fields) rooms.Paging { return rooms.ReadListMembers(f).Paging },
		} {
			fields := chat.NewFields(parameters)
			paging := read(fields)
			expectFieldOf(t, fields.Err())
			if _, given := parameters["cursor"]; fields.Err() == nil &&
				(paging.Limit < 1 || paging.Limit > 100 || given != (paging.Cursor != "") || len(paging.Cursor) > 128) {
				t.Errorf("%q: took %+v", query, paging)
			}
		}
	})
}

// Where a page ends, the next one begins.
func TestACursorIsReadAsItWasGiven(t *testing.T) {
	for _, name := range []string{"a", "general", "auth0|1@x:+", strings.Repeat("z", 64)} {
		fields := chat.NewFields(wire.Parameters{"cursor": chat.NextCursor(name)})
		if got := rooms.ReadListRooms(fields).Cursor; got != name || fields.Err() != nil {
			t.Errorf("%q came back as %q, %v", name, got, fields.Err())
		}
	}
	if chat.NextCursor("") != "" {
		t.Error("there is a page after the last")
	}
}

// expectFieldOf checks that an error, if there is one, names a field and can be told.
func expectFieldOf(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*chat.Error](err); !ok || e.Field == "" {
		t.Errorf("the error names no field: %v", err)
	}
	expectProblemOf(t, err)
}

func expectProblemOf(t *testing.T, err error) {
	t.Helper()
	status, body := wire.Problem(err)
	if status != http.StatusBadRequest && status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d for %v", status, err)
	}
	if p, ok := decode(t, body).(map[string]any); !ok || p["detail"] == "" {
		t.Errorf("the problem is %s", body)
	}
}
