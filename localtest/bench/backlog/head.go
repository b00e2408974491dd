package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// marks returns up to where the room's log is settled, and up to where it has been pushed. One mark is both.
func (t *tables) marks(ctx context.Context, room chat.RoomID) (settled, pushed chat.EntryID, err error) {
	pushed, err = t.store.PushedID(ctx, room)
	return pushed, pushed, err
}

// setMarks makes seq the last id that was given out, and the log pushed and settled up to another one. It writes the
// attributes into both items that a room has for them.
func (t *tables) setMarks(ctx context.Context, room chat.RoomID, seq, pushed chat.EntryID) error {
	for _, key := range []string{"counter#", "position#"} {
		_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: &t.names.Rooms, Key: map[string]types.AttributeValue{
				"item": &types.AttributeValueMemberS{Value: key + string(room)},
			},
			UpdateExpression: aws.String("SET seq = :seq, pushed_id = :pushed, settled_id = :pushed"),
			ExpressionAttributeValues: map[string]types.AttributeValue{
				":seq": number(seq), ":pushed": number(pushed),
			},
		})
		if err != nil {
			return fmt.Errorf("set marks: %w", err)
		}
	}
	return nil
}

func number(id chat.EntryID) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(id), 10)}
}
