package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"serverlesschat/internal/chat"
)

// Under each connection are the rooms that it has joined, so that its end finds its subscriptions by key.

const joinedPrefix = "room#"

func connectionKey(id chat.ConnectionID) item {
	return item{"connection_id": text(string(id)), "item": text("connection")}
}

func joinedKey(id chat.ConnectionID, room chat.RoomID) item {
	return item{"connection_id": text(string(id)), "item": text(joinedPrefix + string(room))}
}

// PutConnection implements [connections.Store]. The session comes first: who may not connect leaves nothing.
func (s *Store) PutConnection(ctx context.Context, c chat.Connection, limit int) error {
	row := connectionKey(c.ID)
	row["user_id"] = text(string(c.User))
	row["connected_at"] = number(c.ConnectedAt.UnixMilli())
	row["token_expires_at"], row["session"] = number(c.TokenExpiresAt.Unix()), text(string(c.Session))
	row["expires_at"] = number(c.ExpiresAt().Unix())
	if err := s.addToSession(ctx, c, limit); err != nil {
		return err
	}
	_, err := s.put(ctx, s.tables.Connections, row, "")
	return err
}

// UpdateConnection implements [connections.Rows].
func (s *Store) UpdateConnection(ctx context.Context, c chat.Connection) error {
	_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Connections, Key: connectionKey(c.ID),
		UpdateExpression:          aws.String("SET token_expires_at = :ends, #session = :session"),
		ConditionExpression:       aws.String("attribute_exists(user_id)"),
		ExpressionAttributeNames:  map[string]string{"#session": "session"}, // a reserved word
		ExpressionAttributeValues: item{":ends": number(c.TokenExpiresAt.Unix()), ":session": text(string(c.Session))},
	})
	return err
}

// Connection implements [connections.Store].
func (s *Store) Connection(ctx context.Context, id chat.ConnectionID) (*chat.Connection, error) {
	row, err := s.get(ctx, s.tables.Connections, connectionKey(id))
	if err != nil || row == nil {
		return nil, err
	}
	r := reader{row}
	if r.seconds("expires_at").Before(s.now()) {
		return nil, nil
	}
	return &chat.Connection{
		ID: id, User: chat.UserID(r.text("user_id")),
		ConnectedAt: r.millis("connected_at"), TokenExpiresAt: r.seconds("token_expires_at"),
		Session: chat.SessionID(r.text("session")),
	}, nil
}

// RemoveConnection implements [connections.Store].
func (s *Store) RemoveConnection(ctx context.Context, user chat.UserID, id chat.ConnectionID) error {
	return s.endConnection(ctx, user, id, 0)
}

// dropsAtOnce is how many subscriptions of a connection are removed side by side.
const dropsAtOnce = 8

// endConnection removes what is there of a connection that has ended: from the session item of its user, where one is
// given, its own row, the subscriptions that it has joined (limit of them at most; 0 is no limit), and the one that is
// known, wherever that lies. The connection's row goes before these: a join that is still under way looks for it last. One
// failure does not stop the rest.
func (s *Store) endConnection(
	ctx context.Context, user chat.UserID, id chat.ConnectionID, limit int, known ...chat.Subscription,
) error {
	if user != "" {
		if err := s.removeFromSession(ctx, user, id); err != nil {
			return err
		}
	}
	if err := s.delete(ctx, s.tables.Connections, connectionKey(id)); err != nil {
		return err
	}
	all, err := s.joined(ctx, id, limit)
	if err != nil {
		return err
	}
	for _, k := range known {
		isKnown := func(sub chat.Subscription) bool { return sub.Room == k.Room && sub.Shard == k.Shard }
		if !slices.ContainsFunc(all, isKnown) {
			all = append(all, k)
		}
	}
	var group errgroup.Group
	group.SetLimit(dropsAtOnce)
	for _, sub := range all {
		group.Go(func() error { return s.dropSubscription(ctx, sub) })
	}
	return group.Wait()
}

// joined returns the subscriptions of a connection by their room and shard, consistently: limit of them at most; 0 is no
// limit.
func (s *Store) joined(ctx context.Context, id chat.ConnectionID, limit int) ([]chat.Subscription, error) {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.tables.Connections,
		KeyConditionExpression:    aws.String("connection_id = :id AND begins_with(#item, :prefix)"),
		ExpressionAttributeNames:  map[string]string{"#item": "item"},
		ExpressionAttributeValues: item{":id": text(string(id)), ":prefix": text(joinedPrefix)},
	}, limit)
	if err != nil {
		return nil, err
	}
	subs := make([]chat.Subscription, len(rows))
	for i, row := range rows {
		r := reader{row}
		room := strings.TrimPrefix(r.text("item"), joinedPrefix)
		subs[i] = chat.Subscription{Room: chat.RoomID(room), Shard: int(r.number("shard")), Connection: id}
	}
	return subs, nil
}
