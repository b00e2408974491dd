package dynamo_test

import (
	"context"
	"testing"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
)

func TestRoomsAndMembers(t *testing.T) {
	each(t, func(f fixture) {
		ctx := f.Context()
		is, err := f.RoomExists(ctx, "r")
		got(f, "no room yet", is, err, false)
		for range 2 {
			f.ok(f.CreateRoom(ctx, "r"))
			f.ok(f.AddMember(ctx, "ann", "r"))
		}
		is, err = f.RoomExists(ctx, "r")
		got(f, "room", is, err, true)
		is, err = f.IsMember(ctx, "ann", "r")
		got(f, "member", is, err, true)
		is, err = f.IsMember(ctx, "bob", "r")
		got(f, "who is no member", is, err, false)
		is, err = f.IsMember(ctx, "ann", "r2")
		got(f, "member elsewhere", is, err, false)
	})
}

func TestPrecheck(t *testing.T) {
	each(t, func(f fixture) {
		ctx, d := f.Context(), newEntry("hi")
		claim := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first")}
		check := func(what string, d chat.NewEntry, wantMember bool, want *roomlog.Claim) {
			f.Helper()
			member, c, err := f.Precheck(ctx, d)
			gotClaim(f, what, c, err, want)
			if member != wantMember {
				f.Errorf("%s: member is %v", what, member)
			}
		}
		check("a stranger", d, false, nil)
		_, err := f.PutClaim(ctx, d, claim)
		f.ok(err)
		check("who was a member once", d, false, &claim)
		f.ok(f.AddMember(ctx, d.User, d.Room))
		check("a member who repeats", d, true, &claim)
		other := d
		other.ClientMessageID = "another"
		check("a member", other, true, nil)
		other.Room = "another"
		check("a member elsewhere", other, false, nil)
		if write, read := f.units(func(ctx context.Context) error { _, _, err := f.Precheck(ctx, d); return err }); write != 0 || read != 2 {
			f.Errorf("took %v write units and %v read units, want 0 and 2", write, read)
		}
	})
}
