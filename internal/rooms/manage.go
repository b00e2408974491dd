package rooms

import (
	"context"
	"time"

	"serverlesschat/internal/chat"
)

// PutMember asks for a user to be brought into a room, or for another role, a mute or a ban of a member. What is nil stays
// as it is.
type PutMember struct {
	Room       chat.RoomID
	User       chat.UserID
	Role       *chat.Role
	MutedUntil *time.Time // a time that is over ends a mute
	Banned     *bool
}

// ReadPutMember reads the fields of a request that changes a member.
func ReadPutMember(f *chat.Fields) PutMember {
	in := PutMember{Room: f.Room(), User: f.User("user_id")}
	if role := f.OptionalText("role"); role != nil {
		in.Role = (*chat.Role)(role)
		switch *in.Role {
		case chat.RoleOwner, chat.RoleModerator, chat.RoleMember:
		default:
			f.Check(chat.Invalid("role", "must be owner, moderator or member"))
		}
	}
	in.MutedUntil = f.OptionalTime("muted_until")
	in.Banned = f.OptionalFlag("banned")
	if in.Banned != nil && *in.Banned && (in.Role != nil || in.MutedUntil != nil) {
		f.Check(chat.Invalid("banned", "goes with neither role nor muted_until"))
	}
	return in
}

// Put brings a user into a room and changes the member as asked for, one change after the other. It returns the member.
//
// Errors: CodeNotFound, CodeForbidden as [Access.May]; CodeConflict for who is banned and is to come in, and for the last
// owner.
func (c *Changer) Put(ctx context.Context, by chat.UserID, in PutMember) (Member, error) {
	_, row, err := c.run(ctx, by, in.User, in.Room, func(access Access, row *Member) (*step, error) {
		return c.putting(ctx, by, in, access, row)
	})
	if err != nil {
		return Member{}, err
	}
	if row == nil { // who was never there was not to come in
		return Member{Room: in.Room, User: in.User, State: StateOut}, nil
	}
	return *row, nil
}

func (c *Changer) putting(ctx context.Context, by chat.UserID, in PutMember, access Access, row *Member) (*step, error) {
	if in.Banned != nil {
		if s, err := banning(in, access, row); s != nil || err != nil || *in.Banned {
			return s, err
		}
		if row == nil || row.State != StateIn {
			return nil, nil // the end of a ban brings nobody in
		}
	}
	if row == nil || row.State != StateIn {
		return c.adding(ctx, by, in, access, row)
	}
	is := *row
	switch {
	case in.Role != nil && *in.Role != row.Role:
		is.Role = *in.Role
		return &step{change: chat.MemberRole, is: is}, access.May(Govern)
	case in.MutedUntil == nil:
		return nil, access.May(Read)
	}
	until := chat.Millis(*in.MutedUntil)
	switch {
	case until.After(access.At) && !until.Equal(row.MutedUntil):
		is.MutedUntil = until
		return &step{change: chat.MemberMuted, is: is}, access.mayOn(Moderate, row.Role)
	case !until.After(access.At) && row.isMutedAt(access.At):
		is.MutedUntil = time.Time{}
		return &step{change: chat.MemberUnmuted, is: is}, access.mayOn(Moderate, row.Role)
	}
	return nil, access.mayOn(Moderate, row.Role)
}

// banning plans a ban, or its end.
func banning(in PutMember, access Access, row *Member) (*step, error) {
	is := Member{Room: in.Room, User: in.User}
	if row != nil {
		is = *row
	}
	role := is.Role
	if is.State != StateIn {
		role = chat.RoleMember
	}
	if err := access.mayOn(Moderate, role); err != nil {
		return nil, err
	}
	switch {
	case *in.Banned && is.State != StateBanned:
		is.State, is.Role = StateBanned, chat.RoleMember
		return &step{change: chat.MemberBanned, is: is}, nil
	case !*in.Banned && is.State == StateBanned:
		is.State = StateOut
		return &step{change: chat.MemberUnbanned, is: is}, nil
	}
	return nil, nil
}

// adding plans how a user comes into a room: by oneself into a public one, by others into a private one.
func (c *Changer) adding(ctx context.Context, by chat.UserID, in PutMember, access Access, row *Member) (*step, error) {
	role := chat.RoleMember
	switch {
	case by == in.User:
		if err := access.May(Join); err != nil {
			return nil, err
		}
	default:
		if err := access.May(Add); err != nil {
			return nil, err
		}
		if access.Room.Kind == KindPublic {
			return nil, chat.Errorf(chat.CodeForbidden, "who wants to be in a public room joins it")
		}
		if in.Role != nil && *in.Role != chat.RoleMember {
			if err := access.May(Govern); err != nil {
				return nil, err
			}
			role = *in.Role
		}
	}
	if row != nil && row.State == StateBanned {
		return nil, chat.Errorf(chat.CodeConflict, "this user is banned from the room; end the ban first")
	}
	is, err := c.arrival(ctx, in.User, in.Room, row, role)
	return &step{change: chat.MemberJoined, is: is}, err
}

// MemberOf names a member of a room.
type MemberOf struct {
	Room chat.RoomID
	User chat.UserID
}

// ReadMemberOf reads the fields of a request about a member.
func ReadMemberOf(f *chat.Fields) MemberOf { return MemberOf{Room: f.Room(), User: f.User("user_id")} }

// Remove takes a member out of a room; it is a leave when it is who asks. Who is not in stays so.
//
// Errors: as [Changer.Put].
func (c *Changer) Remove(ctx context.Context, by chat.UserID, in MemberOf) error {
	_, _, err := c.run(ctx, by, in.User, in.Room, func(access Access, row *Member) (*step, error) {
		isIn := row != nil && row.State == StateIn
		change, err := chat.MemberLeft, access.May(Leave)
		if by != in.User {
			change = chat.MemberRemoved
			role := chat.RoleMember
			if isIn {
				role = row.Role
			}
			err = access.mayOn(Moderate, role)
		}
		if by == in.User && !isIn {
			return nil, access.May(See)
		}
		if err != nil || !isIn {
			return nil, err
		}
		is := *row
		is.State, is.Role = StateOut, chat.RoleMember
		return &step{change: change, is: is}, nil
	})
	return err
}
