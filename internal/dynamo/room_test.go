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
		access := func(user chat.UserID, room chat.RoomID) (bool, bool) {
			f.Helper()
			a, err := f.Access(ctx, user, room)
			f.ok(err)
			return a.Room != nil, a.IsIn()
		}
		check := func(what string, user chat.UserID, room chat.RoomID, wantRoom, wantIn bool) {
			f.Helper()
			if is, in := access(user, room); is != wantRoom || in != wantIn {
				f.Errorf("%s: room is %v, member is %v", what, is, in)
			}
		}
		check("no room yet", "ann", "r", false, false)
		for range 2 {
			f.open("r")
		}
		check("a member", "ann", "r", true, true)
		check("who is no member", "bob", "r", true, false)
		check("a member elsewhere", "ann", "r2", false, false)
	})
}

func TestPrecheck(t *testing.T) {
	each(t, func(f fixture) {
		ctx, d := f.Context(), newEntry("hi")
		claim := roomlog.Claim{ID: 7, Fingerprint: roomlog.Fingerprint("first")}
		check := func(what string, d chat.NewEntry, wantMember bool, want *roomlog.Claim) {
			f.Helper()
			a, c, err := f.Precheck(ctx, d)
			gotClaim(f, what, c, err, want)
			if a.IsIn() != wantMember {
				f.Errorf("%s: member is %v", what, a.IsIn())
			}
		}
		check("a stranger", d, false, nil)
		_, err := f.PutClaim(ctx, d, claim)
		f.ok(err)
		check("who was a member once", d, false, &claim)
		f.open(d.Room)
		check("a member who repeats", d, true, &claim)
		other := d
		other.ClientMessageID = "another"
		check("a member", other, true, nil)
		other.Room = "another"
		check("a member elsewhere", other, false, nil)
		if write, read := f.units(func(ctx context.Context) error { _, _, err := f.Precheck(ctx, d); return err }); write != 0 || read != 3 {
			f.Errorf("took %v write units and %v read units, want 0 and 3", write, read)
		}
	})
}
