package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/connections"
	"serverlesschat/internal/ratelimit"
)

// Each frame that acts makes one write to the session item of its user. Its condition is that the connection is there and
// that its session was not ended; what it writes is the window that limits the user's rate. So a limit costs no call of
// its own, and no read: what the condition fails on comes back with the refusal.

// windowAt is the attribute with the second of the last window that was written.
const windowAt = "w_at"

// Act implements [connections.Sessions].
func (s *Store) Act(ctx context.Context, c chat.Connection, r ratelimit.Rate) (chat.Connection, error) {
	for range sessionTries {
		at := s.now()
		if c.HasEnded(at) { // a fresh token may have come by another process
			return s.Look(ctx, c)
		}
		old, err := s.charge(ctx, c.User, c.Session, &c, r, at)
		if err != nil || old == nil {
			return c, err
		}
		is, err := s.judge(ctx, c, old)
		if err != nil {
			return c, err
		}
		if sessionEntry(is) == sessionEntry(c) {
			if err := s.overRate(ctx, c.User, old, r, at); !errors.Is(err, errAgain) {
				return c, err
			}
		}
		c = is
	}
	return c, chat.Errorf(chat.CodeUnavailable, "the session was changed too often at once; try again")
}

// ActFor implements [connections.Sessions].
func (s *Store) ActFor(ctx context.Context, user chat.UserID, session chat.SessionID, r ratelimit.Rate) error {
	for range sessionTries {
		at := s.now()
		old, err := s.charge(ctx, user, session, nil, r, at)
		if err != nil || old == nil {
			return err
		}
		if err := endedIn(old, session); err != nil {
			return err
		}
		if err := s.overRate(ctx, user, old, r, at); !errors.Is(err, errAgain) {
			return err
		}
	}
	return chat.Errorf(chat.CodeUnavailable, "the session was changed too often at once; try again")
}

// charge counts one more in the window of now. It returns the session item where that may not be; nil when it was done. c
// is the connection that acts; nil for a request over HTTP, with which a session item may begin.
func (s *Store) charge(
	ctx context.Context, user chat.UserID, session chat.SessionID, c *chat.Connection, r ratelimit.Rate, at time.Time,
) (item, error) {
	now, before := ratelimit.Slot(at)
	in := &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(user),
		UpdateExpression: aws.String("ADD " + now + " :one SET " + windowAt + " = :second REMOVE " + ratelimit.Others(at)),
		ConditionExpression: aws.String(notEnded +
			" AND (attribute_not_exists(" + now + ") AND attribute_not_exists(" + before + ") OR " + windowAt + " >= :fresh)" +
			" AND (attribute_not_exists(" + now + ") OR " + now + " < :persecond" +
			" OR (attribute_not_exists(" + before + ") OR " + before + " < :quiet) AND " + now + " < :burst)"),
		ExpressionAttributeNames: map[string]string{"#session": sessionName(session)},
		ExpressionAttributeValues: item{
			":one": number(1), ":second": number(at.Unix()), ":fresh": number(ratelimit.Fresh(at)),
			":persecond": number(r.PerSecond), ":quiet": number(r.Quiet()), ":burst": number(r.Burst),
		},
	}
	if c != nil {
		in.ConditionExpression = aws.String("c.#id = :entry AND " + *in.ConditionExpression)
		in.ExpressionAttributeNames["#id"] = string(c.ID)
		in.ExpressionAttributeValues[":entry"] = text(sessionEntry(*c))
	}
	old, _, err := s.update(ctx, in)
	return old, err
}

// judge returns the connection as the session item has it. An entry of the version before is written anew.
//
// Errors: connections.ErrClosed when it is not there; *connections.Ended when its session was ended, or its token has.
func (s *Store) judge(ctx context.Context, c chat.Connection, row item) (chat.Connection, error) {
	var entries item
	if m, ok := row["c"].(*mapValue); ok {
		entries = m.Value
	}
	entry, ok := entries[string(c.ID)]
	if !ok {
		return c, connections.ErrClosed
	}
	is := c
	if _, before := entry.(*numberValue); before {
		_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(c.User),
			UpdateExpression: aws.String("SET c.#id = :entry"), ConditionExpression: aws.String("c.#id = :old"),
			ExpressionAttributeNames:  map[string]string{"#id": string(c.ID)},
			ExpressionAttributeValues: item{":entry": text(sessionEntry(c)), ":old": entry},
		})
		if err != nil {
			return c, err
		}
	} else {
		stored := connectionOf(c.User, string(c.ID), entry)
		is.Session, is.TokenExpiresAt, is.Reminded = stored.Session, stored.TokenExpiresAt, stored.Reminded
	}
	if err := endedIn(row, is.Session); err != nil {
		return c, err
	}
	if is.HasEnded(s.now()) {
		return c, connections.ErrExpired
	}
	return is, nil
}

// errAgain says that a write may succeed now.
var errAgain = errors.New("again")

// overRate returns what a user is told whose rate is used up. Windows of long ago that look like new ones do not count:
// they are taken away, with errAgain.
func (s *Store) overRate(ctx context.Context, user chat.UserID, row item, r ratelimit.Rate, at time.Time) error {
	now, before := ratelimit.Slot(at)
	in := reader{row}
	if last := in.number(windowAt); row[windowAt] != nil && last < ratelimit.Fresh(at) {
		_, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
			TableName: &s.tables.Sessions, Key: sessionKey(user),
			UpdateExpression:          aws.String("REMOVE " + now + ", " + before + ", " + ratelimit.Others(at)),
			ConditionExpression:       aws.String(windowAt + " = :last"),
			ExpressionAttributeValues: item{":last": number(last)},
		})
		if err != nil {
			return err
		}
		return errAgain
	}
	if r.Allows(int(in.number(now)), int(in.number(before))) {
		return errAgain // what it failed on has changed
	}
	return chat.RateLimited(r.Wait(at))
}

// Look implements [connections.Sessions].
func (s *Store) Look(ctx context.Context, c chat.Connection) (chat.Connection, error) {
	row, err := s.get(ctx, s.tables.Sessions, sessionKey(c.User))
	if err != nil {
		return c, err
	}
	return s.judge(ctx, c, row)
}

// Renew implements [connections.Sessions].
func (s *Store) Renew(ctx context.Context, c, is chat.Connection) (bool, error) {
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Sessions, Key: sessionKey(c.User),
		UpdateExpression:         aws.String("SET c.#id = :is"),
		ConditionExpression:      aws.String("c.#id = :was AND " + notEnded),
		ExpressionAttributeNames: map[string]string{"#id": string(c.ID), "#session": sessionName(is.Session)},
		ExpressionAttributeValues: item{
			":was": text(sessionEntry(c)), ":is": text(sessionEntry(is)),
		},
	})
	if err != nil || old == nil {
		return err == nil, err
	}
	return false, endedIn(old, is.Session)
}
