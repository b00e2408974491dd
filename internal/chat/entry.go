package chat

import (
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// EntryID is the place of an entry in its room's log: 1, 2, 3 …; 0 stands before the first.
type EntryID int64

// Kind says what an entry is.
type Kind string

// The kinds of entries.
const (
	KindMessage  Kind = "message"
	KindEdit     Kind = "edit"     // gives its target, a message, other content
	KindDelete   Kind = "delete"   // takes its target's content away, for good
	KindReaction Kind = "reaction" // adds a reaction to its target, or removes one
	KindMember   Kind = "member"   // tells what happened to a member; the server writes it
	KindVoid     Kind = "void"     // a place that could not be filled; it has neither user nor client_message_id nor content
)

// Entry is one place of a room's log, filled for good. Only what later entries have made of a message changes, and
// content that is deleted goes.
type Entry struct {
	Room            RoomID
	ID              EntryID
	Kind            Kind
	User            UserID
	ClientMessageID ClientMessageID
	Content         string
	Target          EntryID  // the entry that it is about; 0 for none
	Reaction        Reaction // of a reaction
	Remove          bool     // the reaction is removed
	Subject         UserID   // of a member entry: the member; User is who did it
	Change          MemberChange
	Role            Role      // of a member entry: the member's role, where it is known
	CreatedAt       time.Time // UTC, to the millisecond; by the clock of its writer
	ExpiresAt       time.Time // from then on it is shown no longer; zero for never
	Changes
}

// Changes are what later entries have made of a message, besides its content.
type Changes struct {
	UpdatedID EntryID               // the last entry that changed it; 0 for none
	EditedAt  time.Time             // when the last edit was written; zero for none
	Edits     []EntryID             // the edits that are in it, rising; none once it is deleted
	Deleted   bool                  // for good; then there is no content
	Reactions map[Reaction][]UserID // who has reacted how, users in rising order; no list is empty
	// Erasures counts how often reactions of erased users were taken out. Nobody is shown it: whoever stores changes must
	// have seen the last of them.
	Erasures int
}

// Equal reports whether the two entries are the same in everything.
func (e Entry) Equal(other Entry) bool { return reflect.DeepEqual(e, other) }

// IsChange reports whether the entry changes another, its target.
func (e Entry) IsChange() bool {
	return e.Kind == KindEdit || e.Kind == KindDelete || e.Kind == KindReaction
}

// IsErasure reports whether the entry tells that a user was erased: Subject has left nothing, and is called User.
func (e Entry) IsErasure() bool { return e.Kind == KindMember && e.Change == MemberErased }

// IsVoid reports whether the place is filled with nothing.
func (e Entry) IsVoid() bool { return e.Kind == KindVoid }

const maxContentCharacters = 4000

// ValidateContent returns nil if the content of a message keeps to the rule, else an error that names the field content.
// The rule: 1–4,000 characters (Unicode code points), at least one of which can be seen. The only control characters are tab, line feed and carriage return.
func ValidateContent(content string) error {
	switch n := utf8.RuneCountInString(content); {
	case n == 0:
		return Invalid("content", "is missing")
	case !utf8.ValidString(content):
		return Invalid("content", "is not valid UTF-8")
	case n > maxContentCharacters:
		return &Error{Code: CodeTooLarge, Field: "content", Message: "content must have at most 4,000 characters"}
	case strings.ContainsFunc(content, isRefusedControl):
		return Invalid("content", "may hold no control characters but tab, line feed and carriage return")
	case !strings.ContainsFunc(content, isVisible):
		return Invalid("content", "must hold at least one visible character")
	}
	return nil
}

func isRefusedControl(c rune) bool {
	return unicode.IsControl(c) && c != '\t' && c != '\n' && c != '\r'
}

const brailleBlank = '\u2800' // for Unicode it is a symbol, and it has no dots

// isVisible reports whether c shows something by itself.
//
// The default-ignorable code points are derived as in Unicode's DerivedCoreProperties.txt: the format characters, the
// variation selectors, and those that are listed one by one. That list takes some format characters out again. They
// stay invisible here, since a format character does not count as visible.
func isVisible(c rune) bool {
	return c != brailleBlank && !unicode.In(c, unicode.White_Space, unicode.Cc, unicode.Cf,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// NewEntry is an entry before it has a place: what its sender wrote.
type NewEntry struct {
	Room            RoomID
	Kind            Kind
	User            UserID
	ClientMessageID ClientMessageID
	Content         string
	Target          EntryID  // the entry that it is about; 0 for none
	Reaction        Reaction // of a reaction
	Remove          bool     // the reaction is removed
	Subject         UserID   // of a member entry: the member; User is who did it
	Change          MemberChange
	Role            Role          // of a member entry: the member's role, where it is known
	Retention       time.Duration // of the room, as it is now; 0 for ever
}

// At returns the entry as it is when it is placed at id.
func (e NewEntry) At(id EntryID, now time.Time) Entry {
	return Entry{
		Room: e.Room, ID: id, Kind: e.Kind, User: e.User, ClientMessageID: e.ClientMessageID, Content: e.Content,
		Target: e.Target, Reaction: e.Reaction, Remove: e.Remove,
		Subject: e.Subject, Change: e.Change, Role: e.Role, CreatedAt: Millis(now),
		ExpiresAt: Expiry(now, e.Retention),
	}
}

// VoidAt returns the void that fills the place id. It expires as the entries beside it do.
func VoidAt(room RoomID, id EntryID, now time.Time, retention time.Duration) Entry {
	return Entry{Room: room, ID: id, Kind: KindVoid, CreatedAt: Millis(now), ExpiresAt: Expiry(now, retention)}
}

// Millis cuts t to what is stored and shown, so that an entry is equal before and after it was stored.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
