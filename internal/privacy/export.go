package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"serverlesschat/internal/chat"
)

// Kind is a kind of what is stored about a user.
type Kind string

// Kinds are all that is exported, in that order.
const (
	KindSession    Kind = "session"
	KindAccount    Kind = "account"    // when it was made, and when each sign-in ends
	KindConnection Kind = "connection" // and what it has joined
	KindPoll       Kind = "poll"
	KindPresence   Kind = "presence"
	KindUser       Kind = "user" // claims, each with its entry; blocks; and whatever else lies under the user
	KindMember     Kind = "member"
	KindDeed       Kind = "deed"
)

func kinds() []Kind {
	return []Kind{KindSession, KindAccount, KindConnection, KindPoll, KindPresence, KindUser, KindMember, KindDeed}
}

// Record is one thing that is stored about a user: rows as they lie in the store, by what they are. Keys and tokens are
// left out.
type Record struct {
	Kind  Kind
	Rows  map[string]map[string]any
	Place string // in the order of its kind
}

// Exports reads what is stored about users.
type Exports interface {
	// Export returns records of a kind after a place, in rising order, limit of them at most, and where the next page
	// begins; "" after the last. A page may be empty.
	Export(
		ctx context.Context, user chat.UserID, kind Kind, after string, limit int,
	) (page []Record, next string, err error)
}

// ExporterOptions are the parts and the settings of an Exporter.
type ExporterOptions struct {
	Store Exports
	Size  func(Record) (n int) // bytes of a record as it is shown
}

// Exporter shows people what is stored about them.
type Exporter struct {
	opts ExporterOptions
}

// NewExporter makes an Exporter.
func NewExporter(opts ExporterOptions) *Exporter { return &Exporter{opts} }

const (
	// maxPageBytes is what a page takes at most. Lambda's answers end at 6 MB.
	maxPageBytes = 5 << 20
	// maxPageSteps bounds the reads of a page, and so its time.
	maxPageSteps = 100
	exportLimit  = 100
)

// Page returns a page of all that is stored about the user, and the cursor of the next one; "" after the last. What is
// stored meanwhile may be in it or not.
//
// Errors: CodeInvalid for a cursor that is not of the user; what the store returns, wrapped.
func (x *Exporter) Page(ctx context.Context, user chat.UserID, cursor string) (page []Record, next string, err error) {
	at, err := readPlace(user, cursor)
	if err != nil {
		return nil, "", err
	}
	size := 0
	for range maxPageSteps {
		records, after, err := x.opts.Store.Export(ctx, user, at.kind, at.after, exportLimit)
		if err != nil {
			return nil, "", chat.Wrap("read "+string(at.kind), err)
		}
		for _, r := range records {
			size += x.opts.Size(r)
			if size > maxPageBytes && len(page) > 0 {
				return page, at.cursor(user), nil
			}
			page = append(page, r)
			at.after = r.Place
		}
		if at.after = after; after == "" && !at.nextKind() {
			return page, "", nil
		}
	}
	return page, at.cursor(user), nil
}

// place is where a page begins.
type place struct {
	kind  Kind
	after string
}

// nextKind goes on to the next kind, and reports whether there is one.
func (p *place) nextKind() bool {
	all := kinds()
	i := slices.Index(all, p.kind) + 1
	if i == len(all) {
		return false
	}
	p.kind = all[i]
	return true
}

// A cursor is a mark of its user, the kind and the place, as base64url. Another user's cursor would show nothing of
// that one: it is refused, so that a mistake of a client is seen.

const (
	markBytes      = 8
	placeSeparator = "\n"
)

func markOf(user chat.UserID) string {
	sum := sha256.Sum256([]byte("export " + string(user)))
	return string(sum[:markBytes])
}

func (p place) cursor(user chat.UserID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(markOf(user) + string(p.kind) + placeSeparator + p.after))
}

func readPlace(user chat.UserID, cursor string) (place, error) {
	if cursor == "" {
		return place{kind: kinds()[0]}, nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	text, ours := strings.CutPrefix(string(data), markOf(user))
	kind, after, ok := strings.Cut(text, placeSeparator)
	if err != nil || !ours || !ok || !slices.Contains(kinds(), Kind(kind)) {
		return place{}, chat.Invalid("cursor", "must be the next of your own page before")
	}
	return place{Kind(kind), after}, nil
}

// ReadExport reads the fields of a request for a page: the cursor.
func ReadExport(f *chat.Fields) string {
	cursor := f.OptionalText("cursor")
	if cursor == nil {
		return ""
	}
	if *cursor == "" {
		f.Check(chat.Invalid("cursor", "must be the next of your own page before"))
	}
	return *cursor
}
