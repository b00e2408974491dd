package main

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// marks returns up to where the room's log is settled, and up to where it has been pushed.
func (t *tables) marks(ctx context.Context, room chat.RoomID) (settled, pushed chat.EntryID, err error) {
	head, err := t.store.Head(ctx, room)
	return head.SettledID, head.PushedID, err
}

// setMarks makes seq the last id that was given out, and the log pushed and settled up to another one.
func (t *tables) setMarks(ctx context.Context, room chat.RoomID, seq, pushed chat.EntryID) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.names.Rooms, Key: map[string]types.AttributeValue{
			"item": &types.AttributeValueMemberS{Value: "counter#" + string(room)},
		},
		UpdateExpression: aws.String("SET seq = :seq, pushed_id = :pushed, settled_id = :pushed REMOVE lease, job_until"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":seq": number(seq), ":pushed": number(pushed),
		},
	})
	return chat.Wrap("set marks", err)
}

func number(id chat.EntryID) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(id), 10)}
}
