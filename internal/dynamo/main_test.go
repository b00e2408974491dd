package dynamo_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/dynamo/dynamotest"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
	"serverlesschat/localtest/aws/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

// fixture is a store on tables of its own, and what tests need to look behind it.
type fixture struct {
	*testing.T
	*dynamo.Store
	tables dynamo.Tables
	engine *enginetest.Engine
}

// each runs a test on both engines.
func each(t *testing.T, test func(f fixture)) {
	enginetest.Each(t, func(t *testing.T, e *enginetest.Engine) {
		store, tables := dynamotest.New(t, e.DynamoDB, e.TableName(""))
		test(fixture{T: t, Store: store, tables: tables, engine: e})
	})
}

// manyConnections is more than tests open for one user.
const manyConnections = 100_000

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)

func newEntry(content string) chat.NewEntry {
	return chat.NewEntry{Room: "r", Kind: chat.KindMessage, User: "ann", ClientMessageID: "a #1", Content: content}
}

// removal tells that ann has removed bob.
func removal() chat.NewEntry {
	return chat.NewEntry{
		Room: "other", Kind: chat.KindMember, User: "ann", ClientMessageID: chat.MemberEntryID("bob", 7),
		Subject: "bob", Change: chat.MemberRemoved, Role: chat.RoleMember,
	}
}

// message is an entry with content; void one without.
func message(id chat.EntryID, content string) chat.Entry {
	return chat.Entry{
		Room: "r", ID: id, Kind: chat.KindMessage, User: "ann", ClientMessageID: chat.ClientMessageID(fmt.Sprint("m", id)),
		Content: content, CreatedAt: noon,
	}
}

func void(id chat.EntryID) chat.Entry {
	return chat.Entry{Room: "r", ID: id, Kind: chat.KindVoid, CreatedAt: noon}
}

// open makes a public room with ann as its member, unless there is one.
func (f fixture) open(room chat.RoomID) {
	f.Helper()
	_, err := f.OpenRoom(f.Context(), rooms.Room{ID: room, Kind: rooms.KindPublic, Name: string(room)}, member(room, "ann"))
	f.ok(err)
}

// member is a member of a room, as it is after its first change.
func member(room chat.RoomID, user chat.UserID) rooms.Member {
	return rooms.Member{Room: room, User: user, State: rooms.StateIn, Role: chat.RoleMember, JoinedAt: noon, Version: 1}
}

// ok fails the test when a call failed.
func (f fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// got checks what a call gave.
func got[V comparable](f fixture, what string, value V, err error, want V) {
	f.Helper()
	if err != nil || value != want {
		f.Errorf("%s: got %v, %v, want %v", what, value, err, want)
	}
}

// gotEntry checks an entry that a call gave; want nil for none.
func gotEntry(f fixture, what string, e *chat.Entry, err error, want *chat.Entry) {
	f.Helper()
	if err != nil || (e == nil) != (want == nil) || e != nil && !e.Equal(*want) {
		f.Errorf("%s: got %+v, %v, want %+v", what, e, err, want)
	}
}

// gotClaim checks a claim that a call gave; want nil for none.
func gotClaim(f fixture, what string, c *roomlog.Claim, err error, want *roomlog.Claim) {
	f.Helper()
	if err != nil || (c == nil) != (want == nil) || c != nil && (c.ID != want.ID || !slices.Equal(c.Fingerprint, want.Fingerprint)) {
		f.Errorf("%s: got %+v, %v, want %+v", what, c, err, want)
	}
}
