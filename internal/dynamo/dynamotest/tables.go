// Package dynamotest makes the store's tables on any DynamoDB engine, for tests and benchmarks. Their keys are those of
// template.yaml, which a test of localtest/contract holds them against. They have no time to live: a store must not
// need rows to vanish.
package dynamotest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"serverlesschat/internal/dynamo"
)

// Names returns the names of tables with the prefix before each.
func Names(prefix string) dynamo.Tables {
	return dynamo.Tables{
		Entries: prefix + "Entries", Rooms: prefix + "Rooms", Members: prefix + "Members", Users: prefix + "Users",
		Connections: prefix + "Connections", Subscriptions: prefix + "Subscriptions", Sessions: prefix + "Sessions",
		Presence: prefix + "Presence", Audit: prefix + "Audit",
		Accounts: prefix + "Accounts", Keys: prefix + "Keys", Erasures: prefix + "Erasures",
	}
}

// Inputs returns what the tables of these names are made with.
func Inputs(names dynamo.Tables) []*dynamodb.CreateTableInput {
	const text, number = types.ScalarAttributeTypeS, types.ScalarAttributeTypeN
	entries := table(names.Entries, key{"room_id", text}, key{"id", number})
	entries.StreamSpecification = &types.StreamSpecification{
		StreamEnabled: new(true), StreamViewType: types.StreamViewTypeKeysOnly,
	}
	rooms := index(table(names.Rooms, key{"item", text}), "Public", nil, key{"listed", text}, key{"item", text})
	members := index(table(names.Members, key{"user_id", text}, key{"room_id", text}), "ByRoom", []string{"state"},
		key{"room_id", text}, key{"user_id", text})
	members.StreamSpecification = &types.StreamSpecification{
		StreamEnabled: new(true), StreamViewType: types.StreamViewTypeNewImage,
	}
	return []*dynamodb.CreateTableInput{
		entries,
		rooms,
		members,
		table(names.Users, key{"user_id", text}, key{"item", text}),
		table(names.Connections, key{"connection_id", text}, key{"item", text}),
		table(names.Subscriptions, key{"room_shard", text}, key{"connection_id", text}),
		table(names.Sessions, key{"user_id", text}),
		table(names.Presence, key{"user_id", text}),
		table(names.Audit, key{"room_id", text}, key{"deed", text}),
		table(names.Accounts, key{"item", text}),
		table(names.Keys, key{"item", text}),
		table(names.Erasures, key{"user_id", text}),
	}
}

type key struct {
	name string
	kind types.ScalarAttributeType
}

// table makes the input of a table with a partition key and, if there is a second, a sort key.
func table(name string, keys ...key) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest}
	for i, k := range keys {
		use := types.KeyTypeHash
		if i > 0 {
			use = types.KeyTypeRange
		}
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &k.name, AttributeType: k.kind})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: &k.name, KeyType: use})
	}
	return in
}

// index adds an index to the input of a table, with these keys, and with attributes beside them.
func index(in *dynamodb.CreateTableInput, name string, attributes []string, keys ...key) *dynamodb.CreateTableInput {
	of := table(name, keys...)
	projection := &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
	if attributes != nil {
		projection = &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: attributes}
	}
	in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
		IndexName: &name, KeySchema: of.KeySchema, Projection: projection,
	})
	for _, d := range of.AttributeDefinitions {
		isDefined := func(has types.AttributeDefinition) bool { return *has.AttributeName == *d.AttributeName }
		if !slices.ContainsFunc(in.AttributeDefinitions, isDefined) {
			in.AttributeDefinitions = append(in.AttributeDefinitions, d)
		}
	}
	return in
}

// Create makes the tables, and returns when they can be used.
func Create(ctx context.Context, client *dynamodb.Client, names dynamo.Tables) error {
	wait := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 10*time.Millisecond, time.Second
	})
	for _, in := range Inputs(names) {
		if _, err := client.CreateTable(ctx, in); err != nil {
			return fmt.Errorf("create table %s: %w", *in.TableName, err)
		}
		if err := wait.Wait(ctx, &dynamodb.DescribeTableInput{TableName: in.TableName}, time.Minute); err != nil {
			return fmt.Errorf("wait for table %s: %w", *in.TableName, err)
		}
	}
	return nil
}

// New makes tables of the test's own, with the prefix before their names, and a store on them. They go when the test
// ends.
func New(t testing.TB, client *dynamodb.Client, prefix string) (*dynamo.Store, dynamo.Tables) {
	t.Helper()
	names := Names(prefix)
	if err := Create(t.Context(), client, names); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, in := range Inputs(names) {
			_, _ = client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: in.TableName})
		}
	})
	return dynamo.New(client, names, time.Now), names
}
