package dynamo

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
)

// Export implements [privacy.Exports].
func (s *Store) Export(
	ctx context.Context, user chat.UserID, kind privacy.Kind, after string, limit int,
) ([]privacy.Record, string, error) {
	switch kind {
	case privacy.KindSession:
		return s.exportOne(ctx, kind, s.tables.Sessions, sessionKey(user))
	case privacy.KindAccount:
		return s.exportAccount(ctx, user)
	case privacy.KindPresence:
		return s.exportOne(ctx, kind, s.tables.Presence, presenceKey(user))
	case privacy.KindConnection:
		return s.exportConnections(ctx, user, after, limit)
	case privacy.KindPoll:
		rows, err := s.pollsBy(ctx, user, cmp.Or(after, pollPrefix), limit)
		return records(kind, rows, "item"), endOf(rows, limit), err
	case privacy.KindUser:
		return s.exportUser(ctx, user, after, limit)
	case privacy.KindMember:
		rows, next, err := s.membershipRows(ctx, user, after, limit)
		return records(kind, rows, "room_id"), next, err
	case privacy.KindDeed:
		return s.exportDeeds(ctx, user, after)
	}
	return nil, "", nil
}

// endOf returns where the page after full rows of polls begins: behind the last one; "" after the last.
func endOf(rows []item, limit int) string {
	if len(rows) < limit {
		return ""
	}
	return reader{rows[len(rows)-1]}.text("item") + " " // no key lies between the two
}

// record makes a record of a row; place is the attribute that orders its kind.
func record(kind privacy.Kind, row item, place string) privacy.Record {
	return privacy.Record{
		Kind: kind, Place: reader{row}.text(place), Rows: map[string]map[string]any{"row": shownRow(row)},
	}
}

func records(kind privacy.Kind, rows []item, place string) []privacy.Record {
	page := make([]privacy.Record, len(rows))
	for i, row := range rows {
		page[i] = record(kind, row, place)
	}
	return page
}

func (s *Store) exportOne(
	ctx context.Context, kind privacy.Kind, table string, key item,
) ([]privacy.Record, string, error) {
	row, err := s.get(ctx, table, key)
	if err != nil || row == nil {
		return nil, "", err
	}
	return records(kind, []item{row}, "user_id"), "", nil
}

// exportConnections returns the rows of the connections after one: all of each. They are few.
func (s *Store) exportConnections(
	ctx context.Context, user chat.UserID, after string, limit int,
) ([]privacy.Record, string, error) {
	session, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	if err != nil {
		return nil, "", err
	}
	var page []privacy.Record
	for _, id := range idsOf(connectionsIn(session)) {
		if string(id) <= after {
			continue
		}
		if len(page) >= limit {
			return page, page[len(page)-1].Place, nil
		}
		rows, err := s.query(ctx, &dynamodb.QueryInput{
			TableName: &s.tables.Connections, KeyConditionExpression: aws.String("connection_id = :id"),
			ExpressionAttributeValues: item{":id": text(string(id))},
		}, 0)
		if err != nil {
			return nil, "", err
		}
		connection, err := s.exportConnection(ctx, id, rows)
		if err != nil {
			return nil, "", err
		}
		page = append(page, connection)
	}
	return page, "", nil
}

// exportConnection makes one record of a connection, what it has joined, and its subscriptions.
func (s *Store) exportConnection(ctx context.Context, id chat.ConnectionID, rows []item) (privacy.Record, error) {
	r := privacy.Record{Kind: privacy.KindConnection, Place: string(id), Rows: map[string]map[string]any{}}
	for _, row := range rows {
		name := reader{row}.text("item")
		r.Rows[name] = shownRow(row)
		room, joined := strings.CutPrefix(name, joinedPrefix)
		if !joined {
			continue
		}
		key := subscriptionKey(chat.RoomID(room), int(reader{row}.number("shard")), id)
		sub, err := s.get(ctx, s.tables.Subscriptions, key)
		if err != nil {
			return r, err
		}
		if sub != nil {
			r.Rows["subscription#"+room] = shownRow(sub)
		}
	}
	return r, nil
}

// exportUser returns what lies under the user; of a claim, the entry that it stands for is beside it. Blocks of
// others are theirs alone.
func (s *Store) exportUser(
	ctx context.Context, user chat.UserID, after string, limit int,
) ([]privacy.Record, string, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Users, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("user_id = :user"),
		ExpressionAttributeValues: item{":user": text(string(user))},
	}
	if after != "" {
		in.ExclusiveStartKey = item{"user_id": text(string(user)), "item": text(after)}
	}
	rows, last, err := s.pages(ctx, in, limit)
	if err != nil {
		return nil, "", err
	}
	entries, err := s.entriesOf(ctx, user, rows)
	if err != nil {
		return nil, "", err
	}
	var page []privacy.Record
	for i, row := range rows {
		if strings.HasPrefix(reader{row}.text("item"), blockedPrefix) {
			continue
		}
		r := record(privacy.KindUser, row, "item")
		if entries[i] != nil {
			r.Rows["entry"] = shownRow(entries[i])
		}
		page = append(page, r)
	}
	return page, reader{last}.text("item"), nil
}

// entriesOf returns the entries that claims stand for, in their order; nil for rows that are no claims, and for entries
// that are not there.
func (s *Store) entriesOf(ctx context.Context, user chat.UserID, rows []item) ([]item, error) {
	return chat.Map(ctx, rows, eraseAtOnce, func(ctx context.Context, row item) (item, error) {
		if !strings.HasPrefix(reader{row}.text("item"), claimPrefix) {
			return nil, nil
		}
		c := claimedOf(row)
		entry, err := s.get(ctx, s.tables.Entries, entryKey(c.Room, c.ID))
		e := entryOf(entry)
		if err != nil || entry == nil || e.User != user && e.Subject != user {
			return nil, err
		}
		return entry, nil
	})
}

// exportDeeds returns deeds by the user, and those done to the user, room after room. A place is a room and, after a
// space, the deed in it; a room alone is done.
func (s *Store) exportDeeds(ctx context.Context, user chat.UserID, after string) ([]privacy.Record, string, error) {
	room, deed, within := strings.Cut(after, " ")
	if !within {
		rows, _, err := s.membershipRows(ctx, user, room, 1)
		if err != nil || len(rows) == 0 {
			return nil, "", err
		}
		room = reader{rows[0]}.text("room_id")
	}
	rows, next, err := s.deedRows(ctx, chat.RoomID(room), user, deed)
	page := records(privacy.KindDeed, rows, "deed")
	for i := range page {
		page[i].Place = room + " " + page[i].Place
	}
	if next == "" {
		return page, room, err
	}
	return page, room + " " + next, err
}

// shownRow returns a row as a person reads it, without bytes, which are keys and fingerprints, and without tokens.
func shownRow(row item) map[string]any {
	shown := map[string]any{}
	for name, value := range row {
		if v := shownValue(value); v != nil && name != "token" {
			shown[name] = v
		}
	}
	return shown
}

func shownValue(value types.AttributeValue) any {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		return value.Value
	case *types.AttributeValueMemberN:
		return json.Number(value.Value)
	case *types.AttributeValueMemberBOOL:
		return value.Value
	case *types.AttributeValueMemberSS:
		return value.Value
	case *types.AttributeValueMemberM:
		return shownRow(value.Value)
	case *types.AttributeValueMemberL:
		list := make([]any, len(value.Value))
		for i, v := range value.Value {
			list[i] = shownValue(v)
		}
		return list
	}
	return nil
}
