package privacy

import (
	"context"
	"strings"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/rooms"
)

// Memberships keeps the rooms of users.
type Memberships interface {
	// MembershipsOf returns the rooms in which the user has a row, in whatever state, consistently: limit of them at
	// most, those after a room. next is the last of the page; "" when there are no others.
	MembershipsOf(
		ctx context.Context, user chat.UserID, after chat.RoomID, limit int,
	) (page []chat.RoomID, next chat.RoomID, err error)
	// Access is [rooms.Store].Access.
	Access(ctx context.Context, user chat.UserID, room chat.RoomID) (rooms.Access, error)
	// ForgetMember removes the user's row.
	ForgetMember(ctx context.Context, user chat.UserID, room chat.RoomID) error
	// RenamePeer puts the pseudonym in the user's place in the name of a direct room. Nobody can write there any more.
	RenamePeer(ctx context.Context, room chat.RoomID, user, pseudonym chat.UserID) error
}

// Claimed is what one client_message_id of a user stands for.
type Claimed struct {
	Room            chat.RoomID
	ClientMessageID chat.ClientMessageID
	ID              chat.EntryID
}

// Written keeps what users wrote, and what was written about them.
type Written interface {
	// ClaimsOf returns claims that lie under the user, limit of them at most: those of a room, or of all when it is
	// empty.
	ClaimsOf(ctx context.Context, user chat.UserID, room chat.RoomID, limit int) ([]Claimed, error)
	// DropClaim removes a claim.
	DropClaim(ctx context.Context, user chat.UserID, c Claimed) error
	// Entry reads the entry at the id, consistently; nil when there is none.
	Entry(ctx context.Context, room chat.RoomID, id chat.EntryID) (*chat.Entry, error)
	// Rewrite stores "is" in place of "was", if that is still of the same user and about the same one.
	Rewrite(ctx context.Context, was, is chat.Entry) error
	// Unreact takes the reactions of a user from a message, all of the changes up to the id being in it.
	Unreact(ctx context.Context, room chat.RoomID, message chat.EntryID, user chat.UserID, upTo chat.EntryID) error
}

// progress is how far a step has come: up to where its part is done, or that all of it is.
type progress struct {
	after string
	done  bool
}

func allDone() progress { return progress{done: true} }

// eraseRooms erases a piece of what the user has left in one room: a page of entries, or all the rest.
func (e *Eraser) eraseRooms(ctx context.Context, er Erasure) (progress, error) {
	page, _, err := e.Store.MembershipsOf(ctx, er.User, "", 1)
	if err != nil || len(page) == 0 {
		return allDone(), chat.Wrap("read memberships", err)
	}
	room := page[0]
	// Somebody may have added the user at the very time when the user left all rooms.
	if err := e.Rooms.Retire(ctx, er.User, room); err != nil {
		return progress{}, err
	}
	left, err := e.eraseWritten(ctx, er, room)
	if err != nil || left {
		return progress{}, err
	}
	if err := e.eraseDeeds(ctx, er, room); err != nil {
		return progress{}, err
	}
	return progress{}, e.leave(ctx, er, room)
}

// eraseWritten erases a page of entries of a room that are by the user or about the user. It reports whether there
// may be others.
func (e *Eraser) eraseWritten(ctx context.Context, er Erasure, room chat.RoomID) (bool, error) {
	if err := e.Reader.Settle(ctx, room); err != nil {
		return false, chat.Wrap("settle", err)
	}
	page, err := e.Store.ClaimsOf(ctx, er.User, room, pageLimit)
	if err != nil {
		return false, chat.Wrap("read claims", err)
	}
	err = chat.ForEach(ctx, page, atOnce, func(ctx context.Context, c Claimed) error {
		if c.ClientMessageID == chat.ErasedEntryID(er.User) { // it keeps the entry that tells of it from coming twice
			return nil
		}
		return e.eraseClaimed(ctx, er, c)
	})
	return len(page) == pageLimit, err
}

func (e *Eraser) eraseClaimed(ctx context.Context, er Erasure, c Claimed) error {
	if err := e.eraseEntry(ctx, er, c.Room, c.ID); err != nil {
		return err
	}
	return chat.Wrap("drop claim", e.Store.DropClaim(ctx, er.User, c))
}

// eraseEntry erases what an entry says of the user. What it has made of another entry goes first.
func (e *Eraser) eraseEntry(ctx context.Context, er Erasure, room chat.RoomID, id chat.EntryID) error {
	was, err := e.Store.Entry(ctx, room, id)
	if err != nil || was == nil {
		return chat.Wrap("read entry", err)
	}
	if was.Kind == chat.KindReaction && was.User == er.User {
		if err := e.Store.Unreact(ctx, room, was.Target, er.User, id); err != nil {
			return chat.Wrap("take reactions", err)
		}
	}
	is := er.erased(*was)
	if is.Equal(*was) {
		return nil
	}
	return chat.Wrap("rewrite entry", e.Store.Rewrite(ctx, *was, is))
}

// erased returns an entry as it is when it says nothing of the user any more. A reaction leaves an empty place: with
// another user's name it would be that one's reaction.
func (er Erasure) erased(e chat.Entry) chat.Entry {
	if e.IsErasure() || e.User != er.User && e.Subject != er.User {
		return e
	}
	if e.Kind == chat.KindReaction {
		return chat.VoidAt(e.Room, e.ID, e.CreatedAt, e.Retention())
	}
	if e.Subject == er.User {
		e.Subject = er.Pseudonym
		e.ClientMessageID = chat.MemberEntryID(er.Pseudonym, int64(e.ID))
	}
	if e.User == er.User {
		e.User = er.Pseudonym
		if e.Kind != chat.KindMember {
			e.ClientMessageID = chat.PseudonymousEntryID(er.Pseudonym, e.ID)
			e.Content, e.Edits, e.Reactions = "", nil, nil
		}
		e.Deleted = e.Kind == chat.KindMessage
	}
	return e
}

// leave tells the room of the erasure, and removes the user's row. Who has read the room's messages drops them by that.
func (e *Eraser) leave(ctx context.Context, er Erasure, room chat.RoomID) error {
	access, err := e.Store.Access(ctx, er.User, room)
	if err != nil {
		return chat.Wrap("read room", err)
	}
	if access.Room != nil { // it is not deleted
		_, _, err := e.Writer.Append(ctx, chat.NewEntry{
			Room: room, Kind: chat.KindMember, User: er.Pseudonym, Subject: er.User, Change: chat.MemberErased,
			ClientMessageID: chat.ErasedEntryID(er.User), Retention: access.Room.Retention,
		})
		if err != nil {
			return chat.Wrap("place entry", err)
		}
	}
	if access.Room != nil && access.Room.Kind == rooms.KindDirect {
		if err := e.Store.RenamePeer(ctx, room, er.User, er.Pseudonym); err != nil {
			return chat.Wrap("rename direct room", err)
		}
	}
	return chat.Wrap("remove member", e.Store.ForgetMember(ctx, er.User, room))
}

// eraseClaims erases a page of what is left of the user's claims: those of the entries that tell of the erasure, and
// those of rooms in which the user has no row.
func (e *Eraser) eraseClaims(ctx context.Context, er Erasure) (progress, error) {
	page, err := e.Store.ClaimsOf(ctx, er.User, "", pageLimit)
	if err != nil {
		return progress{}, chat.Wrap("read claims", err)
	}
	err = chat.ForEach(ctx, page, atOnce, func(ctx context.Context, c Claimed) error {
		return e.eraseClaimed(ctx, er, c)
	})
	return progress{done: len(page) < pageLimit}, err
}

// Deeds keeps the audit log.
type Deeds interface {
	// DeedsOf returns deeds in a room that are by the user or done to the user, in rising order, and where the next
	// page begins; "" after the last. A page may be empty.
	DeedsOf(
		ctx context.Context, room chat.RoomID, user chat.UserID, after string,
	) (page []rooms.Deed, next string, err error)
	// ReplaceDeed stores a deed in place of another.
	ReplaceDeed(ctx context.Context, was, is rooms.Deed) error
	// MemberEntryOf returns the id of the entry that tells of a change of a member; 0 when there is none.
	MemberEntryOf(
		ctx context.Context, room chat.RoomID, subject chat.UserID, id chat.ClientMessageID,
	) (chat.EntryID, error)
}

// eraseDeeds puts the pseudonym in the user's place in all deeds of a room, and in the entries about others that the
// user has caused: only the deeds tell where those are.
func (e *Eraser) eraseDeeds(ctx context.Context, er Erasure, room chat.RoomID) error {
	for after := ""; ; {
		page, next, err := e.Store.DeedsOf(ctx, room, er.User, after)
		if err != nil {
			return chat.Wrap("read deeds", err)
		}
		err = chat.ForEach(ctx, page, atOnce, func(ctx context.Context, d rooms.Deed) error {
			return e.eraseDeed(ctx, er, d)
		})
		if err != nil {
			return err
		}
		if after = next; after == "" {
			return nil
		}
	}
}

func (e *Eraser) eraseDeed(ctx context.Context, er Erasure, d rooms.Deed) error {
	if d.Subject != "" && d.Subject != er.User {
		id, err := e.Store.MemberEntryOf(ctx, d.Room, d.Subject, chat.ClientMessageID(d.Key))
		if err != nil {
			return chat.Wrap("find entry", err)
		}
		if err := e.eraseEntry(ctx, er, d.Room, id); err != nil {
			return err
		}
	}
	return chat.Wrap("replace deed", e.Store.ReplaceDeed(ctx, d, er.erasedDeed(d)))
}

// erasedDeed returns a deed with the pseudonym in the user's place.
func (er Erasure) erasedDeed(d rooms.Deed) rooms.Deed {
	if d.Subject == er.User {
		d.Subject = er.Pseudonym
		d.Key = strings.Replace(d.Key, "!"+string(er.User)+".", "!"+string(er.Pseudonym)+".", 1)
	}
	if d.By == er.User {
		d.By = er.Pseudonym
		const settings = rooms.DeedSettings + "#"
		d.Key = strings.Replace(d.Key, settings+string(er.User), settings+string(er.Pseudonym), 1)
	}
	return d
}
