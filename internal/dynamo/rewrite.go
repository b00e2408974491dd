package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/fold"
	"serverlesschat/internal/privacy"
	"serverlesschat/internal/rooms"
	"serverlesschat/internal/telemetry"
)

// What the erasing of a user rewrites: entries, messages with reactions of the user, and deeds.

// ClaimsOf implements [privacy.Written].
func (s *Store) ClaimsOf(
	ctx context.Context, user chat.UserID, room chat.RoomID, limit int,
) ([]privacy.Claimed, error) {
	prefix := claimPrefix
	if room != "" {
		prefix += string(room) + "#"
	}
	rows, err := s.userRows(ctx, user, prefix, limit)
	if err != nil {
		return nil, err
	}
	claims := make([]privacy.Claimed, len(rows))
	for i, row := range rows {
		claims[i] = claimedOf(row)
	}
	return claims, nil
}

// userRows returns up to limit rows of a user whose sort keys begin with a prefix.
func (s *Store) userRows(ctx context.Context, user chat.UserID, prefix string, limit int) ([]item, error) {
	return s.query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.tables.Users,
		KeyConditionExpression:    aws.String("user_id = :user AND begins_with(#item, :prefix)"),
		ExpressionAttributeNames:  map[string]string{"#item": "item"},
		ExpressionAttributeValues: item{":user": text(string(user)), ":prefix": text(prefix)},
	}, limit)
}

func claimedOf(row item) privacy.Claimed {
	r := reader{row}
	room, id, _ := strings.Cut(strings.TrimPrefix(r.text("item"), claimPrefix), "#") // no room's name holds one
	return privacy.Claimed{
		Room: chat.RoomID(room), ClientMessageID: chat.ClientMessageID(id), ID: chat.EntryID(r.number("n")),
	}
}

// DropClaim implements [privacy.Written].
func (s *Store) DropClaim(ctx context.Context, user chat.UserID, c privacy.Claimed) error {
	e := chat.NewEntry{Room: c.Room, User: user, ClientMessageID: c.ClientMessageID}
	return s.delete(ctx, s.tables.Users, claimKey(e))
}

// Rewrite implements [privacy.Written].
func (s *Store) Rewrite(ctx context.Context, was, is chat.Entry) error {
	condition, values := "user_id = :user", item{":user": text(string(was.User))}
	if was.Subject != "" {
		condition += " AND subject = :subject"
		values[":subject"] = text(string(was.Subject))
	}
	row := rowOf(is)
	if !is.EditedAt.IsZero() {
		row["edited_at"] = millisOf(is)
	}
	if is.UpdatedID != 0 {
		row["updated_id"] = number(is.UpdatedID)
	}
	if is.Deleted {
		row["deleted"] = flagOf(true)
	}
	if is.Erasures != 0 {
		row["erasures"] = number(is.Erasures)
	}
	_, err := s.putIf(ctx, s.tables.Entries, row, condition, values)
	return err
}

// Unreact implements [privacy.Written]. The count of erasures makes whoever has read the message before begin again.
// A change up to the id that is applied once more changes nothing, since the message says that it has it.
func (s *Store) Unreact(
	ctx context.Context, room chat.RoomID, message chat.EntryID, user chat.UserID, upTo chat.EntryID,
) error {
	for {
		was, err := s.Entry(ctx, room, message)
		if err != nil || was == nil || was.Kind != chat.KindMessage || was.Deleted {
			return err
		}
		is := *was
		is.Reactions = fold.WithoutUser(was.Reactions, user)
		is.UpdatedID = max(was.UpdatedID, upTo)
		is.Erasures++
		done, err := s.Update(ctx, *was, is)
		if err != nil || done {
			return err
		}
	}
}

// DeedsOf implements [privacy.Deeds].
func (s *Store) DeedsOf(
	ctx context.Context, room chat.RoomID, user chat.UserID, after string,
) ([]rooms.Deed, string, error) {
	rows, next, err := s.deedRows(ctx, room, user, after)
	deeds := make([]rooms.Deed, len(rows))
	for i, row := range rows {
		deeds[i] = deedOf(room, row)
	}
	return deeds, next, err
}

// deedRows reads a page of a room's deeds, and returns those by a user or done to the user.
func (s *Store) deedRows(
	ctx context.Context, room chat.RoomID, user chat.UserID, after string,
) ([]item, string, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Audit, ConsistentRead: aws.Bool(true), Limit: aws.Int32(deedPage),
		KeyConditionExpression:    aws.String("room_id = :room"),
		FilterExpression:          aws.String("#by = :user OR subject = :user"),
		ExpressionAttributeNames:  map[string]string{"#by": "by"}, // a reserved word
		ExpressionAttributeValues: item{":room": text(string(room)), ":user": text(string(user))},
		ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
	}
	if after != "" {
		in.ExclusiveStartKey = item{"room_id": text(string(room)), "deed": text(after)}
	}
	out, err := call(ctx, ordinary(), s.client.Query, in)
	if err != nil {
		return nil, "", failure("query deeds", err)
	}
	countUnits(ctx, telemetry.ReadUnits, out.ConsumedCapacity)
	return out.Items, reader{out.LastEvaluatedKey}.text("deed"), nil
}

// deedPage is how many deeds of a room one read looks at.
const deedPage = 1000

// ReplaceDeed implements [privacy.Deeds]. The new one is put first: a call that is cut off leaves the deed.
func (s *Store) ReplaceDeed(ctx context.Context, was, is rooms.Deed) error {
	if err := s.Record(ctx, is); err != nil {
		return err
	}
	old := deedPlace(was.At, was.Key)
	if old == deedPlace(is.At, is.Key) {
		return nil
	}
	return s.delete(ctx, s.tables.Audit, item{"room_id": text(string(was.Room)), "deed": text(old)})
}

// MemberEntryOf implements [privacy.Deeds]. A claim that has expired counts too, as long as its row is there.
func (s *Store) MemberEntryOf(
	ctx context.Context, room chat.RoomID, subject chat.UserID, id chat.ClientMessageID,
) (chat.EntryID, error) {
	row, err := s.get(ctx, s.tables.Users, claimKey(chat.NewEntry{
		Room: room, Kind: chat.KindMember, Subject: subject, ClientMessageID: id,
	}))
	return chat.EntryID(reader{row}.number("n")), err
}
