package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/privacy"
)

// What the erasing of a user takes away of sessions, memberships and blocks.

// MarkGone implements [privacy.Sessions].
func (s *Store) MarkGone(ctx context.Context, user chat.UserID) ([]chat.ConnectionID, error) {
	_, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(user),
		UpdateExpression:          aws.String("SET gone = if_not_exists(gone, :now)"),
		ExpressionAttributeValues: item{":now": number(s.now().UnixMilli())},
		ReturnValues:              types.ReturnValueAllNew,
	})
	return idsOf(connectionsIn(row)), err
}

// ForgetSession implements [privacy.Sessions].
func (s *Store) ForgetSession(ctx context.Context, user chat.UserID) error {
	row := sessionKey(user)
	row["gone"] = number(s.now().UnixMilli())
	_, err := s.put(ctx, s.tables.Sessions, row, "")
	return err
}

// ForgetPresence implements [privacy.Sessions].
func (s *Store) ForgetPresence(ctx context.Context, user chat.UserID) error {
	return s.delete(ctx, s.tables.Presence, presenceKey(user))
}

// ForgetPolls implements [privacy.Sessions].
func (s *Store) ForgetPolls(ctx context.Context, user chat.UserID) error {
	rows, err := s.pollsBy(ctx, user, pollPrefix, 0)
	if err != nil {
		return err
	}
	return chat.ForEach(ctx, rows, eraseAtOnce, func(ctx context.Context, row item) error {
		return s.delete(ctx, s.tables.Connections, item{"connection_id": row["connection_id"], "item": row["item"]})
	})
}

// pollsBy returns the polls of a user from an item on: limit of them at most; 0 is no limit.
func (s *Store) pollsBy(ctx context.Context, user chat.UserID, from string, limit int) ([]item, error) {
	return s.query(ctx, &dynamodb.QueryInput{
		TableName: &s.tables.Connections, KeyConditionExpression: aws.String("connection_id = :id AND #item >= :from"),
		ExpressionAttributeNames:  map[string]string{"#item": "item"},
		ExpressionAttributeValues: item{":id": text(pollsOf(user)), ":from": text(from)},
	}, limit)
}

// MembershipsOf implements [privacy.Memberships].
func (s *Store) MembershipsOf(
	ctx context.Context, user chat.UserID, after chat.RoomID, limit int,
) ([]chat.RoomID, chat.RoomID, error) {
	rows, last, err := s.membershipRows(ctx, user, string(after), limit)
	rooms := make([]chat.RoomID, len(rows))
	for i, row := range rows {
		rooms[i] = chat.RoomID(reader{row}.text("room_id"))
	}
	return rooms, chat.RoomID(last), err
}

// membershipRows returns the member rows of a user in any state, and the room after which the next page begins.
func (s *Store) membershipRows(ctx context.Context, user chat.UserID, after string, limit int) ([]item, string, error) {
	in := &dynamodb.QueryInput{
		TableName: &s.tables.Members, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("user_id = :user"),
		ExpressionAttributeValues: item{":user": text(string(user))},
	}
	if after != "" {
		in.ExclusiveStartKey = memberKey(user, chat.RoomID(after))
	}
	rows, last, err := s.pages(ctx, in, limit)
	return rows, reader{last}.text("room_id"), err
}

// ForgetMember implements [privacy.Memberships].
func (s *Store) ForgetMember(ctx context.Context, user chat.UserID, room chat.RoomID) error {
	return s.delete(ctx, s.tables.Members, memberKey(user, room))
}

// RenamePeer implements [privacy.Memberships]. A name among those that block makes the room one that nobody writes in.
func (s *Store) RenamePeer(ctx context.Context, room chat.RoomID, user, pseudonym chat.UserID) error {
	for {
		row, err := s.get(ctx, s.tables.Rooms, roomKey(room))
		name := reader{row}.text("name")
		if err != nil || row == nil {
			return err
		}
		users := strings.Fields(name)
		for i := range users {
			if users[i] == string(user) {
				users[i] = string(pseudonym)
			}
		}
		blocked := []string{string(pseudonym)}
		if set, ok := row["blocked"].(*types.AttributeValueMemberSS); ok {
			blocked = append(blocked, slices.DeleteFunc(set.Value, func(u string) bool {
				return u == string(user) || u == string(pseudonym)
			})...)
		}
		old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Rooms, Key: roomKey(room),
			UpdateExpression:         aws.String("SET #name = :is, blocked = :blocked"),
			ConditionExpression:      aws.String("#name = :was"),
			ExpressionAttributeNames: map[string]string{"#name": "name"},
			ExpressionAttributeValues: item{
				":was": text(name), ":is": text(strings.Join(users, " ")),
				":blocked": &types.AttributeValueMemberSS{Value: blocked},
			},
		})
		if err != nil || old == nil {
			return err
		}
	}
}

// BlocksAbout implements [privacy.Blockers].
func (s *Store) BlocksAbout(ctx context.Context, user chat.UserID, limit int) ([]privacy.Block, error) {
	var blocks []privacy.Block
	for prefix, block := range map[string]func(other chat.UserID) privacy.Block{
		blockPrefix:   func(other chat.UserID) privacy.Block { return privacy.Block{By: user, Of: other} },
		blockedPrefix: func(other chat.UserID) privacy.Block { return privacy.Block{By: other, Of: user} },
	} {
		if len(blocks) == limit {
			break
		}
		rows, err := s.userRows(ctx, user, prefix, limit-len(blocks))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			blocks = append(blocks, block(chat.UserID(strings.TrimPrefix(reader{row}.text("item"), prefix))))
		}
	}
	return blocks, nil
}
