package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

// A ticket is an item of the sessions' table, under its hash. It is gone by TTL, which may take days, so its end is in
// its condition too.

// ticketKey never is a user's: no name holds a '#'.
func ticketKey(hash string) item { return item{"user_id": text("ticket#" + hash)} }

// PutTicket implements [connections.Tickets].
func (s *Store) PutTicket(ctx context.Context, t connections.Ticket) error {
	row := ticketKey(t.Hash)
	row["of"], row["session"] = text(string(t.Of.User)), text(string(t.Of.Session))
	row["token_expires_at"], row["origin"] = number(t.Of.ExpiresAt.Unix()), text(t.Origin)
	row["ends_at"], row["expires_at"] = number(t.ExpiresAt.UnixMilli()), number(t.ExpiresAt.Unix()+1)
	_, err := s.put(ctx, s.tables.Sessions, row, "")
	return err
}

// Redeem implements [connections.Tickets]. The item is kept: deleting it would refuse who repeats a call whose answer was
// lost.
func (s *Store) Redeem(ctx context.Context, hash string, id chat.ConnectionID, origin string) (*chat.Identity, error) {
	old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: ticketKey(hash), UpdateExpression: aws.String("SET used_by = :id"),
		ConditionExpression: aws.String("ends_at > :now AND origin = :origin AND (attribute_not_exists(used_by) OR used_by = :id)"),
		ExpressionAttributeValues: item{
			":id": text(string(id)), ":now": number(s.now().UnixMilli()), ":origin": text(origin),
		},
		ReturnValues: types.ReturnValueAllNew,
	})
	if err != nil || old != nil {
		return nil, err
	}
	r := reader{row}
	return &chat.Identity{
		User: chat.UserID(r.text("of")), Session: chat.SessionID(r.text("session")), ExpiresAt: r.seconds("token_expires_at"),
	}, nil
}
