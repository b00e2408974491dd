package dynamo

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
)

// Polls stand among the connections: they are the connections of clients that can keep none open. No connection_id of
// API Gateway holds a '#'.

// pollPeriod is longer than a poll takes. So those that run have begun in this period or in the one before, and what
// was counted of one that died is forgotten after two periods at most.
const pollPeriod = time.Minute

// pollLife is how long the rows of polls are kept: longer than they count.
const pollLife = 5 * time.Minute

func pollKey(user chat.UserID, tab string) item {
	return item{"connection_id": text(pollsOf(user)), "item": text(pollPrefix + tab)}
}

// pollPrefix begins the key of the newest poll of a user's tab.
const pollPrefix = "poll#"

// pollsOf is the partition with the polls of a user.
func pollsOf(user chat.UserID) string { return pollPrefix + string(user) }

// pollsKey is the key of the count of the polls that began in the period of a time.
func pollsKey(at time.Time) item {
	period := at.Unix() / int64(pollPeriod/time.Second)
	return item{"connection_id": text("polls#" + strconv.FormatInt(period, 10)), "item": text("polls")}
}

// EnterPoll implements [messages.Polls].
func (s *Store) EnterPoll(ctx context.Context, at time.Time) (int, error) {
	_, row, err := s.countPoll(ctx, at, 1)
	if err != nil {
		return 0, err
	}
	before, err := s.get(ctx, s.tables.Connections, pollsKey(at.Add(-pollPeriod)))
	if err != nil {
		return 0, err
	}
	return int(reader{row}.number("n") + reader{before}.number("n")), nil
}

// LeavePoll implements [messages.Polls].
func (s *Store) LeavePoll(ctx context.Context, at time.Time) error {
	_, _, err := s.countPoll(ctx, at, -1)
	return err
}

func (s *Store) countPoll(ctx context.Context, at time.Time, by int) (old, row item, err error) {
	return s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Connections, Key: pollsKey(at),
		UpdateExpression:          aws.String("ADD n :by SET expires_at = :expires_at"),
		ExpressionAttributeValues: item{":by": number(by), ":expires_at": number(at.Add(pollLife).Unix())},
		ReturnValues:              types.ReturnValueAllNew,
	})
}

// TakePoll implements [messages.Polls].
func (s *Store) TakePoll(ctx context.Context, user chat.UserID, tab, token string) error {
	row := pollKey(user, tab)
	row["token"] = text(token)
	row["expires_at"] = number(s.now().Add(pollLife).Unix())
	_, err := s.put(ctx, s.tables.Connections, row, "")
	return err
}

// NewestPoll implements [messages.Polls].
func (s *Store) NewestPoll(ctx context.Context, user chat.UserID, tab string) (string, error) {
	row, err := s.get(ctx, s.tables.Connections, pollKey(user, tab))
	return reader{row}.text("token"), err
}
