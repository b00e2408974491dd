package dynamo_test

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/accounts"
	"serverlesschat/internal/auth"
	"serverlesschat/internal/chat"
	"serverlesschat/internal/chattest/golden"
	"serverlesschat/internal/dynamo"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/ratelimit"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/rooms"
)

var update = flag.Bool("update", false, "write the golden files anew instead of comparing with them")

const rowFolder = "testdata/rows"

// Rows outlive the code that wrote them: each kind of item lies in its file as it lies in its table.
func TestRowsLieAsEver(t *testing.T) {
	each(t, func(f fixture) {
		f.writeRows()
		files := map[string]string{}
		for kind, row := range f.rows() {
			files[kind+".json"] = row
		}
		golden.Expect(f, rowFolder, files, *update)
	})
}

// ahead lies far ahead: engines take rows away once they have expired.
var ahead = time.Date(2099, 12, 31, 12, 0, 0, 123_000_000, time.UTC)

// writeRows writes one item of each kind, and a second subscription that is then marked closing. Nothing in them is
// random: times are given, and the salt of the fingerprint stands here.
func (f fixture) writeRows() {
	f.Helper()
	ctx := f.Context()
	now, salt := func() time.Time { return ahead }, func(b []byte) { copy(b, "0123456789abcdef") }
	s := dynamo.New(f.engine.DynamoDB, f.tables, now)

	// A writer makes the entry, so that the claim's fingerprint is one that a later writer has to know again.
	_, _, err := roomlog.NewWriter(s, roomlog.WriterOptions{Now: now, Random: salt, Leases: true}).Append(ctx, newEntry("Grüße 😀"))
	f.ok(err)
	head, err := s.Reserve(ctx, "r", roomlog.NoLease)
	f.ok(err)
	_, err = s.Place(ctx, chat.Entry{Room: "r", ID: 2, Kind: chat.KindVoid, CreatedAt: ahead})
	f.ok(err)
	_, err = s.Advance(ctx, "r", 0, 1, head.Lease)
	f.ok(err)
	f.ok(s.Settle(ctx, "r", 2))
	f.ok(s.Mark(ctx, "r", head.Lease, 2, ahead))
	f.ok(err)
	// No kind of entry has a target yet; this is how it lies there.
	_, err = s.Place(ctx, chat.Entry{
		Room: "other", ID: 2, Kind: "pin", User: "ann", ClientMessageID: "1", Target: 1, CreatedAt: ahead,
	})
	f.ok(err)
	f.writeMemberEntry(s)
	f.writeExpiring(s)
	f.writeAccount(s)
	f.ok(s.Ping(ctx))
	_, err = s.EnterPoll(ctx, ahead)
	f.ok(err)
	f.ok(s.TakePoll(ctx, "ann", "tab", "token"))
	f.ok(s.Block(ctx, "ann", "bob", "dm.pair"))
	f.writeErasure(s)

	ann := member("r", "ann")
	ann.JoinedAt, ann.MutedUntil, ann.ReadID = ahead, ahead, 1
	_, err = s.OpenRoom(ctx, rooms.Room{ID: "r", Kind: rooms.KindPublic, Name: "The room"}, ann)
	f.ok(err)
	changed := ann
	changed.Role, changed.Version = chat.RoleOwner, 2
	changed.Pending = &rooms.Pending{Change: chat.MemberRole, By: "bob", At: ahead, Silent: true}
	_, err = s.ChangeMember(ctx, ann, changed)
	f.ok(err)
	wait, err := s.Pace(ctx, "ann", "r", time.Minute)
	got(f, "wait", wait, err, 0)
	_, err = s.MoveCursor(ctx, "ann", "r", receipts.CursorDelivered, 2)
	f.ok(err)
	seen, err := s.Arrive(ctx, "ann")
	f.ok(err)
	_, err = s.Told(ctx, seen, ahead)
	f.ok(err)
	f.ok(s.Depart(ctx, "ann", "L0SM9cOFvHcCIhw="))
	for _, connection := range []chat.ConnectionID{"L0SM9cOFvHcCIhw=", "unreachable="} {
		f.ok(s.PutConnection(ctx, chat.Connection{
			ID: connection, User: "ann", ConnectedAt: ahead, TokenExpiresAt: ahead.Add(time.Hour),
		}, manyConnections))
		sub := chat.Subscription{Room: "r", Connection: connection, User: "ann", Version: 2, ExpiresAt: ahead.Add(2 * time.Hour)}
		f.ok(s.Subscribe(ctx, sub))
		if connection == "unreachable=" {
			f.ok(s.MarkClosing(ctx, sub))
		}
	}
}

// writeMemberEntry writes an entry of the server's own, and its claim, which lies under the subject.
func (f fixture) writeMemberEntry(s *dynamo.Store) {
	f.Helper()
	e := removal()
	_, err := s.PutClaim(f.Context(), e, roomlog.Claim{ID: 3, Fingerprint: roomlog.NewFingerprint(e, []byte("0123456789abcdef"))})
	f.ok(err)
	_, err = s.Place(f.Context(), e.At(3, ahead))
	f.ok(err)
}

// writeErasure writes the erasure of carl, which has come so far, and is being gone on with.
func (f fixture) writeErasure(s *dynamo.Store) {
	f.Helper()
	e := privacy.Erasure{
		User: "carl", Pseudonym: "deleted-x", AskedAt: ahead, SavedAt: ahead, Part: privacy.EraseMemberships,
	}
	_, err := s.BeginErasure(f.Context(), e)
	f.ok(err)
	_, err = s.TakeErasure(f.Context(), "carl", "holder", ahead, ahead)
	f.ok(err)
	e.After, e.NotBefore, e.DoneAt = "general", ahead, ahead
	_, err = s.SaveErasure(f.Context(), e, "holder", ahead)
	f.ok(err)
	_, err = s.MarkGone(f.Context(), "carl")
	f.ok(err)
}

// writeExpiring writes an entry of a room that keeps entries for 30 days, and its claim.
func (f fixture) writeExpiring(s *dynamo.Store) {
	f.Helper()
	const month = 30 * 24 * time.Hour
	e := newEntry("hi")
	e.Room, e.ClientMessageID, e.Retention = "other", "2", month
	_, err := s.PutClaim(f.Context(), e, roomlog.Claim{
		ID: 4, Fingerprint: roomlog.NewFingerprint(e, []byte("0123456789abcdef")), ExpiresAt: ahead.Add(month + time.Hour),
	})
	f.ok(err)
	_, err = s.Place(f.Context(), e.At(4, ahead))
	f.ok(err)
	f.ok(s.MoveFirst(f.Context(), "r", 2))
}

// writeAccount writes an account with a sign-in, and what goes with it.
func (f fixture) writeAccount(s *dynamo.Store) {
	f.Helper()
	ctx := f.Context()
	f.ok(s.PutInvite(ctx, "aW52aXRl", ahead.Add(accounts.InviteLife)))
	f.ok(s.CreateAccount(ctx, account("ann"), "Ann ☕", "aW52aXRl"))
	opened, err := s.OpenFamily(ctx, auth.Family{
		ID: "ZmFtaWx5", User: "ann", Generation: 1, RotatedAt: ahead.Add(-time.Minute), EndsAt: ahead.Add(time.Hour),
	}, 1)
	got(f, "opened", opened, err, true)
	_, rotated, err := s.RotateFamily(ctx, "ZmFtaWx5", 1, []byte("attempt"), ahead)
	got(f, "rotated", rotated, err, true)
	_, err = s.EndFamily(ctx, "ZmFtaWx5", ahead)
	f.ok(err)
	wait, err := s.Admit(ctx, ratelimit.Limit{Key: "signins#192.0.2.1", GCRA: ratelimit.GCRA{Interval: time.Second, Burst: 1}})
	got(f, "wait", wait, err, 0)
	f.ok(s.RememberNetwork(ctx, "ann", "192.0.2.1", ahead.Add(time.Hour), nil))
	_, err = s.ReplaceKeySet(ctx, auth.KeySet{Version: 1, Keys: []auth.PublicKey{
		{Number: 1, Point: []byte{4, 1}, SignFrom: ahead, KeepUntil: ahead.Add(time.Hour)},
		{Number: 2, Point: []byte{4, 2}, SignFrom: ahead.Add(time.Minute)},
	}})
	f.ok(err)
}

// rows returns all that lies in the tables, by the kind of row: the name of its table and its items.
func (f fixture) rows() map[string]string {
	f.Helper()
	type kind struct {
		Table string           `json:"table"`
		Items []map[string]any `json:"items"`
	}
	kinds := map[string]*kind{}
	for table, name := range map[string]string{
		"Entries": f.tables.Entries, "Rooms": f.tables.Rooms, "Users": f.tables.Users,
		"Connections": f.tables.Connections, "Subscriptions": f.tables.Subscriptions,
		"Members": f.tables.Members, "Sessions": f.tables.Sessions, "Presence": f.tables.Presence,
		"Accounts": f.tables.Accounts, "Keys": f.tables.Keys, "Erasures": f.tables.Erasures,
	} {
		out, err := f.engine.DynamoDB.Scan(f.Context(), &dynamodb.ScanInput{
			TableName: &name, ConsistentRead: aws.Bool(true),
		})
		f.ok(err)
		for _, row := range out.Items {
			k := kindOf(table, row)
			if kinds[k] == nil {
				kinds[k] = &kind{Table: table}
			}
			kinds[k].Items = append(kinds[k].Items, f.plain(row))
		}
	}
	shown := map[string]string{}
	for name, k := range kinds {
		// A scan goes by the hash of the key, which differs between engines.
		slices.SortFunc(k.Items, func(a, b map[string]any) int { return strings.Compare(f.encode(a), f.encode(b)) })
		shown[name] = f.encode(k)
	}
	return shown
}

// kindOf names a row by what tells it from the others in its table.
func kindOf(table string, row map[string]types.AttributeValue) string {
	text := func(name string) string {
		value, _ := row[name].(*types.AttributeValueMemberS)
		if value == nil {
			return ""
		}
		return value.Value
	}
	item, _, _ := strings.Cut(text("item"), "#")
	switch {
	case table == "Entries":
		return "entry-" + text("kind")
	case table == "Subscriptions" && row["closing"] != nil:
		return "subscription-closing"
	case table == "Subscriptions":
		return "subscription"
	case table == "Connections" && item == "room":
		return "joined"
	case table == "Members":
		return "member"
	case table == "Sessions":
		return "session"
	case table == "Presence":
		return "presence"
	case table == "Erasures":
		return "erasure"
	}
	return item
}

// plain returns a row in DynamoDB's own JSON.
func (f fixture) plain(row map[string]types.AttributeValue) map[string]any {
	f.Helper()
	plain := map[string]any{}
	for name, value := range row {
		switch value := value.(type) {
		case *types.AttributeValueMemberS:
			plain[name] = map[string]string{"S": value.Value}
		case *types.AttributeValueMemberN:
			plain[name] = map[string]string{"N": value.Value}
		case *types.AttributeValueMemberB:
			plain[name] = map[string][]byte{"B": value.Value}
		case *types.AttributeValueMemberBOOL:
			plain[name] = map[string]bool{"BOOL": value.Value}
		case *types.AttributeValueMemberSS:
			plain[name] = map[string][]string{"SS": value.Value}
		case *types.AttributeValueMemberM:
			plain[name] = map[string]any{"M": f.plain(value.Value)}
		case *types.AttributeValueMemberL:
			var list []any
			for _, element := range value.Value {
				list = append(list, f.plain(map[string]types.AttributeValue{"": element})[""])
			}
			plain[name] = map[string]any{"L": list}
		default:
			f.Fatalf("%s is a %T", name, value)
		}
	}
	return plain
}

func (f fixture) encode(value any) string {
	f.Helper()
	data, err := json.MarshalIndent(value, "", "  ")
	f.ok(err)
	return string(data) + "\n"
}
