package rooms_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/wire"
)

// input is a reader of fields, JSON without its braces, and what it makes of them: a value, or an error of a field.
type input struct {
	name   string
	fields string
	want   any
	wrong  string
}

func expectInputs[In any](t *testing.T, read func(*chat.Fields) In, inputs []input) {
	t.Helper()
	for _, c := range inputs {
		t.Run(c.name, func(t *testing.T) {
			r, err := wire.ParseBody("", []byte("{"+c.fields+"}"), nil)
			if err != nil {
				t.Fatal(err)
			}
			f := r.Fields()
			got := read(f)
			if c.wrong == "" {
				if f.Err() != nil || !reflect.DeepEqual(any(got), c.want) {
					t.Errorf("got %+v, %v, want %+v", got, f.Err(), c.want)
				}
				return
			}
			if e, ok := errors.AsType[*chat.Error](f.Err()); !ok || e.Code != chat.CodeInvalid || e.Field != c.wrong {
				t.Errorf("got %v, want %s with the field %q", f.Err(), chat.CodeInvalid, c.wrong)
			}
		})
	}
}

func TestReadNewRoom(t *testing.T) {
	long := strings.Repeat("😀", 80)
	expectInputs(t, rooms.ReadNewRoom, []input{
		{"public", `"kind":"public","room_id":"r","name":"Room"`, rooms.NewRoom{Kind: rooms.KindPublic, Room: "r", Name: "Room"}, ""},
		{"public, the longest name", `"kind":"public","room_id":"r","name":"` + long + `"`,
			rooms.NewRoom{Kind: rooms.KindPublic, Room: "r", Name: long}, ""},
		{"private", `"kind":"private","name":"Room","room_id":"p.1"`, rooms.NewRoom{Kind: rooms.KindPrivate, Name: "Room"}, ""},
		{"direct", `"kind":"direct","user_id":"bob","name":7`, rooms.NewRoom{Kind: rooms.KindDirect, With: "bob"}, ""},
		{"no kind", `"room_id":"r","name":"Room"`, nil, "kind"},
		{"kind null", `"kind":null,"room_id":"r","name":"Room"`, nil, "kind"},
		{"another kind", `"kind":"secret","name":"Room"`, nil, "kind"},
		{"kind in another case", `"kind":"Public","room_id":"r","name":"Room"`, nil, "kind"},
		{"kind a number", `"kind":1`, nil, "kind"},
		{"public without room_id", `"kind":"public","name":"Room"`, nil, "room_id"},
		{"public with a bad room_id", `"kind":"public","room_id":"a b","name":"Room"`, nil, "room_id"},
		{"public, as a private one is called", `"kind":"public","room_id":"p.1","name":"Room"`, nil, "room_id"},
		{"public, as a direct one is called", `"kind":"public","room_id":"dm.1","name":"Room"`, nil, "room_id"},
		{"public without name", `"kind":"public","room_id":"r"`, nil, "name"},
		{"private without name", `"kind":"private"`, nil, "name"},
		{"name empty", `"kind":"private","name":""`, nil, "name"},
		{"name that nobody can see", `"kind":"private","name":" \u200b"`, nil, "name"},
		{"name with a control character", `"kind":"private","name":"a\u0007"`, nil, "name"},
		{"name too long", `"kind":"private","name":"` + long + `x"`, nil, "name"},
		{"name far too long", `"kind":"private","name":"` + strings.Repeat("x", 4001) + `"`, nil, "name"},
		{"direct without user_id", `"kind":"direct"`, nil, "user_id"},
		{"direct with a bad user_id", `"kind":"direct","user_id":"me"`, nil, "user_id"},
	})
}

func TestReadPatchRoom(t *testing.T) {
	expectInputs(t, rooms.ReadPatchRoom, []input{
		{"nothing", `"room_id":"r"`, rooms.PatchRoom{Room: "r"}, ""},
		{"all null", `"room_id":"r","name":null,"slow_mode_s":null,"retention_days":null`, rooms.PatchRoom{Room: "r"}, ""},
		{"all", `"room_id":"r","name":"Room","slow_mode_s":21600,"retention_days":3650`, rooms.PatchRoom{
			Room: "r", Name: new("Room"), SlowMode: new(6 * time.Hour), Retention: new(3650 * 24 * time.Hour),
		}, ""},
		{"none and for ever", `"room_id":"r","slow_mode_s":0,"retention_days":0`,
			rooms.PatchRoom{Room: "r", SlowMode: new(time.Duration(0)), Retention: new(time.Duration(0))}, ""},
		{"no room_id", `"name":"Room"`, nil, "room_id"},
		{"name empty", `"room_id":"r","name":""`, nil, "name"},
		{"name a number", `"room_id":"r","name":7`, nil, "name"},
		{"name too long", `"room_id":"r","name":"` + strings.Repeat("x", 81) + `"`, nil, "name"},
		{"slow_mode_s below", `"room_id":"r","slow_mode_s":-1`, nil, "slow_mode_s"},
		{"slow_mode_s above", `"room_id":"r","slow_mode_s":21601`, nil, "slow_mode_s"},
		{"slow_mode_s a fraction", `"room_id":"r","slow_mode_s":1.0`, nil, "slow_mode_s"},
		{"slow_mode_s a text", `"room_id":"r","slow_mode_s":"1"`, nil, "slow_mode_s"},
		{"retention_days below", `"room_id":"r","retention_days":-1`, nil, "retention_days"},
		{"retention_days above", `"room_id":"r","retention_days":3651`, nil, "retention_days"},
		{"retention_days far above", `"room_id":"r","retention_days":9223372036854775808`, nil, "retention_days"},
	})
}

func TestReadPutMember(t *testing.T) {
	const who = `"room_id":"r","user_id":"bob"`
	plain := rooms.PutMember{Room: "r", User: "bob"}
	role, muted, banned, free := plain, plain, plain, plain
	role.Role, muted.MutedUntil = new(chat.RoleModerator), new(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	banned.Banned, free.Banned, free.Role = new(true), new(false), new(chat.RoleModerator)
	expectInputs(t, rooms.ReadPutMember, []input{
		{"nothing", who, plain, ""},
		{"all null", who + `,"role":null,"muted_until":null,"banned":null`, plain, ""},
		{"a role", who + `,"role":"moderator"`, role, ""},
		{"a mute", who + `,"muted_until":"2026-11-23T12:00:00Z"`, muted, ""},
		{"a mute in another zone", who + `,"muted_until":"2026-11-23T14:00:00.000+02:00"`, muted, ""},
		{"a ban", who + `,"banned":true`, banned, ""},
		{"the end of a ban, and a role", who + `,"banned":false,"role":"moderator"`, free, ""},
		{"no room_id", `"user_id":"bob"`, nil, "room_id"},
		{"no user_id", `"room_id":"r"`, nil, "user_id"},
		{"a bad user_id", `"room_id":"r","user_id":"deleted-1"`, nil, "user_id"},
		{"another role", who + `,"role":"king"`, nil, "role"},
		{"role empty", who + `,"role":""`, nil, "role"},
		{"role a number", who + `,"role":1`, nil, "role"},
		{"a time that is none", who + `,"muted_until":"soon"`, nil, "muted_until"},
		{"a time without zone", who + `,"muted_until":"2026-11-23T12:00:00"`, nil, "muted_until"},
		{"a time as a number", who + `,"muted_until":1795435200`, nil, "muted_until"},
		{"a time long ago", who + `,"muted_until":"1969-12-31T23:59:59Z"`, nil, "muted_until"},
		{"a time after the last that can be shown", who + `,"muted_until":"9999-12-31T23:59:59-01:00"`, nil, "muted_until"},
		{"banned a text", who + `,"banned":"true"`, nil, "banned"},
		{"a ban and a role", who + `,"banned":true,"role":"member"`, nil, "banned"},
		{"a ban and a mute", who + `,"banned":true,"muted_until":"2026-11-23T12:00:00Z"`, nil, "banned"},
	})
}

func TestReadLists(t *testing.T) {
	first := rooms.Paging{Limit: 50}
	last := strings.Repeat("x", 64)
	expectInputs(t, rooms.ReadListRooms, []input{
		{"nothing", ``, rooms.ListRooms{Paging: first}, ""},
		{"public", `"public":true`, rooms.ListRooms{Paging: first, Public: true}, ""},
		{"own", `"public":false`, rooms.ListRooms{Paging: first}, ""},
		{"a page", `"cursor":"` + chat.NextCursor(last) + `","limit":100`, rooms.ListRooms{Paging: rooms.Paging{Cursor: last, Limit: 100}}, ""},
		{"public a number", `"public":1`, nil, "public"},
		{"limit 0", `"limit":0`, nil, "limit"},
		{"limit above", `"limit":101`, nil, "limit"},
		{"cursor empty", `"cursor":""`, nil, "cursor"},
		{"cursor of other characters", `"cursor":"a+b="`, nil, "cursor"},
		{"cursor cut off", `"cursor":"Z2Vu1"`, nil, "cursor"},
		{"cursor too long", `"cursor":"` + chat.NextCursor(strings.Repeat("x", 129)) + `"`, nil, "cursor"},
	})
	expectInputs(t, rooms.ReadListMembers, []input{
		{"members", `"room_id":"r"`, rooms.ListMembers{Paging: first, Room: "r"}, ""},
		{"a page of members", `"room_id":"r","cursor":"` + chat.NextCursor("bob") + `","limit":1`,
			rooms.ListMembers{Paging: rooms.Paging{Cursor: "bob", Limit: 1}, Room: "r"}, ""},
		{"members of no room", ``, nil, "room_id"},
		{"members of a bad room", `"room_id":".."`, nil, "room_id"},
		{"members, limit above", `"room_id":"r","limit":101`, nil, "limit"},
		{"members, bad cursor", `"room_id":"r","cursor":"!"`, nil, "cursor"},
	})
	expectInputs(t, rooms.ReadMemberOf, []input{
		{"a member", `"room_id":"r","user_id":"bob"`, rooms.MemberOf{Room: "r", User: "bob"}, ""},
		{"a member of no room", `"user_id":"bob"`, nil, "room_id"},
		{"nobody", `"room_id":"r"`, nil, "user_id"},
		{"oneself by another name", `"room_id":"r","user_id":"me"`, nil, "user_id"},
	})
}

func TestReadJoinRooms(t *testing.T) {
	list := func(n int) (text string, want rooms.JoinRooms) {
		texts := make([]string, n)
		for i := range texts {
			room := chat.RoomID(fmt.Sprint("r", i))
			texts[i] = fmt.Sprintf(`{"room_id":%q}`, room)
			want.Rooms = append(want.Rooms, rooms.JoinRoom{Room: room})
		}
		return `"rooms":[` + strings.Join(texts, ",") + `]`, want
	}
	most, want := list(25)
	more, _ := list(26)
	after := rooms.JoinRooms{Rooms: []rooms.JoinRoom{{Room: "r", AfterID: new(chat.EntryID(7))}, {Room: "R"}}}
	expectInputs(t, rooms.ReadJoinRooms, []input{
		{"two", `"rooms":[{"room_id":"r","after_id":7},{"room_id":"R","after_id":null}]`, after, ""},
		{"25", most, want, ""},
		{"26", more, nil, "rooms"},
		{"nothing", ``, nil, "rooms"},
		{"none", `"rooms":[]`, nil, "rooms"},
		{"an object", `"rooms":{"room_id":"r"}`, nil, "rooms"},
		{"names", `"rooms":["r"]`, nil, "rooms"},
		{"null", `"rooms":[null]`, nil, "rooms"},
		{"one twice", `"rooms":[{"room_id":"r"},{"room_id":"r","after_id":7}]`, nil, "rooms"},
		{"a bad name", `"rooms":[{"room_id":"r"},{"room_id":"a b"}]`, nil, "room_id"},
		{"a bad after_id", `"rooms":[{"room_id":"r","after_id":-1}]`, nil, "after_id"},
	})
}
