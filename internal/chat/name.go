package chat

import "strings"

// RoomID names a room: 1–64 of a-z A-Z 0-9 . _ -
type RoomID string

// UserID names a user: 1–64 of a-z A-Z 0-9 . _ - and of | @ : +, which issuers of tokens put into their subjects.
type UserID string

// ClientMessageID is what a client calls a message of its own, to send it twice and have it stored once:
// 1–64 printable ASCII characters, of which the first is not "!". It is unique per user and room. Those that the server
// makes begin with "!" and may be longer: see [MemberEntryID].
type ClientMessageID string

const maxNameLength = 64

// The rooms that the server names begin so: nobody finds them by guessing.
const (
	privateRoomPrefix = "p."
	directRoomPrefix  = "dm."
)

// Validate returns nil if the name keeps to the rule, else an error that names the field room_id.
func (r RoomID) Validate() error { return validateName("room_id", string(r), roomMarks) }

// IsGiven reports whether only the server may give the name.
func (r RoomID) IsGiven() bool {
	return strings.HasPrefix(string(r), privateRoomPrefix) || strings.HasPrefix(string(r), directRoomPrefix)
}

// PrivateRoomID returns the name of a private room, made of random letters and digits.
func PrivateRoomID(random string) RoomID { return RoomID(privateRoomPrefix + random) }

// DirectRoomID returns the name of a direct room, made of letters and digits that stand for its two users.
func DirectRoomID(pair string) RoomID { return RoomID(directRoomPrefix + pair) }

// Validate returns nil if the name keeps to the rule, else an error that names the field user_id.
func (u UserID) Validate() error {
	if err := validateName("user_id", string(u), userMarks); err != nil {
		return err
	}
	if u.IsPseudonym() {
		return Invalid("user_id", "is a reserved name")
	}
	return nil
}

// pseudonymPrefix begins the names that stand for users who were erased.
const pseudonymPrefix = "deleted-"

// Pseudonym returns the name that stands for an erased user, made of random letters and digits. Nobody can have it.
func Pseudonym(random string) UserID { return UserID(pseudonymPrefix + random) }

// IsPseudonym reports whether the name stands for a user who was erased.
func (u UserID) IsPseudonym() bool { return strings.HasPrefix(string(u), pseudonymPrefix) }

// Validate returns nil if the id keeps to the rule, else an error that names the field client_message_id.
func (c ClientMessageID) Validate() error { return ValidateLabel("client_message_id", string(c)) }

// The characters that names may hold beside letters and digits, with a space between them.
const (
	roomMarks = ". _ -"
	userMarks = ". _ - | @ : +"
)

func validateName(field, name, marks string) error {
	refused := func(c rune) bool { return !isLetterOrDigit(c) && (c == ' ' || !strings.ContainsRune(marks, c)) }
	switch {
	case name == "":
		return Invalid(field, "is missing")
	case len(name) > maxNameLength:
		return Invalid(field, "must have at most %d characters", maxNameLength)
	case strings.ContainsFunc(name, refused):
		return Invalid(field, "may hold only a-z A-Z 0-9 %s", marks)
	case name == "." || name == ".." || name == "me":
		return Invalid(field, "is a reserved name") // it has a meaning of its own in a path
	}
	return nil
}

func isLetterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// ValidateLabel returns nil if value is 1–64 printable ASCII characters (0x20–0x7e), as client_message_id and
// request_id must be, else an error that names the field. A first "!" marks the labels that the server makes.
func ValidateLabel(field, value string) error {
	switch {
	case value == "":
		return Invalid(field, "is missing")
	case len(value) > maxNameLength:
		return Invalid(field, "must have at most %d characters", maxNameLength)
	case strings.ContainsFunc(value, func(c rune) bool { return c < 0x20 || c > 0x7e }):
		return Invalid(field, "may hold only printable ASCII characters")
	case value[0] == '!':
		return Invalid(field, "may not begin with !")
	}
	return nil
}
