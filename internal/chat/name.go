package chat

import "strings"

// RoomID names a room: 1–64 of a-z A-Z 0-9 . _ -
type RoomID string

// UserID names a user, by the same rule as a RoomID.
type UserID string

// ClientMessageID is what a client calls a message of its own, to send it twice and have it stored once:
// 1–64 printable ASCII characters. It is unique per user and room.
type ClientMessageID string

const maxNameLength = 64

// Validate reports whether the name keeps to the rule; its error names the field room_id.
func (r RoomID) Validate() error { return validateName("room_id", string(r)) }

// Validate reports whether the name keeps to the rule; its error names the field user_id.
func (u UserID) Validate() error { return validateName("user_id", string(u)) }

// Validate reports whether the id keeps to the rule; its error names the field client_message_id.
func (c ClientMessageID) Validate() error { return ValidateLabel("client_message_id", string(c)) }

func validateName(field, name string) error {
	switch {
	case name == "":
		return Invalid(field, "is missing")
	case len(name) > maxNameLength:
		return Invalid(field, "must have at most %d characters", maxNameLength)
	case strings.ContainsFunc(name, func(c rune) bool { return !isNameCharacter(c) }):
		return Invalid(field, "may hold only a-z A-Z 0-9 . _ -")
	case name == "." || name == ".." || name == "me" || strings.HasPrefix(name, "deleted-"):
		// Paths and the names of erased users would otherwise be ambiguous.
		return Invalid(field, "is a reserved name")
	}
	return nil
}

func isNameCharacter(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-'
}

// ValidateLabel reports whether value is 1–64 printable ASCII characters (0x20–0x7e), as client_message_id and
// request_id must be.
func ValidateLabel(field, value string) error {
	switch {
	case value == "":
		return Invalid(field, "is missing")
	case len(value) > maxNameLength:
		return Invalid(field, "must have at most %d characters", maxNameLength)
	case strings.ContainsFunc(value, func(c rune) bool { return c < 0x20 || c > 0x7e }):
		return Invalid(field, "may hold only printable ASCII characters")
	}
	return nil
}
