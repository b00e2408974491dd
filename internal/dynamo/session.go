package dynamo

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
)

// The session item of a user has the user's connections: each by its id, with the time in seconds when nothing of it may
// be left. It is the one record of who is connected. A connection is in it before its handshake ends.

func sessionKey(user chat.UserID) item { return item{"user_id": text(string(user))} }

// sessionTries is how often a connection finds that the session item is made, or cleaned up, by another.
const sessionTries = 4

// addToSession puts a connection among those of its user, and takes out those whose time is over.
func (s *Store) addToSession(ctx context.Context, c chat.Connection) error {
	expires := number(c.ExpiresAt().Unix())
	for range sessionTries {
		old, row, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(c.User),
			UpdateExpression:          aws.String("SET c.#id = :expires"),
			ConditionExpression:       aws.String("attribute_exists(c) AND attribute_not_exists(gone)"),
			ExpressionAttributeNames:  map[string]string{"#id": string(c.ID)},
			ExpressionAttributeValues: item{":expires": expires},
			ReturnValues:              types.ReturnValueAllNew,
		})
		if err != nil {
			return err
		}
		if old == nil {
			return s.forgetExpired(ctx, c.User, row)
		}
		first := &types.AttributeValueMemberM{Value: item{string(c.ID): expires}}
		old, _, err = s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(c.User),
			UpdateExpression:          aws.String("SET c = :first"),
			ConditionExpression:       aws.String("attribute_not_exists(c) AND attribute_not_exists(gone)"),
			ExpressionAttributeValues: item{":first": first},
		})
		if err != nil || old == nil {
			return err
		}
		if isGone(old) {
			return connections.ErrErased
		}
	}
	return chat.Errorf(chat.CodeUnavailable, "too many connections are opened at once; try again")
}

// forgetExpired takes out the connections of a session item whose time is over: nobody has reported their end.
func (s *Store) forgetExpired(ctx context.Context, user chat.UserID, row item) error {
	names, remove := map[string]string{}, ""
	for id, expires := range connectionsIn(row) {
		if expires.Before(s.now()) {
			name := "#" + strconv.Itoa(len(names))
			if remove != "" {
				remove += ", "
			}
			names[name], remove = string(id), remove+"c."+name
		}
	}
	if len(names) == 0 {
		return nil
	}
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(user), UpdateExpression: aws.String("REMOVE " + remove),
		ConditionExpression: aws.String("attribute_exists(c)"), ExpressionAttributeNames: names,
	})
	return err
}

// connectionsIn returns the connections of a session item, and when each expires.
func connectionsIn(row item) map[chat.ConnectionID]time.Time {
	found := map[chat.ConnectionID]time.Time{}
	if c, ok := row["c"].(*types.AttributeValueMemberM); ok {
		r := reader{c.Value}
		for id := range c.Value {
			found[chat.ConnectionID(id)] = r.seconds(id)
		}
	}
	return found
}

// openIn returns those of them that may still be open.
func (s *Store) openIn(row item) map[chat.ConnectionID]time.Time {
	found := connectionsIn(row)
	maps.DeleteFunc(found, func(_ chat.ConnectionID, expires time.Time) bool { return expires.Before(s.now()) })
	return found
}

// removeFromSession takes a connection out of those of its user.
func (s *Store) removeFromSession(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(user), UpdateExpression: aws.String("REMOVE c.#id"),
		ConditionExpression: aws.String("attribute_exists(c)"), ExpressionAttributeNames: map[string]string{"#id": string(id)},
	})
	return err
}

// ConnectionsOf implements [rooms.Sessions].
func (s *Store) ConnectionsOf(ctx context.Context, user chat.UserID) ([]chat.ConnectionID, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(user))
	return slices.Collect(maps.Keys(s.openIn(row))), err
}
