package dynamo

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

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

// PutConnection implements [connections.Store].
func (s *Store) PutConnection(ctx context.Context, c chat.Connection) error {
	row := connectionKey(c.ID)
	row["user_id"] = text(string(c.User))
	row["connected_at"] = number(c.ConnectedAt.UnixMilli())
	row["token_expires_at"] = number(c.TokenExpiresAt.Unix())
	row["expires_at"] = number(c.ExpiresAt().Unix())
	_, err := s.put(ctx, s.tables.Connections, row, "")
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
	}, nil
}

// RemoveConnection implements [connections.Store]. The connection's own row goes last: as long as it is there, a second
// try finds what is left.
func (s *Store) RemoveConnection(ctx context.Context, id chat.ConnectionID) error {
	rows, err := s.query(ctx, &dynamodb.QueryInput{
		TableName:                 &s.tables.Connections,
		KeyConditionExpression:    aws.String("connection_id = :id"),
		ExpressionAttributeValues: item{":id": text(string(id))},
	}, 0)
	if err != nil {
		return err
	}
	for _, row := range rows {
		r := reader{row}
		if room, ok := strings.CutPrefix(r.text("item"), joinedPrefix); ok {
			if err := s.unsubscribe(ctx, id, chat.RoomID(room), int(r.number("shard"))); err != nil {
				return err
			}
		}
	}
	return s.delete(ctx, s.tables.Connections, connectionKey(id))
}
