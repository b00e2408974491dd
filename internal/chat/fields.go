package chat

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Values are the fields of a request, by their names in the protocol, as they came in a frame or in a query. A method
// returns false when the field is not there. Its error is CodeInvalid and says that the field is of another type.
type Values interface {
	Text(name string) (value string, ok bool, err error)
	Integer(name string) (value int64, ok bool, err error)
	Texts(name string) (values []string, ok bool, err error)
	Flag(name string) (value, ok bool, err error)
	Objects(name string) (values []Values, ok bool, err error)
}

// Fields reads the fields of a request, each by its rule, and keeps the first error. So an action reads its fields one
// after the other, and the error names one field. After an error the values must not be used.
type Fields struct {
	values Values
	err    error
}

// NewFields makes Fields that read from values.
func NewFields(values Values) *Fields { return &Fields{values: values} }

// Err returns the first error: CodeInvalid for a field that is missing or wrong, CodeTooLarge for too long a content.
func (f *Fields) Err() error { return f.err }

// Check keeps err, if it is the first: for rules about several fields.
func (f *Fields) Check(err error) {
	if f.err == nil {
		f.err = err
	}
}

// Absent refuses a field that the chat does not know yet; "instead" says what to do without it.
func (f *Fields) Absent(name, instead string) {
	if _, ok, err := f.values.Text(name); ok || err != nil {
		f.Check(Invalid(name, "is not supported yet: %s", instead))
	}
}

// Text reads a field that must be there and be a string, of any content.
func (f *Fields) Text(name string) string {
	value, ok, err := f.values.Text(name)
	if f.Check(err); err == nil && !ok {
		f.Check(Invalid(name, "is missing"))
	}
	return value
}

// Room reads room_id.
func (f *Fields) Room() RoomID {
	room := RoomID(f.Text("room_id"))
	f.Check(room.Validate())
	return room
}

// ClientMessageID reads client_message_id.
func (f *Fields) ClientMessageID() ClientMessageID {
	id := ClientMessageID(f.Text("client_message_id"))
	f.Check(id.Validate())
	return id
}

// OptionalLabel reads a label of the client; it is "" when the field is left out.
func (f *Fields) OptionalLabel(name string) string {
	label, ok, err := f.values.Text(name)
	if f.Check(err); err == nil && ok {
		f.Check(ValidateLabel(name, label))
	}
	return label
}

// Texts reads a list of texts, up to maximum of them; it is nil when the field is left out.
func (f *Fields) Texts(name string, maximum int) []string {
	values, _, err := f.values.Texts(name)
	if f.Check(err); len(values) > maximum {
		f.Check(Invalid(name, "may be given %d times at most", maximum))
	}
	return values
}

// Objects reads a list of 1 to maximum objects, each with the function given.
func (f *Fields) Objects(name string, maximum int, read func(*Fields)) {
	values, ok, err := f.values.Objects(name)
	switch f.Check(err); {
	case err != nil:
	case !ok || len(values) == 0:
		f.Check(Invalid(name, "is missing"))
	case len(values) > maximum:
		f.Check(Invalid(name, "must have at most %d elements", maximum))
	}
	for _, value := range values[:min(len(values), maximum)] {
		inner := NewFields(value)
		read(inner)
		f.Check(inner.Err())
	}
}

// Content reads content.
func (f *Fields) Content() string {
	content := f.Text("content")
	f.Check(ValidateContent(content))
	return content
}

// Reaction reads reaction.
func (f *Fields) Reaction() Reaction {
	reaction, err := ParseReaction(f.Text("reaction"))
	f.Check(err)
	return reaction
}

// Flag reads true or false; it is false when the field is left out.
func (f *Fields) Flag(name string) bool {
	value, _, err := f.values.Flag(name)
	f.Check(err)
	return value
}

// RequiredFlag reads true or false, which must be there.
func (f *Fields) RequiredFlag(name string) bool {
	value, ok, err := f.values.Flag(name)
	if f.Check(err); err == nil && !ok {
		f.Check(Invalid(name, "is missing"))
	}
	return value
}

// EntryID reads the id of an entry, "least" or more, that must be there.
func (f *Fields) EntryID(name string, least EntryID) EntryID {
	id := f.OptionalEntryID(name, least)
	if id == nil {
		f.Check(Invalid(name, "is missing"))
		return 0
	}
	return *id
}

// OptionalEntryID is EntryID for a field that may be left out, which is nil.
func (f *Fields) OptionalEntryID(name string, least EntryID) *EntryID {
	value, ok, err := f.values.Integer(name)
	f.Check(err)
	if err != nil || !ok {
		return nil
	}
	id := EntryID(value)
	if id < least {
		f.Check(Invalid(name, "must be %d or more", least))
	}
	return &id
}

// Number reads a number from minimum to maximum; it is fallback when the field is left out.
func (f *Fields) Number(name string, minimum, maximum, fallback int) int {
	value, ok, err := f.values.Integer(name)
	if f.Check(err); err != nil || !ok {
		return fallback
	}
	if value < int64(minimum) || value > int64(maximum) {
		f.Check(Invalid(name, "must be from %d to %d", minimum, maximum))
	}
	return int(value)
}

// Rooms reads a list of names of rooms, up to maximum of them; it is nil when the field is left out.
func (f *Fields) Rooms(name string, maximum int) []RoomID {
	values, ok, err := f.values.Texts(name)
	f.Check(err)
	if !ok {
		return nil
	}
	if len(values) > maximum {
		f.Check(Invalid(name, "must have at most %d rooms", maximum))
	}
	rooms := make([]RoomID, len(values))
	for i, value := range values {
		rooms[i] = RoomID(value)
		if CodeOf(rooms[i].Validate()) == CodeInvalid {
			f.Check(Invalid(name, "may hold only names of rooms"))
		}
	}
	return rooms
}

// User reads the id of a user.
func (f *Fields) User(name string) UserID {
	user := UserID(f.Text(name))
	f.Check(user.Validate())
	return user
}

// OptionalText reads a field that is a string, of any content; nil when it is left out.
func (f *Fields) OptionalText(name string) *string {
	value, ok, err := f.values.Text(name)
	if f.Check(err); err != nil || !ok {
		return nil
	}
	return &value
}

// OptionalFlag reads true or false; nil when it is left out.
func (f *Fields) OptionalFlag(name string) *bool {
	value, ok, err := f.values.Flag(name)
	if f.Check(err); err != nil || !ok {
		return nil
	}
	return &value
}

// OptionalTime reads a time as RFC 3339 writes it; nil when it is left out.
func (f *Fields) OptionalTime(name string) *time.Time {
	text := f.OptionalText(name)
	if text == nil {
		return nil
	}
	at, err := time.Parse(time.RFC3339, *text)
	at = at.UTC() // times are shown so, and the year has four digits then too
	if err != nil || at.Year() < 1970 || at.Year() > 9999 {
		f.Check(Invalid(name, "must be a time such as 2026-11-23T12:00:00Z"))
		return nil
	}
	return &at
}

// OptionalNumber reads a number from minimum to maximum; nil when it is left out.
func (f *Fields) OptionalNumber(name string, minimum, maximum int) *int {
	if _, ok, err := f.values.Integer(name); err == nil && !ok {
		return nil
	}
	n := f.Number(name, minimum, maximum, minimum)
	return &n
}

// OptionalName reads what a room is called; nil when it is left out.
func (f *Fields) OptionalName(name string) *string {
	value := f.OptionalText(name)
	if value != nil {
		f.Check(validateTitle(name, *value))
	}
	return value
}

// Name reads what a room is called.
func (f *Fields) Name(name string) string {
	value := f.Text(name)
	f.Check(validateTitle(name, value))
	return value
}

const maxTitleCharacters = 80

// validateTitle returns nil if a name for people keeps to the rule: that of content, and 80 characters at most.
func validateTitle(field, title string) error {
	err := ValidateContent(title)
	if e, ok := errors.AsType[*Error](err); ok {
		message, _ := strings.CutPrefix(e.Message, "content ")
		return Invalid(field, "%s", message)
	}
	if utf8.RuneCountInString(title) > maxTitleCharacters {
		return Invalid(field, "must have at most %d characters", maxTitleCharacters)
	}
	return nil
}

// Cursor reads where a page of a list begins; "" when it is left out.
func (f *Fields) Cursor() string {
	text := f.OptionalText("cursor")
	if text == nil {
		return ""
	}
	name, err := base64.RawURLEncoding.DecodeString(*text)
	if err != nil || len(name) == 0 || len(name) > maxCursorLength {
		f.Check(Invalid("cursor", "must be the next of the page before"))
	}
	return string(name)
}

// maxCursorLength is the length of the longest name that a list is in the order of, in bytes: that of a deed.
const maxCursorLength = 128

// NextCursor returns a cursor that begins after a name; "" for no name.
func NextCursor(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }
