package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/chat"
	"serverlesschat/internal/roomlog"
	"serverlesschat/internal/telemetry"
)

func compare(ctx context.Context, b *bench, s settings) error {
	fmt.Printf("%-16s %7s %8s %11s %8s %8s %8s %10s %10s\n",
		"how", "writers", "added ms", "messages/s", "p50 ms", "p99 ms", "refused", "WRU/msg", "tries/msg")
	for range s.rounds {
		for _, delay := range []time.Duration{0, 4 * time.Millisecond} {
			for _, writers := range []int{1, 8} {
				for _, transactions := range []bool{false, true} {
					if err := compareOne(ctx, b, s, delay, writers, transactions); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func compareOne(ctx context.Context, b *bench, s settings, delay time.Duration, writers int, transactions bool) error {
	g, err := b.open(ctx, delay)
	if err != nil {
		return err
	}
	how, one := "three writes", &transaction{ground: g}
	var to appender = writerOn(g.store)
	if transactions {
		how, to = "one transaction", one
	}
	f, err := write(ctx, to, writers, time.Duration(s.seconds)*time.Second)
	if err != nil {
		return err
	}
	tries := 1.0
	if transactions {
		tries = float64(one.tries.Load()) / float64(f.stored)
	}
	fmt.Printf("%-16s %7d %8d %11.1f %8.1f %8.1f %8d %10.2f %10.2f\n", how, writers, delay.Milliseconds(),
		float64(f.stored)/f.took.Seconds(), millis(quantile(f.latencies, 0.5)), millis(quantile(f.latencies, 0.99)),
		f.failed, f.writeUnits/float64(f.stored), tries)
	return nil
}

// transaction is the simplest alternative: read the last id, then put the entry at the next one, its claim, and the
// counter, all or nothing. A writer that loses the race begins again.
type transaction struct {
	*ground
	tries atomic.Int64 // transactions, lost ones too; the units of those are not in what the engine reports
}

const maxTries = 50

// Append stores the entry, or fails with CodeUnavailable when others were faster too often.
func (t *transaction) Append(ctx context.Context, d chat.NewEntry) (chat.Entry, roomlog.Appended, error) {
	for try := range maxTries {
		last, err := t.last(ctx)
		if err != nil {
			return chat.Entry{}, roomlog.Appended{}, err
		}
		e := chat.Entry{
			Room: d.Room, ID: last + 1, Kind: d.Kind, User: d.User, ClientMessageID: d.ClientMessageID, Content: d.Content,
			CreatedAt: time.Now(),
		}
		t.tries.Add(1)
		err = t.put(ctx, e)
		if err == nil {
			return e, roomlog.Appended{}, nil
		}
		if cancelled, ok := errors.AsType[*types.TransactionCanceledException](err); !ok {
			return chat.Entry{}, roomlog.Appended{}, err
		} else if !collided(cancelled) {
			return chat.Entry{}, roomlog.Appended{}, errors.New("transaction cancelled for another reason: " + cancelled.Error())
		}
		// Jitter, or the same writers meet again.
		time.Sleep(time.Duration(rand.Float64() * float64(min(try+1, 8)) * float64(2*time.Millisecond)))
	}
	return chat.Entry{}, roomlog.Appended{}, chat.Errorf(chat.CodeUnavailable, "others were faster %d times", maxTries)
}

func (t *transaction) last(ctx context.Context) (chat.EntryID, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.tables.Rooms, Key: attributes{"item": str("counter#" + room)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return 0, err
	}
	var last chat.EntryID
	if n, ok := out.Item["seq"].(*types.AttributeValueMemberN); ok {
		_, err = fmt.Sscan(n.Value, &last)
	}
	return last, err
}

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n chat.EntryID) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}
func put(p types.Put) types.TransactWriteItem { return types.TransactWriteItem{Put: &p} }
func missing(attribute string) *string        { return aws.String("attribute_not_exists(" + attribute + ")") }
func collided(e *types.TransactionCanceledException) bool {
	for _, reason := range e.CancellationReasons {
		switch aws.ToString(reason.Code) {
		case "ConditionalCheckFailed", "TransactionConflict":
			return true
		}
	}
	return false
}

func (t *transaction) put(ctx context.Context, e chat.Entry) error {
	out, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		TransactItems: []types.TransactWriteItem{
			put(types.Put{TableName: &t.tables.Entries, ConditionExpression: missing("room_id"), Item: attributes{
				"room_id": str(room), "id": num(e.ID), "kind": str(string(e.Kind)), "user_id": str(string(e.User)),
				"client_message_id": str(string(e.ClientMessageID)), "content": str(e.Content), "created_at": num(chat.EntryID(e.CreatedAt.UnixMilli())),
			}}),
			put(types.Put{TableName: &t.tables.Users, ConditionExpression: missing("user_id"), Item: attributes{
				"user_id": str(string(e.User)), "item": str("claim#" + room + "#" + string(e.ClientMessageID)), "n": num(e.ID),
			}}),
			put(types.Put{TableName: &t.tables.Rooms, Item: attributes{"item": str("counter#" + room), "seq": num(e.ID)}}),
		},
	})
	if err != nil {
		return err
	}
	for _, c := range out.ConsumedCapacity {
		telemetry.From(ctx).Add(telemetry.WriteUnits, aws.ToFloat64(c.CapacityUnits))
	}
	return nil
}
