package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/receipts"
	"serverlesschat/internal/rooms"
)

// The cursors of members lie in their rows. The attribute "marked" is there if the last write of the row has moved one:
// by it the stream's filter tells such a write from all others, which take it away.

// notMarked is what every other update of a member's row ends with.
const notMarked = " REMOVE marked"

// The conditions under which a cursor moves. What is read is delivered too.
const (
	mayRead    = "#state = :in AND (attribute_not_exists(read_id) OR read_id < :to)"
	mayDeliver = mayRead + " AND (attribute_not_exists(delivered_id) OR delivered_id < :to)"
)

// MoveCursor implements [receipts.Cursors].
func (s *Store) MoveCursor(
	ctx context.Context, user chat.UserID, room chat.RoomID, c receipts.Cursor, to chat.EntryID,
) (rooms.Member, error) {
	set, condition := "SET delivered_id = :to, marked = :yes", mayDeliver
	if c == receipts.CursorRead {
		set, condition = "SET read_id = :to, marked = :yes", mayRead
	}
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Members, Key: memberKey(user, room), UpdateExpression: &set,
		ConditionExpression:       aws.String(condition),
		ExpressionAttributeNames:  map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":to": number(to), ":yes": flagOf(true), ":in": text(string(rooms.StateIn))},
		ReturnValues:              "ALL_NEW",
	})
	switch {
	case err != nil:
		return rooms.Member{}, err
	case old != nil:
		return memberOf(old), nil
	}
	return memberOf(row), nil
}
