package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
)

func profileKey(user chat.UserID) item {
	return item{"user_id": text(string(user)), "item": text("profile")}
}

// DisplayName implements [accounts.Profiles] and [rooms.Users].
func (s *Store) DisplayName(ctx context.Context, user chat.UserID) (string, error) {
	row, err := s.get(ctx, s.tables.Users, profileKey(user))
	return reader{row}.text("display_name"), err
}

// SetDisplayName implements [accounts.Profiles].
func (s *Store) SetDisplayName(ctx context.Context, user chat.UserID, name string) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Users, Key: profileKey(user), UpdateExpression: aws.String("SET display_name = :name"),
		ExpressionAttributeValues: item{":name": text(name)},
	})
	return err
}
