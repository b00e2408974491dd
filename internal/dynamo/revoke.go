package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
)

// EndSession implements [connections.Ends].
func (s *Store) EndSession(
	ctx context.Context, user chat.UserID, session chat.SessionID, until time.Time,
) ([]chat.Connection, error) {
	end := number(until.Unix())
	for range sessionTries {
		old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(user),
			UpdateExpression: aws.String("SET r.#session = :until"), ConditionExpression: aws.String("attribute_exists(r)"),
			ExpressionAttributeNames:  map[string]string{"#session": sessionName(session)},
			ExpressionAttributeValues: item{":until": end}, ReturnValues: types.ReturnValueAllNew,
		})
		if err != nil {
			return nil, err
		}
		if old == nil {
			return s.openIn(row), s.forgetEnded(ctx, user, row)
		}
		first := &mapValue{Value: item{sessionName(session): end}}
		old, row, err = s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(user),
			UpdateExpression: aws.String("SET r = :first"), ConditionExpression: aws.String("attribute_not_exists(r)"),
			ExpressionAttributeValues: item{":first": first}, ReturnValues: types.ReturnValueAllNew,
		})
		if err != nil || old == nil {
			return s.openIn(row), err
		}
	}
	return nil, chat.Errorf(chat.CodeUnavailable, "the session was changed too often at once; try again")
}

// forgetEnded takes out the sessions of a session item whose tokens have all ended.
func (s *Store) forgetEnded(ctx context.Context, user chat.UserID, row item) error {
	ended, _ := row["r"].(*mapValue)
	var over []string
	for session := range ended.Value {
		if (reader{ended.Value}).seconds(session).Before(s.now()) {
			over = append(over, session)
		}
	}
	return s.removeFromMap(ctx, user, "r", over)
}

// DropSubscriptions implements [connections.Ends].
func (s *Store) DropSubscriptions(ctx context.Context, id chat.ConnectionID) error {
	all, err := s.joined(ctx, id, 0)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(dropsAtOnce)
	for _, sub := range all {
		group.Go(func() error { return s.dropSubscription(ctx, sub) })
	}
	return group.Wait()
}
