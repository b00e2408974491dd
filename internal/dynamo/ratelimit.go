package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/ratelimit"
)

// Limits on what comes seldom. A row has the time when its key is at rest again. No update can take the greater of two
// times, so there are two: one for a key at rest, and one for a busy key. Each is exact, whoever else counts meanwhile.

func limitKey(key string) item { return item{"item": text("limit#" + hashed(key))} }

// limitTries is how often others may change a key between the two updates.
const limitTries = 5

// Admit implements [accounts.Limits] and [auth.Limits]. Several limits are looked at first, so that a refusal writes
// nothing, and then counted one by one. Where others come between, some are counted all the same.
func (s *Store) Admit(ctx context.Context, limits ...ratelimit.Limit) (time.Duration, error) {
	now := chat.Millis(s.now())
	if len(limits) > 1 {
		wait, err := s.waitFor(ctx, now, limits)
		if wait > 0 || err != nil {
			return wait, err
		}
	}
	for _, l := range limits {
		wait, err := s.take(ctx, now, l)
		if err != nil {
			return 0, err
		}
		if wait > 0 { // what was counted before may make it longer
			all, err := s.waitFor(ctx, now, limits)
			return max(wait, all), err
		}
	}
	return 0, nil
}

// waitFor returns how long it takes until all limits have room.
func (s *Store) waitFor(ctx context.Context, now time.Time, limits []ratelimit.Limit) (time.Duration, error) {
	keys, byKey := make([]item, len(limits)), map[string]ratelimit.GCRA{}
	for i, l := range limits {
		keys[i] = limitKey(l.Key)
		byKey[reader{keys[i]}.text("item")] = l.GCRA
	}
	rows, err := s.batchGet(ctx, map[string][]item{s.tables.Accounts: keys})
	var wait time.Duration
	for _, row := range rows[s.tables.Accounts] {
		r := reader{row}
		wait = max(wait, byKey[r.text("item")].Wait(r.millis("rest_at"), now))
	}
	return wait, err
}

// take counts one, and returns 0; or how long it takes until there is room.
func (s *Store) take(ctx context.Context, now time.Time, l ratelimit.Limit) (time.Duration, error) {
	at := number(now.UnixMilli())
	for range limitTries {
		for _, u := range []restUpdate{
			{"rest_at = :rest", "attribute_not_exists(rest_at) OR rest_at <= :now",
				item{":rest": number(l.Take(now, now).UnixMilli()), ":now": at}},
			{"rest_at = rest_at + :interval", "rest_at > :now AND rest_at <= :latest",
				item{":interval": number(l.Interval.Milliseconds()), ":latest": number(l.Latest(now).UnixMilli()), ":now": at}},
		} {
			old, err := s.setRest(ctx, now, l, u)
			if old == nil || err != nil {
				return 0, err
			}
			if wait := l.Wait(reader{old}.millis("rest_at"), now); wait > 0 {
				return wait, nil
			}
		}
	}
	return 0, chat.Errorf(chat.CodeUnavailable, "too many come at once; try again")
}

// restUpdate is a change of a key, on a condition.
type restUpdate struct {
	set, condition string
	values         item
}

// setRest changes a key. It returns the row that is there when the condition does not hold.
func (s *Store) setRest(ctx context.Context, now time.Time, l ratelimit.Limit, u restUpdate) (item, error) {
	// A key is at rest by then, so the row says no more than none would.
	u.values[":expires"] = number(now.Add(time.Duration(l.Burst+1)*l.Interval + time.Minute).Unix())
	old, _, err := s.update(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.tables.Accounts, Key: limitKey(l.Key),
		UpdateExpression:    aws.String("SET expires_at = :expires, " + u.set),
		ConditionExpression: aws.String(u.condition), ExpressionAttributeValues: u.values,
	})
	return old, err
}

// hashed returns a name for what is not to be read in the store.
func hashed(plain string) string {
	sum := sha256.Sum256([]byte(plain))
	return base64.RawURLEncoding.EncodeToString(sum[:hashBytes])
}

// hashBytes of a hash are not met twice.
const hashBytes = 16
